// SPDX-License-Identifier: MIT
#pragma once

#include "../core/element.hpp"
#include "../core/policy.hpp"
#include "../core/real.hpp"
#include "../core/status.hpp"
#include "distribution.hpp"
#include "fault_model.hpp"

#include <cstdint>

namespace bitfault {

/// The element goes to the nearest of 2^bits values that lie evenly from low to high, both
/// included; ties go up, and what lies outside goes to low or high. A synapse that has only a few
/// states left: `quantize{4, -1.0, 1.0}`. A NaN stays. (For faults in the bits of a quantised
/// element see `formats::quantized`.) Host, device, freestanding.
struct quantize {
  static constexpr kind policy_kind = kind::fault_model;
  static constexpr fault_level level = fault_level::value;
  int bits; ///< 1 to 24
  double low;
  double high;

  template <element T>
  BITFAULT_FN constexpr status check(index_t) const noexcept {
    if (bits < 1 || bits > 24)
      return detail::parameter_refused("quantize: bits (1 to 24)", bits);
    if (!detail::is_finite(low))
      return detail::parameter_refused("quantize: low (finite)", low);
    if (!detail::is_finite(high) || high <= low)
      return detail::parameter_refused("quantize: high (finite, above low)", high);
    if (!detail::is_finite(high - low))
      return detail::parameter_refused("quantize: high - low (finite)", high - low);
    return {};
  }
  template <class T>
  BITFAULT_FN constexpr T operator()(T value, auto&) const noexcept {
    const double v = to_real(value);
    if (!(v > low))
      return v <= low ? from_real<T>(low) : value;
    // The distance has 24 significant bits, so that its multiples are exact (see `spread`).
    const auto last = static_cast<double>((std::int64_t{1} << bits) - 1);
    const double distance = detail::short_double((high - low) / last);
    const double steps = (v - low) / distance + 0.5;
    return from_real<T>(
        steps >= last
            ? high
            : detail::spread(low, distance, static_cast<double>(static_cast<std::int64_t>(steps))));
  }
};

} // namespace bitfault
