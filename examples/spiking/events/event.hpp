// SPDX-License-Identifier: MIT
#pragma once

// What an event camera records. Nothing in this folder knows bitfault: it stands for existing code.

#include <cstdint>
#include <vector>

namespace spiking {

/// A pixel saw the light change at a time.
struct event {
  std::int64_t microseconds = 0; ///< since the sensor's clock was started; not negative
  std::uint16_t x = 0;           ///< column; 0 is left
  std::uint16_t y = 0;           ///< row; 0 is at the top
  bool polarity = false;         ///< true: it became brighter ("on")

  friend bool operator==(const event&, const event&) = default;
};

struct sensor_size {
  std::uint16_t width = 0;
  std::uint16_t height = 0;
};

/// The events of one sensor, in the order of their times: x < width, y < height, and no event is
/// earlier than the one before it. Every reader gives such a recording or throws.
struct recording {
  std::uint16_t width = 0;
  std::uint16_t height = 0;
  std::vector<event> events;

  friend bool operator==(const recording&, const recording&) = default;
};

} // namespace spiking
