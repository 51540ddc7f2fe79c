// SPDX-License-Identifier: MIT
#pragma once

#include "../config/macros.hpp"
#include "../core/real.hpp"
#include "../core/status.hpp"
#include "../core/traits.hpp"
#include "../random/normal.hpp"
#include "../random/source.hpp"

#include <cstdint>

/// Distributions that fault models draw from. A draw is offset + scale * u, where u comes from
/// integers and has at most 29 significant bits and scale is rounded to 24: the product is exact in
/// double, so that fused and separate multiply-add give the same result on every machine.
namespace bitfault {

namespace detail {

/// A double with 24 significant bits, as in a float but with the range of double. Ties go to even.
BITFAULT_FN constexpr double short_double(double d) noexcept {
  constexpr unsigned dropped = 52 - 23;
  const auto word = bit_cast<std::uint64_t>(d);
  const std::uint64_t half = (std::uint64_t{1} << (dropped - 1)) - 1 + ((word >> dropped) & 1u);
  return bit_cast<double>((word + half) & ~low_bits(dropped));
}

/// offset + scale * u with one rounding.
BITFAULT_FN constexpr double spread(double offset, double scale, double u) noexcept {
  return offset + short_double(scale) * u;
}

BITFAULT_FN constexpr bool is_finite(double d) noexcept {
  return (bit_cast<std::uint64_t>(d) & 0x7FF0000000000000u) != 0x7FF0000000000000u;
}

BITFAULT_FN constexpr status parameter_refused(const char* place, double value) noexcept {
  return {refusal::bad_parameter, 0, bit_cast<std::uint64_t>(value), 0, place};
}

/// What can be drawn from: d(random) gives a number. `check()` says whether its parameters are any
/// good, if there is one.
template <class D>
concept distribution = requires(const D& d, random_source& random) {
  { d(random) } -> detail::convertible_to<double>;
};

template <class D>
BITFAULT_FN constexpr status check_distribution(const D& d) noexcept {
  if constexpr (requires { d.check(); })
    return d.check();
  else
    return {};
}

} // namespace detail

/// Real numbers from low to high, in 2^29 steps.
struct uniform {
  double low;
  double high;
  BITFAULT_FN constexpr status check() const noexcept {
    if (!detail::is_finite(low))
      return detail::parameter_refused("uniform: low", low);
    if (!detail::is_finite(high) || high < low)
      return detail::parameter_refused("uniform: high (finite, not below low)", high);
    if (!detail::is_finite(detail::short_double(high - low)))
      return detail::parameter_refused("uniform: high - low (finite)", high - low);
    return {};
  }
  BITFAULT_FN constexpr double operator()(auto& random) const noexcept {
    const double u = static_cast<double>(random.next32() >> 3) * 0x1p-29;
    const double value = detail::spread(low, high - low, u);
    return value > high ? high : value;
  }
};

/// Normal numbers with a mean and a standard deviation.
struct normal {
  double mean;
  double standard_deviation;
  BITFAULT_FN constexpr status check() const noexcept {
    if (!detail::is_finite(mean))
      return detail::parameter_refused("normal: mean", mean);
    if (!detail::is_finite(standard_deviation) || standard_deviation < 0)
      return detail::parameter_refused("normal: standard deviation (finite, not negative)",
                                       standard_deviation);
    if (!detail::is_finite(detail::short_double(standard_deviation) * 8))
      return detail::parameter_refused("normal: eight standard deviations (finite)",
                                       standard_deviation);
    return {};
  }
  BITFAULT_FN constexpr double operator()(auto& random) const noexcept {
    constexpr double unit = 1.0 / (std::int64_t{1} << normal_fraction_bits);
    const double z = static_cast<double>(normal_deviate(random.next64())) * unit;
    return detail::spread(mean, standard_deviation, z);
  }
};

/// Whole numbers from low to high, both included.
struct uniform_integer {
  std::int64_t low;
  std::int64_t high;
  BITFAULT_FN constexpr status check() const noexcept {
    if (high < low)
      return detail::parameter_refused("uniform_integer: high (not below low)",
                                       static_cast<double>(high));
    return {};
  }
  BITFAULT_FN constexpr double operator()(auto& random) const noexcept {
    return static_cast<double>(integer(random));
  }
  BITFAULT_FN constexpr std::int64_t integer(auto& random) const noexcept {
    const auto span = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low) + 1;
    const std::uint64_t step = span == 0 ? random.next64() : random.below(span);
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + step);
  }
};

} // namespace bitfault
