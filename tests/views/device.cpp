// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <bitfault/views/device.hpp>
#include <bitfault/views/flat.hpp>

#include <type_traits>

template <class V>
concept says_on_device = requires {
  V::on_device;
};

TEST_CASE("device memory is a type of its own that the host can tell from its own memory") {
  float stand_in[6]{};
  const bitfault::device_view v(stand_in, bitfault::extents{2, 3});
  STATIC_REQUIRE(std::is_same_v<decltype(v), const bitfault::device_view<float, 2>>);
  STATIC_REQUIRE(bitfault::tensor_view<decltype(v)>);
  STATIC_REQUIRE(decltype(v)::on_device);
  STATIC_REQUIRE(says_on_device<decltype(v)>);
  STATIC_REQUIRE(!says_on_device<bitfault::flat_view<float, 2>>);
  STATIC_REQUIRE(!std::is_convertible_v<decltype(v), bitfault::flat_view<float, 2>>);
  CHECK(v.data() == stand_in);
  CHECK(v.extents() == bitfault::extents{2, 3});
  CHECK(v.address(5) == &stand_in[5]);
}

TEST_CASE("device memory may be const and its rank known at run time") {
  const float stand_in[4]{};
  const bitfault::extents<bitfault::max_dynamic_rank> e(4);
  const bitfault::device_view v(stand_in, e);
  STATIC_REQUIRE(std::is_same_v<decltype(v)::element_type, const float>);
  CHECK(v.extents().size() == 4);
  CHECK(v.address(3) == &stand_in[3]);
}
