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
  switch (s.reason) {
  case refusal::none:
    return m << "no error";
  case refusal::too_many_faults:
    return m << s.value << " faults asked for, but the space has only " << s.limit << " sites";
  case refusal::rate_not_a_probability:
  case refusal::fraction_not_a_probability:
  case refusal::intermittency_not_a_probability:
    return m << detail::bit_cast<double>(s.value) << " is not a probability; it must lie in [0, 1]";
  case refusal::bit_outside_word:
    return m << "bit " << s.value << " is outside a word of " << s.limit << " bits";
  case refusal::bit_range_reversed:
    return m << "the bit range ends at " << s.limit << ", below its first bit " << s.value;
  case refusal::window_wider_than_word:
    return m << "a window of " << s.value << " bits does not fit into a word of " << s.limit
             << " bits (and must have at least one)";
  case refusal::no_bits_given:
    return m << "no bits given; a mask family needs at least one bit";
  case refusal::coordinate_outside:
    return m << "coordinate " << s.value << " on axis " << axis << " is outside its extent "
             << s.limit;
  case refusal::element_outside:
    return m << "element " << s.value << " (entry " << axis << " of the list) is outside the "
             << s.limit << " elements that can be selected";
  case refusal::axis_outside:
    return m << "axis " << s.value << " does not exist in a tensor of rank " << s.limit;
  case refusal::too_many_coordinates:
    return m << s.value << " coordinates or ranges given for a tensor of rank " << s.limit;
  case refusal::range_reversed:
    return m << "the range on axis " << axis << " begins at " << s.value << " and ends at "
             << s.limit << "; it must not be reversed and its step must not be 0";
  case refusal::list_not_sorted:
    return m << "entry " << axis << " (element " << s.value << ") does not come after element "
             << s.limit << "; the list must be sorted without repeats";
  case refusal::extents_differ:
    return m << "the plan is bound to a tensor of " << s.limit << " elements, the view has "
             << s.value << " (or other extents)";
  case refusal::space_too_large:
    return m << "the site space has more than 2^" << s.limit << " sites; it cannot be counted here";
  case refusal::scratch_too_small:
    return m << "scratch of " << s.value << " words given, " << s.limit << " needed";
  case refusal::several_masks:
    return m << "every{} needs one mask per element, but the mask family has " << s.value
             << "; use bits::all, bits::as_one or a single given bit";
  case refusal::list_too_short:
    return m << "a list of " << s.value << " entries given for " << s.limit << " events";
  case refusal::bad_parameter:
    return m << detail::bit_cast<double>(s.value) << " is not allowed here";
  case refusal::null_data:
    return m << "the data pointer is null, but the tensor has " << s.value << " elements";
  case refusal::wrong_type:
    return m << "the element type does not match (type code " << s.value << ", expected " << s.limit
             << ")";
  case refusal::unsupported_layout:
    return m << "the memory layout cannot be viewed (value " << s.value << ", limit " << s.limit
             << ")";
  case refusal::log_too_small:
    return m << "a log of " << s.value << " records given, " << s.limit << " needed";
  }
  return m;
}

} // namespace bitfault
