// SPDX-License-Identifier: MIT
#pragma once

#include "../config/macros.hpp"
#include "../core/bits.hpp"

#include <cstdint>

namespace bitfault {

/// Four 32-bit words: the counter and the output of Philox.
struct philox_block {
  std::uint32_t word[4];

  /// Words 2i and 2i + 1 as one 64-bit number, the first one low.
  BITFAULT_FN constexpr std::uint64_t wide(unsigned i) const noexcept {
    return word[2 * i] | (std::uint64_t{word[2 * i + 1]} << 32);
  }
  friend constexpr bool operator==(const philox_block&, const philox_block&) = default;
};

struct philox_key {
  std::uint32_t word[2];
  friend constexpr bool operator==(const philox_key&, const philox_key&) = default;
};

/// Philox4x32, a counter-based generator: random words are a function of key and counter, so any of
/// them can be had without the others. Ten rounds are the published default; seven are the fewest
/// that pass every test of TestU01's BigCrush. Host, device, freestanding.
/// Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC'11.
template <int Rounds = 10>
BITFAULT_FN constexpr philox_block philox(philox_key key, philox_block counter) noexcept {
  for (int round = 0; round < Rounds; ++round) {
    const std::uint64_t p0 = std::uint64_t{0xD2511F53u} * counter.word[0];
    const std::uint64_t p1 = std::uint64_t{0xCD9E8D57u} * counter.word[2];
    counter = {{static_cast<std::uint32_t>(p1 >> 32) ^ counter.word[1] ^ key.word[0],
                static_cast<std::uint32_t>(p1),
                static_cast<std::uint32_t>(p0 >> 32) ^ counter.word[3] ^ key.word[1],
                static_cast<std::uint32_t>(p0)}};
    key.word[0] += 0x9E3779B9u;
    key.word[1] += 0xBB67AE85u;
  }
  return counter;
}

} // namespace bitfault
