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

  constexpr message_text& operator<<(const char* s) noexcept {
    for (; *s != '\0' && length + 1 < capacity; ++s)
      text[length++] = *s;
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

/// The sentence for a status: what was given, what is allowed, and where.
constexpr message_text message(const status& s) noexcept {
  message_text m;
  m << "bitfault: ";
  if (s.place[0] != '\0')
    m << s.place << ": ";
  const std::uint64_t axis = s.axis;
  // Nothing has 2^63 elements: a number that large is a negative one that a user gave.
  const auto value = static_cast<std::int64_t>(s.value);
  const auto limit = static_cast<std::int64_t>(s.limit);
  switch (s.reason) {
  case refusal::none:
    return m << "no error";
  case refusal::too_many_faults:
    return m << value << " faults asked for, but the space has only " << limit << " sites";
  case refusal::rate_not_a_probability:
  case refusal::fraction_not_a_probability:
  case refusal::intermittency_not_a_probability:
    // So close to 1 that six digits do not show it.
    if (const auto p = detail::bit_cast<double>(s.value); p > 1 && p < 1.00001)
      m << "1 + " << p - 1;
    else
      m << p;
    return m << " is not a probability; it must lie in [0, 1]";
  case refusal::bit_outside_word:
    return m << "bit " << value << " is outside a word of " << limit << " bits";
  case refusal::bit_range_reversed:
    return m << "the bit range ends at " << limit << ", below its first bit " << value;
  case refusal::window_wider_than_word:
    return m << "a window of " << value << " bits does not fit into a word of " << limit
             << " bits (and must have at least one)";
  case refusal::no_bits_given:
    return m << "no bits given; a fault needs at least one bit";
  case refusal::coordinate_outside:
    return m << "coordinate " << value << " on axis " << axis << " is outside its extent " << limit;
  case refusal::element_outside:
    return m << "element " << value << " (entry " << axis
             << " of the list) is outside the tensor of " << limit << " elements";
  case refusal::element_not_in_region:
    return m << "element " << value << " (entry " << axis
             << " of the list) is not in the region of " << limit << " elements";
  case refusal::axis_outside:
    return m << "axis " << value << " does not exist in a tensor of rank " << limit;
  case refusal::wrong_number_of_coordinates:
    return m << value << " coordinates or ranges given for a tensor of rank " << limit;
  case refusal::range_reversed:
    return m << "the range on axis " << axis << " begins at " << value << " and ends at " << limit
             << "; it must not be reversed and its step must not be 0";
  case refusal::list_not_sorted:
    return m << "entry " << axis << " (element " << value << ") does not come after element "
             << limit << "; the list must be sorted without repeats";
  case refusal::extents_differ:
    return m << "axis " << axis << " of the tensor has size " << value
             << "; the faults are for a tensor with size " << limit << " there";
  case refusal::sizes_differ:
    return m << "a sequence of " << value << " elements given for extents of " << limit;
  case refusal::space_too_large:
    return m << "the site space has more than 2^" << limit << " sites; it cannot be counted here";
  case refusal::scratch_too_small:
    return m << "scratch of " << value << " words given, " << limit << " needed";
  case refusal::several_masks:
    return m << "every{} needs one mask per element, but the mask family has " << value
             << "; use bits::all, bits::as_one or a single given bit";
  case refusal::list_too_short:
    return m << "a list of " << value << " entries given for " << limit << " events";
  case refusal::bad_parameter:
    return m << detail::bit_cast<double>(s.value) << " is not allowed here";
  case refusal::null_data:
    return m << "the data pointer is null, but the tensor has " << value << " elements";
  case refusal::wrong_type:
    m << "the tensor's elements are " << message_text::element_type{s.value} << "; ";
    if (s.limit == s.value) // types of a user's own, which have no number
      return m << "another type is needed here";
    return m << message_text::element_type{s.limit} << " is needed here";
  case refusal::unsupported_layout:
    return m << "the memory layout cannot be viewed (value " << value << ", limit " << limit << ")";
  case refusal::log_too_small:
    return m << "a log of " << value << " records given, " << limit << " needed";
  case refusal::negative_size:
    return m << "axis " << axis << " has size " << value << "; a size must not be negative";
  case refusal::nothing_applied:
    return m << "there is nothing to take back: this list was not applied to this memory, or was "
                "restored already";
  case refusal::wrong_device:
    return m << "the data is in the memory of device type " << value << "; type " << limit
             << " is needed here";
  case refusal::rank_differs:
    return m << "the tensor has rank " << value << "; the faults are for a tensor of rank "
             << limit;
  case refusal::device_error:
    return m << "the call to the device failed with error " << value;
  }
  return m;
}

} // namespace bitfault
