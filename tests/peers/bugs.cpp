// SPDX-License-Identifier: MIT
// What is wrong in other fault injectors and must not be wrong here: one test for each bug.
//
// clang-format off
//   1  enpheeph              corrupted after two faults on one tensor     here
//   2  enpheeph              a batch entry shrinks the batch              here
//   3  enpheeph              time step ignored, all channels hit          here
//   4  enpheeph              sparse tensors are rebuilt                   not here: needs sparse tensors
//   5  enpheeph, GoldenEye   formats change values with no fault          here
//   6  enpheeph              bfloat16, lists of bits                      here (gradients need a framework)
//   7  enpheeph              misuse prints and goes on                    here
//   8  PyTorchFI             one pass only, a model copy for each fault   here
//   9  PyTorchFI             at most 4 dimensions, no quantised models    here
//  10  TensorFI              a flip that is not IEEE 754                  here; exhaustive: faults/bit_faults.cpp
//  11  TensorFI              a multi-bit flip hits one bit twice          here
//  12  TensorFI2             every result counts as corrupted             not here: campaign
//  13  MRFI                  sites drawn with replacement, 64 times too many   here
//  14  ALFI                  stuck-at-1 flips, stuck-at-0 does nothing    here
//  15  TorchFI               zeros are skipped                            here
//  16  TorchFI, ALFI         bits counted from the other end              here
// clang-format on
#include "../contracts/combinations.hpp"
#include "catch.hpp"

#include <set>

using namespace combinations;

TEST_CASE("bug 1: two faults on one weight tensor, and it is whole again after removal") {
  const auto golden = any_bits<float>(100);
  std::vector<float> weights = golden;
  {
    auto first = make_injector(bit_flip{}, at{7}, bits::given{30}).scoped(view(weights), {});
    const auto with_one = weights;
    {
      auto second =
          make_injector(stuck_at_1{}, at{7, 8}, bits::given{30}).scoped(view(weights), {});
      auto third = make_injector(zero{}, at{7}).scoped(view(weights), {});
      CHECK(to_word(weights[7]) == 0);
    }
    CHECK(same_bytes(weights, with_one));
  }
  CHECK(same_bytes(weights, golden));
}

TEST_CASE(
    "bug 2: a fault in one batch entry leaves the batch its shape and the others their values") {
  std::vector<float> batch(8 * 3 * 4 * 4, 1.0f);
  const auto v = view(batch.data(), extents{8, 3, 4, 4});
  REQUIRE(make_injector(bit_flip{}, exactly{20}, batch_entry(5)).apply(v, {.seed = 1}).ok());
  CHECK(batch.size() == 8 * 48);
  CHECK(v.extents() == extents{8, 3, 4, 4});
  unsigned inside = 0;
  for (index_t i = 0; i < batch.size(); ++i) {
    const auto changed = to_word(batch[i]) ^ to_word(1.0f);
    if (i / 48 == 5)
      inside += static_cast<unsigned>(bitfault::detail::popcount(changed));
    else
      REQUIRE(changed == 0);
  }
  CHECK(inside == 20);
}

TEST_CASE("bug 3: a fault in one time step of a spiking layer hits one element of one channel") {
  std::vector<float> membrane(10 * 6 * 5 * 5, 0.5f); // time, channel, height, width
  const auto v = view(membrane.data(), extents{10, 6, 5, 5});
  REQUIRE(make_injector(stuck_at_1{}, exactly{1}, region{4, 2}, bits::given{30})
              .apply(v, {.seed = 3})
              .ok());
  std::vector<index_t> changed;
  for (index_t i = 0; i < membrane.size(); ++i)
    if (membrane[i] != 0.5f)
      changed.push_back(i);
  REQUIRE(changed.size() == 1);
  CHECK(changed[0] / 150 == 4);
  CHECK(changed[0] / 25 % 6 == 2);
  std::vector<float> again(membrane.size(), 0.5f);
  REQUIRE(
      make_injector(zero{}, every{}, time_step(4)).apply(view(again.data(), v.extents()), {}).ok());
  for (index_t i = 0; i < again.size(); ++i)
    REQUIRE((again[i] == 0) == (i / 150 == 4));
}

