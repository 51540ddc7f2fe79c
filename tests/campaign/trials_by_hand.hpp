// SPDX-License-Identifier: MIT
#pragma once

#include <bitfault/campaign/summary.hpp>

#include <cstdint>
#include <vector>

/// An experiment on two targets, and trials of it written down by hand.
namespace trials_by_hand {

using namespace bitfault::campaign;

/// Two targets: 0 with 10 float32 and 2 with 20, and a 1 of int8 that is not struck.
inline const std::vector<stored_target> targets{{"a", target_kind::weight, "float32", 32, {10}, 0},
                                                {"b", target_kind::weight, "int8", 8, {5}, 1},
                                                {"c", target_kind::bias, "float32", 32, {4, 5}, 2}};

inline stored_experiment experiment_of(bool all_inputs) {
  stored_experiment e;
  e.asked.all_inputs = all_inputs;
  e.sites = 30 * 32;
  e.targets = {{0, 320}, {2, 640}};
  return e;
}
inline summary summary_of(bool all_inputs) {
  return {experiment_of(all_inputs), targets, {true, false}};
}

/// A trial with a flip in a target's bit. Outcomes: crash, hang, detected, non-finite, masked, SDC,
/// tolerable.
inline trial_record record(std::uint64_t number, outcome_counts outcomes,
                           outcome_counts right_ones = {}, std::uint32_t right = 0,
                           std::uint32_t target = 0, unsigned bit = 30) {
  trial_record r;
  r.number = number;
  for (const std::uint32_t n : outcomes)
    r.inputs += n;
  r.outcomes = outcomes;
  r.outcomes_golden_correct = right_ones;
  r.answered_correctly = right;
  r.activated = true;
  r.criteria = {static_cast<double>(outcomes[5]), 0.5};
  r.faults = {
      {target, {number % 10, std::uint64_t{1} << bit, 0, bitfault::fault_action::flip}, 0, 1}};
  return r;
}
inline constexpr outcome_counts masked{0, 0, 0, 0, 1, 0, 0}, sdc{0, 0, 0, 0, 0, 1, 0},
    crash{1, 0, 0, 0, 0, 0, 0};

} // namespace trials_by_hand
