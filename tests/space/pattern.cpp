// SPDX-License-Identifier: MIT
#include <bitfault/core/message.hpp>
#include <bitfault/space/pattern.hpp>

#include "catch.hpp"
#include "chance.hpp"
#include "naive_region.hpp"

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

using bitfault::burst;
using bitfault::column;
using bitfault::extents;
using bitfault::index_t;
using bitfault::line;
using bitfault::refusal;
using bitfault::row;
using bitfault::single;
using bitfault::status;
using bitfault::tile;
using bitfault::whole_channel;
using bitfault::detail::cell;

namespace {

constexpr std::uint64_t mask = 0x80;

/// The elements of one event, in the order of its cells; the mask must come along unchanged.
template <class Bound>
std::vector<index_t> cells(const Bound& pattern, index_t anchor) {
  std::vector<index_t> result;
  for (index_t i = 0; i < pattern.cells(); ++i) {
    cell out;
    if (!pattern.cell_at(cell{anchor, mask}, i, out))
      continue;
    CHECK(out.mask == mask);
    result.push_back(out.element);
  }
  return result;
}

/// Compares a bound pattern with a predicate (anchor's coordinates, element's coordinates) that
/// says whether the event covers the element, for every pair; and its inverse and partition with
/// these.
template <std::size_t N, class Bound, class Covers>
void test_pattern(const extents<N>& e, const Bound& pattern, Covers covers) {
  const index_t size = e.size();
  std::vector<std::vector<index_t>> of_anchor(size);
  bool same = true, inverse = true, exact = true;
  for (index_t anchor = 0; anchor < size; ++anchor) {
    of_anchor[anchor] = cells(pattern, anchor);
    const auto at = naive::coordinates(e, anchor);
    // Row-major order, hence distinct, and nothing but what the predicate says.
    same =
        same && of_anchor[anchor] == naive::region(e, [&](const auto& c) { return covers(at, c); });
  }
  for (index_t element = 0; element < size; ++element) {
    // All anchors that cover the element, each of them once.
    std::vector<index_t> due, got;
    for (index_t anchor = 0; anchor < size; ++anchor)
      if (std::binary_search(of_anchor[anchor].begin(), of_anchor[anchor].end(), element))
        due.push_back(anchor);
    for (index_t i = 0; i < pattern.cells(); ++i) {
      index_t anchor = 0;
      if (!pattern.anchor_of(element, i, anchor))
        continue;
      got.push_back(anchor);
      exact = exact && anchor < size;
    }
    std::sort(got.begin(), got.end());
    inverse = inverse && got == due;
  }
  bool partition = true;
  for (index_t a = 0; a < size; ++a)
    for (const index_t b : of_anchor[a])
      partition = partition && of_anchor[b] == of_anchor[a];
  CAPTURE(e.rank, size);
  CHECK(same);
  CHECK(inverse);
  CHECK(exact);
  // A pattern that says it is a partition must be one; clipping may make one of another by chance.
  CHECK((!pattern.is_partition() || partition));
}

using at = std::vector<index_t>;

bool same_but(const at& a, const at& b, std::size_t axis) {
  for (std::size_t i = 0; i < a.size(); ++i)
    if (i != axis && a[i] != b[i])
      return false;
  return true;
}

template <std::size_t N>
index_t flat(const extents<N>& e, const at& a) {
  index_t result = 0;
  for (std::size_t axis = 0; axis < e.rank; ++axis)
    result = result * e[axis] + a[axis];
  return result;
}

template <class Pattern, std::size_t N>
status refused(const Pattern& p, const extents<N>& e) {
  status state;
  p.bind(e, 32, state);
  return state;
}

} // namespace

TEST_CASE("a single site covers itself") {
  status state;
  const extents e{2, 3};
  const auto pattern = single{}.bind(e, 32, state);
  test_pattern(e, pattern, [](const at& a, const at& b) { return a == b; });
  CHECK(pattern.is_partition());
}

TEST_CASE("patterns cover what their names say, clipped at the border") {
  chance::numbers any(90);
  for (int i = 0; i < 60; ++i) {
    auto e = naive::any_extents(any);
    while (e.size() > 200)
      e.sizes[any.below(e.rank)] = 1;
    status state;
    const std::size_t last = e.rank - 1, axis = any.below(e.rank);

    const index_t length = 1 + any.below(2 * e[last] + 1);
    test_pattern(e, burst{length}.bind(e, 32, state), [&](const at& a, const at& b) {
      return flat(e, b) >= flat(e, a) && flat(e, b) - flat(e, a) < length;
    });
    test_pattern(e, line{axis}.bind(e, 32, state),
                 [&](const at& a, const at& b) { return same_but(a, b, axis); });
    CHECK(line{axis}.bind(e, 32, state).is_partition());
    test_pattern(e, row{}.bind(e, 32, state),
                 [&](const at& a, const at& b) { return same_but(a, b, last); });
    if (e.rank >= 2)
      test_pattern(e, column{}.bind(e, 32, state),
                   [&](const at& a, const at& b) { return same_but(a, b, last - 1); });
    const auto channel = whole_channel{axis}.bind(e, 32, state);
    test_pattern(e, channel, [&](const at& a, const at& b) {
      return std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(axis) + 1, b.begin());
    });
    CHECK(channel.is_partition());
    const index_t width = 1 + any.below(6), height = 1 + any.below(4);
    test_pattern(e, tile{width}.bind(e, 32, state), [&](const at& a, const at& b) {
      return same_but(a, b, last) && b[last] >= a[last] && b[last] - a[last] < width;
    });
    if (e.rank >= 2)
      test_pattern(e, tile{height, width}.bind(e, 32, state), [&](const at& a, const at& b) {
        at moved = b;
        moved[last] = a[last], moved[last - 1] = a[last - 1];
        return moved == a && b[last] >= a[last] && b[last] - a[last] < width &&
               b[last - 1] >= a[last - 1] && b[last - 1] - a[last - 1] < height;
      });
    CHECK(state.ok());
  }
}