TEST_CASE("bug 5: fixed point and int8 with no fault injected change nothing, not even 100") {
  std::vector<float> values{100.0f, -100.0f, 1e30f, 0.1f, -0.0f, from_word<float>(0x7FC00001u)};
  const auto golden = values;
  REQUIRE(make_injector(bit_flip{}, exactly{0}, formats::fixed_point<3, 4>{})
              .apply(view(values), {})
              .ok());
  REQUIRE(make_injector(bit_flip{}, rate::per_bit(0), formats::quantized<std::int8_t>{0.5})
              .apply(view(values), {})
              .ok());
  CHECK(same_bytes(values, golden));
  // With a fault, the others are not touched either, and the hit one is on the grid but for its
  // bit.
  REQUIRE(make_injector(bit_flip{}, at{0}, bits::given{0}, formats::quantized<std::int8_t>{1.0})
              .apply(view(values), {})
              .ok());
  CHECK(values[0] == 101.0f);
  values[0] = golden[0];
  CHECK(same_bytes(values, golden));
}

TEST_CASE("bug 6: bfloat16 works, and so do lists of bits") {
  std::vector<bfloat16> values(4, bfloat16(1.0f));
  REQUIRE(make_injector(bit_flip{}, at{1}, bits::sign{}).apply(view(values), {}).ok());
  REQUIRE(make_injector(bit_flip{}, at{2}, bits::as_one{bits::given{0, 6, from_msb(0)}})
              .apply(view(values), {})
              .ok());
  CHECK(values[0].bits == 0x3F80);
  CHECK(static_cast<float>(values[1]) == -1.0f);
  CHECK(values[2].bits == (0x3F80 ^ 0x8041));
  CHECK(values[3].bits == 0x3F80);
  // A float seen as bfloat16: the flip is in its code.
  std::vector<float> seen{1.0f};
  REQUIRE(make_injector(bit_flip{}, at{0}, bits::given{6}, formats::bfloat16{})
              .apply(view(seen), {})
              .ok());
  CHECK(seen[0] == 1.5f);
}

TEST_CASE("bug 7: misuse is an error, and removing twice is not misuse") {
  std::vector<float> weights(10, 1.0f);
  CHECK_THROWS_AS(make_injector(bit_flip{}, at{10}).scoped(view(weights), {}), error);
  CHECK_THROWS_AS(make_injector(bit_flip{}, exactly{1}, channel(0)).scoped(view(weights), {}),
                  error);
  CHECK_THROWS_AS(make_injector(bit_flip{}, exactly{321}).apply(view(weights), {}).or_throw(),
                  error);
  auto injected = make_injector(bit_flip{}, exactly{3}).scoped(view(weights), {});
  injected.restore();
  injected.restore();
  CHECK(weights == std::vector<float>(10, 1.0f));
}

TEST_CASE("bug 8: an injector works for any number of passes, and copies nothing") {
  std::vector<float> weights(50, 1.0f);
  const float* const data = weights.data();
  const auto injector = make_injector(bit_flip{}, exactly{3}, bits::sign{});
  std::set<std::vector<float>> seen;
  for (std::uint64_t pass = 0; pass < 200; ++pass) {
    auto injected = injector.scoped(view(weights), {.trial = pass});
    REQUIRE(weights.data() == data);
    float sum = 0;
    for (const float w : weights)
      sum += w;
    REQUIRE(sum == 50 - 6);
    seen.insert(weights);
  }
  CHECK(weights == std::vector<float>(50, 1.0f));
  CHECK(seen.size() > 190); // of 19,600 sets of three: one repeat is expected
}

TEST_CASE("bug 9: any rank, and int8") {
  std::vector<std::int8_t> memory(64, 5);
  const extents<6> e{2, 2, 2, 2, 2, 2};
  REQUIRE(make_injector(bit_flip{}, exactly{64 * 8}, region{all, all, all, all, all, all})
              .apply(view(memory.data(), e), {})
              .ok());
  CHECK(memory == std::vector<std::int8_t>(64, ~5));
  REQUIRE(make_injector(constant{9}, at{coordinates{1, 0, 1, 0, 1, 1}})
              .apply(view(memory.data(), e), {})
              .ok());
  CHECK(memory[0b101011] == 9);
}

