// SPDX-License-Identifier: MIT
#pragma once

#include "../core/bits.hpp"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

/// Numbers as they stand in the text form and in addresses, whatever the locale.
namespace bitfault::detail {

inline std::string hexadecimal(std::uint64_t n) {
  char digits[16];
  const auto end = std::to_chars(digits, digits + 16, n, 16).ptr;
  return "0x" + std::string(digits, end);
}

/// Whether all of `text` is a number; `n` is it.
inline bool whole_number(std::string_view text, std::uint64_t& n) noexcept {
  const auto r = std::from_chars(text.data(), text.data() + text.size(), n);
  return r.ec == std::errc{} && r.ptr == text.data() + text.size();
}
inline bool hexadecimal_number(std::string_view text, std::uint64_t& n) noexcept {
  if (text.substr(0, 2) != "0x")
    return false;
  text.remove_prefix(2);
  const auto r = std::from_chars(text.data(), text.data() + text.size(), n, 16);
  return r.ec == std::errc{} && r.ptr == text.data() + text.size();
}

template <class Numbers>
std::string joined(const Numbers& numbers, std::string_view between) {
  std::string text;
  for (const std::uint64_t n : numbers) {
    if (!text.empty())
      text += between;
    text += std::to_string(n);
  }
  return text;
}

inline std::vector<std::uint64_t> bit_numbers(std::uint64_t mask) {
  std::vector<std::uint64_t> bits;
  for (; mask != 0; mask &= mask - 1)
    bits.push_back(static_cast<std::uint64_t>(count_trailing_zeros(mask)));
  return bits;
}

} // namespace bitfault::detail
