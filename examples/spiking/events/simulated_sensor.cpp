// SPDX-License-Identifier: MIT
#include "simulated_sensor.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace spiking {
namespace {

using s = saccades;

constexpr std::int32_t pixel = 256; // in the unit of places
constexpr std::size_t brightest = 255 * s::light_per_grey_level;

/// log2(n) in 1/65536, rounded down: the whole part is the position of the highest bit, and each
/// squaring of what is left gives one more binary digit. n > 0.
[[nodiscard]] constexpr std::int32_t log2_of(std::uint32_t n) {
  std::int32_t result = 31;
  std::uint64_t mantissa = n; // to be in [2^31, 2^32)
  for (; mantissa < std::uint64_t{1} << 31U; mantissa <<= 1U) {
    --result;
  }
  for (int digit = 0; digit < 16; ++digit) {
    mantissa = mantissa * mantissa >> 31U;
    result *= 2;
    if (mantissa >> 32U != 0) {
      mantissa >>= 1U;
      ++result;
    }
  }
  return result;
}

[[nodiscard]] const std::array<std::int32_t, brightest + 1>& log_light() {
  static const auto table = [] {
    std::array<std::int32_t, brightest + 1> logs{};
    for (std::size_t i = 0; i < logs.size(); ++i) {
      logs[i] = log2_of(static_cast<std::uint32_t>(i) + s::dark_light);
    }
    return logs;
  }();
  return table;
}

constexpr std::size_t pixels = s::sensor_side * s::sensor_side;
using sensor_values = std::array<std::int32_t, pixels>;

/// The image with darkness around it: wide enough for every place that it has on the sensor.
class scene {
public:
  explicit scene(std::span<const std::uint8_t> image) {
    for (std::size_t y = 0; y < s::image_side; ++y) {
      std::copy_n(image.begin() + static_cast<std::ptrdiff_t>(y * s::image_side), s::image_side,
                  grey_.begin() + static_cast<std::ptrdiff_t>((y + margin) * side + margin));
    }
  }

  /// The logarithm of the light at each pixel: of the four grey levels that the pixel lies between,
  /// weighted by how near they are.
  void look(s::place corner, sensor_values& to) const {
    const auto& logs = log_light();
    const std::int32_t across = static_cast<std::int32_t>(margin) * pixel - corner.x;
    const std::int32_t down = static_cast<std::int32_t>(margin) * pixel - corner.y;
    const auto whole_x = static_cast<std::size_t>(across / pixel);
    const auto whole_y = static_cast<std::size_t>(down / pixel);
    const std::int32_t right = across % pixel;
    const std::int32_t lower = down % pixel;
    const std::int32_t left = pixel - right;
    const std::int32_t upper = pixel - lower;
    for (std::size_t y = 0; y < s::sensor_side; ++y) {
      const auto* above = grey_.data() + (y + whole_y) * side + whole_x;
      const auto* below = above + side;
      auto* out = to.data() + y * s::sensor_side;
      for (std::size_t x = 0; x < s::sensor_side; ++x) {
        const std::int32_t grey = upper * (left * above[x] + right * above[x + 1]) +
                                  lower * (left * below[x] + right * below[x + 1]);
        out[x] = logs[static_cast<std::size_t>(grey * s::light_per_grey_level / (pixel * pixel))];
      }
    }
  }

private:
  static constexpr std::size_t margin = 7;
  static constexpr std::size_t side = margin + s::sensor_side + 1;
  std::array<std::uint8_t, side * side> grey_{};
};

/// The events of one pixel in one step, in which the logarithm goes from `before` to `now`.
void follow(std::int32_t& level, std::int32_t before, std::int32_t now, event e,
            std::vector<event>& to) {
  e.polarity = now > before;
  const std::int32_t move = e.polarity ? s::threshold : -s::threshold;
  const std::int64_t begin = e.microseconds;
  while (e.polarity ? now - level >= s::threshold : level - now >= s::threshold) {
    level += move;
    // When it passed the level, rounded so that the last microsecond of the step is the latest.
    const std::int64_t passed = std::int64_t{level} - before;
    const std::int64_t whole = std::int64_t{now} - before;
    e.microseconds = begin + (s::step_microseconds * std::abs(passed) - 1) / std::abs(whole);
    to.push_back(e);
  }
}

} // namespace

saccades::place saccades::at(std::int64_t step) noexcept {
  struct corner {
    std::int64_t x, y;
  };
  // Down and to the right, up and to the right, back to the left.
  constexpr std::array<corner, 4> path{{{0, 0}, {3 * pixel, 6 * pixel}, {6 * pixel, 0}, {0, 0}}};
  constexpr std::int64_t saccade = steps / 3;
  const auto from = static_cast<std::size_t>(std::min(step / saccade, std::int64_t{2}));
  const std::int64_t gone = step - static_cast<std::int64_t>(from) * saccade;
  const auto between = [&](std::int64_t a, std::int64_t b) {
    return static_cast<std::int32_t>((a * (saccade - gone) + b * gone) / saccade);
  };
  return {between(path[from].x, path[from + 1].x), between(path[from].y, path[from + 1].y)};
}

recording record_saccades(std::span<const std::uint8_t> image) {
  if (image.size() != s::image_side * s::image_side) {
    throw std::invalid_argument("record_saccades: an image of " + std::to_string(image.size()) +
                                " pixels given, 28 x 28 needed");
  }
  recording result{.width = s::sensor_side, .height = s::sensor_side, .events = {}};
  const scene in_front(image);
  sensor_values before{};
  sensor_values now{};
  in_front.look(s::at(0), before);
  sensor_values level = before;
  for (std::int64_t step = 0; step < s::steps; ++step) {
    in_front.look(s::at(step + 1), now);
    const auto begin = static_cast<std::ptrdiff_t>(result.events.size());
    for (std::size_t i = 0; i < pixels; ++i) {
      if (now[i] != before[i]) {
        follow(level[i], before[i], now[i],
               {.microseconds = step * s::step_microseconds,
                .x = static_cast<std::uint16_t>(i % s::sensor_side),
                .y = static_cast<std::uint16_t>(i / s::sensor_side)},
               result.events);
      }
    }
    // Events of one time stay in the order of the pixels.
    std::stable_sort(
        result.events.begin() + begin, result.events.end(),
        [](const event& a, const event& b) { return a.microseconds < b.microseconds; });
    std::swap(before, now);
  }
  return result;
}

} // namespace spiking
