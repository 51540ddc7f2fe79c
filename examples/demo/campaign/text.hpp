// SPDX-License-Identifier: MIT
#pragma once

// How numbers are written, in the terminal and in the report alike.

#include "results.hpp"

#include <bitfault/config/version.hpp>
#include <bitfault/statistics/interval.hpp>

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace demo {

/// 0.0123 as "1.23".
[[nodiscard]] inline std::string percent(double x) { return fmt::format("{:.2f}", 100 * x); }

/// "1.10 to 1.37"
[[nodiscard]] inline std::string percent(const bitfault::interval& i) {
  return fmt::format("{:.2f} to {:.2f}", 100 * i.lower, 100 * i.upper);
}

/// 280896 as "280,896".
[[nodiscard]] inline std::string grouped(std::uint64_t n) {
  std::string text = std::to_string(n);
  for (std::size_t at = text.size(); at > 3;) {
    at -= 3;
    text.insert(at, 1, ',');
  }
  return text;
}

[[nodiscard]] inline std::string versions() {
  const auto v = bitfault::library_version;
  return fmt::format("bitfault {}.{}.{}, draw version {}", v.major_version, v.minor_version,
                     v.patch_version, bitfault::draw_version);
}

[[nodiscard]] inline std::string compiler() {
#if defined(__clang__)
  return fmt::format("clang {}.{}.{}", __clang_major__, __clang_minor__, __clang_patchlevel__);
#elif defined(__GNUC__)
  return fmt::format("g++ {}.{}.{}", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
#else
  return "an unknown compiler";
#endif
}

/// What gives the same numbers again, on however many threads.
[[nodiscard]] inline std::string command_for(const std::string& program, const settings& s,
                                             std::size_t images) {
  return fmt::format("{} --seed {} --trials {} --sweep-trials {} --images {}", program, s.seed,
                     s.trials, s.sweep_trials, images);
}

inline constexpr const char* class_names[] = {"T-shirt", "trouser",   "pullover", "dress",
                                              "coat",    "sandal",    "shirt",    "sneaker",
                                              "bag",     "ankle boot"};

} // namespace demo
