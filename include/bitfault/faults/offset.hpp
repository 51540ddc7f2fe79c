// SPDX-License-Identifier: MIT
#pragma once

#include "../core/element.hpp"
#include "../core/policy.hpp"
#include "../core/traits.hpp"
#include "fault_model.hpp"
#include "value_faults.hpp"

namespace bitfault {

/// A given number is added to the element: a threshold or a time constant that has drifted. Whole
/// numbers are added to integers exactly; other sums are formed in double and rounded once into the
/// element. Integers are clamped to their limits. Host, device, freestanding.
template <class V>
struct offset {
  static constexpr kind policy_kind = kind::fault_model;
  static constexpr fault_level level = fault_level::value;
  V amount;
  template <class T>
  BITFAULT_FN constexpr T operator()(T value, auto&) const noexcept {
    if constexpr (!floating_element<T> && detail::signed_integral<V>)
      return detail::add_clamped(value, static_cast<std::int64_t>(amount));
    else
      return from_real<T>(to_real(value) + to_real(amount));
  }
};
template <class V>
offset(V) -> offset<V>;

} // namespace bitfault
