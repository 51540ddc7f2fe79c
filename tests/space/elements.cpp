// SPDX-License-Identifier: MIT
#include <bitfault/backends/host/where.hpp>
#include <bitfault/space/elements.hpp>
#include <bitfault/views/flat.hpp>

#include "catch.hpp"
#include "chance.hpp"
#include "naive_region.hpp"

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

using bitfault::coordinates;
using bitfault::elements;
using bitfault::extents;
using bitfault::index_t;
using bitfault::refusal;
using bitfault::status;
using list = std::vector<index_t>;

namespace {

list numbers_of(const bitfault::element_list& l) {
  return {l.numbers().begin(), l.numbers().end()};
}

} // namespace

TEST_CASE("a list of elements is the region it names") {
  chance::numbers any(80);
  for (int i = 0; i < 200; ++i) {
    const auto e = naive::any_extents(any);
    const std::uint64_t density = 1 + any.below(5);
    const list chosen = naive::region(e, [&](const auto&) { return any.below(density) == 0; });
    status state;
    CHECK(naive::agrees(elements{chosen}.bind(e, state), chosen, e.size()));
    CHECK(state.ok());
  }
}

TEST_CASE("an empty list is an empty region") {
  status state;
  const list none;
  CHECK(naive::agrees(elements{none}.bind(extents{5}, state), {}, 5));
  CHECK(naive::agrees(elements{}.bind(extents{5}, state), {}, 5));
  CHECK(state.ok());
}

TEST_CASE("lists that are unsorted, repeat or leave the tensor are refused") {
  const auto refused = [](const list& l) {
    status state;
    elements{l}.bind(extents{2, 5}, state);
    return state;
  };
  CHECK(refused({3, 2}) == status{refusal::list_not_sorted, 1, 2, 3});
  CHECK(refused({0, 4, 4, 9}) == status{refusal::list_not_sorted, 2, 4, 4});
  CHECK(refused({0, 4, 10}) == status{refusal::element_outside, 2, 10, 10});
  CHECK(refused({99, 1}) == status{refusal::element_outside, 0, 99, 10});
  CHECK(refused({0, 9}).ok());
  CHECK(refused({3, 2}).place == std::string("elements"));
}

TEST_CASE("where takes the elements whose mask is not zero") {
  const std::vector<std::uint8_t> mask = {0, 1, 0, 255, 128, 0};
  CHECK(numbers_of(bitfault::where(mask)) == list{1, 3, 4});
  bool flags[2][3] = {{true, false, false}, {false, false, true}};
  CHECK(numbers_of(bitfault::where(bitfault::view(&flags[0][0], extents{2, 3}))) == list{0, 5});
  CHECK(numbers_of(bitfault::where(std::vector<int>(7, 0))).empty());
  CHECK(numbers_of(bitfault::where(std::vector<int>{})).empty());
  const std::vector<double> values = {0.0, 1e-300, std::nan(""), 0.0, -1.0};
  CHECK(numbers_of(bitfault::where(values)) == list{1, 2, 4});
}

TEST_CASE("where takes a negative zero for zero") {
  const std::vector<float> values = {0.0f, -0.0f, 1.0f};
  CHECK(numbers_of(bitfault::where(values)) == list{2});
}

TEST_CASE("where gives a region that outlives its copies") {
  const std::vector<std::uint8_t> mask = {0, 1, 0, 1};
  const bitfault::element_list chosen = bitfault::where(mask);
  status state;
  CHECK(naive::agrees(chosen.region().bind(extents{4}, state), {1, 3}, 4));
  CHECK(state.ok());
}

TEST_CASE("elements_at sorts coordinates and drops repeats") {
  const extents e{2, 3, 4};
  CHECK(numbers_of(bitfault::elements_at(e, {coordinates{1, 2, 3}, coordinates{0, 0, 1},
                                             coordinates{1, 0, 0}, coordinates{0, 0, 1}})) ==
        list{1, 12, 23});
  CHECK(numbers_of(bitfault::elements_at<3, 3>(e, {})).empty());
}

TEST_CASE("elements_at throws for coordinates outside the extents") {
  const extents e{2, 3, 4};
  const auto reason = [&](auto given) {
    try {
      bitfault::elements_at(e, given);
    } catch (const bitfault::error& failed) {
      return failed.why();
    }
    return status{};
  };
  CHECK(reason(std::initializer_list<coordinates<3>>{coordinates{0, 0, 0}, coordinates{0, 3, 0}}) ==
        status{refusal::coordinate_outside, 1, 3, 3});
  CHECK(reason(std::initializer_list<coordinates<3>>{coordinates{0, 0, -1}}).reason ==
        refusal::coordinate_outside);
  CHECK(reason(std::initializer_list<coordinates<2>>{coordinates{0, 0}}) ==
        status{refusal::wrong_number_of_coordinates, 0, 2, 3});
}

TEST_CASE("a list that is for other extents is refused") {
  const list numbers{1, 2}, sizes{2, 3};
  status state;
  static_cast<void>(elements{numbers, sizes}.bind(extents{2, 3}, state));
  CHECK(state.ok());
  static_cast<void>(elements{numbers, sizes}.bind(extents{3, 2}, state));
  CHECK(state == status{refusal::extents_differ, 0, 3, 2});
  status other_rank;
  static_cast<void>(elements{numbers, sizes}.bind(extents{6}, other_rank));
  CHECK(other_rank == status{refusal::rank_differs, 0, 1, 2});
}
