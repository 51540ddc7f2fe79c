// SPDX-License-Identifier: MIT
#include <bitfault/core/message.hpp>
#include <bitfault/space/region.hpp>

#include "catch.hpp"
#include "chance.hpp"
#include "naive_region.hpp"

#include <cstdint>
#include <string>
#include <vector>

using bitfault::all;
using bitfault::batch_entry;
using bitfault::channel;
using bitfault::extents;
using bitfault::index_t;
using bitfault::range;
using bitfault::refusal;
using bitfault::region;
using bitfault::slice;
using bitfault::status;
using bitfault::time_step;

namespace {

bool takes(const range& r, index_t index) {
  return index >= r.begin && index < r.end && (index - r.begin) % r.step == 0;
}

range any_range(chance::numbers& any, index_t size) {
  const index_t begin = naive::up_to(any, size);
  return {begin, begin + naive::up_to(any, size - begin), 1 + any.below(4)};
}

template <class Region, std::size_t N>
status refused(const Region& r, const extents<N>& e) {
  status state;
  r.bind(e, state);
  return state;
}

} // namespace

TEST_CASE("the whole tensor has every element") {
  status state;
  const extents e{3, 4};
  CHECK(naive::agrees(bitfault::whole_tensor{}.bind(e, state),
                      naive::region(e, [](const auto&) { return true; }), 12));
  CHECK(bitfault::whole_tensor{}.bind(extents{0, 4}, state).size() == 0);
  CHECK(bitfault::whole_tensor{}.bind(extents<1>{}, state).size() == 1); // rank 0: a single value
  CHECK(state.ok());
}

TEST_CASE("boxes of one to three given axes are what their ranges say") {
  chance::numbers any(60);
  for (int i = 0; i < 400; ++i) {
    const auto e = naive::any_extents(any);
    const range a = any_range(any, e[0]);
    const range b = e.rank > 1 ? any_range(any, e[1]) : range{};
    const index_t c = e.rank > 2 ? any.below(e[2]) : 0;
    status state;
    bool same =
        naive::agrees(region{a}.bind(e, state),
                      naive::region(e, [&](const auto& at) { return takes(a, at[0]); }), e.size());
    if (e.rank > 1)
      same =
          same && naive::agrees(region{all, b}.bind(e, state),
                                naive::region(e, [&](const auto& at) { return takes(b, at[1]); }),
                                e.size());
    if (e.rank > 2)
      same = same && naive::agrees(region{a, b, c}.bind(e, state),
                                   naive::region(e,
                                                 [&](const auto& at) {
                                                   return takes(a, at[0]) && takes(b, at[1]) &&
                                                          at[2] == c;
                                                 }),
                                   e.size());
    CAPTURE(i, e.rank);
    CHECK(state.ok());
    CHECK(same);
  }
}

TEST_CASE("regions of one axis are what their range says") {
  chance::numbers any(61);
  for (int i = 0; i < 300; ++i) {
    const auto e = naive::any_extents(any);
    const std::size_t axis = any.below(e.rank);
    const range r = any_range(any, e[axis]);
    const index_t index = any.below(e[axis]);
    const auto one = naive::region(e, [&](const auto& at) { return at[axis] == index; });
    status state;
    CHECK(naive::agrees(slice(axis, r).bind(e, state),
                        naive::region(e, [&](const auto& at) { return takes(r, at[axis]); }),
                        e.size()));
    CHECK(naive::agrees(channel(index, axis).bind(e, state), one, e.size()));
    CHECK(naive::agrees(batch_entry(index, axis).bind(e, state), one, e.size()));
    CHECK(naive::agrees(time_step(index, axis).bind(e, state), one, e.size()));
    CHECK(state.ok());
  }
}

TEST_CASE("channels are axis 1, batch entries and time steps are axis 0") {
  STATIC_REQUIRE(channel(3).axis == 1);
  STATIC_REQUIRE(batch_entry(3).axis == 0);
  STATIC_REQUIRE(time_step(3).axis == 0);
}

TEST_CASE("the number of outermost indices is that of the region") {
  status state;
  const extents e{10, 4, 3};
  CHECK(region{range{2, 9, 3}, all, 1}.bind(e, state).outermost_count() == 3);
  CHECK(region{5}.bind(e, state).outermost_count() == 1);
  CHECK(channel(2).bind(e, state).outermost_count() == 10);
  CHECK(region{range{4, 4}}.bind(e, state).outermost_count() == 0);
  CHECK(state.ok());
}

