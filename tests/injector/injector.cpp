// SPDX-License-Identifier: MIT
#include "../contracts/combinations.hpp"
#include "catch.hpp"

#include <bitfault/views/device.hpp>

#include <concepts>
#include <type_traits>
#include <utility>

using namespace combinations;

namespace {

constexpr fault_key key{.seed = 2};

/// Whether a verb can be named for these arguments at all; what its body refuses is in
/// tests/compile_fail.
template <class Injector, class View>
concept applies = requires(const Injector& i, const View& v) {
  { i.apply(v, key) } -> std::same_as<status>;
};

} // namespace

TEST_CASE("an injector without parameters is empty, and one with them holds just these") {
  STATIC_REQUIRE(sizeof(make_injector(bit_flip{}, exactly{1})) == sizeof(exactly));
  STATIC_REQUIRE(std::is_trivially_copyable_v<decltype(make_injector(zero{}, every{}))>);
  CHECK(sizeof(make_injector(bit_flip{}, exactly{1}, bits::given{1})) <=
        sizeof(exactly) + sizeof(bits::given<1>) + alignof(exactly));
}

TEST_CASE("one injector serves tensors of any type and extents") {
  const auto injector = make_injector(bit_flip{}, fraction{0.25});
  std::vector<float> floats(10);
  std::vector<std::int8_t> bytes(24);
  STATIC_REQUIRE(applies<decltype(injector), decltype(view(floats))>);
  REQUIRE(injector.apply(view(floats), key).ok());
  REQUIRE(injector.apply(view(bytes.data(), extents{2, 3, 4}), key).ok());
  unsigned a = 0, b = 0;
  for (const float& f : floats)
    a += static_cast<unsigned>(bitfault::detail::popcount(to_word(f)));
  for (const std::int8_t& v : bytes)
    b += static_cast<unsigned>(bitfault::detail::popcount(to_word(v)));
  CHECK(a == 80);
  CHECK(b == 48);
}

TEST_CASE("a status must be looked at, and says by itself whether it is one") {
  std::vector<float> memory(3);
  const status good = make_injector(bit_flip{}, exactly{1}).apply(view(memory), key);
  const status bad = make_injector(bit_flip{}, exactly{97}).apply(view(memory), key);
  CHECK(static_cast<bool>(good));
  CHECK(!static_cast<bool>(bad));
  CHECK_NOTHROW(good.or_throw());
  CHECK_THROWS_AS(bad.or_throw(), error);
  CHECK_THROWS_WITH(bad.or_throw(),
                    "bitfault: exactly: 97 faults asked for, but the space has only 96 sites");
}

TEST_CASE("scoped on temporaries of the injector keeps what it needs") {
  const auto golden = any_bits<float>(size);
  std::vector<float> memory = golden;
  {
    auto injected = make_injector(value_list<float>{golden}, exactly_elements{20})
                        .scoped(view(memory.data(), shape), fault_key{.seed = 1});
    CHECK(words_that_differ(memory, golden) > 0);
  }
  CHECK(same_bytes(memory, golden));
}

TEST_CASE("an injector that is switched off draws the empty list, and injects it") {
  const auto golden = any_bits<float>(size);
  std::vector<float> memory = golden;
  const auto v = view(memory.data(), shape);
  const auto check_empty = [&](fault_list list) {
    CHECK(list.empty());
    CHECK(list.check(v).ok());
    CHECK(list.header().key.seed == key.seed);
    CHECK(list.apply(v).ok());
    CHECK(same_bytes(memory, golden));
  };
  const auto off = make_injector(bit_flip{}, exactly{20}, enable<false>{});
  check_empty(off.draw(v, key));
  check_empty(off.template draw<float>(shape, key));
  // Where it is on, it would depend on the data, and more faults than sites are asked for.
  check_empty(make_injector(scale{2}, exactly{size + 1}, enable<false>{}).draw(v, key));
  CHECK(make_injector(bit_flip{}, exactly{20}, enable<true>{}).draw(v, key).size() == 20);
}

TEST_CASE("reapply is apply, for lasting faults") {
  const auto injector = make_injector(stuck_at_1{}, exactly{50}, permanent{});
  std::vector<float> a(100), b(100);
  REQUIRE(injector.apply(view(a), key).ok());
  REQUIRE(injector.reapply(view(b), key).ok());
  CHECK(same_bytes(a, b));
  std::vector<float> c(100);
  REQUIRE(injector.reapply(threads{3, 1}, view(c), key).ok());
  CHECK(same_bytes(a, c));
}

TEST_CASE("scoped_checked counts the cells that somebody else has written, not the words") {
  std::vector<std::uint32_t> memory(40);
  auto injected =
      make_injector(stuck_at_1{}, at{5, 7, 5}, bits::given{3}).scoped_checked(view(memory), key);
  REQUIRE((memory[5] == 8 && memory[7] == 8));
  memory[5] = 100;
  CHECK(injected.restore() == 2); // one word, two cells
  CHECK(memory[5] == 100);
  CHECK(memory[7] == 0);
}
