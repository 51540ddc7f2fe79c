// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "odometer.hpp"

#include <bitfault/views/strided.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <random>
#include <set>
#include <type_traits>
#include <vector>

namespace {

using dynamic_extents = bitfault::extents<bitfault::max_dynamic_rank>;
using dynamic_strides = bitfault::strides<bitfault::max_dynamic_rank>;

struct layout {
  dynamic_extents sizes;
  dynamic_strides distances;
};

/// Coordinates times strides, as the oracle of an offset.
std::ptrdiff_t offset_of(const std::vector<std::size_t>& at, const dynamic_strides& s) {
  std::ptrdiff_t offset = 0;
  for (std::size_t axis = 0; axis < at.size(); ++axis)
    offset += static_cast<std::ptrdiff_t>(at[axis]) * s[axis];
  return offset;
}

std::size_t below(std::mt19937& random, std::size_t limit) { return random() % limit; }

/// Axes in a random order in memory, with random gaps and random directions: no two elements
/// share an address by construction.
layout random_layout(std::mt19937& random, std::size_t rank) {
  layout l;
  l.sizes.rank = rank;
  std::vector<std::size_t> order(rank);
  for (std::size_t axis = 0; axis < rank; ++axis) {
    l.sizes.sizes[axis] = 1 + below(random, 4);
    order[axis] = axis;
  }
  std::shuffle(order.begin(), order.end(), random);
  if (below(random, 3) == 0) { // often enough in memory order, so that axes can be merged
    for (std::size_t i = 0; i < rank; ++i)
      order[i] = rank - 1 - i;
  }
  std::ptrdiff_t distance = 1;
  for (std::size_t axis : order) {
    l.distances[axis] = below(random, 4) == 0 ? -distance : distance;
    distance *= static_cast<std::ptrdiff_t>(l.sizes[axis]);
    if (below(random, 3) == 0)
      distance += static_cast<std::ptrdiff_t>(below(random, 3));
  }
  return l;
}

bool overlaps(const layout& l) {
  std::set<std::ptrdiff_t> seen;
  bool twice = false;
  for_each_coordinate(sizes_of(l.sizes), [&](bitfault::index_t, const auto& at) {
    twice = twice || !seen.insert(offset_of(at, l.distances)).second;
  });
  return twice;
}

} // namespace

TEST_CASE("a column-major matrix is numbered row by row") {
  float memory[6]{};
  const bitfault::extents e{2, 3};
  const auto v = bitfault::view(memory, e, bitfault::column_major_strides(e));
  STATIC_REQUIRE(bitfault::tensor_view<decltype(v)>);
  STATIC_REQUIRE(!decltype(v)::contiguous);
  CHECK(v.extents() == e);
  const std::ptrdiff_t expected[] = {0, 2, 4, 1, 3, 5};
  for (std::size_t i = 0; i < 6; ++i)
    CHECK(v.address(i) == memory + expected[i]);
}

TEST_CASE("negative strides run backwards from the first element") {
  int memory[12]{};
  const auto v = bitfault::view(&memory[11], bitfault::extents{3, 2}, bitfault::strides{-4, -2});
  CHECK(v.data() == &memory[11]);
  CHECK(matches(v, [&](const auto& at) { return &memory[11] - 4 * at[0] - 2 * at[1]; }));
}

TEST_CASE("strides of dense orders count the elements behind or before an axis") {
  const bitfault::extents e{2, 3, 4};
  const auto rows = bitfault::row_major_strides(e);
  CHECK((rows[0] == 12 && rows[1] == 4 && rows[2] == 1));
  const auto columns = bitfault::column_major_strides(e);
  CHECK((columns[0] == 1 && columns[1] == 2 && columns[2] == 6));
}

TEST_CASE("random layouts of up to six axes: element i is where the odometer says") {
  std::mt19937 random(20240229);
  std::vector<double> memory(200000);
  double* const middle = memory.data() + memory.size() / 2;
  for (int trial = 0; trial < 3000; ++trial) {
    const layout l = random_layout(random, below(random, 7));
    const auto v = bitfault::view(middle, l.sizes, l.distances);
    REQUIRE(matches(v, [&](const auto& at) { return middle + offset_of(at, l.distances); }));
    REQUIRE(bitfault::check_distinct(l.sizes, l.distances).ok());
  }
}

TEST_CASE("the static rank makes no difference to the addresses") {
  float memory[64]{};
  const bitfault::strides<3> s{16, 1, 4};
  const auto v = bitfault::view(memory, bitfault::extents{4, 4, 4}, s);
  const auto w = bitfault::view(memory, dynamic_extents(4, 4, 4), dynamic_strides(16, 1, 4));
  for (std::size_t i = 0; i < 64; ++i)
    CHECK(v.address(i) == w.address(i));
}

TEST_CASE("an axis of one element may have any stride") {
  float memory[8]{};
  for (std::ptrdiff_t any : {std::ptrdiff_t{0}, std::ptrdiff_t{-7}, PTRDIFF_MAX, PTRDIFF_MIN}) {
    const bitfault::extents e{2, 1, 4};
    const bitfault::strides s{4, any, 1};
    CHECK(bitfault::check_distinct(e, s).ok());
    CHECK(matches(bitfault::view(memory, e, s),
                  [&](const auto& at) { return memory + 4 * at[0] + at[2]; }));
  }
}

TEST_CASE("rank 0 has one element, and a size of 0 none") {
  float number = 0;
  const auto scalar = bitfault::view(&number, bitfault::extents<0>{}, bitfault::strides<0>{});
  CHECK(scalar.extents().size() == 1);
  CHECK(scalar.address(0) == &number);
  const auto none = bitfault::view(static_cast<float*>(nullptr), bitfault::extents{2, 0, 3},
                                   bitfault::strides{0, 0, 0});
  CHECK(none.extents().size() == 0);
  CHECK(bitfault::check_distinct(none.extents(), bitfault::strides{0, 0, 0}).ok());
}

