// SPDX-License-Identifier: MIT
#include "simulated_gestures.hpp"

#include "aedat.hpp"

#include <array>
#include <cstddef>
#include <random>
#include <stdexcept>
#include <string>

namespace spiking {
namespace {

constexpr int side = 128;
constexpr std::int64_t pause = 500;

/// 256 sin of an angle in degrees, by Bhaskara's rational approximation (error below 0.002).
[[nodiscard]] int sine(std::int64_t degrees) {
  const auto angle = static_cast<int>(((degrees % 360) + 360) % 360);
  const int half = angle % 180;
  const int value = 256 * 4 * half * (180 - half) / (40500 - half * (180 - half));
  return angle < 180 ? value : -value;
}

struct disc {
  int x = 0, y = 0;
};

/// What differs from one performance of a gesture to another.
struct manner {
  int x, y;      ///< displacement of everything
  int reach;     ///< how far a hand moves from its middle
  int radius;    ///< of a hand
  int period;    ///< ms
  int beginning; ///< phase in degrees
};

/// Where the two hands are. A hand that does not move has no events, and stands for none.
[[nodiscard]] std::array<disc, 2> hands(std::int64_t gesture, std::int64_t time, const manner& m) {
  const std::int64_t phase = m.beginning + time * 360 / m.period;
  const int s = m.reach * sine(phase) / 256;
  const int c = m.reach * sine(phase + 90) / 256;
  const disc right{40 + m.x, 64 + m.y}, left{88 + m.x, 64 + m.y}, middle{64 + m.x, 64 + m.y};
  const auto at = [](disc d, int dx, int dy) { return disc{d.x + dx, d.y + dy}; };
  switch (gesture) {
  case 1: // hand clapping
    return {at(right, s / 2, 0), at(left, -s / 2, 0)};
  case 2: // right hand wave
    return {at(right, s, -20), left};
  case 3: // left hand wave
    return {right, at(left, s, -20)};
  case 4: // right arm clockwise
    return {at(right, c, s), left};
  case 5: // right arm counter-clockwise
    return {at(right, c, -s), left};
  case 6: // left arm clockwise
    return {right, at(left, c, s)};
  case 7: // left arm counter-clockwise
    return {right, at(left, c, -s)};
  case 8: // arm roll
    return {at(middle, c / 2, s), at(middle, -c / 2, -s)};
  case 9: // air drums
    return {at(right, 0, s), at(left, 0, -s)};
  case 10: // air guitar
    return {at(middle, -10, s), at(left, 0, -24)};
  default: // other gestures: both along diagonals
    return {at(right, s, s), at(left, c, -c)};
  }
}

using picture = std::array<bool, static_cast<std::size_t>(side* side)>;

void draw(const std::array<disc, 2>& discs, int radius, picture& to) {
  to.fill(false);
  for (const disc& d : discs)
    for (int y = d.y - radius; y <= d.y + radius; ++y)
      for (int x = d.x - radius; x <= d.x + radius; ++x) {
        const bool covered = (x - d.x) * (x - d.x) + (y - d.y) * (y - d.y) <= radius * radius &&
                             x >= 0 && y >= 0 && x < side && y < side;
        if (covered)
          to[static_cast<std::size_t>(y * side + x)] = true;
      }
}

/// Events of what is different, in this millisecond.
void compare(const picture& before, const picture& now, std::int64_t millisecond,
             std::vector<event>& to) {
  const std::size_t first = to.size();
  for (std::size_t i = 0; i < now.size(); ++i) {
    if (now[i] != before[i])
      to.push_back(
          {0, static_cast<std::uint16_t>(i % side), static_cast<std::uint16_t>(i / side), now[i]});
  }
  const auto count = static_cast<std::int64_t>(to.size() - first);
  for (std::int64_t i = 0; i < count; ++i)
    to[first + static_cast<std::size_t>(i)].microseconds = millisecond * 1000 + i * 1000 / count;
}

} // namespace

labelled_recording simulate_gestures(std::uint64_t seed, std::int64_t milliseconds) {
  if (milliseconds <= 0)
    throw std::invalid_argument("simulate_gestures: gestures of " + std::to_string(milliseconds) +
                                " ms");
  std::mt19937_64 random(seed);
  const auto between = [&random](int low, int high) {
    return low + static_cast<int>(random() % static_cast<std::uint64_t>(high - low + 1));
  };
  labelled_recording result;
  result.seen.width = side;
  result.seen.height = side;
  picture before{}, now{};
  std::int64_t time = pause;
  for (std::int64_t gesture = 1; gesture <= dvs128_gestures; ++gesture) {
    manner m{};
    m.x = between(-6, 6);
    m.y = between(-6, 6);
    m.reach = between(14, 22);
    m.radius = between(7, 11);
    m.period = between(400, 800);
    m.beginning = between(0, 359);
    const std::int64_t start = time;
    for (; time < start + milliseconds; ++time) {
      draw(hands(gesture, time - start, m), m.radius, now);
      compare(before, now, time, result.seen.events);
      before = now;
    }
    result.labels.push_back({gesture, start * 1000, time * 1000});
    now.fill(false); // the hands are taken away: the last events of this recording of a gesture
    compare(before, now, time, result.seen.events);
    before = now;
    time += pause;
  }
  return result;
}

} // namespace spiking
