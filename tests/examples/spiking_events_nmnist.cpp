// SPDX-License-Identifier: MIT

// N-MNIST's binary form: bytes written down by hand, and the recordings themselves where they are.

#include "spiking/events/nmnist.hpp"

#include "catch.hpp"
#include "shared_data.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using bytes = std::vector<std::uint8_t>;

// x, y, polarity and time bits 22..16, 15..8, 7..0
const bytes three_events = {33, 0,  0x80, 0x00, 0x07, //
                            0,  33, 0x05, 0x20, 0xA8, //
                            12, 34, 0xFF, 0xFF, 0xFF};
const spiking::recording the_same{
    35, 35, {{7, 33, 0, true}, {336040, 0, 33, false}, {8388607, 12, 34, true}}};

} // namespace

TEST_CASE("an N-MNIST file put together by hand is read and written") {
  CHECK(spiking::parse_nmnist(three_events, "f", {35, 35}) == the_same);
  CHECK(spiking::nmnist_bytes(the_same) == three_events);
  CHECK(spiking::parse_nmnist({}, "f") == spiking::recording{34, 34, {}});
}

TEST_CASE("a bad N-MNIST file is refused with the place") {
  CHECK_THROWS_WITH(
      spiking::parse_nmnist(three_events, "f"),
      "f: byte 10: the event at x = 12, y = 34 lies outside the sensor of 34 x 34 pixels");
  CHECK_THROWS_WITH(
      spiking::parse_nmnist(three_events, "f", {33, 35}),
      "f: byte 0: the event at x = 33, y = 0 lies outside the sensor of 33 x 35 pixels");
  for (std::size_t left = 1; left < 5; ++left) {
    const bytes cut(three_events.begin(),
                    three_events.begin() + static_cast<std::ptrdiff_t>(5 + left));
    CHECK_THROWS_WITH(spiking::parse_nmnist(cut, "f"),
                      "f: byte 5: truncated event: it takes 5 bytes, the file has " +
                          std::to_string(left) + " more");
  }
  const bytes backwards = {1, 2, 0, 0, 9, 3, 4, 0x80, 0, 8};
  CHECK_THROWS_WITH(spiking::parse_nmnist(backwards, "f"),
                    "f: byte 5: time runs backwards: the event at x = 3, y = 4 is of 8 us, the one "
                    "before it of 9 us");
  CHECK_THROWS_WITH(spiking::read_nmnist("nowhere.bs2"), "nowhere.bs2: cannot be opened");
}

TEST_CASE("the N-MNIST writer refuses what the format cannot hold") {
  CHECK_THROWS_WITH(spiking::nmnist_bytes({34, 34, {{8388608, 1, 1, true}}}),
                    "N-MNIST: event 0: the event at x = 1, y = 1 is of 8388608 us, the format has "
                    "0 to 8388607");
  CHECK_THROWS_WITH(spiking::nmnist_bytes({346, 260, {{0, 1, 1, true}, {1, 256, 1, true}}}),
                    "N-MNIST: event 1: the event at x = 256, y = 1 does not fit: the largest "
                    "coordinate of the format is 255");
  CHECK_THROWS_AS(spiking::nmnist_bytes({1, 1, {{0, 1, 0, true}}}), std::invalid_argument);
}

TEST_CASE("1,100 recordings of N-MNIST are read, and written again byte for byte") {
  const auto folder = shared_data("n-mnist");
  if (!folder) {
    WARN("skipped: the recordings of N-MNIST are not here (see tests/support/shared_data.hpp)");
    SUCCEED();
    return;
  }
  std::size_t files = 0, events = 0, wrong = 0;
  std::uint16_t x = 0, y = 0;
  std::int64_t time = 0;
  for (const auto& entry : std::filesystem::directory_iterator(*folder)) {
    if (entry.path().extension() != ".bs2") {
      continue;
    }
    const auto read = spiking::read_nmnist(entry.path());
    ++files;
    events += read.events.size();
    for (const auto& e : read.events) {
      x = std::max(x, e.x);
      y = std::max(y, e.y);
      time = std::max(time, e.microseconds);
    }
    std::ifstream in(entry.path(), std::ios::binary);
    const bytes file{std::istreambuf_iterator<char>(in), {}};
    wrong += spiking::nmnist_bytes(read) == file ? 0 : 1;
  }
  CHECK(files == 1100);
  CHECK(events == 4518827);
  CHECK(x == 33);
  CHECK(y == 33);
  CHECK(time == 336040);
  CHECK(wrong == 0);
}
