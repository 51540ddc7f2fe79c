// SPDX-License-Identifier: MIT
#include "../contracts/combinations.hpp"
#include "catch.hpp"

#include <string>
#include <vector>

using namespace combinations;

namespace {

constexpr fault_key key{.seed = 11, .trial = 2};

template <class Injector>
void check_there_and_back(const Injector& injector) {
  const auto golden = any_bits<float>(size);
  auto expected = golden;
  REQUIRE(injector.apply(view(expected.data(), shape), key).ok());
  auto memory = golden;
  const auto v = view(memory.data(), shape);
  const threads four{4, 1};
  std::vector<std::uint32_t> scratch(2 * injector.bind(v).cells(key));
  {
    auto injected = injector.scoped(four, v, key, scratch);
    CHECK(same_bytes(memory, expected));
  }
  CHECK(same_bytes(memory, golden));
  {
    auto injected = injector.scoped_checked(four, v, key);
    CHECK(same_bytes(memory, expected));
    CHECK(injected.restore() == 0);
  }
  CHECK(same_bytes(memory, golden));
  {
    auto injected = injector.scoped_checked(four, v, key, scratch);
    CHECK(same_bytes(memory, expected));
  }
  CHECK(same_bytes(memory, golden));
}

} // namespace

TEST_CASE("scopes in threads inject the faults of one thread, and take them back") {
  check_there_and_back(make_injector(bit_flip{}, exactly{100}));
  check_there_and_back(make_injector(stuck_at_1{}, rate::per_bit(0.02), row{}));
  check_there_and_back(make_injector(additive_noise{normal{0, 1}}, exactly_elements{40}, burst{5}));
}

TEST_CASE("a checked scope in threads keeps what somebody else has written") {
  std::vector<float> memory(64, 1.0f);
  auto injected =
      make_injector(zero{}, exactly{3}).scoped_checked(threads{2, 1}, view(memory), key);
  unsigned changed = 0;
  for (float& x : memory)
    if (x == 0 && ++changed == 1)
      x = 5;
  CHECK(changed == 3);
  CHECK(injected.restore() == 1);
  CHECK(std::count(memory.begin(), memory.end(), 1.0f) == 63);
  CHECK(std::count(memory.begin(), memory.end(), 5.0f) == 1);
}

TEST_CASE("scratch that is too small is refused in threads too") {
  std::vector<float> memory(64, 1.0f);
  const auto injector = make_injector(zero{}, exactly{3});
  std::vector<std::uint32_t> scratch(5);
  const auto sentence = [&](auto inject) {
    try {
      inject();
    } catch (const error& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  CHECK(sentence([&] {
          auto s = injector.scoped_checked(threads{2, 1}, view(memory), key, scratch);
        }) == "bitfault: scoped_checked: scratch of 5 words given, 6 needed");
  const span<std::uint32_t> two(scratch.data(), 2);
  CHECK(sentence([&] {
          auto s = injector.scoped(threads{2, 1}, view(memory), key, two);
        }) == "bitfault: scoped: scratch of 2 words given, 3 needed");
  CHECK(memory == std::vector<float>(64, 1.0f));
}
