// SPDX-License-Identifier: MIT
#pragma once

#include "status.hpp"

#include <cstddef>
#include <cstdint>

namespace bitfault {

/// A message in a fixed buffer: firmware has no std::string. Longer text is cut.
struct message_text {
  static constexpr std::size_t capacity = 240;
  char text[capacity]{};
  std::size_t length = 0;

  constexpr void put(char c) noexcept {
    if (length + 1 < capacity)
      text[length++] = c;
  }
  constexpr message_text& operator<<(const char* s) noexcept {
    for (; *s != '\0'; ++s)
      put(*s);
    return *this;
  }
  constexpr message_text& operator<<(std::uint64_t n) noexcept {
    char digits[21]{};
    std::size_t at = 20;
    do {
      digits[--at] = static_cast<char>('0' + n % 10);
      n /= 10;
    } while (n != 0);
    return *this << (digits + at);
  }
  constexpr message_text& operator<<(std::int64_t n) noexcept {
    if (n < 0)
      *this << "-";
    const auto word = static_cast<std::uint64_t>(n);
    return *this << (n < 0 ? std::uint64_t{0} - word : word);
  }
  /// Six significant digits, scientific where that is shorter to read.
  constexpr message_text& operator<<(double d) noexcept {
    const auto bits = detail::bit_cast<std::uint64_t>(d);
    const std::uint64_t magnitude = bits & 0x7FFFFFFFFFFFFFFFull;
    if (magnitude > 0x7FF0000000000000ull)
      return *this << "NaN";
    if ((bits >> 63) != 0) {
      *this << "-";
      d = -d;
    }
    if (magnitude == 0x7FF0000000000000ull)
      return *this << "infinity";
    if (magnitude == 0)
      return *this << "0";
    int exponent = 0;
    for (; d >= 1e6; ++exponent)
      d /= 10;
    for (; d < 1e5; --exponent)
      d *= 10;
    auto digits =
        static_cast<std::uint64_t>(d + 0.5); // NOLINT(bugprone-incorrect-roundings): 1e5 <= d < 1e6
    exponent += 5;
    for (; digits >= 1000000; ++exponent)
      digits /= 10;
    int count = 6;
    for (; count > 1 && digits % 10 == 0; --count)
      digits /= 10;
    return *this << number{digits, count, exponent};
  }