TEST_CASE("boxes in tensors of more than 2^32 elements are exact") {
  status state;
  const extents e{index_t{1} << 20, index_t{1} << 21, 3};
  const auto box =
      region{range{5, (index_t{1} << 20) - 3, 7}, range{1, index_t{1} << 21, 2}, 2}.bind(e, state);
  REQUIRE(state.ok());
  const index_t rows = ((index_t{1} << 20) - 3 - 5 - 1) / 7 + 1, columns = index_t{1} << 20;
  CHECK(box.size() == rows * columns);
  chance::numbers any(62);
  bool same = true;
  for (int i = 0; i < 20'000; ++i) {
    const index_t rank = i < 10 ? static_cast<index_t>(i) : any.below(box.size());
    const index_t row = 5 + rank / columns * 7, column = 1 + rank % columns * 2;
    const index_t due = (row * (index_t{1} << 21) + column) * 3 + 2;
    same = same && box.element(rank) == due && box.contains(due) && !box.contains(due + 1) &&
           box.count_below(due) == rank && box.count_below(due + 1) == rank + 1;
  }
  CHECK(same);
}

TEST_CASE("regions that do not fit are refused with what is wrong") {
  const extents e{4, 5, 6};
  CHECK(refused(region{all, range{2, 7}}, e) == status{refusal::coordinate_outside, 1, 6, 5});
  CHECK(refused(region{4}, e) == status{refusal::coordinate_outside, 0, 4, 4});
  CHECK(refused(region{all, range{3, 2}}, e) == status{refusal::range_reversed, 1, 3, 2});
  CHECK(refused(region{all, range{1, 2, 0}}, e) == status{refusal::range_reversed, 1, 1, 2});
  CHECK(refused(region{all, all, -1}, e) ==
        status{refusal::coordinate_outside, 2, ~std::uint64_t{0}, 6});
  CHECK(refused(region{all, all, all, all}, e) ==
        status{refusal::wrong_number_of_coordinates, 0, 4, 3});
  CHECK(refused(region{0, 0, 0, 9}, e) == status{refusal::wrong_number_of_coordinates, 0, 4, 3});
  CHECK(refused(channel(5), e) == status{refusal::coordinate_outside, 1, 5, 5});
  CHECK(refused(channel(0), extents{7}) == status{refusal::axis_outside, 1, 1, 1});
  CHECK(refused(batch_entry(4), e) == status{refusal::coordinate_outside, 0, 4, 4});
  CHECK(refused(slice(3, {0, 1}), e) == status{refusal::axis_outside, 3, 3, 3});
  CHECK(refused(slice(2, {0, 7}), e) == status{refusal::coordinate_outside, 2, 6, 6});
  CHECK(refused(slice(2, {5, 4}), e) == status{refusal::range_reversed, 2, 5, 4});
  CHECK(refused(region{0}, extents{0, 5}) == status{refusal::coordinate_outside, 0, 0, 0});

  CHECK(refused(region{4}, e).place == std::string("region"));
  CHECK(refused(channel(5), e).place == std::string("channel"));
  CHECK(refused(batch_entry(4), e).place == std::string("batch_entry"));
  CHECK(refused(time_step(4), e).place == std::string("time_step"));
  CHECK(refused(slice(2, {0, 7}), e).place == std::string("slice"));
}

TEST_CASE("empty ranges are no error") {
  status state;
  CHECK(region{range{2, 2}}.bind(extents{4}, state).size() == 0);
  CHECK(region{range{4, 4}}.bind(extents{4}, state).size() == 0);
  CHECK(region{range{0, 0}}.bind(extents{0}, state).size() == 0);
  CHECK(region{all, range{1, 3}}.bind(extents{0, 4}, state).size() == 0);
  CHECK(state.ok());
}

TEST_CASE("an earlier refusal of a region is kept") {
  status state{refusal::bit_outside_word, 40, 40, 32, "bits"};
  region{9}.bind(extents{4}, state);
  region{all, all}.bind(extents{4}, state);
  slice(5, {0, 1}).bind(extents{4}, state);
  CHECK(state == status{refusal::bit_outside_word, 40, 40, 32});
}

TEST_CASE("negative numbers in a range are refused with what was given") {
  const extents e{8};
  const auto text = [&](range r) {
    status state;
    static_cast<void>(region{r}.bind(e, state));
    return std::string(message(state).text);
  };
  int minus = -2; // not a constant: nothing narrows, nothing warns
  CHECK(text(range{0, minus}) ==
        "bitfault: region: the range on axis 0 begins at 0 and ends at -2; it must not be reversed "
        "and its step must not be 0");
  CHECK(text(range{0, 4, minus}).find("its step must not be 0") != std::string::npos);
  CHECK(text(range{minus, 4}).find("-2") != std::string::npos);
}
