// SPDX-License-Identifier: MIT
#pragma once

#include "../core/bits.hpp"

#include <cstdint>

// AVX2 has the vector multiplication of 32 bits that drawing sites spends its time on. Compilers do
// not find the short way to the upper halves of products, so it is written down; the
// processor is asked. Other targets take the loops of keyed_permutation.
#if defined(__x86_64__) && __SIZEOF_SIZE_T__ == 8 && defined(__GNUC__) && __STDC_HOSTED__ &&       \
    !defined(__CUDACC__)
#define BITFAULT_DETAIL_FEISTEL_LANES 1

namespace bitfault::detail {

/// Asked in builds for AVX2, too: a load, and the same function in all parts of a program.
inline bool has_feistel_lanes() noexcept { return __builtin_cpu_supports("avx2") != 0; }

/// The Feistel network of keyed_permutation for first .. first + 31, before cycle walking; whether
/// one of the values is `size` or more. Requires has_feistel_lanes(), and an even number of rounds.
/// A template, so that only those who call it compile it.
template <class Index>
__attribute__((target("avx2"))) bool feistel_lanes(const std::uint32_t* keys, unsigned rounds,
                                                   unsigned half_bits, std::uint32_t blocks,
                                                   Index size, Index first, Index* out) noexcept {
  using words = std::uint32_t __attribute__((vector_size(32)));
  using pairs = std::uint64_t __attribute__((vector_size(32)));
  using ints = int __attribute__((vector_size(32)));
  constexpr unsigned vectors = 4;
  const words first_factor = words{} + 0x9E3779B1u, second_factor = words{} + 0x85EBCA6Bu;
  const words range = words{} + blocks;
  const pairs low = pairs{} + 0xFFFFFFFFu;

  // Lane 2i of a word vector holds value i of eight, lane 2i + 1 value i + 4: so two vectors of
  // 64-bit values come out, and go in, without moving lanes.
  words left[vectors], right[vectors];
  for (unsigned v = 0; v < vectors; ++v) {
    const pairs near = pairs{0, 1, 2, 3} + (first + 8 * v), far = near + 4;
    const pairs mask = ((pairs{} + 1) << half_bits) - 1;
    left[v] = reinterpret_cast<words>((near >> half_bits) | (far >> half_bits << 32));
    right[v] = reinterpret_cast<words>((near & mask) | ((far & mask) << 32));
  }
  for (unsigned j = 0; j < rounds; j += 2) {
    const words key0 = words{} + keys[j], key1 = words{} + keys[j + 1];
#pragma GCC unroll 4
    for (unsigned v = 0; v < vectors; ++v) {
      words mixed = (right[v] ^ key0) * first_factor;
      mixed = (mixed ^ (mixed >> 16)) * second_factor;
      const auto near = reinterpret_cast<pairs>(
          __builtin_ia32_pmuludq256(reinterpret_cast<ints>(mixed), reinterpret_cast<ints>(range)));
      const auto far = reinterpret_cast<pairs>(
          __builtin_ia32_pmuludq256(reinterpret_cast<ints>(reinterpret_cast<pairs>(mixed) >> 32),
                                    reinterpret_cast<ints>(range)));
      const words sum = left[v] + __builtin_shufflevector(reinterpret_cast<words>(near),
                                                          reinterpret_cast<words>(far), 1, 9, 3, 11,
                                                          5, 13, 7, 15);
      const words less = sum - range; // wraps to a large number where sum < range
      left[v] = less < sum ? less : sum;
      mixed = (left[v] ^ key1) * first_factor;
      mixed = (mixed ^ (mixed >> 16)) * second_factor;
      right[v] ^= mixed >> (32 - half_bits);
    }
  }
  using longs = long long __attribute__((vector_size(32)));
  const longs last = longs{} + static_cast<long long>(size - 1);
  longs past_end{};
  for (unsigned v = 0; v < vectors; ++v) {
    const auto l = reinterpret_cast<pairs>(left[v]), r = reinterpret_cast<pairs>(right[v]);
    const pairs near = (l & low) << half_bits | (r & low);
    const pairs far = l >> 32 << half_bits | r >> 32;
    past_end |= (reinterpret_cast<longs>(near) > last) | (reinterpret_cast<longs>(far) > last);
    __builtin_memcpy(out + 8 * v, &near, sizeof near);
    __builtin_memcpy(out + 8 * v + 4, &far, sizeof far);
  }
  return (past_end[0] | past_end[1] | past_end[2] | past_end[3]) != 0;
}

} // namespace bitfault::detail
#else
#define BITFAULT_DETAIL_FEISTEL_LANES 0
#endif
