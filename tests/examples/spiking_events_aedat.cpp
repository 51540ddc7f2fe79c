// SPDX-License-Identifier: MIT

// AEDAT 3.1: files put together by hand from what the format says, and what the writer makes.

#include "spiking/events/aedat.hpp"

#include "catch.hpp"
#include "chance.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using bytes = std::vector<std::uint8_t>;

/// Little-endian, as many bytes as asked for.
void put(bytes& to, std::int64_t value, int size) {
  for (int i = 0; i < size; ++i) {
    to.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  }
}

[[nodiscard]] bytes operator+(bytes a, const bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

[[nodiscard]] bytes text(const std::string& from) { return {from.begin(), from.end()}; }

[[nodiscard]] bytes polarity(int x, int y, bool on, std::int64_t time, bool valid = true) {
  bytes result;
  put(result, std::int64_t{x} * 131072 + y * 4 + (on ? 2 : 0) + (valid ? 1 : 0), 4);
  put(result, time, 4);
  return result;
}

/// A packet as its 28 bytes say it; what is not said otherwise is right for one polarity event.
struct packet {
  int type = 1;
  std::int64_t size = 8;
  std::int64_t time_offset = 4;
  std::int64_t overflow = 0;
  std::int64_t capacity = 1;
  std::int64_t number = 1;
  std::int64_t valid = 1;

  [[nodiscard]] bytes with(const bytes& events) const {
    bytes result;
    put(result, type, 2);
    put(result, 1, 2); // source
    for (const auto value : {size, time_offset, overflow, capacity, number, valid}) {
      put(result, value, 4);
    }
    return result + events;
  }
};

// 28 bytes: the first packet begins at byte 28, its first event at byte 56.
const bytes header = text("#!AER-DAT3.1\r\n#!END-HEADER\r\n");
const bytes one_event = polarity(5, 3, true, 100);

[[nodiscard]] spiking::recording parse(const bytes& file) {
  return spiking::parse_aedat(file, "f");
}

} // namespace

TEST_CASE("an AEDAT 3.1 file put together by hand is read") {
  const auto file = text("#!AER-DAT3.1\r\n#Format: RAW\r\n#Source 1: DVS128\r\n"
                         "#Start-Time: 2016-03-02 10:00:00 (TZ+0100)\r\n#!END-HEADER\r\n") +
                    packet{.capacity = 3, .number = 3, .valid = 2}.with(
                        polarity(127, 0, false, 7) + polarity(999, 999, true, 1, false) +
                        polarity(0, 127, true, 7)) +
                    // A special event and an inertial one: their times and sizes are their own.
                    packet{.type = 0}.with(polarity(0, 0, false, 3)) +
                    packet{.type = 3, .size = 36}.with(bytes(36, 0xFF)) +
                    packet{.capacity = 0, .number = 0, .valid = 0}.with({}) +
                    packet{.overflow = 2}.with(one_event);
  CHECK(parse(file) ==
        spiking::recording{
            128, 128, {{7, 127, 0, false}, {7, 0, 127, true}, {4294967396, 5, 3, true}}});
  CHECK(spiking::parse_aedat(file, "f", {1000, 500}).width == 1000);
  CHECK(parse(header).events.empty());
  CHECK(parse(text("#!AER-DAT3.1\n#!END-HEADER\n")).events.empty());
}

