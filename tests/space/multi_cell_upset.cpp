// SPDX-License-Identifier: MIT
#include <bitfault/space/multi_cell_upset.hpp>

#include "catch.hpp"
#include "chance.hpp"

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

using bitfault::extents;
using bitfault::index_t;
using bitfault::multi_cell_upset;
using bitfault::refusal;
using bitfault::status;
using bitfault::detail::cell;

namespace {

/// An element and a bit of it.
using bit_of = std::pair<index_t, unsigned>;

/// The naive model: the memory array, cell by cell. Each physical row lists the bits in it from
/// left to right: groups of `degree` words, and of each group bit 0 of every word, bit 1 of every
/// word ...
std::vector<std::vector<bit_of>> memory_array(const multi_cell_upset& upset, index_t elements,
                                              unsigned width) {
  std::vector<std::vector<bit_of>> array;
  for (index_t first = 0; first < elements; first += upset.words_per_row) {
    std::vector<bit_of> line;
    for (index_t group = 0; group < upset.words_per_row; group += upset.interleaving)
      for (unsigned b = 0; b < width; ++b)
        for (index_t lane = 0; lane < upset.interleaving; ++lane)
          line.push_back({first + group + lane, b});
    array.push_back(line);
  }
  return array;
}

template <class Bound>
std::vector<bit_of> cells(const Bound& pattern, const bit_of& anchor) {
  std::vector<bit_of> result;
  for (index_t i = 0; i < pattern.cells(); ++i) {
    cell out;
    if (!pattern.cell_at(cell{anchor.first, std::uint64_t{1} << anchor.second}, i, out))
      continue;
    CHECK(__builtin_popcountll(out.mask) == 1);
    result.push_back({out.element, static_cast<unsigned>(__builtin_ctzll(out.mask))});
  }
  return result;
}

template <std::size_t N>
std::vector<bit_of> upset_cells(const multi_cell_upset& u, const extents<N>& e, unsigned width,
                                const bit_of& anchor) {
  status state;
  const auto bound = u.bind(e, width, state);
  CHECK(state.ok());
  return cells(bound, anchor);
}

using list = std::vector<bit_of>;

} // namespace

TEST_CASE("upsets are rectangles of the memory array, clipped at its border") {
  chance::numbers any(100);
  for (int i = 0; i < 200; ++i) {
    const unsigned widths[] = {1, 4, 8, 16, 32, 64};
    const unsigned width = widths[any.below(6)];
    multi_cell_upset upset;
    upset.columns = 1 + any.below(9);
    upset.rows = 1 + any.below(4);
    upset.interleaving = 1 + any.below(4);
    upset.words_per_row = upset.interleaving * (1 + any.below(3));
    const index_t elements = 1 + any.below(30); // the last row may be incomplete
    status state;
    const auto bound = upset.bind(extents{elements}, width, state);
    const auto array = memory_array(upset, elements, width);
    bool same = state.ok();
    for (std::size_t y = 0; y < array.size(); ++y)
      for (std::size_t x = 0; x < array[y].size(); ++x) {
        if (array[y][x].first >= elements)
          continue; // no word is there
        list due;
        for (std::size_t down = y; down < y + upset.rows && down < array.size(); ++down)
          for (std::size_t right = x; right < x + upset.columns && right < array[down].size();
               ++right)
            if (array[down][right].first < elements)
              due.push_back(array[down][right]);
        const list got = cells(bound, array[y][x]);
        same = same && got == due && std::set<bit_of>(got.begin(), got.end()).size() == got.size();
      }
    CAPTURE(width, elements, upset.columns, upset.rows, upset.interleaving, upset.words_per_row);
    CHECK(same);
  }
}

TEST_CASE("without interleaving an upset hits several bits of one word") {
  const multi_cell_upset upset{.columns = 3, .rows = 1, .interleaving = 1, .words_per_row = 4};
  CHECK(upset_cells(upset, extents{8}, 8, {1, 2}) == list{{1, 2}, {1, 3}, {1, 4}});
  CHECK(upset_cells(upset, extents{8}, 8, {1, 7}) == list{{1, 7}, {2, 0}, {2, 1}}); // the next word
  CHECK(upset_cells(upset, extents{8}, 8, {3, 7}) == list{{3, 7}});                 // the row's end
}

