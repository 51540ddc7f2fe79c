// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace bitfault::campaign {

/// What one input of a trial ended in; the first that holds, in this order.
enum class outcome : std::uint8_t {
  crash,      ///< the process died
  hang,       ///< it passed its time limit
  detected,   ///< a detector that the model declares fired, and nothing was corrected
  non_finite, ///< an output is infinite or no number
  masked,     ///< the output is the golden one, bit for bit (within the noise of golden runs)
  sdc,        ///< silent data corruption: the headline criterion holds
  tolerable,  ///< the output differs, the criterion does not hold
};

inline constexpr std::size_t outcome_count = 7;

inline constexpr std::array<std::string_view, outcome_count> outcome_names{
    "crash", "hang", "detected", "non_finite", "masked", "sdc", "tolerable"};

constexpr std::string_view name_of(outcome o) noexcept {
  return outcome_names[static_cast<std::size_t>(o)];
}

/// A letter for each, for records with one for each input.
inline constexpr std::string_view outcome_letters = "chdnmst";
/// Stands there for an input that is set aside: it has no outcome.
inline constexpr char set_aside_letter = '-';

constexpr char letter_of(outcome o) noexcept {
  return outcome_letters[static_cast<std::size_t>(o)];
}

/// How many inputs ended in each outcome.
using outcome_counts = std::array<std::uint32_t, outcome_count>;

} // namespace bitfault::campaign
