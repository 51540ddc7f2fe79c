// SPDX-License-Identifier: MIT
#pragma once

#include "philox.hpp"

#include <cstdint>

namespace bitfault::detail {

// 64-bit lanes that hold 32-bit words: a widening multiplication reads the low halves only, so
// that nothing has to be masked between rounds. Compilers do not find the one x86 instruction that
// does this (pmuludq), so it is named where it exists; anywhere else `philox` runs counter by
// counter.
#if defined(__SSE2__) && !defined(__CUDACC__)
#define BITFAULT_DETAIL_LANES 1
#if defined(__AVX2__)
using word_lanes = std::uint64_t __attribute__((vector_size(32)));
inline word_lanes multiply_low_halves(const word_lanes& a, const word_lanes& b) noexcept {
  using ints = int __attribute__((vector_size(32)));
  return reinterpret_cast<word_lanes>(
      __builtin_ia32_pmuludq256(reinterpret_cast<ints>(a), reinterpret_cast<ints>(b)));
}
#else
using word_lanes = std::uint64_t __attribute__((vector_size(16)));
inline word_lanes multiply_low_halves(const word_lanes& a, const word_lanes& b) noexcept {
  using ints = int __attribute__((vector_size(16)));
  return reinterpret_cast<word_lanes>(
      __builtin_ia32_pmuludq128(reinterpret_cast<ints>(a), reinterpret_cast<ints>(b)));
}
#endif
inline constexpr unsigned lane_count = sizeof(word_lanes) / sizeof(std::uint64_t);

/// Stores lane i of `even` and of `odd` side by side.
BITFAULT_INLINE void store_pairs(const word_lanes& even, const word_lanes& odd,
                                 std::uint32_t* out) noexcept {
#if defined(__AVX2__)
  const word_lanes first = __builtin_shufflevector(even, odd, 0, 4, 1, 5);
  const word_lanes second = __builtin_shufflevector(even, odd, 2, 6, 3, 7);
#else
  const word_lanes first = __builtin_shufflevector(even, odd, 0, 2);
  const word_lanes second = __builtin_shufflevector(even, odd, 1, 3);
#endif
  __builtin_memcpy(out, &first, sizeof first);
  __builtin_memcpy(out + sizeof first / 4, &second, sizeof second);
}

/// Philox with `Chains` independent vectors of counters, to hide the latency of the
/// multiplications. c[w][i] is word w of chain i.
template <int Rounds, unsigned Chains>
BITFAULT_INLINE void philox_chains(philox_key key, word_lanes (&c)[4][Chains]) noexcept {
  const word_lanes m0 = word_lanes{} + 0xD2511F53u, m1 = word_lanes{} + 0xCD9E8D57u;
#pragma GCC unroll 10
  for (int round = 0; round < Rounds; ++round) {
    const word_lanes k0 = word_lanes{} + key.word[0], k1 = word_lanes{} + key.word[1];
#pragma GCC unroll 8
    for (unsigned i = 0; i < Chains; ++i) {
      const word_lanes p0 = multiply_low_halves(c[0][i], m0);
      const word_lanes p1 = multiply_low_halves(c[2][i], m1);
      c[0][i] = (p1 >> 32) ^ (c[1][i] ^ k0);
      c[2][i] = (p0 >> 32) ^ (c[3][i] ^ k1);
      c[1][i] = p1;
      c[3][i] = p0;
    }
    key.word[0] += 0x9E3779B9u;
    key.word[1] += 0xBB67AE85u;
  }
}

/// even[c] and odd[c] hold words (0, 1) and (2, 3) of philox<Rounds>(key, {first + lane, call + c,
/// tag}), one counter to a lane.
template <unsigned Calls, int Rounds>
BITFAULT_INLINE void philox_rows(philox_key key, std::uint64_t first, std::uint32_t call,
                                 std::uint32_t tag, word_lanes (&even)[Calls],
                                 word_lanes (&odd)[Calls]) noexcept {
  word_lanes index{};
  for (unsigned i = 0; i < lane_count; ++i)
    index[i] = first + i;
  word_lanes c[4][Calls];
#pragma GCC unroll 8
  for (unsigned i = 0; i < Calls; ++i) {
    c[0][i] = index;
    c[1][i] = index >> 32;
    c[2][i] = word_lanes{} + (call + i);
    c[3][i] = word_lanes{} + tag;
  }
  philox_chains<Rounds>(key, c);
#pragma GCC unroll 8
  for (unsigned i = 0; i < Calls; ++i) {
    even[i] = (c[0][i] & 0xFFFFFFFFu) | (c[1][i] << 32);
    odd[i] = (c[2][i] & 0xFFFFFFFFu) | (c[3][i] << 32);
  }
}
#else
#define BITFAULT_DETAIL_LANES 0
#endif

/// out[16 * c + 4 * i + w] = word w of philox<Rounds>(key, {first + i (64 bits), call + c, tag})
/// for i < 4 and c < Calls.
template <unsigned Calls, int Rounds = 10>
BITFAULT_FN constexpr void philox_4(philox_key key, std::uint64_t first, std::uint32_t call,
                                    std::uint32_t tag, std::uint32_t* out) noexcept {
#if BITFAULT_DETAIL_LANES
  if (!__builtin_is_constant_evaluated()) {
    for (unsigned part = 0; part < 4 / lane_count; ++part) {
      word_lanes even[Calls], odd[Calls];
      philox_rows<Calls, Rounds>(key, first + part * lane_count, call, tag, even, odd);
      for (unsigned i = 0; i < Calls; ++i)
        store_pairs(even[i], odd[i], out + 16 * i + 4 * part * lane_count);
    }
    return;
  }
#endif
  for (unsigned c = 0; c < Calls; ++c)
    for (unsigned i = 0; i < 4; ++i) {
      const std::uint64_t index = first + i;
      const philox_block b =
          philox<Rounds>(key, {{static_cast<std::uint32_t>(index),
                                static_cast<std::uint32_t>(index >> 32), call + c, tag}});
      for (unsigned w = 0; w < 4; ++w)
        out[16 * c + 4 * i + w] = b.word[w];
    }
}

} // namespace bitfault::detail
