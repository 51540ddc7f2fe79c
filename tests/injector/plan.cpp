// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <bitfault/bitfault.hpp>

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

using namespace bitfault;

namespace {

template <class T, std::size_t N>
using row_of = std::array<T, N>;

/// Injects at compile time and gives the array.
template <class Injector>
constexpr row_of<std::uint32_t, 64> injected(const Injector& injector, const fault_key& key) {
  row_of<std::uint32_t, 64> memory{};
  const status s = injector.apply(view(memory), key);
  return s.ok() ? memory : row_of<std::uint32_t, 64>{};
}

constexpr unsigned bits_in(const row_of<std::uint32_t, 64>& memory) {
  unsigned n = 0;
  for (const std::uint32_t w : memory)
    n += static_cast<unsigned>(bitfault::detail::popcount(w));
  return n;
}

constexpr fault_key key{.seed = 42, .trial = 7, .stream = 3};

} // namespace

TEST_CASE("a whole apply may run at compile time, and gives the faults of run time") {
  constexpr auto flips = make_injector(bit_flip{}, exactly{100});
  constexpr auto at_compile_time = injected(flips, key);
  STATIC_REQUIRE(bits_in(at_compile_time) == 100);
  auto at_run_time = row_of<std::uint32_t, 64>{};
  fault_key same = key;
  REQUIRE(flips.apply(view(at_run_time), same).ok());
  CHECK(at_run_time == at_compile_time);

  constexpr auto rate =
      make_injector(stuck_at_1{}, rate::per_bit(0.1), bits::range{0, 15}, burst{2});
  constexpr auto drawn = injected(rate, key);
  STATIC_REQUIRE(bits_in(drawn) > 0);
  at_run_time = {};
  REQUIRE(rate.apply(view(at_run_time), same).ok());
  CHECK(at_run_time == drawn);
}

TEST_CASE("value faults, noise and restoring may run at compile time") {
  constexpr bool right = [] {
    std::array<float, 16> weights{};
    for (std::size_t i = 0; i < 16; ++i)
      weights[i] = static_cast<float>(i);
    const auto golden = weights;
    std::array<std::uint32_t, 32> scratch{};
    bool changed = false;
    {
      auto injected = make_injector(additive_noise{normal{0, 1}}, exactly_elements{5}, tile{2})
                          .scoped(view(weights), key, scratch);
      for (std::size_t i = 0; i < 16; ++i)
        changed = changed || to_word(weights[i]) != to_word(golden[i]);
      auto flipped = make_injector(bit_flip{}, exactly{20}).scoped(view(weights), key);
    }
    bool restored = true;
    for (std::size_t i = 0; i < 16; ++i)
      restored = restored && to_word(weights[i]) == to_word(golden[i]);
    return changed && restored;
  }();
  STATIC_REQUIRE(right);
  CHECK(right);
}

TEST_CASE("bad input is refused at compile time too") {
  constexpr auto bound = make_injector(bit_flip{}, exactly{100}).bind<float>(extents{3});
  STATIC_REQUIRE(!bound.state().ok());
  STATIC_REQUIRE(bound.state().reason == refusal::too_many_faults);
  STATIC_REQUIRE(bound.state().value == 100);
  STATIC_REQUIRE(bound.state().limit == 96);
  CHECK(std::string(message(bound.state()).text) ==
        "bitfault: exactly: 100 faults asked for, but the space has only 96 sites");
}

