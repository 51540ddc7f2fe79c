// SPDX-License-Identifier: MIT
#pragma once

#include "../injector/fault_span.hpp"
#include "monitor.hpp"
#include "outcome.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace bitfault::campaign {

/// A fault that a trial injected, and what it met. `target` is the number of the target in the
/// campaign's list; the element of a layer's output counts within one input.
struct injected_fault {
  std::uint32_t target = 0;
  listed_fault fault{};
  std::uint64_t before = 0; ///< the word of the trial's first input, if the target is a layer
  std::uint64_t after = 0;

  friend bool operator==(const injected_fault&, const injected_fault&) = default;
};

/// How many of a trial's faults its record lists. Sets at high rates have millions; all of them
/// come again when the trial is run again.
inline constexpr std::size_t most_listed_faults = 1000;

/// What came out of one trial: one set of faults against one set of inputs. It is a pure function
/// of the campaign, the experiment and the number.
struct trial_record {
  std::uint64_t number = 0;
  std::uint64_t first_input = 0; ///< the inputs are [first_input, first_input + inputs)
  std::uint32_t inputs = 0;
  outcome_counts outcomes{};                ///< of all inputs
  outcome_counts outcomes_golden_correct{}; ///< of those whose golden answer is the label's
  std::uint32_t answered_correctly = 0;     ///< inputs whose faulty answer is the label's
  std::uint32_t set_aside = 0; ///< inputs whose golden answer varies: in no other count
  /// What each input ended in, in their order: letters of `outcome_letters`, or `set_aside_letter`.
  std::string outcomes_by_input{};
  bool activated = false; ///< a word was changed
  bool corrected = false; ///< a protection repaired something
  /// For each criterion of the campaign: the inputs for which it holds, or the sum of its numbers.
  std::vector<double> criteria{};
  std::vector<injected_fault> faults{}; ///< the first ones: at most `most_listed_faults`
  std::uint64_t unlisted_faults = 0;    ///< injected as well
  std::vector<monitor_record> monitors{};

  friend bool operator==(const trial_record&, const trial_record&) = default;
};

/// How many faults a trial had.
inline std::uint64_t fault_count(const trial_record& r) noexcept {
  return r.faults.size() + r.unlisted_faults;
}

/// Takes the faults that are too many for a record out of its list, and their memory.
inline void shorten_fault_list(trial_record& r) {
  if (r.faults.size() <= most_listed_faults)
    return;
  r.unlisted_faults += r.faults.size() - most_listed_faults;
  r.faults.resize(most_listed_faults);
  r.faults.shrink_to_fit();
}

} // namespace bitfault::campaign
