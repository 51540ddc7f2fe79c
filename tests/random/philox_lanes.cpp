// SPDX-License-Identifier: MIT
#include <bitfault/random/fault_key.hpp>
#include <bitfault/random/philox_lanes.hpp>

#include "catch.hpp"
#include "chance.hpp"

#include <cstdint>

using bitfault::philox;
using bitfault::philox_block;
using bitfault::philox_key;

namespace {

/// Whether every word of philox_4 is that of philox for its counter.
template <unsigned Calls>
constexpr bool agrees(philox_key key, std::uint64_t first, std::uint32_t call, std::uint32_t tag) {
  std::uint32_t words[16 * Calls]{};
  bitfault::detail::philox_4<Calls>(key, first, call, tag, words);
  for (unsigned c = 0; c < Calls; ++c)
    for (unsigned i = 0; i < 4; ++i) {
      const std::uint64_t index = first + i;
      const philox_block due =
          philox(key, {{static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(index >> 32),
                        call + c, tag}});
      for (unsigned w = 0; w < 4; ++w)
        if (words[16 * c + 4 * i + w] != due.word[w])
          return false;
    }
  return true;
}

} // namespace

TEST_CASE("philox in lanes gives the words of philox counter by counter") {
  // Counters that carry from their lower into their upper half, and around, are the ones to fear.
  constexpr std::uint64_t carry = std::uint64_t{1} << 32;
  chance::numbers any(1);
  for (int i = 0; i < 200; ++i) {
    const philox_key key{
        {static_cast<std::uint32_t>(any.next()), static_cast<std::uint32_t>(any.next())}};
    const auto call = static_cast<std::uint32_t>(any.next()),
               tag = static_cast<std::uint32_t>(any.next());
    bool same = true;
    for (const std::uint64_t first : {std::uint64_t{0}, carry - 1, carry - 2, carry - 3, carry - 4,
                                      carry, ~std::uint64_t{0} - 1, any.next()})
      same = same && agrees<1>(key, first, call, tag) && agrees<2>(key, first, call, tag) &&
             agrees<3>(key, first, call, tag) && agrees<4>(key, first, call, tag);
    CHECK(same);
  }
}

TEST_CASE("philox in lanes works at compile time") {
  STATIC_REQUIRE(agrees<1>({{1, 2}}, 0xFFFFFFFE, 3, 4));
  STATIC_REQUIRE(agrees<3>({{1, 2}}, 5, 0xFFFFFFFF, 4));
}