TEST_CASE("a strided view keeps the constness of its elements") {
  const float memory[4]{};
  const auto v = bitfault::view(memory, bitfault::extents{2, 2}, bitfault::strides{1, 2});
  STATIC_REQUIRE(std::is_same_v<decltype(v), const bitfault::strided_view<const float, 2>>);
  CHECK(v.address(1) == &memory[2]);
}

TEST_CASE("a strided view works in constant expressions") {
  constexpr auto second = [] {
    int memory[4] = {1, 2, 3, 4};
    return *bitfault::view(memory, bitfault::extents{2, 2}, bitfault::strides{1, 2}).address(1);
  }();
  STATIC_REQUIRE(second == 3);
  CHECK(second == 3);
}

TEST_CASE("broadcast axes overlap, and the refusal says which") {
  const bitfault::status s =
      bitfault::check_distinct(bitfault::extents{4, 3}, bitfault::strides{1, 0}, "here");
  CHECK(s.reason == bitfault::refusal::unsupported_layout);
  CHECK(s.axis == 1);
  CHECK(s.value == 0);
  CHECK(s.limit == 1);
  const bitfault::status window =
      bitfault::check_distinct(bitfault::extents{4, 3}, bitfault::strides{1, 1});
  CHECK(window.reason == bitfault::refusal::unsupported_layout);
  const bitfault::status narrow =
      bitfault::check_distinct(bitfault::extents{4, 3}, bitfault::strides{2, 1});
  CHECK(narrow.axis == 0);
  CHECK(narrow.value == 2);
  CHECK(narrow.limit == 3);
}

TEST_CASE("layouts of two axes are refused exactly if two elements share an address") {
  int refused = 0, interleaved = 0;
  for (std::size_t rows = 1; rows <= 5; ++rows)
    for (std::size_t columns = 1; columns <= 5; ++columns)
      for (std::ptrdiff_t down = -7; down <= 7; ++down)
        for (std::ptrdiff_t across = -7; across <= 7; ++across) {
          const layout l{dynamic_extents(rows, columns), dynamic_strides(down, across)};
          const bool ok = bitfault::check_distinct(l.sizes, l.distances).ok();
          REQUIRE(ok == !overlaps(l));
          refused += !ok;
          const auto reach = std::min(static_cast<std::ptrdiff_t>(rows - 1) * std::abs(down),
                                      static_cast<std::ptrdiff_t>(columns - 1) * std::abs(across));
          interleaved +=
              ok && rows > 1 && columns > 1 && std::max(std::abs(down), std::abs(across)) <= reach;
        }
  CHECK(refused > 100);
  CHECK(interleaved > 100); // the case that needs the common multiple has been seen
}

TEST_CASE("no layout that is accepted has an overlap") {
  std::mt19937 random(7);
  int refused = 0, accepted = 0;
  for (int trial = 0; trial < 20000; ++trial) {
    layout l;
    l.sizes.rank = 3 + below(random, 3);
    for (std::size_t axis = 0; axis < l.sizes.rank; ++axis) {
      l.sizes.sizes[axis] = 1 + below(random, 3);
      l.distances[axis] = static_cast<std::ptrdiff_t>(below(random, 41)) - 20;
    }
    const bool ok = bitfault::check_distinct(l.sizes, l.distances).ok();
    if (ok)
      REQUIRE_FALSE(overlaps(l));
    (ok ? accepted : refused) += 1;
  }
  CHECK(accepted > 1000);
  CHECK(refused > 1000);
}

TEST_CASE("sizes and strides whose span cannot be counted are refused, not wrapped") {
  const auto huge = static_cast<bitfault::index_t>(PTRDIFF_MAX);
  CHECK_FALSE(
      bitfault::check_distinct(bitfault::extents{huge}, bitfault::strides{PTRDIFF_MAX}).ok());
  CHECK_FALSE(
      bitfault::check_distinct(bitfault::extents{4, 4}, bitfault::strides{PTRDIFF_MIN, 1}).ok());
  // 2^62 - 1 and 3 * (2^62 + 1) are counted, their sum is not.
  const bitfault::index_t quarter = huge / 2 + 1;
  CHECK_FALSE(
      bitfault::check_distinct(bitfault::extents{quarter, 4}, bitfault::strides{1, quarter + 1})
          .ok());
  CHECK(bitfault::check_distinct(bitfault::extents{quarter, 3}, bitfault::strides{1, quarter + 1})
            .ok());
  CHECK_FALSE(bitfault::check_distinct(bitfault::extents{huge, 2, 2},
                                       bitfault::strides{1, PTRDIFF_MAX, PTRDIFF_MIN})
                  .ok());
}

TEST_CASE("a layout that reaches farther than addresses do is refused") {
  using namespace bitfault;
  constexpr std::ptrdiff_t far = std::ptrdiff_t{1} << 61;
  CHECK(check_distinct(extents{2}, strides{far}, "view", 1).ok());
  CHECK(check_distinct(extents{2}, strides{2 * far}, "view", 8).reason ==
        refusal::unsupported_layout);
  CHECK(check_distinct(extents{2, 2}, strides{std::ptrdiff_t{1}, 2 * far}, "view", 8).reason ==
        refusal::unsupported_layout);
  constexpr std::ptrdiff_t least = (std::numeric_limits<std::ptrdiff_t>::min)();
  CHECK(check_distinct(extents{2}, strides{least}, "view", 4).reason ==
        refusal::unsupported_layout);
}