TEST_CASE("bug 10: a flip of a float is one bit of IEEE 754, so there are 32 outcomes") {
  for (const float value : {0.05f, 1.0f, -3.25f, 0.0f}) {
    std::set<std::uint32_t> outcomes;
    for (unsigned b = 0; b < 32; ++b) {
      std::vector<float> memory{value};
      REQUIRE(make_injector(bit_flip{}, at{0}, bits::given{b}).apply(view(memory), {}).ok());
      CHECK((to_word(memory[0]) ^ to_word(value)) == 1u << b);
      outcomes.insert(to_word(memory[0]));
    }
    CHECK(outcomes.size() == 32);
  }
}

TEST_CASE("bug 11: a multi-bit flip hits distinct bits") {
  for (unsigned bits = 1; bits <= 32; ++bits)
    for (std::uint64_t trial = 0; trial < 30; ++trial) {
      std::vector<std::uint32_t> memory(1);
      REQUIRE(make_injector(bit_flip{}, exactly{bits}).apply(view(memory), {.trial = trial}).ok());
      REQUIRE(bitfault::detail::popcount(memory[0]) == static_cast<int>(bits));
      memory[0] = 0;
      REQUIRE(make_injector(bit_flip{}, exactly_elements{1}, bits::adjacent{bits})
                  .apply(view(memory), {.trial = trial})
                  .ok());
      REQUIRE(bitfault::detail::popcount(memory[0]) == static_cast<int>(bits));
    }
}

TEST_CASE("bug 13: sites are drawn without replacement, and a rate means the same in any shape") {
  // As many faults as sites: with replacement a third of them would be missing.
  std::vector<std::uint32_t> memory(64);
  REQUIRE(make_injector(bit_flip{}, exactly{64 * 32}).apply(view(memory), {.seed = 1}).ok());
  CHECK(memory == std::vector<std::uint32_t>(64, ~0u));

  const auto flipped = [](const auto& e, double p) {
    std::vector<std::uint32_t> words(64 * 64);
    REQUIRE(
        make_injector(bit_flip{}, rate::per_bit(p)).apply(view(words.data(), e), {.seed = 9}).ok());
    int n = 0;
    for (const std::uint32_t w : words)
      n += bitfault::detail::popcount(w);
    return n;
  };
  // 131,072 bits, p = 1/64: 2048 expected, six standard deviations are 270.
  CHECK(flipped(extents{64 * 64}, 1.0 / 64) > 2048 - 270);
  CHECK(flipped(extents{64 * 64}, 1.0 / 64) < 2048 + 270);
  CHECK(flipped(extents{64, 64}, 1.0 / 64) == flipped(extents{64 * 64}, 1.0 / 64));
  CHECK(flipped(extents{8, 8, 64}, 1.0 / 64) == flipped(extents{64 * 64}, 1.0 / 64));
}

TEST_CASE("bug 14: stuck-at-1 sets, stuck-at-0 clears, and doing it twice is doing it once") {
  std::vector<std::uint8_t> memory{0x00, 0xFF};
  for (int times = 0; times < 3; ++times) {
    REQUIRE(make_injector(stuck_at_1{}, every{}, bits::given{4}).apply(view(memory), {}).ok());
    CHECK(memory == std::vector<std::uint8_t>{0x10, 0xFF});
  }
  for (int times = 0; times < 3; ++times) {
    REQUIRE(make_injector(stuck_at_0{}, every{}, bits::given{4}).apply(view(memory), {}).ok());
    CHECK(memory == std::vector<std::uint8_t>{0x00, 0xEF});
  }
}

TEST_CASE("bug 15: zeros are sites") {
  std::vector<float> pruned(100, 0.0f);
  REQUIRE(make_injector(bit_flip{}, exactly_elements{100}).apply(view(pruned), {.seed = 2}).ok());
  for (const float& w : pruned)
    REQUIRE(bitfault::detail::popcount(to_word(w)) == 1);
}

TEST_CASE("bug 16: bit 0 has the value 2^0, and from_msb counts from the other end") {
  std::vector<std::uint16_t> memory(2);
  REQUIRE(make_injector(bit_flip{}, at{0}, bits::given{3}).apply(view(memory), {}).ok());
  REQUIRE(make_injector(bit_flip{}, at{1}, bits::given{from_msb(3)}).apply(view(memory), {}).ok());
  CHECK(memory == std::vector<std::uint16_t>{8, 4096});
  for (unsigned i = 0; i < 16; ++i)
    CHECK(from_msb(i).in(16) == 15 - i);
}