TEST_CASE("an AEDAT 3.1 file that is no such file, or ends early, is refused with the place") {
  const auto refused = [](const bytes& file, const std::string& reason) {
    CHECK_THROWS_WITH(parse(file), "f: " + reason);
  };
  const std::string magic = "byte 0: no AEDAT 3.1 file: its first line must be #!AER-DAT3.1";
  refused(text("#!AER-DAT2.0\r\n#!END-HEADER\r\n"), magic);
  refused(text("#!AER-DAT3.10\r\n#!END-HEADER\r\n"), magic);
  refused(text("P5 28 28"), magic);

  const std::string early = "truncated header: the file ends before the line #!END-HEADER";
  refused({}, "byte 0: " + early);
  refused(text("#!AER-D"), "byte 0: " + early);
  refused(text("#!AER-DAT3.1\r\n#!END-HEAD"), "byte 14: " + early);
  const std::string line =
      "truncated header: a line that begins with # or the line #!END-HEADER expected";
  refused(text("#!AER-DAT3.1\r\n"), "byte 14: " + line);
  refused(text("#!AER-DAT3.1\r\n#Format: RAW\r\n") + packet{}.with(one_event), "byte 28: " + line);
  refused(text("#!AER-DAT3.1\r\n#Format: PNG\r\n#!END-HEADER\r\n"),
          "byte 14: the format of the events must be RAW");

  const auto good = header + packet{.capacity = 2, .number = 2, .valid = 2}.with(
                                 one_event + polarity(6, 3, true, 100));
  REQUIRE(good.size() == 72);
  for (std::size_t size = 29; size < good.size(); ++size) {
    const bytes cut(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
    const auto left = [&](std::size_t begin) { return std::to_string(size - begin) + " more"; };
    if (size < 56) {
      refused(cut, "byte 28: truncated packet header: it takes 28 bytes, the file has " + left(28));
    } else if (size == 56 || size == 64) {
      refused(cut, "byte " + std::to_string(size) +
                       ": truncated packet: it states 2 events, the file ends after " +
                       std::to_string((size - 56) / 8));
    } else {
      const std::size_t begin = size < 64 ? 56 : 64;
      refused(cut, "byte " + std::to_string(begin) +
                       ": truncated event: it takes 8 bytes, the file has " + left(begin));
    }
  }
}

TEST_CASE("an AEDAT 3.1 packet that contradicts itself is refused with the place") {
  const auto refused = [](const packet& stated, const std::string& reason) {
    CHECK_THROWS_WITH(parse(header + stated.with(one_event)), "f: " + reason);
  };
  REQUIRE(parse(header + packet{}.with(one_event)).events.size() == 1);
  refused({.type = -2}, "byte 28: negative event type: -2");
  refused({.size = -8}, "byte 32: negative event size: -8");
  refused({.time_offset = -1}, "byte 36: negative timestamp offset: -1");
  refused({.overflow = -3}, "byte 40: negative timestamp overflow: -3");
  refused({.capacity = -1}, "byte 44: negative capacity: -1");
  refused({.number = -1}, "byte 48: negative number of events: -1");
  refused({.valid = -1}, "byte 52: negative number of valid events: -1");
  refused(
      {.capacity = 1, .number = 2},
      "byte 44: the packet states a capacity of 1 events and has 2: in a file both are the same");
  refused(
      {.capacity = 9, .number = 1},
      "byte 44: the packet states a capacity of 9 events and has 1: in a file both are the same");
  refused({.valid = 2}, "byte 52: the packet states 2 valid events and has 1");
  refused({.size = 12}, "byte 32: a polarity event takes 8 bytes, the packet states 12");
  refused({.time_offset = 0},
          "byte 36: the timestamp of a polarity event stands at its byte 4, the packet states 0");
}

TEST_CASE("an AEDAT 3.1 file that states huge sizes is refused at once") {
  constexpr std::int64_t huge = 0x7FFFFFFF;
  CHECK_THROWS_WITH(
      parse(header + packet{.capacity = huge, .number = huge}.with(one_event)),
      "f: byte 64: truncated packet: it states 2147483647 events, the file ends after 1");
  CHECK_THROWS_WITH(
      parse(header +
            packet{.type = 2, .size = huge, .capacity = huge, .number = huge}.with(one_event)),
      "f: byte 56: truncated event: it takes 2147483647 bytes, the file has 8 more");
  // Nothing of any number, and a number of nothing: both end.
  CHECK(parse(header + packet{.type = 2, .size = 0, .capacity = huge, .number = huge}.with({}))
            .events.empty());
}

TEST_CASE("an AEDAT 3.1 event that cannot be is refused with the place") {
  const auto refused = [](const bytes& events, int number, const std::string& reason) {
    CHECK_THROWS_WITH(
        parse(header + packet{.capacity = number, .number = number, .valid = number}.with(events)),
        "f: " + reason);
  };
  const std::string outside = " lies outside the sensor of 128 x 128 pixels";
  refused(polarity(128, 3, true, 0), 1, "byte 56: the event at x = 128, y = 3" + outside);
  refused(polarity(3, 128, true, 0), 1, "byte 56: the event at x = 3, y = 128" + outside);
  refused(polarity(32767, 32767, true, 0), 1,
          "byte 56: the event at x = 32767, y = 32767" + outside);
  refused(polarity(3, 3, true, -5), 1, "byte 60: negative timestamp: -5");
  refused(one_event + polarity(6, 7, false, 99), 2,
          "byte 64: time runs backwards: the event at x = 6, y = 7 is of 99 us, the one before it "
          "of 100 us");
  CHECK_THROWS_WITH(
      parse(header + packet{.overflow = 1}.with(one_event) + packet{}.with(one_event)),
      "f: byte 92: time runs backwards: the event at x = 5, y = 3 is of 100 us, the "
      "one before it of 2147483748 us");
}

TEST_CASE("the AEDAT 3.1 writer makes the bytes of the format") {
  const spiking::recording two{128, 128, {{100, 5, 3, true}, {4294967296 + 9, 127, 0, false}}};
  const auto expected = text("#!AER-DAT3.1\r\n#Format: RAW\r\n#Source 1: DVS128\r\n"
                             "#Start-Time: 1970-01-01 00:00:00 (TZ+0000)\r\n#!END-HEADER\r\n") +
                        packet{}.with(one_event) +
                        packet{.overflow = 2}.with(polarity(127, 0, false, 9));
  CHECK(spiking::aedat_bytes(two) == expected);
}

TEST_CASE("what the AEDAT 3.1 writer writes is read back") {
  chance::numbers numbers(1);
  spiking::recording sent{346, 260, {}};
  for (std::int64_t time = 0; sent.events.size() < 10000;) {
    // Mostly close together, sometimes hours apart: thousands of overflows of 31 bits.
    time += static_cast<std::int64_t>(numbers.below(100) == 0 ? numbers.below(1ULL << 34U)
                                                              : numbers.below(50));
    sent.events.push_back({time, static_cast<std::uint16_t>(numbers.below(346)),
                           static_cast<std::uint16_t>(numbers.below(260)), numbers.below(2) == 1});
  }
  CHECK(sent.events.back().microseconds > std::int64_t{1} << 38U);
  CHECK(spiking::parse_aedat(spiking::aedat_bytes(sent), "f", {346, 260}) == sent);

  const spiking::recording late{128, 128, {{(std::int64_t{1} << 62U) - 1, 1, 1, true}}};
  CHECK(parse(spiking::aedat_bytes(late)) == late);

  const auto file = std::filesystem::temp_directory_path() /
                    ("bitfault_events_" + std::to_string(std::random_device{}()) + ".aedat");
  spiking::write_aedat(file, late);
  CHECK(spiking::read_aedat(file) == late);
  std::filesystem::remove(file);
  CHECK_THROWS_WITH(spiking::read_aedat(file), file.string() + ": cannot be opened");
  const auto nowhere = file / "nowhere";
  CHECK_THROWS_WITH(spiking::write_aedat(nowhere, late), nowhere.string() + ": cannot be written");
}

TEST_CASE("the AEDAT 3.1 writer refuses events that no recording has") {
  const auto refused = [](std::uint16_t side, const std::vector<spiking::event>& events,
                          const std::string& reason) {
    CHECK_THROWS_AS(spiking::aedat_bytes({side, side, events}), std::invalid_argument);
    CHECK_THROWS_WITH(spiking::aedat_bytes({side, side, events}), "AEDAT 3.1: " + reason);
  };
  refused(128, {{0, 1, 1, true}, {0, 128, 1, true}},
          "event 1: the event at x = 128, y = 1 lies outside the sensor of 128 x 128 pixels");
  refused(128, {{5, 1, 1, true}, {4, 2, 1, true}},
          "event 1: time runs backwards: the event at x = 2, y = 1 is of 4 us, the one before it "
          "of 5 us");
  refused(65535, {{0, 32768, 1, true}},
          "event 0: the event at x = 32768, y = 1 does not fit: the largest coordinate of the "
          "format is 32767");
  refused(
      128, {{-1, 1, 1, true}},
      "event 0: the event at x = 1, y = 1 is of -1 us, the format has 0 to 4611686018427387903");
  refused(128, {{std::int64_t{1} << 62U, 1, 1, true}},
          "event 0: the event at x = 1, y = 1 is of 4611686018427387904 us, the format has 0 to "
          "4611686018427387903");
}
