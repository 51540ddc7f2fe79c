// SPDX-License-Identifier: MIT
#include <bitfault/random/fault_key.hpp>
#include <bitfault/random/philox.hpp>

#include "catch.hpp"

#include <cstdint>
#include <set>

#if __has_include(<Random123/philox.h>)
#include <Random123/philox.h>
#define HAS_RANDOM123 1
#endif

using bitfault::fault_key;
using bitfault::philox;
using bitfault::philox_block;
using bitfault::philox_key;
using bitfault::purpose;
using bitfault::random_stream;

namespace {

constexpr std::uint32_t ones = 0xFFFFFFFF;

/// A block that can be ordered.
struct four_words {
  std::uint64_t low, high;
  friend auto operator<=>(const four_words&, const four_words&) = default;
};
four_words block(const random_stream& s, purpose p, std::uint64_t index, std::uint32_t call) {
  const philox_block b = s.block(p, index, call);
  return {b.wide(0), b.wide(1)};
}

} // namespace

TEST_CASE("philox gives its published known answers") {
  // Random123, kat_vectors, philox4x32 with 10 rounds.
  STATIC_REQUIRE(philox({{0, 0}}, {{0, 0, 0, 0}}) ==
                 philox_block{{0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8}});
  STATIC_REQUIRE(philox({{ones, ones}}, {{ones, ones, ones, ones}}) ==
                 philox_block{{0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD}});
  STATIC_REQUIRE(
      philox({{0xA4093822, 0x299F31D0}}, {{0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344}}) ==
      philox_block{{0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1}});
}

TEST_CASE("philox is the generator std::philox4x32 of C++26") {
  // [rand.predef]: the 10,000th output of a default-constructed engine. Its key is the default seed
  // 20111115 and its counter starts at 0; each counter gives four outputs in order.
  std::uint32_t last = 0;
  unsigned outputs = 0;
  for (std::uint32_t counter = 0; outputs < 10'000; ++counter)
    for (const std::uint32_t word : philox({{20111115, 0}}, {{counter, 0, 0, 0}}).word) {
      last = word;
      if (++outputs == 10'000)
        break;
    }
  CHECK(last == 1955073260);
}

TEST_CASE("philox agrees with Random123, where it is installed") {
  std::uint64_t state = 1;
  const auto next = [&state] {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::uint32_t>(state >> 32);
  };
  int wrong = philox({{0, 0}}, {{0, 0, 0, 0}}).word[0] != 0x6627E8D5;
  for (int i = 0; i < 10'000; ++i) {
    const philox_key key{{next(), next()}};
    const philox_block counter{{next(), next(), next(), next()}};
    const philox_block ours = philox(key, counter);
#if defined(HAS_RANDOM123)
    const philox4x32_ctr_t their_counter{
        {counter.word[0], counter.word[1], counter.word[2], counter.word[3]}};
    const philox4x32_key_t their_key{{key.word[0], key.word[1]}};
    const philox4x32_ctr_t theirs = philox4x32(their_counter, their_key);
    for (unsigned w = 0; w < 4; ++w)
      wrong += ours.word[w] != theirs.v[w];
#else
    // The counter is a bijection: another one gives another block.
    philox_block other = counter;
    other.word[i % 4] ^= 1u << (i % 32);
    wrong += ours == philox(key, other);
#endif
  }
  CHECK(wrong == 0);
}

TEST_CASE("a stream's words are philox under a key that philox made of the fault key") {
  constexpr fault_key key{
      .seed = 0x1122334455667788, .trial = 0x99AABBCCDDEEFF00, .stream = 7, .step = 9};
  constexpr philox_block derived =
      philox({{0x55667788, 0x11223344}}, {{0xDDEEFF00, 0x99AABBCC, 7, 9}});
  constexpr random_stream stream(key);
  STATIC_REQUIRE(stream.key() == philox_key{{derived.word[0], derived.word[1]}});
  STATIC_REQUIRE(stream.block(purpose::mask, 0x0000000500000006, 3) ==
                 philox(stream.key(), {{6, 5, 3, 4}}));
  STATIC_REQUIRE(stream.block(purpose::mask, 6) == stream.block(purpose::mask, 6, 0));
}

TEST_CASE("keys that differ in one member, purposes, indices and calls give different words") {
  const fault_key base{.seed = 1, .trial = 2, .stream = 3, .step = 4};
  std::set<four_words> seen;
  std::size_t drawn = 0;
  const auto draw_all = [&](const random_stream& stream) {
    for (const purpose p : {purpose::permutation, purpose::block, purpose::sliced, purpose::mask,
                            purpose::model, purpose::lifetime, purpose::entry})
      for (const std::uint64_t index : {0ull, 1ull, 1ull << 32, ~0ull})
        for (const std::uint32_t call : {0u, 1u, 0x10000u}) {
          seen.insert(block(stream, p, index, call));
          ++drawn;
        }
  };
  draw_all(random_stream(base));
  for (const unsigned bit : {0u, 31u, 32u, 63u}) {
    fault_key key = base;
    key.seed ^= std::uint64_t{1} << bit;
    draw_all(random_stream(key));
    key = base;
    key.trial ^= std::uint64_t{1} << bit;
    draw_all(random_stream(key));
    if (bit >= 32)
      continue;
    key = base;
    key.stream ^= std::uint32_t{1} << bit;
    draw_all(random_stream(key));
    key = base;
    key.step ^= std::uint32_t{1} << bit;
    draw_all(random_stream(key));
  }
  for (const std::uint64_t entry : {0ull, 1ull, 1ull << 40})
    draw_all(random_stream(base).child(entry));
  CHECK(drawn == 16 * 7 * 4 * 3);
  CHECK(seen.size() == drawn);
}

TEST_CASE("the same key gives the same words") {
  const fault_key key{.seed = 5, .trial = 6, .stream = 7, .step = 8};
  CHECK(random_stream(key).block(purpose::model, 11, 12) ==
        random_stream(key).block(purpose::model, 11, 12));
  CHECK(random_stream(key).child(3).block(purpose::model, 11) ==
        random_stream(key).child(3).block(purpose::model, 11));
}

TEST_CASE("words are paired to 64 bits with the first one low") {
  constexpr philox_block b{{1, 2, 3, 4}};
  STATIC_REQUIRE(b.wide(0) == 0x0000000200000001);
  STATIC_REQUIRE(b.wide(1) == 0x0000000400000003);
}
