// SPDX-License-Identifier: MIT
#pragma once

#include "board/board.hpp"

#include <cstddef>
#include <cstdint>

/// One line of output, put together without a C library.
class log_line {
public:
  log_line& text(const char* s) {
    while (*s != '\0')
      put(*s++);
    return *this;
  }

  /// A number with blanks before it, so that it takes `width` characters.
  log_line& number(std::uint32_t n, std::size_t width = 0) {
    char digits[10];
    std::size_t count = 0;
    do
      digits[count++] = static_cast<char>('0' + n % 10);
    while ((n /= 10) != 0);
    for (std::size_t i = count; i < width; ++i)
      put(' ');
    while (count != 0)
      put(digits[--count]);
    return *this;
  }

  /// The lowest 4 * digits bits.
  log_line& hex(std::uint32_t n, int digits) {
    while (digits-- > 0)
      put("0123456789abcdef"[(n >> (4 * digits)) & 15u]);
    return *this;
  }

  /// Blanks up to a column.
  log_line& to(std::size_t column) {
    while (size_ < column && size_ < sizeof characters_ - 1)
      put(' ');
    return *this;
  }

  void write() {
    characters_[size_++] = '\n';
    board::write(characters_, size_);
    size_ = 0;
  }

private:
  void put(char c) {
    if (size_ < sizeof characters_ - 1)
      characters_[size_++] = c;
  }

  char characters_[160];
  std::size_t size_ = 0;
};
