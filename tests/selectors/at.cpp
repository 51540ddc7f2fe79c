// SPDX-License-Identifier: MIT
#include <bitfault/selectors/at.hpp>
#include <bitfault/space/region.hpp>

#include "catch.hpp"
#include "drawn.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

using bitfault::at;
using bitfault::coordinates;
using bitfault::extents;
using bitfault::fault_key;
using bitfault::index_t;
using bitfault::refusal;
using bitfault::status;
using list = std::vector<index_t>;

namespace {

template <class Selector, std::size_t N>
list bound_sites(const Selector& selector, const extents<N>& e, status& state) {
  const auto whole = bitfault::whole_tensor{}.bind(e, state);
  const auto bound = selector.bind(bitfault::detail::site_space{e.size(), 1, 1}, e, whole, state);
  return state.ok() ? drawn::sites(bound, fault_key{}) : list{};
}

template <class Selector, std::size_t N>
status refused(const Selector& selector, const extents<N>& e) {
  status state;
  bound_sites(selector, e, state);
  return state;
}

} // namespace

TEST_CASE("given numbers and coordinates keep their order and their repeats") {
  status state;
  CHECK(bound_sites(at{17, 3, 99, 3}, extents{100}, state) == list{17, 3, 99, 3});
  CHECK(bound_sites(at{0}, extents{1}, state) == list{0});
  CHECK(bound_sites(at{coordinates{1, 2, 3}, coordinates{0, 0, 1}}, extents{2, 3, 4}, state) ==
        list{23, 1});
  CHECK(bound_sites(at{coordinates{4}}, extents{5}, state) == list{4});
  const list numbers = {7, 7, 0};
  CHECK(bound_sites(at{std::span<const index_t>(numbers)}, extents{2, 4}, state) == numbers);
  CHECK(bound_sites(at{numbers}, extents{2, 4}, state) == numbers);
  const index_t plain[] = {6, 1};
  CHECK(bound_sites(at{plain}, extents{2, 4}, state) == list{6, 1});
  const list none;
  CHECK(bound_sites(at{std::span<const index_t>(none)}, extents{2, 4}, state).empty());
  CHECK(state.ok());
}

TEST_CASE("the events of an element that is listed twice are found in their order") {
  status state;
  const extents e{100};
  const auto whole = bitfault::whole_tensor{}.bind(e, state);
  const auto check = [&](const auto& selector, bool ascending, list expected) {
    const auto bound = selector.bind(bitfault::detail::site_space{100, 1, 1}, e, whole, state);
    CHECK(bound.ascending == ascending);
    const auto draw = bound.start(bitfault::random_stream(fault_key{}));
    list found;
    std::uint64_t event = 0;
    for (; draw.find_next(5, event, bound.units()); ++event)
      found.push_back(static_cast<index_t>(event));
    CHECK(found == expected);
    event = 0;
    CHECK_FALSE(draw.find_next(6, event, bound.units()));
    event = 0;
    CHECK_FALSE(draw.find_next(5, event, expected[0])); // none before the first
  };
  check(at{5, 9, 5}, false, {0, 2});
  check(at{1, 5, 5, 9, 20}, true, {1, 2});
  check(at{2, 3, 5}, true, {2});
}

TEST_CASE("elements outside the tensor are refused, and the first of them is named") {
  CHECK(refused(at{3, 100, 200}, extents{100}) == status{refusal::element_outside, 1, 100, 100});
  CHECK(refused(at{100}, extents{100}).place == std::string("at"));
  CHECK(refused(at{-1}, extents{100}) ==
        status{refusal::element_outside, 0, ~std::uint64_t{0}, 100});
  CHECK(refused(at{~std::uint64_t{0}}, extents{100}).reason == refusal::element_outside);
  CHECK(refused(at{(std::uint64_t{1} << 63)}, extents{100}).reason == refusal::element_outside);
  CHECK(refused(at{0}, extents{0, 5}).reason == refusal::element_outside);
  CHECK(refused(at{99}, extents{100}).ok());
  const list numbers = {4, 8};
  CHECK(refused(at{std::span<const index_t>(numbers)}, extents{2, 4}) ==
        status{refusal::element_outside, 1, 8, 8});
}

TEST_CASE("coordinates outside the extents are refused") {
  const extents e{2, 3, 4};
  CHECK(refused(at{coordinates{0, 3, 0}}, e) == status{refusal::coordinate_outside, 1, 3, 3});
  CHECK(refused(at{coordinates{1, 2, 4}}, e) == status{refusal::coordinate_outside, 2, 4, 4});
  CHECK(refused(at{coordinates{0, 0, -1}}, e) ==
        status{refusal::coordinate_outside, 2, ~std::uint64_t{0}, 4});
  // The flat number would lie inside, but the coordinate does not.
  CHECK(refused(at{coordinates{0, 0, 7}}, e).reason == refusal::coordinate_outside);
  CHECK(refused(at{coordinates{0, 0}}, e) == status{refusal::wrong_number_of_coordinates, 0, 2, 3});
  CHECK(refused(at{coordinates{0, 0, 0, 0}}, e) ==
        status{refusal::wrong_number_of_coordinates, 0, 4, 3});
  CHECK(refused(at{coordinates{1, 2, 3}}, e).ok());
}

TEST_CASE("elements outside the region are refused") {
  status state;
  const extents e{4, 5};
  const auto row = bitfault::region{2}.bind(e, state);
  const auto space = bitfault::detail::site_space{5, 1, 1};
  at{10, 14}.bind(space, e, row, state);
  CHECK(state.ok());
  at{10, 15}.bind(space, e, row, state);
  CHECK(state == status{refusal::element_not_in_region, 1, 15, 5});
}
