// SPDX-License-Identifier: MIT
#pragma once

#include "../core/span.hpp"
#include "../core/traits.hpp"
#include "distribution.hpp"
#include "fault_model.hpp"

#include <cstdint>

namespace bitfault {

namespace detail {

/// An integer element plus a whole number, clamped to the element's limits. Exact beyond 2^53 too.
template <element T>
BITFAULT_FN constexpr T add_clamped(T value, std::int64_t n) noexcept {
  constexpr code_layout l = element_traits<T>::layout;
  if constexpr (l.sign_bits > 0) {
    std::int64_t sum = 0;
    if (__builtin_add_overflow(sign_extended(to_word(value), l.bits), n, &sum))
      return clamped_integer<T>(n < 0, ~std::uint64_t{0});
    return clamped_integer<T>(sum);
  } else {
    const std::uint64_t old = to_word(value) & low_bits(l.bits);
    const auto bits = static_cast<std::uint64_t>(n);
    const std::uint64_t less = std::uint64_t{0} - bits;
    if (n < 0)
      return clamped_integer<T>(less > old, old - less);
    std::uint64_t sum = 0;
    const bool too_large = __builtin_add_overflow(old, bits, &sum);
    return clamped_integer<T>(false, too_large ? ~std::uint64_t{0} : sum);
  }
}

/// Whether elements of type T take the draws of a distribution as whole numbers, without a detour
/// through double.
template <class Distribution, class T>
concept draws_whole_numbers =
    !floating_element<T> && requires(const Distribution& d, random_source& random) {
  d.integer(random);
};

/// A value times a factor: in double, rounded once into the element.
template <element T>
BITFAULT_FN constexpr T scaled(T value, double factor) noexcept {
  if constexpr (!floating_element<T>)
    if (factor == 1)
      return value; // an integer beyond 2^53 may be no double
  return from_real<T>(to_real(value) * factor);
}

} // namespace detail

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
/// (NaN payloads too), else it is rounded into the element; integers are clamped to its limits.
/// Infinities stay infinite in floats, and any NaN becomes the one quiet NaN of `from_real`; in
/// integers infinities become the limits and NaN becomes 0.
template <class V>
struct constant {
  static_assert(element<V>, "bitfault: constant: the value must be a number or an element of a "
                            "tensor (float, int, half ...)");
  static constexpr kind policy_kind = kind::fault_model;
  static constexpr fault_level level = fault_level::value;
  static constexpr bool replaces = true;
  V value;
  template <class T>
  BITFAULT_FN constexpr T operator()(T, auto&) const noexcept {
    if constexpr (detail::is_same_v<T, V> || !element<V>)
      return value;
    else if constexpr (!floating_element<T> && detail::signed_integral<V>)
      return detail::clamped_integer<T>(value);
    else if constexpr (!floating_element<T> && detail::unsigned_integral<V>)
      return detail::clamped_integer<T>(false, value);
    else
      return from_real<T>(to_real(value));
  }
};
template <class V>
constant(V) -> constant<V>;

/// The element is replaced by a draw: `replacement{normal{0, 1}}`, `replacement{uniform{-1, 1}}`.
/// Integers are clamped to their limits; whole numbers (`uniform_integer`) reach them exactly. A
/// distribution of one's own is a function of the random source; what it draws may be NaN or
/// infinite and is written as `constant` writes it.
template <class Distribution>
struct replacement {
  static_assert(detail::distribution<Distribution>,
                "bitfault: replacement: it takes a distribution (uniform{a, b}, normal{mean, "
                "deviation}, uniform_integer{a, b}); a given value is constant{v}");
  static constexpr kind policy_kind = kind::fault_model;
  static constexpr fault_level level = fault_level::value;
  static constexpr bool replaces = true;
  Distribution distribution;
  template <element T>
  BITFAULT_FN constexpr status check(index_t) const noexcept {
    return detail::check_distribution(distribution);
  }
  template <class T>
  BITFAULT_FN constexpr T operator()(T, auto& random) const noexcept {
    if constexpr (detail::draws_whole_numbers<Distribution, T>)
      return detail::clamped_integer<T>(distribution.integer(random));
    else
      return from_real<T>(distribution(random));
  }
};
template <class D, class... Rest>
replacement(D, Rest...) -> replacement<D>;

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

/// The element is multiplied by a factor, in double, rounded once into the element. Integers beyond
/// 2^53 are rounded to a double before that, unless the factor is 1, which changes none. The factor
/// may be infinite or NaN: as in IEEE 754, infinity times 0 and NaN times anything are NaN. Into
/// the element these go as with `constant`.
struct scale {
  static constexpr kind policy_kind = kind::fault_model;
  static constexpr fault_level level = fault_level::value;
  double factor;
  template <class T>
  BITFAULT_FN constexpr T operator()(T value, auto&) const noexcept {
    return detail::scaled(value, factor);
  }
};

/// The element is multiplied by a draw, as `scale` does it.
template <class Distribution>
struct random_scale {
  static_assert(detail::distribution<Distribution>,
                "bitfault: random_scale: it takes a distribution (uniform{a, b}, normal{mean, "
                "deviation}, uniform_integer{a, b}); a given factor is scale{f}");
  static constexpr kind policy_kind = kind::fault_model;
  static constexpr fault_level level = fault_level::value;
  Distribution distribution;
  template <element T>
  BITFAULT_FN constexpr status check(index_t) const noexcept {
    return detail::check_distribution(distribution);
  }
  template <class T>
  BITFAULT_FN constexpr T operator()(T value, auto& random) const noexcept {
    return detail::scaled(value, distribution(random));
  }
};
template <class D, class... Rest>
random_scale(D, Rest...) -> random_scale<D>;

/// A draw is added to the element: `additive_noise{normal{0, 0.1}}`,
/// `additive_noise{uniform_integer{-2, 2}}`. Integers are clamped to their limits. A whole number
/// (`uniform_integer`) is added to an integer exactly; other draws are added in double, to which
/// integers beyond 2^53 are rounded before. Infinite and NaN elements stay so, but a NaN becomes
/// the one quiet NaN of `from_real`. Infinite and NaN parameters of a distribution are refused.
template <class Distribution>
struct additive_noise {
  static_assert(detail::distribution<Distribution>,
                "bitfault: additive_noise: it takes a distribution (uniform{a, b}, normal{mean, "
                "deviation}, uniform_integer{a, b}); a given number is uniform{x, x}");
  static constexpr kind policy_kind = kind::fault_model;
  static constexpr fault_level level = fault_level::value;
  Distribution distribution;
  template <element T>
  BITFAULT_FN constexpr status check(index_t) const noexcept {
    return detail::check_distribution(distribution);
  }
  template <class T>
  BITFAULT_FN constexpr T operator()(T value, auto& random) const noexcept {
    if constexpr (detail::draws_whole_numbers<Distribution, T>)
      return detail::add_clamped(value, distribution.integer(random));
    else
      return from_real<T>(to_real(value) + distribution(random));
  }
};
template <class D, class... Rest>
additive_noise(D, Rest...) -> additive_noise<D>;

/// Event i writes values[i]: `value_list{values}` for a std::vector, std::span or array of them,
/// which belong to the caller. Needs a selector that numbers its events (`at`, `exactly`,
/// `exactly_elements`, `fraction`).
template <class V>
struct value_list {
  static constexpr kind policy_kind = kind::fault_model;
  static constexpr fault_level level = fault_level::value;
  static constexpr bool needs_numbered_events = true;
  static constexpr bool replaces = true;
  span<const V> values;

  BITFAULT_FN constexpr explicit value_list(span<const V> list) noexcept : values(list) {}
  template <class... X>
    requires(!(sizeof...(X) == 1 &&
               ((detail::convertible_to<X, span<const V>> ||
                 detail::same_as<detail::remove_cvref_t<X>, value_list>)&&...)))
  constexpr explicit value_list(X&&...) noexcept {
    static_assert(detail::always_false<X...>,
                  "bitfault: value_list: the values belong to the caller; give it a vector, an "
                  "array or a span that has a name");
  }

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
template <class First, class... Rest>
value_list(First&&, Rest&&...) -> value_list<detail::listed_t<First>>;

} // namespace bitfault
