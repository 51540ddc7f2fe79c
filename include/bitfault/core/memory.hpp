// SPDX-License-Identifier: MIT
#pragma once

#include "element.hpp"
#include "traits.hpp"

namespace bitfault {

namespace detail {

/// The word of an element in memory; of volatile memory, read exactly once.
template <element T>
BITFAULT_FN BITFAULT_INLINE constexpr word_t<T> load(const T* p) noexcept {
  return to_word(*p);
}
template <element T>
  requires(!detail::is_volatile_v<T>)
BITFAULT_FN BITFAULT_INLINE constexpr word_t<T> load(const volatile T* p) noexcept {
  return to_word(static_cast<T>(*p));
}

} // namespace detail

/// How words are changed when one thread does all the work. An executor names its memory; one with
/// several threads brings atomic operations under the same names.
struct plain_memory {
  /// Replaces the word w at `p` by f(w); returns w.
  template <element T, class F>
  BITFAULT_FN BITFAULT_INLINE static constexpr word_t<T> update(T* p, F f) noexcept {
    const word_t<T> before = to_word(*p);
    *p = from_word<T>(static_cast<word_t<T>>(f(before)));
    return before;
  }
  /// Volatile memory is read once and written once, with accesses as wide as the element.
  template <element T, class F>
    requires(!detail::is_volatile_v<T>)
  BITFAULT_FN BITFAULT_INLINE static constexpr word_t<T> update(volatile T* p, F f) noexcept {
    const word_t<T> before = detail::load(p);
    *p = from_word<T>(static_cast<word_t<T>>(f(before)));
    return before;
  }
  template <element T>
  BITFAULT_FN BITFAULT_INLINE static constexpr word_t<T> flip(T* p, word_t<T> mask) noexcept {
    return update(p, [mask](word_t<T> w) { return w ^ mask; });
  }
  template <element T>
  BITFAULT_FN BITFAULT_INLINE static constexpr word_t<T> set(T* p, word_t<T> mask) noexcept {
    return update(p, [mask](word_t<T> w) { return w | mask; });
  }
  template <element T>
  BITFAULT_FN BITFAULT_INLINE static constexpr word_t<T> clear(T* p, word_t<T> mask) noexcept {
    return update(p, [mask](word_t<T> w) { return w & ~mask; });
  }
  template <element T>
  BITFAULT_FN BITFAULT_INLINE static constexpr void store(T* p, word_t<T> word) noexcept {
    *p = from_word<detail::remove_volatile_t<T>>(word);
  }
};

} // namespace bitfault
