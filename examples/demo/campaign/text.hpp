// SPDX-License-Identifier: MIT
#pragma once

// How numbers are written, in the terminal and in the report alike.

#include "experiments.hpp"

#include <bitfault/campaign/campaign_description.hpp>
#include <bitfault/config/version.hpp>
#include <bitfault/statistics/interval.hpp>

#include <fmt/format.h>

#include <string>

namespace demo {

/// 0.0123 as "1.23".
[[nodiscard]] inline std::string percent(double x) { return fmt::format("{:.2f}", 100 * x); }

/// "1.10 to 1.37"
[[nodiscard]] inline std::string percent(const bitfault::interval& i) {
  return fmt::format("{:.2f} to {:.2f}", 100 * i.lower, 100 * i.upper);
}

[[nodiscard]] inline std::string versions() {
  return fmt::format("bitfault {}, draw version {}; {}", bitfault::campaign::library_version_text(),
                     bitfault::draw_version, bitfault::campaign::compiler_text());
}

/// What gives the same numbers again, on however many threads.
[[nodiscard]] inline std::string command_for(const std::string& program, const campaign_sizes& s) {
  return fmt::format("{} --seed {} --trials {} --sweep-trials {} --truth-trials {} --images {}",
                     program, s.seed, s.trials, s.sweep_trials, s.truth_trials, s.images);
}

inline constexpr const char* class_names[] = {"T-shirt", "trouser",   "pullover", "dress",
                                              "coat",    "sandal",    "shirt",    "sneaker",
                                              "bag",     "ankle boot"};

} // namespace demo
