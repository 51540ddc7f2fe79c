// SPDX-License-Identifier: MIT
#pragma once

#include "element.hpp"

namespace bitfault {

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
    *p = from_word<T>(word);
  }
};

} // namespace bitfault
