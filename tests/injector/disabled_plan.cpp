// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <bitfault/bitfault.hpp>

#include <vector>

using namespace bitfault;

TEST_CASE("the plan of an injector that is switched off does nothing") {
  const auto check = [](const auto& off) {
    std::vector<float> memory(16, 1.0f);
    const auto bound = off.bind(view(memory));
    const fault_key key{.seed = 3};
    CHECK(bound.state().ok());
    CHECK(bound.bound_extents() == extents{16});
    CHECK(bound.cells(key) == 0);
    CHECK(bound.required_scratch(key) == 0);
    CHECK(bound.check(view(memory)).ok());
    CHECK(bound.apply(serial{}, view(memory), key).ok());
    CHECK(bound.restore(serial{}, view(memory), key).ok());
    bound.for_each_fault(key, [](const auto&...) { FAIL("there are no faults"); });
    CHECK(memory == std::vector<float>(16, 1.0f));
    CHECK(off.draw(view(memory), key).empty());
    CHECK(off.template draw<float>(extents{16}, key).empty());
  };
  check(make_injector(bit_flip{}, exactly{5}, enable<false>{}));
  check(make_injector(zero{}, exactly{500}, enable<false>{})); // would be refused
  check(make_injector(stuck_at_1{}, rate::per_bit(0.5), enable<false>{}));
}
