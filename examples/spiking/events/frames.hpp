// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace spiking {

/// Counts of events, dense and row-major: {steps, channels, height, width}. Time steps are
/// contiguous: values.data() + t * step_size() is what a network sees in step t.
template <class Value>
struct dense_frames {
  std::size_t steps = 0;
  std::size_t channels = 0;
  std::size_t height = 0;
  std::size_t width = 0;
  std::vector<Value> values;

  [[nodiscard]] std::size_t step_size() const noexcept { return channels * height * width; }

  /// Where the value of that step, channel, row and column lies in `values`; unchecked.
  [[nodiscard]] std::size_t index(std::size_t step, std::size_t channel, std::size_t y,
                                  std::size_t x) const noexcept {
    return ((step * channels + channel) * height + y) * width + x;
  }

  friend bool operator==(const dense_frames&, const dense_frames&) = default;
};

/// For a network in floating point. A float counts exactly up to 2^24 events in a cell.
using frames = dense_frames<float>;

/// For a network in integers.
using integer_frames = dense_frames<std::int32_t>;

} // namespace spiking
