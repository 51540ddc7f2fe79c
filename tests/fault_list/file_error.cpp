// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <bitfault/fault_list/file_error.hpp>

#include <string>

TEST_CASE("a file error says the file and the place") {
  using bitfault::file_error;
  const file_error whole("a.bfl", "no room");
  CHECK(whole.what() == std::string("bitfault: a.bfl: no room"));
  CHECK_FALSE(whole.byte().has_value());
  CHECK_FALSE(whole.line().has_value());
  const file_error byte = file_error::at_byte("a.bfl", 12, "damaged");
  CHECK(byte.what() == std::string("bitfault: a.bfl: byte 12: damaged"));
  CHECK(byte.byte() == 12);
  const file_error line = file_error::at_line("a.csv", 3, "no number");
  CHECK(line.what() == std::string("bitfault: a.csv: line 3: no number"));
  CHECK(line.line() == 3);
  CHECK(line.path() == "a.csv");
  CHECK_THROWS_AS(bitfault::detail::raise(whole), std::runtime_error);
}