  /// An element type by its number (see `status::value`): "float32", "int8", "bool".
  struct element_type {
    std::uint64_t number;
  };
  constexpr message_text& operator<<(element_type t) noexcept {
    constexpr const char* kinds[] = {"int", "uint", "float", "bits", "bfloat", "complex", "bool"};
    const std::uint64_t lanes = t.number / 1000000, code = t.number / 1000 % 1000;
    const std::uint64_t bits = t.number % 1000;
    if (code >= sizeof kinds / sizeof *kinds)
      *this << "of DLPack's type " << code << " with " << bits << " bits";
    else if (*this << kinds[code]; code != 6 || bits != 8) // bool is not called bool8
      *this << bits;
    if (lanes != 0)
      *this << " in " << lanes << " lanes";
    return *this;
  }

private:
  struct number {
    std::uint64_t digits;
    int count, exponent;
  };
  constexpr message_text& operator<<(const number& n) noexcept {
    message_text all;
    all << n.digits;
    const bool plain = n.exponent >= -4 && n.exponent < 9;
    if (plain && n.exponent < 0) {
      *this << "0.";
      for (int i = n.exponent; i < -1; ++i)
        *this << "0";
      return *this << all.text;
    }
    const int point = plain ? n.exponent + 1 : 1;
    for (int i = 0; i < n.count || (plain && i < point); ++i) {
      if (i == point)
        *this << ".";
      const char digit[2] = {i < n.count ? all.text[i] : '0', '\0'};
      *this << digit;
    }
    if (plain)
      return *this;
    *this << (n.exponent < 0 ? "e-" : "e+");
    return *this << static_cast<std::uint64_t>(n.exponent < 0 ? -n.exponent : n.exponent);
  }
};

namespace detail {

/// What each refusal says; the parts in braces stand for what `message` puts in.
constexpr const char* sentence_of(refusal reason) noexcept {
  switch (reason) {
  case refusal::none:
    return "no error";
  case refusal::too_many_faults:
    return "{value} faults asked for, but the space has only {limit} sites";
  case refusal::rate_not_a_probability:
  case refusal::fraction_not_a_probability:
  case refusal::intermittency_not_a_probability:
    return "{probability} is not a probability; it must lie in [0, 1]";
  case refusal::bit_outside_word:
    return "bit {value} is outside a word of {limit} bits";
  case refusal::bit_range_reversed:
    return "the bit range ends at {limit}, below its first bit {value}";
  case refusal::window_wider_than_word:
    return "a window of {value} bits does not fit into a word of {limit} bits (and must have at "
           "least one)";
  case refusal::no_bits_given:
    return "no bits given; a fault needs at least one bit";
  case refusal::coordinate_outside:
    return "coordinate {value} on axis {axis} is outside its extent {limit}";
  case refusal::element_outside:
    return "element {value} (entry {axis} of the list) is outside the tensor of {limit} elements";
  case refusal::element_not_in_region:
    return "element {value} (entry {axis} of the list) is not in the region of {limit} elements";
  case refusal::axis_outside:
    return "axis {value} does not exist in a tensor of rank {limit}";
  case refusal::wrong_number_of_coordinates:
    return "{value} coordinates or ranges given for a tensor of rank {limit}";
  case refusal::range_reversed:
    return "the range on axis {axis} begins at {value} and ends at {limit}; it must not be "
           "reversed and its step must not be 0";
  case refusal::list_not_sorted:
    return "entry {axis} (element {value}) does not come after element {limit}; the list must be "
           "sorted without repeats";
  case refusal::extents_differ:
    return "axis {axis} of the tensor has size {value}; the faults are for a tensor with size "
           "{limit} there";
  case refusal::sizes_differ:
    return "a sequence of {value} elements given for extents of {limit}";
  case refusal::space_too_large:
    return "the site space has more than 2^{limit} sites; it cannot be counted here";
  case refusal::scratch_too_small:
    return "scratch of {value} words given, {limit} needed";
  case refusal::several_masks:
    return "every{} needs one mask per element, but the mask family has {value}; use bits::all, "
           "bits::as_one or a single given bit";
  case refusal::list_too_short:
    return "a list of {value} entries given for {limit} events";
  case refusal::bad_parameter:
    return "{number} is not allowed here";
  case refusal::null_data:
    return "the data pointer is null, but the tensor has {value} elements";
  case refusal::wrong_type:
    return "the tensor's elements are {type}; {other type} is needed here";
  case refusal::unsupported_layout:
    return "the memory layout cannot be viewed (value {value}, limit {limit})";
  case refusal::log_too_small:
    return "a log of {value} records given, {limit} needed";
  case refusal::negative_size:
    return "axis {axis} has size {value}; a size must not be negative";
  case refusal::nothing_applied:
    return "there is nothing to take back: this list was not applied to this memory, or was "
           "restored already";
  case refusal::wrong_device:
    return "the data is in the memory of device type {value}; type {limit} is needed here";
  case refusal::rank_differs:
    return "the tensor has rank {value}; the faults are for a tensor of rank {limit}";
  case refusal::device_error:
    return "the call to the device failed with error {value}";
  }
  return "";
}

} // namespace detail

/// The sentence for a status: what was given, what is allowed, and where.
constexpr message_text message(const status& s) noexcept {
  message_text m;
  m << "bitfault: ";
  if (s.place[0] != '\0')
    m << s.place << ": ";
  for (const char* c = detail::sentence_of(s.reason); *c != '\0'; ++c) {
    if (*c != '{' || c[1] == '}') { // every{} is a name
      m.put(*c);
      continue;
    }
    const double number = detail::bit_cast<double>(s.value);
    switch (*++c) {
    case 'a': // {axis}
      m << std::uint64_t{s.axis};
      break;
    case 'v': // {value}; nothing has 2^63 elements: one that large is a user's negative number
      m << static_cast<std::int64_t>(s.value);
      break;
    case 'l': // {limit}
      m << static_cast<std::int64_t>(s.limit);
      break;
    case 'p': // {probability}, if so close to 1 that six digits do not show it
      if (number > 1 && number < 1.00001)
        m << "1 + " << number - 1;
      else
        m << number;
      break;
    case 'n': // {number}
      m << number;
      break;
    case 't': // {type}
      m << message_text::element_type{s.value};
      break;
    default: // {other type}; types of a user's own have no number
      if (s.limit == s.value)
        m << "another type";
      else
        m << message_text::element_type{s.limit};
    }
    while (*c != '}')
      ++c;
  }
  return m;
}

} // namespace bitfault
