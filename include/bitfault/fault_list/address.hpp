// SPDX-License-Identifier: MIT
#pragma once

#include "../core/error.hpp"
#include "../core/extents.hpp"
#include "../core/status.hpp"
#include "../injector/fault_span.hpp"
#include "coordinates.hpp"
#include "fault_list.hpp"
#include "file_error.hpp"
#include "header.hpp"
#include "text_numbers.hpp"

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace bitfault {

/// A fault address that cannot be read, or names a tensor that is not there.
class address_error : public std::invalid_argument {
public:
  address_error(const std::string& text, std::size_t offset, const std::string& what)
      : std::invalid_argument("bitfault: fault address '" + text + "': at offset " +
                              std::to_string(offset) + ": " + what),
        offset_(offset) {}
  /// Where in the text, from 0.
  std::size_t offset() const noexcept { return offset_; }

private:
  std::size_t offset_;
};

/// One fault, to paste into a paper or a bug report: `bf1:conv1.weight[3,0,1,2]^30`. The grammar is
/// in docs/fault_list_format.md.
struct fault_address {
  std::string tensor; ///< no white space; empty: the one tensor that there is
  std::vector<std::uint64_t> coordinates;
  fault_action action = fault_action::flip;
  std::uint64_t mask = 0;  ///< bits that are hit; all 64 for a write of the whole word
  std::uint64_t value = 0; ///< of a write

  friend bool operator==(const fault_address&, const fault_address&) = default;
};

namespace detail {

class address_parser {
public:
  explicit address_parser(std::string_view text) : text_(text) {}

  fault_address parse() {
    fault_address a;
    a.tensor = parse_name();
    if (peek() != ']')
      do
        a.coordinates.push_back(number("a coordinate"));
      while (skip(','));
    expect("]", "',' or ']'");
    if (skip('^')) {
      a.mask = bits();
    } else if (skip('=')) {
      if (peek() != '0' && peek() != '1')
        fail("0 or 1");
      a.action = text_[at_++] == '0' ? fault_action::stuck_at_0 : fault_action::stuck_at_1;
      expect("@", "'@' and bit numbers");
      a.mask = bits();
    } else if (skip(':')) {
      a.action = fault_action::write;
      expect("=", "'='");
      const std::size_t at = at_;
      a.value = hexadecimal_word();
      a.mask = skip('&') ? hexadecimal_word() : ~std::uint64_t{0};
      if (a.mask == 0)
        fail_at(at_, "the mask has no bits");
      if ((a.value & ~a.mask) != 0)
        fail_at(at, "the value has bits outside its mask");
    } else {
      fail("'^' (flip), '=' (stuck) or ':=' (write)");
    }
    if (at_ != text_.size())
      fail("the end, or ',' between bit numbers");
    return a;
  }

private:
  [[noreturn]] void fail_at(std::size_t at, const std::string& what) const {
    raise(address_error(std::string(text_), at, what));
  }
  [[noreturn]] void fail(const std::string& expected) const {
    fail_at(at_, "expected " + expected + ", found " +
                     (at_ < text_.size() ? "'" + std::string(text_.substr(at_, 1)) + "'"
                                         : std::string("the end")));
  }

  char peek() const noexcept { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool skip(char c) noexcept {
    if (at_ == text_.size() || text_[at_] != c)
      return false;
    ++at_;
    return true;
  }
  void expect(std::string_view token, const std::string& expected) {
    for (const char c : token)
      if (!skip(c))
        fail(expected);
  }

  /// Everything up to the last '[': names may hold brackets themselves.
  std::string parse_name() {
    expect("bf", "'bf1:'");
    const std::size_t version_at = at_;
    if (const std::uint64_t version = number("a version number"); version != 1)
      fail_at(version_at, "version " + std::to_string(version) + "; this library reads version 1");
    expect(":", "':'");
    const std::size_t open = text_.rfind('[');
    if (open == std::string_view::npos || open < at_)
      fail_at(text_.size(), "expected '[' and coordinates after the tensor's name");
    const std::string_view name = text_.substr(at_, open - at_);
    if (const std::size_t bad = bad_in_name(name); bad != std::string_view::npos)
      fail_at(at_ + bad, "white space or a control character in the tensor's name");
    at_ = open + 1;
    return std::string(name);
  }

  std::string_view digits(const char* accepted) noexcept {
    const std::size_t begin = at_;
    const std::size_t end = text_.find_first_not_of(accepted, begin);
    at_ = end == std::string_view::npos ? text_.size() : end;
    return text_.substr(begin, at_ - begin);
  }
  std::uint64_t number(const std::string& what) {
    const std::size_t begin = at_;
    std::uint64_t n = 0;
    const std::string_view all = digits("0123456789");
    if (all.empty())
      fail(what);
    if (!whole_number(all, n))
      fail_at(begin, "this number does not fit into 64 bits");
    return n;
  }
  std::uint64_t bits() {
    std::uint64_t mask = 0;
    do {
      const std::size_t begin = at_;
      const std::uint64_t bit = number("a bit number");
      if (bit >= 64)
        fail_at(begin, "bit " + std::to_string(bit) + "; no word has more than 64 bits");
      if (((mask >> bit) & 1) != 0)
        fail_at(begin, "bit " + std::to_string(bit) + " is given twice");
      mask |= std::uint64_t{1} << bit;
    } while (skip(','));
    return mask;
  }
  std::uint64_t hexadecimal_word() {
    const std::string expected = "0x and hexadecimal digits";
    expect("0x", expected);
    const std::size_t begin = at_;
    std::uint64_t n = 0;
    const std::string_view all = digits("0123456789abcdefABCDEF");
    if (all.empty())
      fail(expected);
    if (!hexadecimal_number(text_.substr(begin - 2, all.size() + 2), n))
      fail_at(begin, "this number does not fit into 64 bits");
    return n;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

} // namespace detail

/// Reads an address. Throws `address_error` with the offset and what was expected there.
inline fault_address parse_address(std::string_view text) {
  return detail::address_parser(text).parse();
}

/// Prints an address; bits in rising order, hexadecimal numbers without leading zeros. Requires a
/// mask with bits in it and a name without white space; then `parse_address` gives it back.
inline std::string to_string(const fault_address& a) {
  std::string text = "bf1:" + a.tensor + "[" + detail::joined(a.coordinates, ",") + "]";
  const std::string bits = detail::joined(detail::bit_numbers(a.mask), ",");
  switch (a.action) {
  case fault_action::flip:
    return text + "^" + bits;
  case fault_action::stuck_at_0:
    return text + "=0@" + bits;
  case fault_action::stuck_at_1:
    return text + "=1@" + bits;
  case fault_action::write:
    text += ":=" + detail::hexadecimal(a.value);
    return a.mask == ~std::uint64_t{0} ? text : text + "&" + detail::hexadecimal(a.mask);
  }
  return text;
}

/// The address of fault i of a list. Requires i < list.size().
inline fault_address address_of(const fault_list& list, std::size_t i) {
  const listed_fault& f = list[i];
  const fault_list_header& h = list.header();
  const bool whole = f.action == fault_action::write && f.mask == detail::low_bits(h.word_bits);
  return {h.tensor, detail::coordinates_of(h.extents, f.element), f.action,
          whole ? ~std::uint64_t{0} : f.mask, f.value};
}

/// Whether an address lies in a tensor and its bits in the word. The tensor's name is not looked
/// at.
inline status check_address(const fault_address& a, const fault_list_header& tensor) noexcept {
  const char* place = "fault address";
  std::uint64_t element = 0;
  if (const status s = detail::element_at(tensor.extents, a.coordinates, place, element); !s.ok())
    return s;
  if (std::uint64_t elements = 0; !detail::count_elements(tensor.extents, elements))
    return {refusal::space_too_large, 0, 0, 64, place};
  const bool whole = a.action == fault_action::write && a.mask == ~std::uint64_t{0};
  const std::uint64_t outside = (whole ? a.value : a.mask) & ~detail::low_bits(tensor.word_bits);
  if (outside != 0)
    return {refusal::bit_outside_word, 0,
            static_cast<std::uint64_t>(detail::count_trailing_zeros(outside)), tensor.word_bits,
            place};
  if (a.mask == 0)
    return {refusal::no_bits_given, 0, 0, 0, place};
  return {};
}

/// The fault at an address of a tensor with these extents and this word. Throws `error` for
/// coordinates outside the extents (axis, value, limit) or a bit outside the word.
inline listed_fault to_fault(const fault_address& a, const fault_list_header& tensor) {
  check_address(a, tensor).or_throw();
  listed_fault f;
  detail::element_at(tensor.extents, a.coordinates, "", f.element).or_throw();
  f.action = a.action;
  f.mask = a.mask & detail::low_bits(tensor.word_bits);
  f.value = a.action == fault_action::write ? a.value & f.mask : 0;
  return f;
}

/// `to_fault<float>(address, extents{64, 3, 3, 3})`
template <element T, std::size_t Capacity>
listed_fault to_fault(const fault_address& a, const extents<Capacity>& e) {
  return to_fault(a, header_of<T>(e));
}

} // namespace bitfault
