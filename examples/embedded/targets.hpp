// SPDX-License-Identifier: MIT
#pragma once

// What the firmware's campaign injects faults into, and which faults: the part that the firmware
// shares with the program that draws a fault list on a host.

#include "network.hpp"

#include <bitfault/embedded.hpp>

#include <cstdint>

namespace targets {

inline constexpr std::uint64_t seed = 2026;

// Their rank is written down: what g++ 12 deduces it lays in RAM, constexpr or not.
inline constexpr bitfault::extents<4> conv1_weight{8, 1, 3, 3};
inline constexpr bitfault::extents<4> conv2_weight{16, 8, 3, 3};
inline constexpr bitfault::extents<2> dense_weight{10, 288};
inline constexpr bitfault::extents<3> pool1{8, 13, 13};
inline constexpr bitfault::extents<3> conv3_sums{32, 3, 3};
inline constexpr bitfault::extents<2> image{28, 28};

static_assert(pool1.size() == static_cast<bitfault::index_t>(network::pool1_shape.size()));
static_assert(conv3_sums.size() == static_cast<bitfault::index_t>(network::conv3_shape.size()));

/// One key for each experiment and trial.
constexpr bitfault::fault_key key(std::uint32_t experiment, std::uint32_t trial) {
  return {.seed = seed, .trial = trial, .stream = experiment};
}

/// The faults that are drawn on a host, saved, and replayed by the firmware.
inline constexpr auto recorded =
    bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{8});
inline constexpr bitfault::fault_key recorded_key = key(7, 0);

} // namespace targets
