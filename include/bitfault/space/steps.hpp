// SPDX-License-Identifier: MIT
#pragma once

#include "../core/bits.hpp"
#include "../core/status.hpp"
#include "../core/traits.hpp"

#include <cstdint>

namespace bitfault {

/// Time steps, for state that inference rewrites in each step: `steps{10, 20}` are 10 to 19,
/// `steps{0, 300, 4}` every fourth of 300. `during(steps, injector)` injects in these only. (In a
/// tensor that has time as an axis a step is a region: `time_step(17)`, `slice(0, {10, 20})`.)
/// Host, device, freestanding.
struct steps {
  std::int64_t first = 0;
  std::int64_t end = no_end; ///< the first step after them
  std::int64_t every = 1;    ///< the distance of one to the next

  /// Steps are counted in 32 bits (`fault_key::step`).
  static constexpr std::int64_t no_end = std::int64_t{1} << 32;

  constexpr steps() = default;
  /// Numbers that make no sense are refused where faults are injected.
  template <detail::integral B, detail::integral E, detail::integral S = int>
  BITFAULT_FN constexpr steps(B from, E to, S by = 1) noexcept
      : first(static_cast<std::int64_t>(from)), end(static_cast<std::int64_t>(to)),
        every(static_cast<std::int64_t>(by)) {}

  BITFAULT_FN constexpr status check() const noexcept {
    if (first < 0 || first >= no_end)
      return refused("steps: first (0 to 2^32 - 1)", first);
    if (end < first || end > no_end)
      return refused("steps: end (not below the first one, at most 2^32)", end);
    if (every < 1)
      return refused("steps: every (at least 1)", every);
    return {};
  }

  /// O(1). Requires that `check()` is ok.
  BITFAULT_FN constexpr bool contains(std::uint32_t step) const noexcept {
    const std::int64_t s = step;
    if (s < first || s >= end)
      return false;
    const auto since = static_cast<std::uint32_t>(s - first); // 32 bits: firmware divides it
    return (every < no_end ? since % static_cast<std::uint32_t>(every) : since) == 0;
  }

private:
  BITFAULT_FN static constexpr status refused(const char* place, std::int64_t value) noexcept {
    return {refusal::bad_parameter, 0, detail::bit_cast<std::uint64_t>(static_cast<double>(value)),
            0, place};
  }
};

/// One step and no other.
template <detail::integral I>
BITFAULT_FN constexpr steps one_step(I step) noexcept {
  return {step, static_cast<std::uint64_t>(step) + 1};
}

/// A step and all after it.
template <detail::integral I>
BITFAULT_FN constexpr steps from_step(I first) noexcept {
  return {first, steps::no_end};
}

/// Every nth step from one step on: `every_nth_step(3, 1)` are 1, 4, 7 ...
template <detail::integral N, detail::integral I = int>
BITFAULT_FN constexpr steps every_nth_step(N n, I first = 0) noexcept {
  return {first, steps::no_end, n};
}

} // namespace bitfault
