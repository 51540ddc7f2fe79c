// SPDX-License-Identifier: MIT
#include <bitfault/space/complement.hpp>
#include <bitfault/space/elements.hpp>
#include <bitfault/space/region.hpp>

#include "catch.hpp"
#include "chance.hpp"
#include "naive_region.hpp"

#include <vector>

using bitfault::complement;
using bitfault::extents;
using bitfault::index_t;
using bitfault::refusal;
using bitfault::status;

TEST_CASE("a complement has every element that the region leaves out") {
  chance::numbers any(70);
  for (int i = 0; i < 300; ++i) {
    const auto e = naive::any_extents(any);
    const std::size_t axis = any.below(e.rank);
    const index_t begin = naive::up_to(any, e[axis]), step = 1 + any.below(3);
    const bitfault::range r{begin, begin + naive::up_to(any, e[axis] - begin), step};
    const auto inside = [&](const auto& at) {
      return at[axis] >= r.begin && at[axis] < r.end && (at[axis] - r.begin) % r.step == 0;
    };
    status state;
    const auto box = bitfault::slice(axis, r);
    CHECK(naive::agrees(complement{box}.bind(e, state),
                        naive::region(e, [&](const auto& at) { return !inside(at); }), e.size()));
    // complement{complement{r}} would be a copy by class template argument deduction.
    const complement<complement<bitfault::axis_region>> twice{{box}};
    CHECK(naive::agrees(twice.bind(e, state), naive::region(e, inside), e.size()));
    CHECK(state.ok());
  }
}

TEST_CASE("the complements of nothing, of everything and of a list") {
  status state;
  const extents e{3, 4};
  CHECK(complement{bitfault::whole_tensor{}}.bind(e, state).size() == 0);
  const std::vector<index_t> list = {0, 5, 6, 11};
  CHECK(naive::agrees(complement{bitfault::elements{list}}.bind(e, state),
                      {1, 2, 3, 4, 7, 8, 9, 10}, 12));
  const std::vector<index_t> none;
  CHECK(naive::agrees(complement{bitfault::elements{none}}.bind(e, state),
                      {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, 12));
  CHECK(state.ok());
}

TEST_CASE("a complement's region is checked") {
  status state;
  complement{bitfault::channel(9)}.bind(extents{2, 3}, state);
  CHECK(state == status{refusal::coordinate_outside, 1, 9, 3});
}

TEST_CASE("complements in tensors of more than 2^32 elements are exact") {
  status state;
  const index_t rows = index_t{1} << 21, columns = index_t{1} << 21;
  const auto rest = complement{bitfault::channel(7)}.bind(extents{rows, columns}, state);
  CHECK(rest.size() == rows * (columns - 1));
  chance::numbers any(71);
  bool same = true;
  for (int i = 0; i < 5'000; ++i) {
    const index_t rank = any.below(rest.size());
    const index_t row = rank / (columns - 1), column = rank % (columns - 1);
    const index_t due = row * columns + (column < 7 ? column : column + 1);
    same = same && rest.element(rank) == due && rest.contains(due) && rest.count_below(due) == rank;
  }
  CHECK(same);
}

TEST_CASE("the complement of a complement is the region itself") {
  using namespace bitfault;
  const extents e{2, 3, 4};
  status state;
  const auto once = channel(1).bind(e, state);
  const complement outside{channel(1)};
  const auto twice = complement{complement{channel(1)}}.bind(e, state);
  const auto named = complement{outside}.bind(e, state);
  REQUIRE(state.ok());
  REQUIRE(twice.size() == once.size());
  for (index_t i = 0; i < 24; ++i) {
    CHECK(twice.contains(i) == once.contains(i));
    CHECK(named.contains(i) == once.contains(i));
  }
}
