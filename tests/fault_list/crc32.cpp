// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <bitfault/fault_list/crc32.hpp>

#include <string>

TEST_CASE("CRC-32 gives the published check value") {
  // "check" in the catalogue of parametrised CRC algorithms, CRC-32/ISO-HDLC.
  STATIC_REQUIRE(bitfault::crc32("123456789") == 0xCBF43926u);
  STATIC_REQUIRE(bitfault::crc32("") == 0);
  // From zlib.
  CHECK(bitfault::crc32(std::string(32, '\0')) == 0x190A55ADu);
  CHECK(bitfault::crc32(std::string(32, '\xFF')) == 0xFF6CAB0Bu);
}