TEST_CASE("with interleaving an upset hits one bit each of several words") {
  const multi_cell_upset upset{.columns = 3, .rows = 1, .interleaving = 4, .words_per_row = 8};
  CHECK(upset_cells(upset, extents{16}, 8, {0, 5}) == list{{0, 5}, {1, 5}, {2, 5}});
  CHECK(upset_cells(upset, extents{16}, 8, {3, 5}) == list{{3, 5}, {0, 6}, {1, 6}});
  CHECK(upset_cells(upset, extents{16}, 8, {3, 7}) ==
        list{{3, 7}, {4, 0}, {5, 0}}); // the next group
  CHECK(upset_cells(upset, extents{16}, 8, {7, 7}) == list{{7, 7}});
}

TEST_CASE("rows of an upset are a row of words apart") {
  const multi_cell_upset upset{.columns = 1, .rows = 3, .interleaving = 1, .words_per_row = 4};
  CHECK(upset_cells(upset, extents{2, 6}, 8, {1, 2}) == list{{1, 2}, {5, 2}, {9, 2}});
  CHECK(upset_cells(upset, extents{2, 6}, 8, {9, 2}) == list{{9, 2}});
}

TEST_CASE("by default an upset stays in its word") {
  CHECK(upset_cells({}, extents{4}, 32, {2, 30}) == list{{2, 30}, {2, 31}});
  CHECK(upset_cells({}, extents{4}, 32, {2, 31}) == list{{2, 31}});
}

TEST_CASE("upsets larger than the array have no more cells than it") {
  status state;
  const multi_cell_upset upset{
      .columns = ~index_t{0}, .rows = ~index_t{0}, .interleaving = 2, .words_per_row = 4};
  const auto bound = upset.bind(extents{10}, 8, state);
  CHECK(state.ok());
  CHECK(bound.cells() == 3 * 32);
  CHECK(cells(bound, {0, 0}).size() == 80);
}

TEST_CASE("upsets that cannot be are refused") {
  const auto refused = [](const multi_cell_upset& upset) {
    status state;
    upset.bind(extents{16}, 8, state);
    return state;
  };
  const auto says = [&](const multi_cell_upset& upset, const std::string& place, double value) {
    const status s = refused(upset);
    CHECK(s.reason == refusal::bad_parameter);
    CHECK(s.place == "multi_cell_upset: " + place);
    CHECK(s.value == std::bit_cast<std::uint64_t>(value));
  };
  says({.columns = 0}, "columns (at least 1)", 0);
  says({.rows = 0}, "rows (at least 1)", 0);
  says({.interleaving = 0}, "interleaving (at least 1)", 0);
  says({.words_per_row = 0}, "words_per_row (at least 1)", 0);
  says({.interleaving = 3, .words_per_row = 8}, "interleaving (must divide words_per_row)", 3);
  says({.interleaving = 8, .words_per_row = 4}, "interleaving (must divide words_per_row)", 8);
  status state{refusal::axis_outside, 1, 2, 3, "elsewhere"};
  multi_cell_upset{.rows = 0}.bind(extents{16}, 8, state);
  CHECK(state == status{refusal::axis_outside, 1, 2, 3});
}

TEST_CASE(
    "arrays whose columns cannot be counted are refused, and rows are not longer than the tensor") {
  const extents e{64};
  constexpr index_t huge = index_t{1} << 60, large = index_t{1} << 40;
  const auto refused = [&](const multi_cell_upset& upset) {
    status state;
    const auto bound = upset.bind(e, 32, state);
    CHECK(bound.cells() == 1);
    return state.reason;
  };
  CHECK(refused({.columns = 2, .interleaving = huge, .words_per_row = huge}) ==
        refusal::space_too_large);
  CHECK(refused({.columns = ~index_t{0}, .words_per_row = ~index_t{0}}) ==
        refusal::space_too_large);
  status state;
  const auto row = multi_cell_upset{.columns = large, .words_per_row = large}.bind(e, 32, state);
  CHECK(state.ok());
  CHECK(row.cells() == 64 * 32); // the columns that the tensor's words take
  const auto lanes =
      multi_cell_upset{.columns = large, .interleaving = 48, .words_per_row = 48 * large}.bind(
          e, 32, state);
  CHECK(state.ok());
  CHECK(lanes.cells() == 2 * 48 * 32); // two groups of words
}