TEST_CASE("plans, injectors and keys are trivially copyable, and plans may be constants") {
  constexpr auto injector = make_injector(
      mixture{weighted{1, bit_flip{}}, weighted{2, stuck_at_0{}}}, rate::per_bit(1e-3),
      bits::exponent{}, region{all, range{1, 3}}, tile{2, 2}, intermittent{0.5});
  static constexpr auto bound = injector.bind<float>(extents{4, 5, 6});
  STATIC_REQUIRE(std::is_trivially_copyable_v<decltype(injector)>);
  STATIC_REQUIRE(std::is_trivially_copyable_v<decltype(bound)>);
  STATIC_REQUIRE(std::is_trivially_copyable_v<fault_key>);
  STATIC_REQUIRE(std::is_trivially_destructible_v<decltype(bound)>);
  STATIC_REQUIRE(bound.state().ok());
  STATIC_REQUIRE(bound.bound_extents() == extents{4, 5, 6});

  // A copy, byte by byte, works as the original does.
  std::remove_const_t<decltype(bound)> copy = bound;
  unsigned char bytes[sizeof copy];
  std::memcpy(bytes, &bound, sizeof copy);
  std::memcpy(static_cast<void*>(&copy), bytes, sizeof copy);
  std::vector<float> a(120), b(120);
  REQUIRE(bound.apply(serial{}, view(a.data(), extents{4, 5, 6}), key).ok());
  REQUIRE(copy.apply(serial{}, view(b.data(), extents{4, 5, 6}), key).ok());
  CHECK(std::memcmp(a.data(), b.data(), 480) == 0);
}

TEST_CASE("a plan gives the faults of its injector, for any number of keys") {
  const auto injector = make_injector(bit_flip{}, exactly{9}, bits::mantissa{}, channel(1));
  const extents<3> e{2, 3, 10};
  const auto bound = injector.bind<double>(e);
  for (std::uint64_t trial = 0; trial < 50; ++trial) {
    std::vector<double> a(60), b(60);
    REQUIRE(injector.apply(view(a.data(), e), {.trial = trial}).ok());
    REQUIRE(bound.apply(serial{}, view(b.data(), e), {.trial = trial}).ok());
    REQUIRE(std::memcmp(a.data(), b.data(), 60 * sizeof(double)) == 0);
  }
}

TEST_CASE("cells and required scratch are known before anything is injected") {
  const extents<2> e{10, 10};
  const auto bound = make_injector(zero{}, exactly{7}, burst{3}).bind<float>(e);
  CHECK(bound.cells(key) == 21);
  CHECK(bound.required_scratch(key) == 21);
  const auto rate = make_injector(stuck_at_1{}, rate::per_bit(0.02)).bind<float>(e);
  std::vector<std::uint32_t> memory(100);
  REQUIRE(make_injector(bit_flip{}, rate::per_bit(0.02)).apply(view(memory.data(), e), key).ok());
  unsigned hit = 0;
  for (const std::uint32_t w : memory)
    hit += static_cast<unsigned>(bitfault::detail::popcount(w));
  REQUIRE(hit > 0);
  CHECK(rate.cells(key) == hit);
  CHECK(rate.required_scratch(key) == (hit + 31) / 32);
  const auto refused = make_injector(zero{}, exactly{101}).bind<float>(e);
  CHECK(refused.cells(key) == 0);
  CHECK(refused.required_scratch(key) == 0);
}

TEST_CASE("for_each_fault names what apply changes") {
  const auto injector = make_injector(bit_flip{}, exactly{30}, region{range{2, 8, 3}}, tile{2, 3});
  const extents<3> e{9, 4, 5};
  std::vector<std::uint16_t> memory(180), listed(180);
  REQUIRE(injector.apply(view(memory.data(), e), key).ok());
  std::uint64_t last_event = 0;
  bool in_order = true;
  injector.bind<std::uint16_t>(e).for_each_fault(
      key, [&](const auto& cell, unsigned, std::uint64_t event, index_t, const auto&) {
        listed[cell.element] = static_cast<std::uint16_t>(listed[cell.element] ^ cell.mask);
        in_order = in_order && event >= last_event;
        last_event = event;
      });
  CHECK(listed == memory);
  CHECK(in_order);
  CHECK(last_event <= 29);
}

TEST_CASE("a rank that is known at run time gives the same faults as a fixed one") {
  const auto injector = make_injector(bit_flip{}, exactly{40}, channel(2), tile{2, 2});
  std::vector<std::uint8_t> a(4 * 3 * 5), b(4 * 3 * 5);
  REQUIRE(injector.apply(view(a.data(), extents{4, 3, 5}), key).ok());
  const extents<max_dynamic_rank> at_run_time(4, 3, 5);
  REQUIRE(injector.apply(view(b.data(), at_run_time), key).ok());
  CHECK(a == b);
}

