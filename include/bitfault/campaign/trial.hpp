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
  std::vector<injected_fault> faults{};
  std::vector<monitor_record> monitors{};

  friend bool operator==(const trial_record&, const trial_record&) = default;
};

} // namespace bitfault::campaign
