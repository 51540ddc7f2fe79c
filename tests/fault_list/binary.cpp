// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "tensors.hpp"

#include <bitfault/fault_list/fault_list.hpp>

#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

namespace {

using bitfault::extents;
using bitfault::fault_action;
using bitfault::fault_list;
using bitfault::file_error;
using fault_list_tests::has;
using fault_list_tests::thrown;

// Made by another program (struct and zlib of Python) from the description of the format.
const std::string known_file = "8942464C0D0A1A0A01000000010000008877665544332211"
                               "0807060504030201D4C3B2A10D0C0B0A1000000002000000"
                               "02000000000000002C010000000000000800000062666C6F"
                               "617431360400000066632E770900000065786163746C7920"
                               "320200000000000000030100000000000000800000000000"
                               "000000000000000000005702000000000000FFFF00000000"
                               "0000803F00000000000003B243AD78";

std::string bytes_of(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2)
    bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return bytes;
}

fault_list known_list() {
  auto h = bitfault::header_of<bitfault::bfloat16>(
      extents{2, 300}, {0x1122334455667788u, 0x0102030405060708u, 0xA1B2C3D4u, 0x0A0B0C0Du},
      "fc.w");
  h.policies = "exactly 2";
  h.draw_version = 1;
  return fault_list(
      h, {{259, 0x8000, 0, fault_action::flip}, {599, 0xFFFF, 0x3F80, fault_action::write}});
}

std::string saved(const fault_list& list) {
  std::ostringstream out;
  list.save(out);
  return out.str();
}
fault_list loaded(const std::string& bytes) {
  std::istringstream in(bytes);
  return fault_list::load(in, "known.bfl");
}

struct failure {
  std::string what;
  std::uint64_t byte;
};
failure failing(const std::string& bytes) {
  try {
    static_cast<void>(loaded(bytes));
  } catch (const file_error& e) {
    CHECK(e.path() == "known.bfl");
    CHECK(has(e.what(), "known.bfl"));
    CHECK_FALSE(e.line().has_value());
    return {e.what(), e.byte().value_or(~std::uint64_t{0})};
  }
  FAIL("it was loaded");
  return {};
}

/// The file with other bytes at an offset, and the checksum that belongs to them.
std::string patched(std::size_t offset, std::initializer_list<int> changed) {
  std::string bytes = bytes_of(known_file);
  bytes.resize(bytes.size() - 4);
  for (const int b : changed)
    bytes[offset++] = static_cast<char>(b);
  const std::uint32_t crc = bitfault::crc32(bytes);
  for (int i = 0; i < 4; ++i)
    bytes.push_back(static_cast<char>((crc >> (8 * i)) & 0xFFu));
  return bytes;
}

} // namespace

TEST_CASE("the binary form has the documented bytes on every machine") {
  CHECK(saved(known_list()) == bytes_of(known_file));
  CHECK(loaded(bytes_of(known_file)) == known_list());
}

TEST_CASE("a file with any one byte changed is refused") {
  const std::string good = bytes_of(known_file);
  std::size_t refused = 0;
  for (std::size_t i = 0; i < good.size(); ++i)
    for (int change = 1; change < 256; ++change) {
      std::string bad = good;
      bad[i] = static_cast<char>(bad[i] ^ change);
      try {
        static_cast<void>(loaded(bad));
        FAIL("byte " << i << " changed by " << change << " was not seen");
      } catch (const file_error&) {
        ++refused;
      }
    }
  CHECK(refused == good.size() * 255);
}

TEST_CASE("a truncated file is refused, wherever it ends") {
  const std::string good = bytes_of(known_file);
  CHECK(has(failing("").what, "byte 0: this is no fault list"));
  for (std::size_t n = 1; n < good.size(); ++n) {
    const failure f = failing(good.substr(0, n));
    CHECK(has(f.what, "truncated"));
    CHECK(f.byte == n);
  }
  CHECK(has(failing(good.substr(0, 130)).what, "2 faults announced, but the file ends after 1"));
}

TEST_CASE("each kind of damage is said with its byte") {
  const std::string good = bytes_of(known_file);
  const auto fails = [](const std::string& bytes, std::uint64_t byte, const char* part) {
    const failure f = failing(bytes);
    CHECK(f.byte == byte);
    INFO(f.what);
    CHECK(has(f.what, part));
  };
  fails("PK\x03\x04 something else", 0, "this is no fault list");
  fails(good + "x", 159, "1 bytes follow the end of the list");
  fails(good + good, 159, "159 bytes follow");
  std::string bad = good;
  bad[140] = static_cast<char>(bad[140] ^ 4);
  fails(bad, 155, "the checksum is wrong");
  fails(patched(8, {2}), 8, "format version 2 is newer than 1");
  fails(patched(8, {0}), 8, "format version 0 does not exist");
  fails(patched(40, {0}), 40, "a word of 0 bits");
  fails(patched(40, {65}), 40, "a word of 65 bits");
  fails(patched(40, {32}), 40, "a word of 32 bits, but bfloat16 has 16");
  fails(patched(55, {0xFF, 0xFF}), 40, "more elements than 64 bits can count");
  fails(patched(80, {' '}), 40, "white space");
  fails(patched(88, {'\n'}), 40, "control character");
  // The faults begin at byte 105: element, mask, value, action.
  fails(patched(105, {0x58, 0x02}), 105, "fault 0: element 600");
  fails(patched(113, {0, 0, 1}), 113, "fault 0: bit 16 is outside a word of 16 bits");
  fails(patched(113, {0, 0}), 113, "fault 0: no bits given");
  fails(patched(121, {1}), 121, "fault 0: the value has bits outside the mask");
  fails(patched(146, {0, 0, 1}), 146, "fault 1: the value has bits outside the mask");
  fails(patched(154, {4}), 154, "fault 1: action 4 does not exist");
  // Lengths that announce more than there is must not be believed, nor allocated.
  fails(patched(44, {0xFF, 0xFF, 0xFF, 0xFF}), 159, "truncated");
  fails(patched(64, {0xFF, 0xFF, 0xFF, 0xFF}), 159, "truncated");
  fails(patched(97, {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}), 159, "faults announced");
}

TEST_CASE("a file of a newer draw is read: its faults are listed, not drawn") {
  CHECK(loaded(patched(12, {9})).header().draw_version == 9);
}

TEST_CASE("a failed load leaves the list unchanged") {
  fault_list list = known_list();
  const fault_list before = list;
  CHECK_THROWS_AS(list = loaded(bytes_of(known_file) + "x"), file_error);
  CHECK(list == before);
}

TEST_CASE("a stream that fails is an error on both sides") {
  std::ostringstream out;
  out.setstate(std::ios::badbit);
  CHECK(has(thrown<file_error>([&] { known_list().save(out, "pipe"); }), "pipe: writing failed"));
  std::istringstream in;
  in.setstate(std::ios::badbit);
  CHECK(has(thrown<file_error>([&] { static_cast<void>(fault_list::load(in, "pipe")); }),
            "pipe: byte 0: reading failed"));
}