TEST_CASE("tensors of rank 0, of rank 9 and of one element can be injected into") {
  float number = 1;
  REQUIRE(make_injector(bit_flip{}, exactly{32}).apply(view(&number, extents<0>{}), key).ok());
  CHECK(to_word(number) == ~to_word(1.0f));
  std::vector<std::uint8_t> memory(512);
  REQUIRE(make_injector(bit_flip{}, exactly{4096}, line{8}, region{all, all, all})
              .apply(view(memory.data(), extents{2, 2, 2, 2, 2, 2, 2, 2, 2}), key)
              .ok());
  for (const std::uint8_t w : memory)
    REQUIRE(w == 0); // each bit is flipped by two anchors
  std::uint64_t one = 0;
  REQUIRE(make_injector(bit_flip{}, rate::per_bit(1)).apply(view(&one, 1), key).ok());
  CHECK(one == ~std::uint64_t{0});
}

TEST_CASE("a restore that does not fit is refused before it writes") {
  const auto bound = make_injector(stuck_at_1{}, exactly{40}).bind<std::uint8_t>(extents{16});
  std::vector<std::uint8_t> memory(16), other(8, 7);
  std::vector<std::uint8_t> scratch(bound.required_scratch(key));
  REQUIRE(bound.apply(serial{}, view(memory), key, scratch).ok());
  const std::vector<std::uint8_t> faulty = memory;

  CHECK(bound.restore(serial{}, view(other), key, scratch).reason == refusal::extents_differ);
  CHECK(other == std::vector<std::uint8_t>(8, 7));
  std::uint8_t* const nothing = nullptr;
  CHECK(bound.restore(serial{}, view(nothing, 16), key, scratch).reason == refusal::null_data);
  const span<std::uint8_t> small(scratch.data(), scratch.size() - 1);
  const status s = bound.restore(serial{}, view(memory), key, small);
  CHECK(std::string(message(s).text) == "bitfault: restore: scratch of 4 words given, 5 needed");
  CHECK(bound.restore(serial{}, view(memory), key).reason == refusal::scratch_too_small);
  CHECK(memory == faulty);

  CHECK(bound.restore(serial{}, view(memory), key, scratch).ok());
  CHECK(memory == std::vector<std::uint8_t>(16));
}

TEST_CASE("a plan that does not fit lists no faults") {
  const auto bound = make_injector(bit_flip{}, at{2, 99}).bind<float>(extents{16});
  REQUIRE(!bound.state().ok());
  int listed = 0;
  bound.for_each_fault(
      key, [&](const auto&, unsigned, std::uint64_t, index_t, const auto&) { ++listed; });
  CHECK(listed == 0);
  CHECK(!bound.restore(serial{}, view(static_cast<float*>(nullptr), 16), key).ok());
}

TEST_CASE("more cells than can be counted are refused, not wrapped") {
  constexpr index_t n = index_t{1} << 32;
  const auto check = [](const auto& injector) {
    const auto bound = injector.template bind<std::uint8_t>(extents{n});
    CHECK(bound.state().reason == refusal::space_too_large);
    CHECK(bound.cells(key) == 0);
    std::uint8_t memory = 0;
    CHECK(bound.apply(serial{}, view(&memory, n), key) == bound.state());
    CHECK(bound.restore(serial{}, view(&memory, n), key) == bound.state());
  };
  check(make_injector(zero{}, every{}, burst{n}));            // 2^64 cells
  check(make_injector(zero{}, exactly{n / 2}, burst{n / 2})); // 2^62 cells: too many for two words
  CHECK(make_injector(zero{}, exactly{n / 4}, burst{n / 2})
            .bind<std::uint8_t>(extents{n})
            .state()
            .ok());
}
