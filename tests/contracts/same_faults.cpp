// SPDX-License-Identifier: MIT
#include "same_faults.hpp"

#include <type_traits>

using namespace combinations;

namespace {

template <class T>
void check_type(const char* name) {
  const auto golden = any_bits<T>(size);
  check_same_everywhere(name, make_injector(bit_flip{}, rate::per_bit(0.06)), golden);
  check_same_everywhere(name, make_injector(stuck_at_0{}, exactly{400}, burst{2}), golden);
}

} // namespace

TEST_CASE("contract 1: every width of word gives the same faults everywhere") {
  check_type<std::int8_t>("int8");
  check_type<bfloat16>("bfloat16");
  check_type<std::uint32_t>("uint32");
  check_type<double>("double");
  check_same_everywhere("int8 values",
                        make_injector(additive_noise{normal{0, 9}}, exactly{99}, row{}),
                        any_bits<std::int8_t>(size));
}

TEST_CASE("contract 1: a bool has one bit, on every executor") {
  const auto injector = make_injector(bit_flip{}, rate::per_bit(0.1));
  bool a[size]{}, b[size]{}, c[size]{};
  REQUIRE(injector.apply(view(a), {.seed = 1}).ok());
  REQUIRE(injector.apply(threads{8, 1}, view(b), {.seed = 1}).ok());
  REQUIRE(injector.apply(backwards{}, view(c, extents{size}, strides{1}), {.seed = 1}).ok());
  CHECK(std::memcmp(a, b, size) == 0);
  CHECK(std::memcmp(a, c, size) == 0);
  index_t hit = 0;
  bool all_are_bools = true;
  for (const bool& x : a) {
    all_are_bools = all_are_bools && to_word(x) <= 1;
    hit += to_word(x);
  }
  CHECK(all_are_bools);
  CHECK(hit > 30); // 84 expected; six standard deviations are 52
  CHECK(hit < 137);
}

TEST_CASE("contract 1: the order in which policies are written does not matter") {
  const auto a = make_injector(bit_flip{}, exactly{40}, channel(1), bits::sign{}, burst{2});
  const auto b = make_injector(burst{2}, bits::sign{}, channel(1), exactly{40}, bit_flip{});
  const auto c = make_injector(exactly{40}, burst{2}, bit_flip{}, bits::sign{}, channel(1));
  STATIC_REQUIRE(std::is_same_v<decltype(a), decltype(b)>);
  STATIC_REQUIRE(std::is_same_v<decltype(a), decltype(c)>);
  const auto golden = any_bits<float>(size);
  auto x = golden, y = golden, z = golden;
  const fault_key key{.seed = 8};
  REQUIRE(a.apply(view(x.data(), shape), key).ok());
  REQUIRE(b.apply(view(y.data(), shape), key).ok());
  REQUIRE(c.apply(view(z.data(), shape), key).ok());
  CHECK(!same_bytes(x, golden));
  CHECK(same_bytes(x, y));
  CHECK(same_bytes(x, z));
}

TEST_CASE("contract 1: a trial's faults do not depend on the trials before it") {
  const auto injector = make_injector(bit_flip{}, rate::per_bit(0.01));
  const auto golden = any_bits<float>(size);
  std::vector<std::vector<float>> forward, backward(20);
  const auto run = [&](std::uint64_t trial) {
    auto memory = golden;
    REQUIRE(injector.apply(view(memory.data(), shape), {.seed = 1, .trial = trial}).ok());
    return memory;
  };
  for (std::uint64_t t = 0; t < 20; ++t)
    forward.push_back(run(t));
  for (std::uint64_t t = 20; t-- > 0;)
    backward[t] = run(t);
  for (std::size_t t = 0; t < 20; ++t) {
    CHECK(same_bytes(forward[t], backward[t]));
    if (t > 0)
      CHECK(!same_bytes(forward[t], forward[t - 1]));
  }
}

TEST_CASE("contract 1: every member of the key names other faults, and the data names none") {
  const auto injector = make_injector(bit_flip{}, exactly{30});
  const auto masks = [&](const std::vector<float>& golden, const fault_key& key) {
    auto memory = golden;
    REQUIRE(injector.apply(view(memory.data(), shape), key).ok());
    std::vector<std::uint32_t> differences;
    for (index_t i = 0; i < size; ++i)
      differences.push_back(to_word(memory[i]) ^ to_word(golden[i]));
    return differences;
  };
  const auto golden = any_bits<float>(size);
  const fault_key key{.seed = 1, .trial = 2, .stream = 3, .step = 4};
  const auto reference = masks(golden, key);
  CHECK(masks(any_bits<float>(size, 77), key) == reference);
  CHECK(masks(std::vector<float>(size, 0.0f), key) == reference);
  CHECK(masks(golden, {.seed = 2, .trial = 2, .stream = 3, .step = 4}) != reference);
  CHECK(masks(golden, {.seed = 1 + (std::uint64_t{1} << 32), .trial = 2, .stream = 3, .step = 4}) !=
        reference);
  CHECK(masks(golden, {.seed = 1, .trial = 3, .stream = 3, .step = 4}) != reference);
  CHECK(masks(golden, {.seed = 1, .trial = 2 + (std::uint64_t{1} << 32), .stream = 3, .step = 4}) !=
        reference);
  CHECK(masks(golden, {.seed = 1, .trial = 2, .stream = 4, .step = 4}) != reference);
  CHECK(masks(golden, {.seed = 1, .trial = 2, .stream = 3, .step = 5}) != reference);
}
