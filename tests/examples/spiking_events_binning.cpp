// SPDX-License-Identifier: MIT

// Frames out of events: known answers, and a naive twin that asks each cell which events it has.

#include "spiking/events/binning.hpp"

#include "catch.hpp"
#include "chance.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace {

using spiking::polarity_channels;

[[nodiscard]] spiking::recording random_recording(std::size_t events) {
  chance::numbers numbers(7);
  spiking::recording result{12, 8, {}};
  for (std::int64_t time = 0; result.events.size() < events;) {
    time += static_cast<std::int64_t>(numbers.below(20));
    result.events.push_back({time, static_cast<std::uint16_t>(numbers.below(12)),
                             static_cast<std::uint16_t>(numbers.below(8)), numbers.below(2) == 1});
  }
  return result;
}

/// How many events lie in a cell of the frames, `in_step(i, event)` saying which are of the step.
template <class Value, class InStep>
void check_each_cell(const spiking::dense_frames<Value>& got, const spiking::recording& from,
                     const spiking::binning& how, const InStep& in_step) {
  const bool kept = how.polarity == polarity_channels::kept;
  CHECK(got.channels == (kept ? 2U : 1U));
  CHECK(got.height * how.pooling == from.height);
  CHECK(got.width * how.pooling == from.width);
  REQUIRE(got.values.size() == got.steps * got.channels * got.height * got.width);
  std::size_t wrong = 0, at = 0, total = 0;
  for (std::size_t step = 0; step < got.steps; ++step) {
    for (std::size_t channel = 0; channel < got.channels; ++channel) {
      for (std::size_t y = 0; y < got.height; ++y) {
        for (std::size_t x = 0; x < got.width; ++x, ++at) {
          std::int32_t expected = 0;
          for (std::size_t i = 0; i < from.events.size(); ++i) {
            const auto& e = from.events[i];
            expected += in_step(step, i) && (!kept || e.polarity == (channel == 1)) &&
                                e.y >= y * how.pooling && e.y < (y + 1) * how.pooling &&
                                e.x >= x * how.pooling && e.x < (x + 1) * how.pooling
                            ? 1
                            : 0;
          }
          total += static_cast<std::size_t>(expected);
          wrong += static_cast<std::int32_t>(got.values[at]) == expected ? 0 : 1;
          wrong += got.index(step, channel, y, x) == at ? 0 : 1;
        }
      }
    }
  }
  CHECK(wrong == 0);
  CHECK(total > 0);
}

const std::vector<spiking::binning> ways{{1, polarity_channels::kept},
                                         {1, polarity_channels::merged},
                                         {2, polarity_channels::kept},
                                         {4, polarity_channels::merged}};

} // namespace

TEST_CASE("four events by time: where each of them is counted") {
  // 0 us and 999 us are of step 0, 1000 us of step 1; what is later belongs to no step.
  const spiking::recording four{
      2, 2, {{0, 0, 0, false}, {999, 1, 0, true}, {1000, 1, 1, true}, {2000, 0, 0, true}}};
  const auto got = spiking::bin_by_time(four, {.start = 0, .width = 1000, .steps = 2});
  CHECK(got == spiking::frames{2, 2, 2, 2, {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}});
  CHECK(spiking::bin_by_time<std::int32_t>(four, {.start = 999, .width = 1001, .steps = 1},
                                           {.pooling = 2, .polarity = polarity_channels::merged}) ==
        spiking::integer_frames{1, 1, 1, 1, {2}});
}

TEST_CASE("four events by number: where each of them is counted") {
  const spiking::recording four{
      2, 1, {{0, 0, 0, false}, {5, 1, 0, true}, {5, 1, 0, true}, {9, 0, 0, true}}};
  CHECK(spiking::bin_by_count(four, 2) == spiking::frames{2, 2, 1, 2, {1, 0, 0, 1, 0, 0, 1, 1}});
  CHECK(spiking::bin_by_count<std::int32_t>(four, 3, {.polarity = polarity_channels::merged}) ==
        spiking::integer_frames{1, 1, 1, 2, {1, 2}}); // the fourth is a rest
  CHECK(spiking::bin_by_count(four, 5).steps == 0);
}

TEST_CASE("each cell of the frames has the events that a naive twin finds for it") {
  const auto from = random_recording(600);
  for (const auto& how : ways) {
    const spiking::time_bins bins{.start = 300, .width = 700, .steps = 6};
    const auto in_time = [&](std::size_t step, std::size_t i) {
      const auto begin = bins.start + bins.width * static_cast<std::int64_t>(step);
      const auto time = from.events[i].microseconds;
      return time >= begin && time < begin + bins.width;
    };
    check_each_cell(spiking::bin_by_time(from, bins, how), from, how, in_time);
    check_each_cell(spiking::bin_by_time<std::int32_t>(from, bins, how), from, how, in_time);

    const auto in_number = [](std::size_t step, std::size_t i) {
      return i >= step * 90 && i < (step + 1) * 90;
    };
    const auto by_count = spiking::bin_by_count(from, 90, how);
    CHECK(by_count.steps == 6);
    check_each_cell(by_count, from, how, in_number);
  }
}

TEST_CASE("as many steps as cover a time") {
  CHECK(spiking::bins_until(300000, 12500).steps == 24);
  CHECK(spiking::bins_until(300001, 12500).steps == 25);
  CHECK(spiking::bins_until(0, 5).steps == 0);
  constexpr auto latest = std::numeric_limits<std::int64_t>::max();
  CHECK(spiking::bins_until(latest, latest - 1).steps == 2);
  CHECK_THROWS_WITH(spiking::bins_until(10, 0), "bins_until: steps of 0 us up to 10 us");
  CHECK_THROWS_WITH(spiking::bins_until(-1, 5), "bins_until: steps of 5 us up to -1 us");
}

TEST_CASE("binning that would lose events or memory is refused") {
  const auto from = random_recording(3);
  CHECK_THROWS_WITH(spiking::bin_by_time(from, {0, 1000, 1}, {.pooling = 3}),
                    "binning: a pooling of 3 does not divide the sensor of 12 x 8 pixels");
  CHECK_THROWS_WITH(spiking::bin_by_time(from, {0, 1000, 1}, {.pooling = 8}),
                    "binning: a pooling of 8 does not divide the sensor of 12 x 8 pixels");
  CHECK_THROWS_WITH(spiking::bin_by_count(from, 1, {.pooling = 0}),
                    "binning: a pooling of 0 does not divide the sensor of 12 x 8 pixels");
  CHECK_THROWS_WITH(spiking::bin_by_time(from, {0, 0, 1}),
                    "bin_by_time: steps of 0 us from 0 us on");
  CHECK_THROWS_WITH(spiking::bin_by_time(from, {-1, 10, 1}),
                    "bin_by_time: steps of 10 us from -1 us on");
  CHECK_THROWS_WITH(spiking::bin_by_count(from, 0), "bin_by_count: 0 events in a step");
  // 2^58 steps of 192 values: their number in 64 bits would be 0.
  CHECK_THROWS_WITH(spiking::bin_by_time(from, {0, 1, std::size_t{1} << 58U}),
                    "binning: 288230376151711744 steps of 192 values are too many");
}
