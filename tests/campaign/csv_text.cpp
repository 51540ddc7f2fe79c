// SPDX-License-Identifier: MIT
#include <bitfault/campaign/csv_text.hpp>

#include "catch.hpp"

#include <optional>
#include <sstream>
#include <string>

TEST_CASE("texts with commas, quotes and line ends are quoted, numbers read back the same") {
  bitfault::campaign::detail::csv_text out;
  out.line({"a", "b c"});
  out.text("plain").text("1,2").text("say \"x\"").text("two\nlines").nothing().end_line();
  out.number(~std::uint64_t{0}).word(255).real(0.1).real(-0.0).flag(true).end_line();
  out.optional_number(std::optional<std::uint64_t>{}).optional_real(false, 2).end_line();
  std::ostringstream text;
  out.hand_over(text, 1000); // not worth the while yet
  CHECK(text.str().empty());
  out.hand_over(text, 0);
  out.hand_over(text, 0);
  CHECK(text.str() == "a,b c\n"
                      "plain,\"1,2\",\"say \"\"x\"\"\",\"two\nlines\",\n"
                      "18446744073709551615,0xff,0.1,-0,1\n"
                      ",\n");
}
