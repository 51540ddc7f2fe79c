// SPDX-License-Identifier: MIT

// The simulated sensor: what the light says in closed form, a twin in floating point, and the bytes
// that every machine must make.

#include "demo/data.hpp"
#include "spiking/events/binning.hpp"
#include "spiking/events/nmnist.hpp"
#include "spiking/events/simulated_sensor.hpp"

#include "catch.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <stdexcept>
#include <vector>

namespace {

using image = std::vector<std::uint8_t>;

[[nodiscard]] const demo::labelled_images& shipped() {
  static const auto images = demo::load_test_set(DEMO_DATA_DIRECTORY);
  return images;
}

[[nodiscard]] std::span<const std::uint8_t> shipped_image(std::size_t i) {
  return std::span(shipped().pixels).subspan(i * 784, 784);
}

/// The same in double precision, one pixel after the other, counted in steps of 25 ms.
[[nodiscard]] spiking::frames twin(std::span<const std::uint8_t> grey) {
  spiking::frames counts{12, 2, 34, 34, std::vector<float>(12 * 2 * 34 * 34)};
  const auto grey_at = [&](int x, int y) {
    return x < 0 || y < 0 || x > 27 || y > 27 ? 0.0 : grey[static_cast<std::size_t>(y * 28 + x)];
  };
  const auto log_light = [&](int x, int y, std::int64_t step) {
    const auto corner = spiking::saccades::at(step);
    const double u = x - corner.x / 256.0, v = y - corner.y / 256.0;
    const int i = static_cast<int>(std::floor(u)), j = static_cast<int>(std::floor(v));
    const double a = u - i, b = v - j;
    const double g = (1 - b) * ((1 - a) * grey_at(i, j) + a * grey_at(i + 1, j)) +
                     b * ((1 - a) * grey_at(i, j + 1) + a * grey_at(i + 1, j + 1));
    return std::log2(512 + 16 * g);
  };
  for (int y = 0; y < 34; ++y) {
    for (int x = 0; x < 34; ++x) {
      double level = log_light(x, y, 0);
      for (std::int64_t step = 1; step <= 300; ++step) {
        const double now = log_light(x, y, step);
        const auto count = [&](std::size_t channel) {
          counts.values[counts.index(static_cast<std::size_t>((step - 1) / 25), channel,
                                     static_cast<std::size_t>(y), static_cast<std::size_t>(x))] +=
              1;
        };
        for (; now - level >= 0.5; level += 0.5) {
          count(1);
        }
        for (; level - now >= 0.5; level -= 0.5) {
          count(0);
        }
      }
    }
  }
  return counts;
}

} // namespace

TEST_CASE("a simulated sensor in front of nothing sees nothing") {
  CHECK(spiking::record_saccades(image(784, 0)) == spiking::recording{34, 34, {}});
  CHECK_THROWS_WITH(spiking::record_saccades(image(783, 0)),
                    "record_saccades: an image of 783 pixels given, 28 x 28 needed");
}

TEST_CASE("the sensor's path is a triangle that ends where it began") {
  using spiking::saccades;
  const auto is = [](std::int64_t step, std::int32_t x, std::int32_t y) {
    const auto place = saccades::at(step);
    return place.x == x && place.y == y;
  };
  CHECK(is(0, 0, 0));
  CHECK(is(50, 384, 768));
  CHECK(is(100, 768, 1536));
  CHECK(is(150, 1152, 768));
  CHECK(is(200, 1536, 0));
  CHECK(is(299, 15, 0));
  CHECK(is(300, 0, 0));
}

TEST_CASE("a bright spot that passes a pixel gives the events that its contrast says") {
  // In the third saccade the image moves along the rows by 6 pixels to the left: the spot comes
  // from 3 pixels to the right of this pixel, stands exactly on it after 250 ms, and goes on.
  image spot(784, 0);
  spot[10 * 28 + 12] = 255;
  std::vector<spiking::event> seen;
  for (const auto& e : spiking::record_saccades(spot).events) {
    if (e.x == 15 && e.y == 10) {
      seen.push_back(e);
    }
  }
  // The contrast is log2(4592 / 512) = 3.165 octaves: 6 thresholds of half an octave up, 6 down.
  REQUIRE(seen.size() == 12);
  for (std::size_t i = 0; i < 12; ++i) {
    CAPTURE(i);
    const bool brighter = i < 6;
    CHECK(seen[i].polarity == brighter);
    // The light at a distance of d pixels is 512 + 4080 (1 - d), and the spot moves at 6 pixels in
    // 100 ms. Within a step of 1 ms the logarithm is taken as straight: half of it is allowed.
    const double octaves =
        brighter ? 0.5 * static_cast<double>(i + 1) : 3.0 - 0.5 * static_cast<double>(i - 5);
    const double distance = 1 - (512 * std::exp2(octaves) - 512) / 4080;
    const double expected = 250000 + (brighter ? -1 : 1) * distance * 100000 / 6;
    CHECK(std::abs(static_cast<double>(seen[i].microseconds) - expected) < 500);
  }
}

TEST_CASE("the sensor's events are of the steps, and as many at each pixel go up as down") {
  for (std::size_t i = 0; i < 20; ++i) {
    const auto seen = spiking::record_saccades(shipped_image(i));
    CHECK(seen.events.size() > 1000);
    CHECK(seen.events.back().microseconds < 300000);
    const auto counts = spiking::bin_by_time(seen, {.start = 0, .width = 300000, .steps = 1});
    const auto half = counts.values.begin() + 34 * 34;
    CHECK(std::equal(counts.values.begin(), half, half));
    CHECK(spiking::parse_nmnist(spiking::nmnist_bytes(seen), "f") == seen);
  }
}

TEST_CASE("the simulated sensor sees what its twin in floating point sees") {
  float events = 0, differences = 0;
  for (std::size_t i = 0; i < 10; ++i) {
    const auto expected = twin(shipped_image(i));
    const auto got = spiking::bin_by_time(spiking::record_saccades(shipped_image(i)),
                                          spiking::bins_until(300000, 25000));
    REQUIRE(got.values.size() == expected.values.size());
    for (std::size_t at = 0; at < got.values.size(); ++at) {
      events += expected.values[at];
      differences += std::abs(got.values[at] - expected.values[at]);
    }
  }
  // Logarithms and places are rounded: a few events come a step earlier or later.
  CHECK(events > 50000);
  CHECK(differences < events / 200);
}

TEST_CASE("the events of the shipped images are the same on every machine") {
  // Frozen; computed by another program as well, with exact logarithms and no code in common.
  std::uint32_t hash = 2166136261U; // FNV-1a
  std::vector<std::size_t> counts;
  for (std::size_t i = 0; i < 3; ++i) {
    const auto seen = spiking::record_saccades(shipped_image(i));
    counts.push_back(seen.events.size());
    for (const auto byte : spiking::nmnist_bytes(seen)) {
      hash = (hash ^ byte) * 16777619U;
    }
  }
  CHECK(counts == std::vector<std::size_t>{4456, 9974, 7522});
  CHECK(hash == 0x9b7439b6U);
}
