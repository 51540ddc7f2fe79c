// SPDX-License-Identifier: MIT
#include <bitfault/core/extents.hpp>

#include "catch.hpp"
#include "chance.hpp"

#include <cstdint>
#include <limits>
#include <type_traits>

using bitfault::extents;
using bitfault::index_t;
using bitfault::row_major;

TEST_CASE("extents know their rank, sizes and number of elements") {
  constexpr extents e{64, 3, 32, 32};
  STATIC_REQUIRE(e.rank == 4);
  STATIC_REQUIRE(e[1] == 3);
  STATIC_REQUIRE(e.size() == 196'608);
  STATIC_REQUIRE(std::is_trivially_copyable_v<extents<4>>);
  STATIC_REQUIRE(std::is_same_v<decltype(extents{1, 2u, std::int8_t{3}}), extents<3>>);
  STATIC_REQUIRE(extents<5>{}.rank == 0);
  STATIC_REQUIRE(extents<5>{}.size() == 1);
  STATIC_REQUIRE(extents<5>{7}.rank == 1);
  STATIC_REQUIRE(extents{3, 0, 5}.size() == 0);
}

TEST_CASE("extents are equal if rank and sizes are, whatever room they have") {
  CHECK(extents{2, 3} == extents<16>{2, 3});
  CHECK(extents<16>{2, 3} == extents{2, 3});
  CHECK_FALSE(extents{2, 3} == extents{3, 2});
  CHECK_FALSE(extents{2, 3} == extents{2, 3, 1});
  CHECK(extents{2, 3} != extents{2, 3, 1});
  CHECK(extents<3>{} == extents<16>{});
}

TEST_CASE("a number of elements that cannot be counted is noticed") {
  constexpr index_t half = index_t{1} << 32;
  CHECK(extents{half, half - 1}.size_fits());
  CHECK_FALSE(extents{half, half}.size_fits());
  CHECK_FALSE(extents{half, half, 2}.size_fits());
  CHECK_FALSE(extents{half, half + 1}.size_fits());
  CHECK(extents{std::numeric_limits<index_t>::max()}.size_fits());
  CHECK(extents{half, half, 0}.size_fits()); // nothing is there, so nothing overflows
  CHECK(extents<4>{}.size_fits());
}

TEST_CASE("coordinates and row-major numbers are each other's inverse") {
  chance::numbers any(120);
  for (int i = 0; i < 200; ++i) {
    extents<6> e;
    e.rank = 1 + any.below(6);
    for (std::size_t axis = 0; axis < e.rank; ++axis)
      e.sizes[axis] = 1 + any.below(i % 2 == 0 ? 7 : 900); // up to 2^58 elements
    const row_major<6> order(e);
    bool same = order.rank() == e.rank;
    for (int j = 0; j < 50; ++j) {
      const index_t flat = any.below(e.size());
      const auto at = order.coordinates(flat);
      index_t rest = flat;
      for (std::size_t axis = e.rank; axis-- > 0; rest /= e[axis])
        same = same && at[axis] == rest % e[axis];
      same = same && order.flat(at) == flat;
    }
    for (std::size_t axis = 0; axis < e.rank; ++axis)
      same = same && order.size_of(axis) == e[axis];
    CHECK(same);
  }
}

TEST_CASE("row-major numbers go along the last axis first") {
  constexpr row_major<3> order(extents{2, 3, 4});
  STATIC_REQUIRE(order.flat({{1, 2, 3}}) == 23);
  STATIC_REQUIRE(order.flat({{0, 1, 0}}) == 4);
  STATIC_REQUIRE(order.coordinates(17)[0] == 1);
  STATIC_REQUIRE(order.coordinates(17)[1] == 1);
  STATIC_REQUIRE(order.coordinates(17)[2] == 1);
}

TEST_CASE("a tensor of rank 0 has the element 0") {
  const row_major<2> order{extents<2>{}};
  CHECK(order.rank() == 0);
  CHECK(order.flat({}) == 0);
}
