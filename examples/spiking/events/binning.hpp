// SPDX-License-Identifier: MIT
#pragma once

// From events to frames: how many there were in each time step, channel and cell of pixels.

#include "event.hpp"
#include "frames.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>

namespace spiking {

enum class polarity_channels {
  kept,   ///< two channels: 0 has the events of polarity 0 ("off"), 1 those of polarity 1 ("on")
  merged, ///< one channel
};

/// What becomes of place and polarity.
struct binning {
  std::size_t pooling = 1; ///< cells of pooling x pooling pixels; their events are summed
  polarity_channels polarity = polarity_channels::kept;
};

/// Step i is the time from start + i * width up to, not including, start + (i + 1) * width.
struct time_bins {
  std::int64_t start = 0;
  std::int64_t width = 0;
  std::size_t steps = 0;
};

/// As many steps of that width from 0 on as it takes to have all of [0, end) in them.
[[nodiscard]] inline time_bins bins_until(std::int64_t end_microseconds,
                                          std::int64_t width_microseconds) {
  if (width_microseconds <= 0 || end_microseconds < 0) {
    throw std::invalid_argument("bins_until: steps of " + std::to_string(width_microseconds) +
                                " us up to " + std::to_string(end_microseconds) + " us");
  }
  const auto whole = end_microseconds / width_microseconds;
  return {.start = 0,
          .width = width_microseconds,
          .steps = static_cast<std::size_t>(whole +
                                            (end_microseconds % width_microseconds != 0 ? 1 : 0))};
}

namespace detail {

/// Frames of zeros. Throws std::invalid_argument if the pooling does not divide the sensor, and
/// std::length_error if the frames would have more values than can be numbered.
template <class Value>
[[nodiscard]] dense_frames<Value> empty_frames(const recording& from, std::size_t steps,
                                               const binning& how) {
  if (how.pooling == 0 || from.width % how.pooling != 0 || from.height % how.pooling != 0) {
    throw std::invalid_argument("binning: a pooling of " + std::to_string(how.pooling) +
                                " does not divide the sensor of " + std::to_string(from.width) +
                                " x " + std::to_string(from.height) + " pixels");
  }
  dense_frames<Value> result;
  result.steps = steps;
  result.channels = how.polarity == polarity_channels::kept ? 2 : 1;
  result.height = from.height / how.pooling;
  result.width = from.width / how.pooling;
  const std::size_t most = std::numeric_limits<std::ptrdiff_t>::max() / sizeof(Value);
  if (result.step_size() != 0 && steps > most / result.step_size()) {
    throw std::length_error("binning: " + std::to_string(steps) + " steps of " +
                            std::to_string(result.step_size()) + " values are too many");
  }
  result.values.resize(steps * result.step_size());
  return result;
}

template <class Value>
void count(dense_frames<Value>& to, std::size_t step, const event& e, const binning& how) {
  const std::size_t channel = how.polarity == polarity_channels::kept && e.polarity ? 1 : 0;
  to.values[to.index(step, channel, e.y / how.pooling, e.x / how.pooling)] += Value{1};
}

} // namespace detail

/// Counts by time. Events before the first step or after the last belong to none. Throws
/// std::invalid_argument for a width that is not positive, a start before 0, or a pooling that does
/// not divide the sensor: no event is lost at a border. O(events + values).
template <class Value = float>
[[nodiscard]] dense_frames<Value> bin_by_time(const recording& from, const time_bins& bins,
                                              const binning& how = {}) {
  if (bins.width <= 0 || bins.start < 0) {
    throw std::invalid_argument("bin_by_time: steps of " + std::to_string(bins.width) +
                                " us from " + std::to_string(bins.start) + " us on");
  }
  auto result = detail::empty_frames<Value>(from, bins.steps, how);
  for (const auto& e : from.events) {
    if (e.microseconds < bins.start) {
      continue;
    }
    const auto step = static_cast<std::size_t>((e.microseconds - bins.start) / bins.width);
    if (step >= bins.steps) {
      break; // and so are all that follow
    }
    detail::count(result, step, e, how);
  }
  return result;
}

/// Counts by number: step i has the events i * n to (i + 1) * n - 1. A rest of fewer than n events
/// makes no step. Throws std::invalid_argument if n is 0 or the pooling does not divide the sensor.
/// O(events + values).
template <class Value = float>
[[nodiscard]] dense_frames<Value> bin_by_count(const recording& from, std::size_t events_per_step,
                                               const binning& how = {}) {
  if (events_per_step == 0) {
    throw std::invalid_argument("bin_by_count: 0 events in a step");
  }
  auto result = detail::empty_frames<Value>(from, from.events.size() / events_per_step, how);
  for (std::size_t i = 0; i < result.steps * events_per_step; ++i) {
    detail::count(result, i / events_per_step, from.events[i], how);
  }
  return result;
}

} // namespace spiking
