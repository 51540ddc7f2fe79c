// SPDX-License-Identifier: MIT
#pragma once

#include "../core/element.hpp"
#include "../core/policy.hpp"
#include "../core/span.hpp"
#include "../core/status.hpp"
#include "../core/traits.hpp"
#include "fault_model.hpp"

#include <cstdint>

namespace bitfault {

/// Inverts the bits of the mask. Two flips of one bit cancel.
struct bit_flip {
  static constexpr kind policy_kind = kind::fault_model;
  static constexpr fault_level level = fault_level::word;
  static constexpr bit_operation operation = bit_operation::flip;
  template <class W>
  BITFAULT_FN constexpr W operator()(W word, W mask, auto&) const noexcept {
    return static_cast<W>(word ^ mask);
  }
};

/// Forces the bits of the mask to 0. A bit that is 0 already does not change.
struct stuck_at_0 {
  static constexpr kind policy_kind = kind::fault_model;
  static constexpr fault_level level = fault_level::word;
  static constexpr bit_operation operation = bit_operation::clear;
  template <class W>
  BITFAULT_FN constexpr W operator()(W word, W mask, auto&) const noexcept {
    return static_cast<W>(word & ~mask);
  }
};

/// Forces the bits of the mask to 1. A bit that is 1 already does not change.
struct stuck_at_1 {
  static constexpr kind policy_kind = kind::fault_model;
  static constexpr fault_level level = fault_level::word;
  static constexpr bit_operation operation = bit_operation::set;
  template <class W>
  BITFAULT_FN constexpr W operator()(W word, W mask, auto&) const noexcept {
    return static_cast<W>(word | mask);
  }
};

/// Event i flips the bits of masks[i]: `flip_masks{masks}` for a std::vector, std::span or array of
/// integers as wide as the elements (of a signed one the bits count), which belong to the caller.
/// Needs a selector that numbers its events (`at`, `exactly`, `exactly_elements`, `fraction`).
template <class Word>
struct flip_masks {
  static_assert(detail::is_integral_v<Word> && !detail::is_same_v<Word, bool>,
                "bitfault: flip_masks: a mask is an integer that is as wide as the elements");
  static constexpr kind policy_kind = kind::fault_model;
  static constexpr fault_level level = fault_level::word;
  static constexpr bool needs_numbered_events = true;
  static constexpr bool takes_whole_word = true;
  span<const Word> masks;

  BITFAULT_FN constexpr explicit flip_masks(span<const Word> list) noexcept : masks(list) {}
  template <class... X>
    requires(!(sizeof...(X) == 1 &&
               ((detail::convertible_to<X, span<const Word>> ||
                 detail::same_as<detail::remove_cvref_t<X>, flip_masks>)&&...)))
  constexpr explicit flip_masks(X&&...) noexcept {
    static_assert(detail::always_false<X...>,
                  "bitfault: flip_masks: the masks belong to the caller; give it a vector, an "
                  "array or a span that has a name");
  }

  template <element T>
  BITFAULT_FN constexpr status check(index_t events) const noexcept {
    static_assert(sizeof(Word) == sizeof(T),
                  "bitfault: flip_masks: the masks must be as wide as the elements");
    if (masks.size() < events)
      return {refusal::list_too_short, 0, masks.size(), events, "flip_masks"};
    for (index_t i = 0; i < events; ++i)
      if ((mask(i) & ~detail::low_bits(element_traits<T>::layout.bits)) != 0)
        return bit_refused(i, element_traits<T>::layout.bits);
    return {};
  }
  template <class W>
  BITFAULT_FN constexpr W operator()(W word, W, auto& random) const noexcept {
    return static_cast<W>(word ^ static_cast<W>(mask(static_cast<index_t>(random.event()))));
  }

private:
  BITFAULT_FN constexpr std::uint64_t mask(index_t i) const noexcept {
    return static_cast<typename detail::unsigned_of_size<sizeof(Word)>::type>(masks[i]);
  }
  BITFAULT_FN constexpr status bit_refused(index_t i, unsigned width) const noexcept {
    const auto top = static_cast<unsigned>(detail::bit_width(mask(i))) - 1;
    return {refusal::bit_outside_word, static_cast<std::uint32_t>(i), top, width, "flip_masks"};
  }
};
template <class First, class... Rest>
flip_masks(First&&, Rest&&...) -> flip_masks<detail::listed_t<First>>;

} // namespace bitfault
