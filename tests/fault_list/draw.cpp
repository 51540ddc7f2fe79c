// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "tensors.hpp"

#include <bitfault/bitfault.hpp>

#include <vector>

namespace {

using bitfault::extents;
using bitfault::fault_action;
using bitfault::fault_key;
using bitfault::fault_list;
using bitfault::header_of;
using bitfault::listed_fault;
using fault_list_tests::has;
using fault_list_tests::tensor;
using fault_list_tests::thrown;

} // namespace

TEST_CASE("faults that do not depend on the data are drawn without it") {
  const extents e{6, 4, 5};
  const tensor<float> t(120);
  const auto same = [&](const auto& injector) {
    const fault_key key{1, 2, 3, 4};
    const fault_list list = injector.template draw<float>(e, key);
    CHECK(list == injector.draw(bitfault::view(t.data(), e), key));
    CHECK(list.size() == 10);
    CHECK(list.header() == header_of<float>(e, key));
    return list;
  };
  using bitfault::make_injector;
  const bitfault::exactly_elements ten{10};
  for (const listed_fault& f : same(make_injector(bitfault::bit_flip{}, ten))) {
    CHECK(f.action == fault_action::flip);
    CHECK(bitfault::detail::popcount(f.mask) == 1);
    CHECK(f.value == 0);
  }
  CHECK(same(make_injector(bitfault::stuck_at_0{}, ten))[0].action == fault_action::stuck_at_0);
  CHECK(same(make_injector(bitfault::stuck_at_1{}, ten))[0].action == fault_action::stuck_at_1);
  for (const listed_fault& f : same(make_injector(bitfault::constant{1.0f}, ten)))
    CHECK(f == listed_fault{f.element, 0xFFFFFFFFu, 0x3F800000u, fault_action::write});
  same(make_injector(bitfault::zero{}, ten));
  same(make_injector(bitfault::random_value{-1, 1}, ten));
  same(make_injector(bitfault::replacement{bitfault::normal{0, 1}}, ten));
}

TEST_CASE("bad policies and wrong views are thrown by draw") {
  const auto too_many = bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{400});
  tensor<float> t(12);
  CHECK(has(thrown<bitfault::error>([&] { too_many.draw<float>(extents{12}, {}); }),
            "400 faults asked for, but the space has only 384 sites"));
  CHECK(has(thrown<bitfault::error>([&] { too_many.draw(bitfault::view(t.data(), 12), {}); }),
            "384"));
  const auto bound =
      bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{1}).bind<float>(extents{13});
  CHECK(has(thrown<bitfault::error>([&] { draw_faults(bound, bitfault::view(t.data(), 12), {}); }),
            "axis 0 of the tensor has size 12; the faults are for a tensor with size 13 there"));
}

TEST_CASE("a const tensor can be drawn from") {
  const std::vector<float> values(50, 1.0f);
  const auto injector = bitfault::make_injector(bitfault::scale{2}, bitfault::exactly{3});
  const fault_list list = injector.draw(bitfault::view(values), {});
  REQUIRE(list.size() == 3);
  CHECK(list[0].value == 0x40000000u);
}
