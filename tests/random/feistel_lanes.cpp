// SPDX-License-Identifier: MIT
// The vectors of feistel_lanes.hpp against `at`, which computes one site at a time.

#include <bitfault/random/permutation.hpp>

#include "catch.hpp"

#include <cstdint>
#include <vector>

#if BITFAULT_DETAIL_FEISTEL_LANES

namespace {

using bitfault::fault_key;
using bitfault::index_t;
using bitfault::keyed_permutation;
using bitfault::permutation_shape;
using bitfault::random_stream;

/// `fill` of 32 sites at a time against `at`; how many sites differ.
unsigned differing(index_t size, index_t first, std::uint64_t seed) {
  const keyed_permutation order(permutation_shape(size), random_stream(fault_key{.seed = seed}));
  std::vector<index_t> sites(64, ~index_t{0});
  order.fill(first, 64, sites.data());
  unsigned n = 0;
  for (index_t i = 0; i < 64; ++i)
    n += static_cast<unsigned>(sites[i] != order.at(first + i));
  return n;
}

} // namespace

TEST_CASE("feistel lanes: sites are those of the network for one value, in spaces of all sizes") {
  if (!bitfault::detail::has_feistel_lanes()) {
    WARN("skipped: this processor has no AVX2");
    return;
  }
  std::uint64_t seed = 0;
  for (unsigned bits = 6; bits <= 62; ++bits)
    for (const index_t size : {(index_t{1} << bits) - 1, index_t{1} << bits,
                               (index_t{1} << bits) / 4 * 3 + 1, (index_t{1} << (bits - 1)) + 1}) {
      if (size < 64 || size > index_t{1} << 62)
        continue;
      CAPTURE(bits, size);
      for (const index_t first : {index_t{0}, index_t{1}, size / 3, size / 2, size - 64})
        if (first + 64 <= size)
          CHECK(differing(size, first, ++seed) == 0);
    }
}

TEST_CASE("feistel lanes: a block of 32 that straddles 2^32 is numbered through") {
  if (!bitfault::detail::has_feistel_lanes())
    return;
  const index_t size = index_t{3} << 33;
  for (index_t before = 0; before <= 33; ++before)
    CHECK(differing(size, (index_t{1} << 32) - before, before) == 0);
}

TEST_CASE("feistel lanes: it is told whether a value is past the end") {
  if (!bitfault::detail::has_feistel_lanes())
    return;
  // 2 rounds with keys of 0: the smallest network, by hand for value 0 of 16 x 2^4.
  const std::uint32_t keys[2] = {0, 0};
  index_t sites[32];
  bitfault::detail::feistel_lanes(keys, 2, 4, 16, index_t{256}, index_t{0}, sites);
  CHECK(sites[0] == 0); // 0 stays 0: every step multiplies it
  index_t largest = 0;
  for (const index_t site : sites)
    largest = site > largest ? site : largest;
  REQUIRE(largest < 256);
  CHECK_FALSE(bitfault::detail::feistel_lanes(keys, 2, 4, 16, largest + 1, index_t{0}, sites));
  CHECK(bitfault::detail::feistel_lanes(keys, 2, 4, 16, largest, index_t{0}, sites));
}

#endif
