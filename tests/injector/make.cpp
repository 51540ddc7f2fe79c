// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <bitfault/bitfault.hpp>

#include <cstdint>
#include <vector>

using namespace bitfault;

namespace {

template <class Injector>
std::vector<std::uint32_t> injected(const Injector& injector) {
  std::vector<std::uint32_t> memory(60);
  REQUIRE(injector.apply(view(memory.data(), extents{3, 4, 5}), {.seed = 1}).ok());
  return memory;
}

} // namespace

TEST_CASE("make_injector has the defaults that its documentation names") {
  const auto plain = injected(make_injector(bit_flip{}, exactly{100}));
  CHECK(plain ==
        injected(make_injector(bit_flip{}, exactly{100}, bits::any{}, whole_tensor{}, single{},
                               formats::own_bits{}, transient{}, no_observer{}, enable<true>{})));
  CHECK(plain == injected(make_injector(bit_flip{}, exactly{100}, bits::range{0, 31},
                                        region{all, all}, burst{1})));
}

TEST_CASE("value faults take the whole word, so every element is a site") {
  const auto bound = make_injector(zero{}, exactly{61}).bind<float>(extents{60});
  CHECK(bound.state().limit == 60);
  CHECK(make_injector(zero{}, exactly{60}).bind<float>(extents{60}).state().ok());
}

TEST_CASE("lvalues, constants and temporaries of policies are all taken by value") {
  const exactly k{100};
  bit_flip flip;
  const auto injector = make_injector(flip, k, bits::any{});
  CHECK(injected(injector) == injected(make_injector(bit_flip{}, exactly{100})));
}
