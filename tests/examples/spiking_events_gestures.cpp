// SPDX-License-Identifier: MIT

// The labels of DVS128 Gesture, and recordings cut by them.

#include "spiking/events/aedat.hpp"
#include "spiking/events/gestures.hpp"

#include "catch.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

namespace {

const std::string columns = "class,startTime_usec,endTime_usec\n";

/// An event at each of the times.
[[nodiscard]] spiking::recording at(const std::vector<std::int64_t>& times) {
  spiking::recording result{128, 128, {}};
  for (const auto time : times) {
    result.events.push_back({time, static_cast<std::uint16_t>(result.events.size()), 2, true});
  }
  return result;
}

} // namespace

TEST_CASE("gesture labels are read") {
  const std::vector<spiking::gesture_label> expected{{1, 80048239, 85092709}, {11, 0, 7}};
  const std::string rows = "1,80048239,85092709\n11,0,7\n";
  CHECK(spiking::parse_labels(columns + rows, "f") == expected);
  CHECK(spiking::parse_labels(columns + rows.substr(0, rows.size() - 1), "f") == expected);
  CHECK(spiking::parse_labels("class,startTime_usec,endTime_usec\r\n1,80048239,85092709\r\n"
                              "11,0,7\r\n",
                              "f") == expected);
  CHECK(spiking::parse_labels(columns, "f").empty());
  CHECK(spiking::parse_labels(columns + "12,3,4\n", "f", 12).front().gesture == 12);
}

TEST_CASE("a bad file of gesture labels is refused with the line") {
  const auto refused = [](const std::string& text, const std::string& reason) {
    CHECK_THROWS_WITH(spiking::parse_labels(text, "f"), "f: " + reason);
  };
  const auto row_refused = [&](const std::string& row, const std::string& reason) {
    refused(columns + "1,2,3\n" + row + "\n1,2,3\n", "line 3: " + reason);
  };
  const std::string expected = "line 1: 'class,startTime_usec,endTime_usec' expected, not ";
  refused("", expected + "''");
  refused("1,2,3\n", expected + "'1,2,3'");
  const std::string many(50, 'a');
  refused(many + "\n", expected + "'" + many.substr(0, 40) + "...'");
  refused("\x1B[2J\n", expected + "'?[2J'");

  row_refused("", "3 numbers with commas between them expected, not ''");
  row_refused("1,2", "3 numbers with commas between them expected, not '1,2'");
  row_refused("1,2,3,4", "3 numbers with commas between them expected, not '1,2,3,4'");
  row_refused("1,,3", "a whole number expected, not ''");
  row_refused("1,2,x", "a whole number expected, not 'x'");
  row_refused("1,2 ,3", "a whole number expected, not '2 '");
  row_refused("1,2.5,3", "a whole number expected, not '2.5'");
  row_refused("1,2,9223372036854775808", "the number '9223372036854775808' is too large");
  row_refused("-1,2,3", "negative number: -1");
  row_refused("1,-2,3", "negative number: -2");
  row_refused("0,2,3", "class 0 is none of 1 to 11");
  row_refused("12,2,3", "class 12 is none of 1 to 11");
  row_refused("1,3,3", "the end at 3 us is not after the start at 3 us");
  row_refused("1,4,3", "the end at 3 us is not after the start at 4 us");
  CHECK_THROWS_WITH(spiking::read_labels("nowhere.csv"), "nowhere.csv: cannot be opened");
}

TEST_CASE("a recording is cut into gestures, whose times count from their start") {
  const auto seen = at({10, 20, 20, 30, 40});
  const auto samples = spiking::cut(seen, {{3, 20, 40}, {1, 10, 41}, {11, 21, 30}}, "f");
  REQUIRE(samples.size() == 3);
  CHECK(samples[0].output == 2);
  CHECK(samples[0].duration_microseconds == 20);
  CHECK(samples[0].seen ==
        spiking::recording{128, 128, {{0, 1, 2, true}, {0, 2, 2, true}, {10, 3, 2, true}}});
  CHECK(samples[1].output == 0);
  CHECK(samples[1].seen.events.size() == 5);
  CHECK(samples[1].seen.events.back().microseconds == 30);
  CHECK(samples[2].output == 10);
  CHECK(samples[2].duration_microseconds == 9);
  CHECK(samples[2].seen == spiking::recording{128, 128, {}});
}

TEST_CASE("a label outside the recording is refused with its line") {
  const auto seen = at({10, 20, 40});
  CHECK(spiking::cut(seen, {{1, 10, 41}}, "f").size() == 1);
  const std::string rest = " us lies outside the recording, whose events are of 10 to 40 us";
  CHECK_THROWS_WITH(spiking::cut(seen, {{1, 10, 41}, {1, 9, 41}}, "f"),
                    "f: line 3: the gesture from 9 to 41" + rest);
  CHECK_THROWS_WITH(spiking::cut(seen, {{1, 10, 42}}, "f"),
                    "f: line 2: the gesture from 10 to 42" + rest);
  CHECK_THROWS_WITH(spiking::cut(seen, {{1, 500, 600}}, "f"),
                    "f: line 2: the gesture from 500 to 600" + rest);
  CHECK_THROWS_WITH(spiking::cut(at({}), {{1, 0, 1}}, "f"),
                    "f: line 2: a gesture in a recording without events");
}

TEST_CASE("the gestures of a recording are found by the labels beside it") {
  const auto folder = std::filesystem::temp_directory_path() /
                      ("bitfault_gestures_" + std::to_string(std::random_device{}()));
  REQUIRE(std::filesystem::create_directory(folder));
  spiking::write_aedat(folder / "user01_led.aedat", at({10, 20, 40}));
  std::ofstream(folder / "user01_led_labels.csv") << columns << "2,10,20\n3,20,41\n";
  const auto samples = spiking::read_gestures(folder / "user01_led.aedat");
  REQUIRE(samples.size() == 2);
  CHECK(samples[0].seen.events == std::vector<spiking::event>{{0, 0, 2, true}});
  CHECK(samples[1].seen.events == std::vector<spiking::event>{{0, 1, 2, true}, {20, 2, 2, true}});
  std::ofstream(folder / "user01_led_labels.csv") << columns << "2,10,50\n";
  CHECK_THROWS_WITH(spiking::read_gestures(folder / "user01_led.aedat"),
                    (folder / "user01_led_labels.csv").string() +
                        ": line 2: the gesture from 10 to 50 us lies outside the recording, whose "
                        "events are of 10 to 40 us");
  const auto nothing = (folder / "nothing.aedat").string();
  CHECK_THROWS_WITH(spiking::read_gestures(nothing), nothing + ": cannot be opened");
  std::filesystem::remove_all(folder);
}
