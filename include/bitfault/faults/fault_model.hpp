// SPDX-License-Identifier: MIT
#pragma once

#include "../core/element.hpp"
#include "../core/policy.hpp"
#include "../core/status.hpp"
#include "../core/traits.hpp"
#include "../random/source.hpp"

#include <cstdint>

namespace bitfault {

/// What a fault model looks at: the bits under a mask, or the element's value.
enum class fault_level : std::uint8_t { word, value };

/// How a fault model changes words, where one machine instruction can say it.
enum class bit_operation : std::uint8_t { none, flip, set, clear };

namespace detail {

/// Converts to whatever number a function asks for, or to a T and nothing else. Given in braces
/// they fit no parameter whose type is deduced, so that generic functions are not instantiated.
struct any_number {
  template <class N>
    requires(detail::is_arithmetic_v<N> || element<N>)
  operator N() const;
};
template <class T>
struct exact_number {
  template <detail::same_as<T> N>
  operator N() const;
};

// Whether a model takes exactly T where it names a type: an argument that converts silently would
// lose digits. Asked for each argument, beside right ones.
// clang-format off
template <class F, class T>
concept takes_value =
    !requires(const F& f, random_source& r) { f({any_number{}}, r); } ||
     requires(const F& f, random_source& r) { f({exact_number<T>{}}, r); };
template <class F, class W>
concept takes_word =
    !requires(const F& f, W mask, random_source& r) { f({any_number{}}, mask, r); } ||
     requires(const F& f, W mask, random_source& r) { f({exact_number<W>{}}, mask, r); };
template <class F, class W>
concept takes_that_mask =
    !requires(const F& f, W word, random_source& r) { f(word, {any_number{}}, r); } ||
     requires(const F& f, W word, random_source& r) { f(word, {exact_number<W>{}}, r); };
// clang-format on
template <class F, class R, class... A>
concept returns_exactly =
    detail::same_as<detail::remove_cvref_t<detail::invoke_result_t<F, A...>>, R>;

/// f(value, random) -> value, of exactly this type
template <class F, class T>
concept value_fault = detail::invocable<const F&, T, random_source&> &&
    returns_exactly<const F&, T, T, random_source&> && takes_value<F, T>;

/// f(word, mask, random) -> word, of exactly this type
template <class F, class W>
concept word_fault = detail::invocable<const F&, W, W, random_source&> &&
    returns_exactly<const F&, W, W, W, random_source&> && takes_word<F, W> && takes_that_mask<F, W>;

/// Combinations (chain, mixture) say themselves which kinds of model they hold.
template <class F>
concept combined_model = (requires { F::combined; });

/// Whether a value model is in it: then an element belongs to its lowest event. A user's own model
/// is known by the arguments that it takes; one of the library says its level.
template <class F, element T>
consteval bool sets_value() {
  if constexpr (combined_model<F>)
    return F::template sets_value<T>();
  else if constexpr (requires { F::level; })
    return F::level == fault_level::value;
  else
    return value_fault<F, T>;
}

/// Whether a model is in it that looks at the mask.
template <class F, element T>
consteval bool takes_mask() {
  if constexpr (combined_model<F>)
    return F::template takes_mask<T>();
  else if constexpr (requires { F::takes_whole_word; })
    return false;
  else
    return !sets_value<F, T>();
}

/// Whether the model fits the element type at all. Code: the word that it gets to see, the
/// element's own or that of a format.
template <class F, element T, class Code = word_t<T>>
consteval bool fits_element() {
  if constexpr (combined_model<F>)
    return F::template fits_element<T, Code>();
  else
    return value_fault<F, T> || word_fault<F, Code>;
}

/// Whether a model is known to look at values only, whatever the element type.
template <class F>
consteval bool is_value_model() {
  if constexpr (requires { F::level; })
    return F::level == fault_level::value;
  else
    return false;
}

template <class F>
consteval bit_operation operation_of() {
  if constexpr (requires { F::operation; })
    return F::operation;
  else
    return bit_operation::none;
}

/// Whether a model is known to change no bit outside the mask, and each bit under it by itself.
template <class F>
consteval bool stays_under_mask() {
  if constexpr (requires { F::stays_under_mask; })
    return F::stays_under_mask;
  else
    return operation_of<F>() != bit_operation::none;
}

/// Models whose value depends on the number of the event (lists) need a selector that counts.
template <class F>
consteval bool needs_numbered_events() {
  if constexpr (requires { F::needs_numbered_events; })
    return F::needs_numbered_events;
  else
    return false;
}

/// Whether the word that a model writes depends on the word that was there.
template <class F>
consteval bool replaces_value() {
  if constexpr (requires { F::replaces; })
    return F::replaces;
  else
    return false;
}

/// Bad parameters of a model, if it can tell.
template <class F, element T>
BITFAULT_FN constexpr status check_model(const F& f, index_t events) noexcept {
  if constexpr (requires { f.template check<T>(events); })
    return f.template check<T>(events);
  else
    return {};
}

/// Applies a model to a word: that of an element of type T, or its code in a format.
template <element T, class W, class F>
BITFAULT_FN BITFAULT_INLINE constexpr W faulty_word(const F& f, W word, W mask,
                                                    random_source& random) noexcept {
  if constexpr (combined_model<F>)
    return f.template apply<T>(word, mask, random);
  else if constexpr (sets_value<F, T>())
    return to_word<T>(static_cast<T>(f(from_word<T>(word), random)));
  else
    return static_cast<W>(f(word, mask, random));
}

} // namespace detail
} // namespace bitfault
