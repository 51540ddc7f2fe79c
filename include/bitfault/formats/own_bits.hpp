// SPDX-License-Identifier: MIT
#pragma once

#include "../core/element.hpp"
#include "../core/policy.hpp"
#include "../core/status.hpp"

namespace bitfault::detail {

template <element T>
struct own_bits_codec {
  using code = word_t<T>;
  static constexpr code_layout layout = element_traits<T>::layout;
  static constexpr bool is_own_bits = true;

  BITFAULT_FN constexpr code encode(word_t<T> word) const noexcept { return word; }
  BITFAULT_FN constexpr word_t<T> decode(code c) const noexcept { return c; }
};

} // namespace bitfault::detail

namespace bitfault::formats {

/// The element's own bits: what is used where no format is given.
struct own_bits {
  static constexpr kind policy_kind = kind::format;

  template <element T>
  BITFAULT_FN constexpr auto codec() const noexcept {
    return detail::own_bits_codec<T>{};
  }
  template <element T>
  BITFAULT_FN constexpr status check() const noexcept {
    return {};
  }
};

} // namespace bitfault::formats
