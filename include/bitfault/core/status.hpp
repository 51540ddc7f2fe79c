// SPDX-License-Identifier: MIT
#pragma once

#include "bits.hpp"

#include <cstddef>
#include <cstdint>

namespace bitfault {

/// Why a call was refused.
enum class refusal : std::uint8_t {
  none,
  too_many_faults,
  rate_not_a_probability,
  fraction_not_a_probability,
  intermittency_not_a_probability,
  bit_outside_word,
  bit_range_reversed,
  window_wider_than_word,
  no_bits_given,
  coordinate_outside,
  element_outside,
  element_not_in_region,
  axis_outside,
  wrong_number_of_coordinates,
  range_reversed,
  list_not_sorted,
  extents_differ,
  sizes_differ,
  space_too_large,
  scratch_too_small,
  several_masks,
  list_too_short,
  bad_parameter,
  null_data,
  wrong_type,
  unsupported_layout,
  log_too_small,
  negative_size,
  nothing_applied,
  wrong_device,
  rank_differs,
  device_error,
};

/// The result of a call that may fail. Bad input is found before the first write, so a call that
/// was refused has changed nothing.
struct [[nodiscard]] status {
  refusal reason = refusal::none;
  std::uint32_t axis = 0; ///< where: the axis, list position or bit number that was wrong
  /// What was given: the bits of a double for probabilities and `bad_parameter`; a negative number
  /// in two's complement; for `wrong_type` an element type as code * 1000 + bits, with the codes of
  /// DLPack (2032 is float32), and 1000000 for each lane where there are several; for
  /// `device_error` the number of the error, whose name is the place.
  std::uint64_t value = 0;
  std::uint64_t limit = 0; ///< what would have been allowed
  const char* place = "";  ///< which policy or call refused it

  BITFAULT_FN constexpr bool ok() const noexcept { return reason == refusal::none; }
  BITFAULT_FN constexpr explicit operator bool() const noexcept { return ok(); }

#if BITFAULT_EXCEPTIONS
  /// Nothing if all is well, else throws `bitfault::error` with the message. Only where exceptions
  /// are enabled (defined in core/error.hpp).
  constexpr void or_throw() const;
#endif

  friend constexpr bool operator==(const status& a, const status& b) noexcept {
    return a.reason == b.reason && a.axis == b.axis && a.value == b.value && a.limit == b.limit;
  }
};

namespace detail {

/// The first of two results that is not ok.
BITFAULT_FN constexpr status first_refusal(const status& a, const status& b) noexcept {
  return a.ok() ? b : a;
}

} // namespace detail
} // namespace bitfault
