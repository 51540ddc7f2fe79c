// SPDX-License-Identifier: MIT
#include <bitfault/campaign/table_reader.hpp>

#include "catch.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace bitfault::campaign;

/// A table [t] and what a reader says of it.
struct read_table {
  explicit read_table(const std::string& keys)
      : file(toml::parse("[t]\n" + keys)), reader(*file["t"].as_table(), "t", log) {}
  read_table(const read_table&) = delete;
  read_table& operator=(const read_table&) = delete;

  /// The only problem there is, with its line.
  std::string problem() const {
    return log.problems.size() == 1
               ? std::to_string(log.problems[0].line) + ": " + log.problems[0].what
               : std::to_string(log.problems.size()) + " problems";
  }

  toml::table file;
  configuration_log log;
  table_reader reader;
};

} // namespace

TEST_CASE("a table reader gives the values that stand there, of each type") {
  read_table t("name = 'x'\nyes = true\ncount = 7\nshare = 0.25\nwhole = 2\nlist = ['a', 'b']\n"
               "one = 'a'\ninside = {deep = 3}\n");
  CHECK(t.reader.text("name") == "x");
  CHECK(t.reader.flag("yes"));
  CHECK(t.reader.whole_number("count", std::nullopt, 7, 7) == 7);
  CHECK(t.reader.number("share", std::nullopt, 0, 0.25) == 0.25);
  CHECK(t.reader.number_between("share", std::nullopt, 0, 1) == 0.25);
  CHECK(t.reader.number("whole") == 2);
  CHECK(t.reader.texts("list") == std::vector<std::string>{"a", "b"});
  CHECK(t.reader.texts("one") == std::vector<std::string>{"a"});
  auto inside = t.reader.table("inside");
  REQUIRE(inside);
  CHECK(inside->name() == "t.inside");
  CHECK(inside->whole_number("deep", std::nullopt) == 3);
  inside->finish();
  t.reader.finish();
  CHECK(t.log.problems.empty());
}

TEST_CASE("a key that is not there has its default, and is a problem only without one") {
  read_table t("");
  CHECK(t.reader.text("a", "x") == "x");
  CHECK(t.reader.flag("b", true));
  CHECK(t.reader.whole_number("c", 5) == 5);
  CHECK(t.reader.number("d", 0.5) == 0.5);
  CHECK(t.reader.texts("e", std::vector<std::string>{"y"}) == std::vector<std::string>{"y"});
  CHECK_FALSE(t.reader.table("f"));
  CHECK(t.log.problems.empty());
  CHECK(t.reader.text("g").empty());
  CHECK(t.problem() == "1: t.g is missing; it takes text");
}

TEST_CASE("whole numbers keep to their range, and above 2^63 - 1 they are written as text") {
  read_table t("seed = '18446744073709551615'\nlarge = '18446744073709551616'\nlow = -1\n");
  constexpr std::uint64_t top = std::numeric_limits<std::uint64_t>::max();
  CHECK(t.reader.whole_number("seed", 1) == top);
  CHECK(t.log.problems.empty());
  CHECK(t.reader.whole_number("large", 1) == 1);
  CHECK(t.problem() == "3: t.large: expected a whole number, at least 0, found the text "
                       "\"18446744073709551616\"");
  t.log.problems.clear();
  CHECK(t.reader.whole_number("low", 4, 2, 9) == 4);
  CHECK(t.problem() == "4: t.low: expected a whole number from 2 to 9, found the number -1");
  CHECK(detail::toml_whole_number(top) == "\"18446744073709551615\"");
  CHECK(detail::toml_whole_number(top / 2) == "9223372036854775807");
}

TEST_CASE("NaN is in no range, and the ends of an open one are outside") {
  read_table t("n = nan\nzero = 0\n");
  CHECK(t.reader.number("n", 0.5, 0, 1) == 0.5);
  CHECK(t.problem() == "2: t.n: expected a number from 0 to 1, found the number nan");
  t.log.problems.clear();
  CHECK(t.reader.number("zero", 0.5, 0, 1) == 0);
  CHECK(t.log.problems.empty());
  CHECK(t.reader.number_between("zero", 0.5, 0, 1) == 0.5);
  CHECK(t.problem() == "3: t.zero: expected a number above 0 and below 1, found the number 0");
}

TEST_CASE("keys that nobody asked for are reported with the nearest name") {
  read_table t("seed = 1\nsead = 2\ninside = {x = 1}\n");
  t.reader.whole_number("seed", 0);
  t.reader.finish();
  REQUIRE(t.log.problems.size() == 2); // tables give their keys in the order of the alphabet
  CHECK(t.log.problems[0].what == "[t] has no table 'inside'; the nearest name is 'seed'");
  CHECK(t.log.problems[1].what == "[t] has no key 'sead'; the nearest name is 'seed'");
  CHECK(t.log.problems[1].line == 3);

  read_table none("x = 1\n");
  none.reader.finish();
  CHECK(none.problem() == "2: [t] has no key 'x'; it has none");
}

TEST_CASE("the log names each key once, with its type and its default") {
  read_table t("");
  t.reader.whole_number("n", 3, 1, 9);
  t.reader.whole_number("n", 3, 1, 9); // by the reader of a second table of the kind
  t.reader.texts("list", std::vector<std::string>{"a"});
  CHECK(t.log.keys ==
        std::vector<configuration_key>{{"t.n", "a whole number from 1 to 9", "3"},
                                       {"t.list", "text or a list of texts", "[\"a\"]"}});
}

TEST_CASE("numbers and texts are written so that TOML reads them back") {
  for (const double n : {0.1, 1.0, -2.5e-300, 1e22, 5e-324}) {
    INFO(n);
    CHECK(*toml::parse("x = " + detail::toml_number(n))["x"].value<double>() == n);
  }
  CHECK(detail::toml_number(2) == "2.0");
  CHECK(detail::plain_number(2) == "2");
  CHECK(std::isinf(*toml::parse("x = " + detail::toml_number(-HUGE_VAL))["x"].value<double>()));
  const std::string odd = "a \"quote\", \\ and \t\n\x7f\x01";
  CHECK(*toml::parse("x = " + detail::toml_text(odd))["x"].value<std::string>() == odd);
}
