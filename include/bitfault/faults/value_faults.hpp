// SPDX-License-Identifier: MIT
#pragma once

#include "distribution.hpp"
#include "fault_model.hpp"

#include <concepts>
#include <cstdint>
#include <span>
#include <type_traits>

namespace bitfault {

/// The element becomes zero.
struct zero {
  static constexpr kind policy_kind = kind::fault_model;
  static constexpr fault_level level = fault_level::value;
  static constexpr bool replaces = true;
  template <class T>
  BITFAULT_FN constexpr T operator()(T, auto&) const noexcept {
    return from_word<T>(word_t<T>{0});
  }
};

/// The element becomes a given value. Given as the element's own type it is written bit for bit
/// (NaN payloads too), else it is rounded into the element.
template <class V>
struct constant {
  static constexpr kind policy_kind = kind::fault_model;
  static constexpr fault_level level = fault_level::value;
  static constexpr bool replaces = true;
  V value;
  template <class T>
  BITFAULT_FN constexpr T operator()(T, auto&) const noexcept {
    if constexpr (std::is_same_v<T, V> ||
                  (std::integral<T> && std::integral<V> && sizeof(V) <= sizeof(T) &&
                   std::is_signed_v<V> == std::is_signed_v<T>))
      return static_cast<T>(value);
    else
      return from_real<T>(to_real(value));
  }
};
template <class V>
constant(V) -> constant<V>;

/// The element is replaced by a draw: `replacement{normal{0, 1}}`, `replacement{uniform{-1, 1}}`.
template <class Distribution>
struct replacement {
  static constexpr kind policy_kind = kind::fault_model;
  static constexpr fault_level level = fault_level::value;
  static constexpr bool replaces = true;
  Distribution distribution;
  template <element T>
  BITFAULT_FN constexpr status check(index_t) const noexcept {
    return distribution.check();
  }
  template <class T>
  BITFAULT_FN constexpr T operator()(T, auto& random) const noexcept {
    return from_real<T>(distribution(random));
  }
};
template <class D>
replacement(D) -> replacement<D>;

/// The element becomes a random value, uniform between two bounds.
struct random_value {
  static constexpr kind policy_kind = kind::fault_model;
  static constexpr fault_level level = fault_level::value;
  static constexpr bool replaces = true;
  double low;
  double high;
  template <element T>
  BITFAULT_FN constexpr status check(index_t) const noexcept {
    return uniform{low, high}.check();
  }
  template <class T>
  BITFAULT_FN constexpr T operator()(T, auto& random) const noexcept {
    return from_real<T>(uniform{low, high}(random));
  }
};

/// The element is multiplied by a factor (in double, rounded once into the element).
struct scale {
  static constexpr kind policy_kind = kind::fault_model;
  static constexpr fault_level level = fault_level::value;
  double factor;
  template <class T>
  BITFAULT_FN constexpr T operator()(T value, auto&) const noexcept {
    return from_real<T>(to_real(value) * factor);
  }
};

/// The element is multiplied by a draw.
template <class Distribution>
struct random_scale {
  static constexpr kind policy_kind = kind::fault_model;
  static constexpr fault_level level = fault_level::value;
  Distribution distribution;
  template <element T>
  BITFAULT_FN constexpr status check(index_t) const noexcept {
    return distribution.check();
  }
  template <class T>
  BITFAULT_FN constexpr T operator()(T value, auto& random) const noexcept {
    return from_real<T>(to_real(value) * distribution(random));
  }
};
template <class D>
random_scale(D) -> random_scale<D>;

/// A draw is added to the element: `additive_noise{normal{0, 0.1}}`,
/// `additive_noise{uniform_integer{-2, 2}}`. Integers saturate.
template <class Distribution>
struct additive_noise {
  static constexpr kind policy_kind = kind::fault_model;
  static constexpr fault_level level = fault_level::value;
  Distribution distribution;
  template <element T>
  BITFAULT_FN constexpr status check(index_t) const noexcept {
    return distribution.check();
  }
  template <class T>
  BITFAULT_FN constexpr T operator()(T value, auto& random) const noexcept {
    return from_real<T>(to_real(value) + distribution(random));
  }
};
template <class D>
additive_noise(D) -> additive_noise<D>;

/// Event i writes values[i]; the values belong to the caller. Needs a selector that numbers its
/// events (`at`, `exactly`, `exactly_elements`, `fraction`).
template <class V>
struct value_list {
  static constexpr kind policy_kind = kind::fault_model;
  static constexpr fault_level level = fault_level::value;
  static constexpr bool needs_numbered_events = true;
  static constexpr bool replaces = true;
  std::span<const V> values;
  template <element T>
  BITFAULT_FN constexpr status check(index_t events) const noexcept {
    if (values.size() < events)
      return {refusal::list_too_short, 0, values.size(), events, "value_list"};
    return {};
  }
  template <class T>
  BITFAULT_FN constexpr T operator()(T old, auto& random) const noexcept {
    return constant<V>{values[static_cast<index_t>(random.event())]}(old, random);
  }
};

} // namespace bitfault
