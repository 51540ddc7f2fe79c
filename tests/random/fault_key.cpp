// SPDX-License-Identifier: MIT
#include <bitfault/random/fault_key.hpp>

#include "catch.hpp"
#include "chance.hpp"

#include <cstdint>
#include <type_traits>
#include <vector>

using bitfault::fault_key;
using bitfault::philox_block;
using bitfault::purpose;
using bitfault::random_stream;

namespace {

/// z of the number of bits in which the words of two streams differ.
double difference_z(const random_stream& a, const random_stream& b) {
  constexpr unsigned blocks = 400;
  int differ = 0;
  for (unsigned i = 0; i < blocks; ++i) {
    const philox_block x = a.block(purpose::mask, i), y = b.block(purpose::mask, i);
    differ +=
        __builtin_popcountll(x.wide(0) ^ y.wide(0)) + __builtin_popcountll(x.wide(1) ^ y.wide(1));
  }
  return chance::binomial_z(differ, 128.0 * blocks, 0.5);
}

} // namespace

TEST_CASE("a key is a plain aggregate that is zero unless said otherwise") {
  STATIC_REQUIRE(std::is_trivially_copyable_v<fault_key>);
  STATIC_REQUIRE(fault_key{} == fault_key{.seed = 0, .trial = 0, .stream = 0, .step = 0});
  STATIC_REQUIRE(fault_key{.seed = 1} != fault_key{.trial = 1});
  STATIC_REQUIRE(fault_key{.stream = 1} != fault_key{.step = 1});
}

TEST_CASE("the counter holds index, call and purpose without overlap") {
  STATIC_REQUIRE(random_stream::counter(purpose::model, 0x0123456789ABCDEF, 0x00FEDCBA) ==
                 philox_block{{0x89ABCDEF, 0x01234567, 0x00FEDCBA, 5}});
  STATIC_REQUIRE(static_cast<unsigned>(purpose::permutation) == 1);
  STATIC_REQUIRE(static_cast<unsigned>(purpose::block) == 2);
  STATIC_REQUIRE(static_cast<unsigned>(purpose::sliced) == 3);
  STATIC_REQUIRE(static_cast<unsigned>(purpose::mask) == 4);
  STATIC_REQUIRE(static_cast<unsigned>(purpose::model) == 5);
  STATIC_REQUIRE(static_cast<unsigned>(purpose::lifetime) == 6);
  STATIC_REQUIRE(static_cast<unsigned>(purpose::entry) == 7);
}

TEST_CASE("neighbouring keys give streams that do not go together") {
  // 51,200 bits for each pair of streams: a correlation of 2.2 % is found; 380 comparisons.
  for (std::uint32_t i = 0; i < 60; ++i) {
    const random_stream here(fault_key{.seed = i, .trial = i, .stream = i, .step = i});
    CAPTURE(i);
    CHECK(std::abs(difference_z(here, random_stream(fault_key{i + 1, i, i, i}))) < chance::limit);
    CHECK(std::abs(difference_z(here, random_stream(fault_key{i, i + 1, i, i}))) < chance::limit);
    CHECK(std::abs(difference_z(here, random_stream(fault_key{i, i, i + 1, i}))) < chance::limit);
    CHECK(std::abs(difference_z(here, random_stream(fault_key{i, i, i, i + 1}))) < chance::limit);
    CHECK(std::abs(difference_z(here, here.child(i))) < chance::limit);
    CHECK(std::abs(difference_z(here.child(i), here.child(i + 1))) < chance::limit);
  }
}

TEST_CASE("a child's stream is made from its parent's words for that entry") {
  const random_stream parent(fault_key{.seed = 9});
  const philox_block words = parent.block(purpose::entry, 12);
  CHECK(parent.child(12).key().word[0] == words.word[0]);
  CHECK(parent.child(12).key().word[1] == words.word[1]);
  CHECK(parent.child(1).child(2).key() != parent.child(2).child(1).key());
}
