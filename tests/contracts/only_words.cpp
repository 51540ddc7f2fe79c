// SPDX-License-Identifier: MIT
// Contract 6: no shape, size or pointer is ever changed, and nothing beside the tensor.
#include "catch.hpp"
#include "combinations.hpp"

#include <array>

using namespace combinations;

namespace {

constexpr fault_key key{.seed = 6, .trial = 1};
constexpr std::uint32_t guard = 0xDEADBEEFu;

/// A tensor between two walls of guard words; the walls have to stand afterwards.
template <class T, class Injector>
bool walls_stand(const Injector& injector) {
  constexpr index_t wall = 64;
  std::vector<T> memory(size + 2 * wall);
  const auto brick = from_word<T>(static_cast<word_t<T>>(guard));
  for (index_t i = 0; i < wall; ++i)
    memory[i] = memory[wall + size + i] = brick;
  const auto v = view(memory.data() + wall, shape);
  const auto stands = [&] {
    for (index_t i = 0; i < wall; ++i)
      if (to_word(memory[i]) != to_word(brick) ||
          to_word(memory[wall + size + i]) != to_word(brick))
        return false;
    return true;
  };
  bool all = injector.apply(v, key).ok() && stands();
  all = all && injector.apply(threads{3, 1}, v, key).ok() && stands();
  {
    auto injected = injector.scoped(v, key);
    all = all && stands();
  }
  return all && stands();
}

} // namespace

TEST_CASE("contract 6: words before and behind the tensor never change") {
  CHECK(walls_stand<float>(make_injector(bit_flip{}, rate::per_bit(1))));
  CHECK(walls_stand<float>(make_injector(bit_flip{}, rate::per_bit(0.5))));
  CHECK(walls_stand<float>(make_injector(stuck_at_1{}, rate::per_bit(0.03))));
  CHECK(walls_stand<std::uint8_t>(make_injector(stuck_at_0{}, rate::per_bit(0.7))));
  CHECK(walls_stand<double>(make_injector(stuck_at_0{}, rate::per_bit(0.7))));
  CHECK(walls_stand<half>(make_injector(bit_flip{}, every{}, bits::all{})));
}

TEST_CASE("contract 6: patterns are clipped at the border of the tensor") {
  // Every element is an anchor.
  CHECK(walls_stand<float>(make_injector(bit_flip{}, rate::per_element(1), burst{40})));
  CHECK(walls_stand<float>(make_injector(zero{}, every{}, tile{3, 3, 3})));
  CHECK(walls_stand<float>(
      make_injector(bit_flip{}, exactly{size * 32}, multi_cell_upset{5, 3, 2, 8})));
  CHECK(walls_stand<std::int8_t>(make_injector(zero{}, every{}, whole_channel{0})));
}

TEST_CASE("contract 6: a burst at the end of the tensor is cut off, not moved or wrapped") {
  std::array<std::uint8_t, 10> memory{};
  REQUIRE(make_injector(bit_flip{}, at{8}, bits::all{}, burst{5}).apply(view(memory), key).ok());
  CHECK(memory == std::array<std::uint8_t, 10>{0, 0, 0, 0, 0, 0, 0, 0, 255, 255});
}

TEST_CASE("contract 6: a tile at the corner of the tensor is cut off on both axes") {
  std::array<std::uint8_t, 12> memory{};
  const auto v = view(memory.data(), extents{3, 4});
  REQUIRE(
      make_injector(bit_flip{}, at{coordinates{1, 3}}, bits::all{}, tile{2, 2}).apply(v, key).ok());
  CHECK(memory == std::array<std::uint8_t, 12>{0, 0, 0, 0, 0, 0, 0, 255, 0, 0, 0, 255});
}

TEST_CASE("contract 6: a container keeps its size, its capacity and its memory") {
  std::vector<float> weights = any_bits<float>(500);
  weights.reserve(700);
  const float* const data = weights.data();
  for (std::uint64_t trial = 0; trial < 30; ++trial) {
    REQUIRE(
        make_injector(bit_flip{}, rate::per_bit(0.5)).apply(view(weights), {.trial = trial}).ok());
    auto injected =
        make_injector(zero{}, exactly{50}, burst{9}).scoped(view(weights), {.trial = trial});
    CHECK(weights.data() == data);
    CHECK(weights.size() == 500);
    CHECK(weights.capacity() == 700);
  }
}

TEST_CASE("contract 6: elements outside the region never change, whatever the pattern") {
  std::vector<std::uint16_t> memory(size);
  const auto v = view(memory.data(), shape);
  const auto only_in = [&](auto inside) {
    for (index_t i = 0; i < size; ++i)
      if (memory[i] != 0 && !inside(i))
        return false;
    return true;
  };
  REQUIRE(
      make_injector(bit_flip{}, every{}, bits::all{}, channel(2), burst{50}).apply(v, key).ok());
  CHECK(only_in([](index_t i) { return i / 35 % 6 == 2; }));
  memory.assign(size, 0);
  REQUIRE(make_injector(bit_flip{}, rate::per_bit(0.3), complement{channel(2)}, line{1})
              .apply(v, key)
              .ok());
  CHECK(only_in([](index_t i) { return i / 35 % 6 != 2; }));
  CHECK(words_that_differ(memory, std::vector<std::uint16_t>(size)) > 100);
}