TEST_CASE("events of bursts and tiles overlap, unless they have one element") {
  status state;
  const extents e{4, 6};
  CHECK_FALSE(burst{2}.bind(e, 32, state).is_partition());
  CHECK(burst{1}.bind(e, 32, state).is_partition());
  CHECK_FALSE(tile{1, 2}.bind(e, 32, state).is_partition());
  CHECK(tile{1, 1}.bind(e, 32, state).is_partition());
}

TEST_CASE("cells do not wrap around at the end of a row") {
  status state;
  const extents e{3, 4};
  CHECK(cells(tile{1, 3}.bind(e, 32, state), 2) == std::vector<index_t>{2, 3});
  CHECK(cells(tile{2, 2}.bind(e, 32, state), 11) == std::vector<index_t>{11});
  CHECK(cells(burst{3}.bind(e, 32, state), 2) == std::vector<index_t>{2, 3, 4}); // memory goes on
  CHECK(cells(burst{3}.bind(e, 32, state), 11) == std::vector<index_t>{11});
  CHECK(cells(whole_channel{}.bind(extents{2, 2, 2, 2}, 32, state), 5) ==
        std::vector<index_t>{4, 5, 6, 7});
}

TEST_CASE("patterns that are longer than the tensor have no more cells than it") {
  // The number of cells is what an event costs, in time and in scratch.
  status state;
  const extents e{3, 4};
  CHECK(burst{1'000'000'000}.bind(e, 32, state).cells() == 12);
  CHECK(burst{~index_t{0}}.bind(e, 32, state).cells() == 12);
  CHECK(tile{100, 100}.bind(e, 32, state).cells() == 12);
  CHECK(cells(burst{~index_t{0}}.bind(e, 32, state), 9) == std::vector<index_t>{9, 10, 11});
  CHECK(state.ok());
}

TEST_CASE("patterns that do not fit are refused") {
  const extents e{3, 4};
  const std::uint64_t zero = 0;
  CHECK(refused(burst{0}, e) == status{refusal::bad_parameter, 0, zero, 1});
  CHECK(refused(line{2}, e) == status{refusal::axis_outside, 2, 2, 2});
  CHECK(refused(column{}, extents{5}) == status{refusal::axis_outside, 1, 1, 1});
  CHECK(refused(whole_channel{2}, e) == status{refusal::axis_outside, 2, 2, 2});
  CHECK(refused(tile{1, 1, 1}, e) == status{refusal::wrong_number_of_coordinates, 0, 3, 2});
  CHECK(refused(tile{2, 0}, e) == status{refusal::bad_parameter, 1, zero, 1});
  CHECK(refused(tile{-1, 2}, e) ==
        status{refusal::bad_parameter, 0, bitfault::detail::bit_cast<std::uint64_t>(-1.0), 1});
  CHECK(refused(row{}, extents<1>{}).reason == refusal::axis_outside);
  CHECK(refused(burst{0}, e).place == std::string("burst: length (at least 1)"));
  CHECK(refused(line{2}, e).place == std::string("line"));
  CHECK(refused(row{}, extents<1>{}).place == std::string("row"));
  CHECK(refused(column{}, extents{5}).place == std::string("column"));
  CHECK(refused(tile{0}, e).place == std::string("tile: length (at least 1)"));
}

TEST_CASE("negative lengths of a burst are refused with what was given") {
  int minus = -2; // not a constant: nothing narrows, nothing warns
  status state;
  static_cast<void>(burst{minus}.bind(extents{8}, 32, state));
  CHECK(std::string(message(state).text).find("-2 is not allowed") != std::string::npos);
}

TEST_CASE("covers and may_meet say what cell_at says") {
  const extents e{3, 4, 2};
  status state;
  const auto check = [&](const auto& bound) {
    std::vector<std::vector<bool>> covered(24, std::vector<bool>(24));
    for (index_t a = 0; a < 24; ++a)
      for (index_t i = 0; i < bound.cells(); ++i) {
        bitfault::detail::cell c;
        if (bound.cell_at({a, 1}, i, c))
          covered[a][c.element] = true;
      }
    for (index_t a = 0; a < 24; ++a)
      for (index_t b = 0; b < 24; ++b) {
        REQUIRE(bound.covers(a, b) == covered[a][b]);
        bool meet = false;
        for (index_t c = 0; c < 24; ++c)
          meet = meet || (covered[a][c] && covered[b][c]);
        REQUIRE((bound.may_meet(a, b) || !meet));
        REQUIRE((bound.may_meet(a, b) == meet)); // exact for bursts and blocks
      }
  };
  for (const int length : {1, 2, 5, 24, 90})
    check(burst{length}.bind(e, 32, state));
  check(tile{2, 3, 1}.bind(e, 32, state));
  check(tile{2, 2}.bind(e, 32, state));
  check(line{1}.bind(e, 32, state));
  check(whole_channel{0}.bind(e, 32, state));
}
