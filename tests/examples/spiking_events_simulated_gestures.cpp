// SPDX-License-Identifier: MIT

// Simulated gestures: valid recordings, the same everywhere, in which classes move as they are
// named.

#include "spiking/events/simulated_gestures.hpp"

#include "catch.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace {

using spiking::simulate_gestures;

/// FNV-1a of all events.
[[nodiscard]] std::uint64_t digest(const spiking::recording& of) {
  std::uint64_t hash = 14695981039346656037U;
  const auto add = [&hash](std::uint64_t value) {
    for (int i = 0; i < 8; ++i)
      hash = (hash ^ (value >> (8 * i) & 255U)) * 1099511628211U;
  };
  for (const auto& e : of.events) {
    add(static_cast<std::uint64_t>(e.microseconds));
    add(e.x);
    add(e.y);
    add(e.polarity ? 1 : 0);
  }
  return hash;
}

/// The middle of the bright events of each 20 ms between two times, in the columns from `left` on
/// and before `right`.
[[nodiscard]] std::vector<std::pair<double, double>>
path(const spiking::labelled_recording& of, std::size_t gesture, int left, int right) {
  std::map<std::int64_t, std::vector<spiking::event>> windows;
  const auto& label = of.labels[gesture - 1];
  for (const auto& e : of.seen.events) {
    const std::int64_t time = e.microseconds - label.start_microseconds;
    if (time >= 20'000 && e.microseconds < label.end_microseconds && e.polarity && e.x >= left &&
        e.x < right)
      windows[time / 20'000].push_back(e);
  }
  std::vector<std::pair<double, double>> result;
  for (const auto& [window, events] : windows) {
    double x = 0, y = 0;
    for (const auto& e : events) {
      x += e.x;
      y += e.y;
    }
    result.emplace_back(x / static_cast<double>(events.size()),
                        y / static_cast<double>(events.size()));
  }
  return result;
}

/// Twice the area that a path runs round, seen from its middle; positive clockwise, as rows count
/// downwards.
[[nodiscard]] double turning(const std::vector<std::pair<double, double>>& path) {
  double x = 0, y = 0, area = 0;
  for (const auto& p : path) {
    x += p.first / static_cast<double>(path.size());
    y += p.second / static_cast<double>(path.size());
  }
  for (std::size_t i = 1; i < path.size(); ++i)
    area += (path[i - 1].first - x) * (path[i].second - y) -
            (path[i].first - x) * (path[i - 1].second - y);
  return area;
}

} // namespace

TEST_CASE("simulated gestures are recordings with a label for each class") {
  const auto made = simulate_gestures(5, 200);
  CHECK(made.seen.width == 128);
  CHECK(made.seen.height == 128);
  REQUIRE(made.labels.size() == 11);
  for (std::int64_t g = 0; g < 11; ++g)
    CHECK(made.labels[static_cast<std::size_t>(g)] ==
          spiking::gesture_label{g + 1, 500'000 + g * 700'000, 700'000 + g * 700'000});
  std::int64_t last = 0;
  int balance = 0;
  for (const auto& e : made.seen.events) {
    REQUIRE(e.microseconds >= last);
    REQUIRE((e.x < 128 && e.y < 128));
    last = e.microseconds;
    balance += e.polarity ? 1 : -1;
  }
  CHECK(balance == 0); // all hands are taken away
  CHECK(made.seen.events.size() > 11 * 200);
  CHECK_NOTHROW(spiking::cut(made.seen, made.labels, "made"));
  CHECK_THROWS_WITH(simulate_gestures(0, 0), Catch::Contains("0 ms"));
}

TEST_CASE("simulated gestures are the same on every machine, and differ with the seed") {
  CHECK(digest(simulate_gestures(1).seen) == 0x1a1e6808cfe44dfcU);
  CHECK(simulate_gestures(1, 50).seen == simulate_gestures(1, 50).seen);
  CHECK_FALSE(simulate_gestures(1, 50).seen == simulate_gestures(2, 50).seen);
}

TEST_CASE("simulated arms turn the way that their class says") {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    CAPTURE(seed);
    const auto made = simulate_gestures(seed, 900);
    CHECK(turning(path(made, 4, 0, 66)) > 1000);
    CHECK(turning(path(made, 5, 0, 66)) < -1000);
    CHECK(turning(path(made, 6, 62, 128)) > 1000);
    CHECK(turning(path(made, 7, 62, 128)) < -1000);
  }
}
