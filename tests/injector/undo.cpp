// SPDX-License-Identifier: MIT
#include <bitfault/core/memory.hpp>
#include <bitfault/injector/undo.hpp>

#include "catch.hpp"

#include <cstdint>
#include <vector>

using bitfault::bit_operation;
using bitfault::index_t;
using bitfault::plain_memory;
using bitfault::undo;
using bitfault::detail::undo_slots;
using byte = std::uint8_t;

namespace {

/// Every byte under every mask: faulty and back again, with a neighbour slot on either side.
template <undo Kind, bit_operation Operation>
bool takes_back(bool single_bits) {
  std::vector<byte> scratch(undo_slots<Kind, Operation, byte>::words_for(20), 0xAB);
  const undo_slots<Kind, Operation, byte> slots{scratch};
  bool right = true;
  for (unsigned mask = 1; mask < 256; ++mask) {
    if (single_bits && (mask & (mask - 1)) != 0)
      continue;
    for (unsigned value = 0; value < 256; ++value) {
      slots.clear();
      byte words[3] = {static_cast<byte>(value), static_cast<byte>(~value), 0x5A};
      for (const index_t i : {0u, 1u, 2u}) {
        const auto before = words[i];
        const auto m = static_cast<byte>(mask);
        words[i] = static_cast<byte>(Operation == bit_operation::flip    ? before ^ m
                                     : Operation == bit_operation::set   ? before | m
                                     : Operation == bit_operation::clear ? before & ~m
                                                                         : before * 3 + 1);
        slots.template keep<plain_memory>(7 + i, mask, before);
      }
      for (const index_t i : {2u, 0u, 1u})
        slots.template take_back<plain_memory>(&words[i], 7 + i, mask);
      right = right && words[0] == static_cast<byte>(value) &&
              words[1] == static_cast<byte>(~value) && words[2] == 0x5A;
    }
  }
  return right;
}

} // namespace

TEST_CASE("what is kept of a fault takes it back, for every byte under every mask") {
  CHECK(takes_back<undo::nothing, bit_operation::flip>(false));
  CHECK(takes_back<undo::bits, bit_operation::set>(true));
  CHECK(takes_back<undo::bits, bit_operation::clear>(true));
  CHECK(takes_back<undo::masks, bit_operation::set>(false));
  CHECK(takes_back<undo::masks, bit_operation::clear>(false));
  CHECK(takes_back<undo::words, bit_operation::none>(false));
}

TEST_CASE("flips keep nothing, single stuck bits one bit a cell, everything else one word") {
  STATIC_REQUIRE(undo_slots<undo::nothing, bit_operation::flip, float>::words_for(1000) == 0);
  STATIC_REQUIRE(undo_slots<undo::bits, bit_operation::set, float>::words_for(0) == 0);
  STATIC_REQUIRE(undo_slots<undo::bits, bit_operation::set, float>::words_for(64) == 2);
  STATIC_REQUIRE(undo_slots<undo::bits, bit_operation::set, float>::words_for(65) == 3);
  STATIC_REQUIRE(undo_slots<undo::bits, bit_operation::set, byte>::words_for(65) == 9);
  STATIC_REQUIRE(undo_slots<undo::masks, bit_operation::set, float>::words_for(1000) == 1000);
  STATIC_REQUIRE(undo_slots<undo::words, bit_operation::none, float>::words_for(1000) == 1000);
}
