// SPDX-License-Identifier: MIT
#pragma once

#include "../core/element.hpp"
#include "../core/policy.hpp"
#include "../core/status.hpp"
#include "../random/source.hpp"

#include <cstdint>
#include <type_traits>

namespace bitfault {

/// What a fault model looks at: the bits under a mask, or the element's value.
enum class fault_level : std::uint8_t { word, value };

/// How a fault model changes words, where one machine instruction can say it.
enum class bit_operation : std::uint8_t { none, flip, set, clear };

namespace detail {

/// f(value, random) -> value
template <class F, class T>
concept value_fault = std::is_invocable_r_v<T, const F&, T, random_source&>;

/// f(word, mask, random) -> word
template <class F, class T>
concept word_fault = std::is_invocable_r_v < word_t<T>,
const F&, word_t<T>, word_t<T>, random_source& > ;

/// Combinations (chain, mixture) say themselves which kinds of model they hold.
template <class F>
concept combined_model = requires {
  F::combined;
};

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

/// Whether the model fits the element type at all.
template <class F, element T>
consteval bool fits_element() {
  if constexpr (combined_model<F>)
    return F::template fits_element<T>();
  else
    return value_fault<F, T> || word_fault<F, T>;
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
