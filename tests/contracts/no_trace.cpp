// SPDX-License-Identifier: MIT
// Contract 4: no fault, no trace. (That a disabled injector leaves no instruction is seen in
// tests/codegen.)
#include "catch.hpp"
#include "combinations.hpp"

#include <span>
#include <type_traits>

using namespace combinations;

namespace {

constexpr fault_key key{.seed = 3};

template <class T, class Injector>
void check_leaves_everything(const char* name, const Injector& injector, std::vector<T> memory) {
  INFO(name);
  const auto golden = memory;
  const auto v = view(memory.data(), shape);
  CHECK(injector.apply(v, key).ok());
  CHECK(same_bytes(memory, golden));
  CHECK(injector.apply(threads{4, 1}, v, key).ok());
  CHECK(same_bytes(memory, golden));
  {
    auto injected = injector.scoped(v, key);
    CHECK(same_bytes(memory, golden));
  }
  CHECK(same_bytes(memory, golden));
}

} // namespace

TEST_CASE("contract 4: zero faults leave every byte as it was") {
  const auto golden = any_bits<float>(size);
  const auto check = [&](const char* name, const auto& injector) {
    check_leaves_everything(name, injector, golden);
  };
  check("exactly", make_injector(bit_flip{}, exactly{0}));
  check("elements", make_injector(zero{}, exactly_elements{0}, burst{3}));
  check("fraction", make_injector(stuck_at_1{}, fraction{0}));
  check("per bit", make_injector(bit_flip{}, rate::per_bit(0)));
  check("per element", make_injector(additive_noise{normal{0, 1}}, rate::per_element(0), row{}));
  check("at nothing", make_injector(bit_flip{}, at{std::span<const index_t>{}}));
  check("each entry", make_injector(bit_flip{}, each_entry{exactly{0}}));
  check("never active", make_injector(stuck_at_0{}, exactly{500}, intermittent{0}));
}

TEST_CASE("contract 4: an empty region leaves every byte as it was") {
  const auto golden = any_bits<float>(size);
  check_leaves_everything(
      "range", make_injector(bit_flip{}, rate::per_bit(1), region{all, range{2, 2}}), golden);
  check_leaves_everything("list", make_injector(zero{}, every{}, elements{}), golden);
  check_leaves_everything("complement",
                          make_injector(zero{}, rate::per_element(1), complement{whole_tensor{}}),
                          golden);
}

TEST_CASE("contract 4: zero faults through a format do not even round") {
  // Values that the format cannot hold, NaN and infinities: a hook that converts to and fro would
  // change nearly all of them.
  const auto golden = any_bits<float>(size);
  const auto check = [&](const auto& format) {
    check_leaves_everything("exactly", make_injector(bit_flip{}, exactly{0}, format), golden);
    check_leaves_everything("rate", make_injector(bit_flip{}, rate::per_bit(0), format), golden);
  };
  check(formats::quantized<std::int8_t>{0.1, 3});
  check(formats::fixed_point<3, 12>{});
  check(formats::float8_e4m3{});
}

TEST_CASE("contract 4: tensors without elements are fine, with null pointers too") {
  const extents<3> none{4, 0, 7};
  float* const nothing = nullptr;
  CHECK(make_injector(bit_flip{}, rate::per_bit(0.5)).apply(view(nothing, none), key).ok());
  CHECK(make_injector(zero{}, every{}).apply(view(nothing, none), key).ok());
  CHECK(make_injector(bit_flip{}, exactly{0}, burst{4}).apply(view(nothing, none), key).ok());
  CHECK(make_injector(bit_flip{}, fraction{1}, whole_channel{1})
            .apply(view(nothing, none), key)
            .ok());
  auto injected = make_injector(stuck_at_1{}, fraction{1}).scoped(view(nothing, none), key);
  CHECK(injected.status().ok());
}

TEST_CASE("contract 4: an injector that is switched off does nothing, even with bad input") {
  const auto golden = any_bits<float>(size);
  std::vector<float> memory = golden;
  const auto v = view(memory.data(), shape);
  const auto off = make_injector(bit_flip{}, exactly{100}, enable<false>{});
  const auto on = make_injector(bit_flip{}, exactly{100}, enable<true>{});
  CHECK(off.apply(v, key).ok());
  CHECK(off.apply(threads{2, 1}, v, key).ok());
  CHECK(same_bytes(memory, golden));
  {
    auto a = off.scoped(v, key);
    auto b = off.scoped_checked(v, key);
    CHECK(same_bytes(memory, golden));
    CHECK(b.restore() == 0);
    STATIC_REQUIRE(std::is_empty_v<decltype(a)>);
  }
  CHECK(make_injector(bit_flip{}, rate::per_bit(7), enable<false>{}).apply(v, key).ok());
  CHECK(same_bytes(memory, golden));
  CHECK(on.apply(v, key).ok());
  CHECK(!same_bytes(memory, golden));
}
