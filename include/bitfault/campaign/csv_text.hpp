// SPDX-License-Identifier: MIT
#pragma once

#include "../fault_list/address.hpp"
#include "description_text.hpp"

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

namespace bitfault::campaign::detail {

/// Lines of comma-separated values (RFC 4180, with plain line ends).
class csv_text {
public:
  csv_text& text(std::string_view value) {
    separate();
    if (value.find_first_of(",\"\r\n") == std::string_view::npos) {
      text_ += value;
      return *this;
    }
    text_ += '"';
    for (const char c : value) {
      if (c == '"')
        text_ += '"';
      text_ += c;
    }
    text_ += '"';
    return *this;
  }
  csv_text& number(std::uint64_t n) {
    separate();
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), n).ptr;
    text_.append(digits.data(), end);
    return *this;
  }
  csv_text& word(std::uint64_t n) { return text(bitfault::detail::hexadecimal(n)); }
  csv_text& real(double n) { return text(shortest_number(n)); }
  csv_text& flag(bool value) { return number(value ? 1 : 0); }
  csv_text& nothing() { return text(""); }
  template <class T>
  csv_text& optional_number(const std::optional<T>& n) {
    return n ? number(*n) : nothing();
  }
  csv_text& optional_real(bool there, double n) { return there ? real(n) : nothing(); }
  void end_line() {
    text_ += '\n';
    begin_ = true;
  }
  void line(std::initializer_list<std::string_view> values) {
    for (const std::string_view value : values)
      text(value);
    end_line();
  }

  /// Writes what there is to a stream and forgets it, if it is worth the while.
  void hand_over(std::ostream& out, std::size_t if_above) {
    if (text_.size() <= if_above)
      return;
    out.write(text_.data(), static_cast<std::streamsize>(text_.size()));
    text_.clear();
  }

private:
  void separate() {
    if (!begin_)
      text_ += ',';
    begin_ = false;
  }

  std::string text_;
  bool begin_ = true;
};

} // namespace bitfault::campaign::detail
