// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "tensors.hpp"

#include <bitfault/fault_list/fault_list.hpp>
#include <bitfault/views/flat.hpp>

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

const std::string known_text = "# bitfault fault list\n"
                               "# format version: 1\n"
                               "# draw version: 1\n"
                               "# seed: 42\n"
                               "# trial: 7\n"
                               "# stream: 3\n"
                               "# step: 2\n"
                               "# element type: int8\n"
                               "# word bits: 8\n"
                               "# extents: 2 3 4\n"
                               "# tensor: fc.w\n"
                               "# policies: exactly 4, any bit\n"
                               "element,coordinates,bits,action,value\n"
                               "23,1 2 3,7,flip,\n"
                               "0,0 0 0,0 3,stuck_at_0,\n"
                               "6,0 1 2,0x5f,stuck_at_1,\n"
                               "13,1 0 1,all,write,0x3f\n";

fault_list known_list() {
  auto h = bitfault::header_of<std::int8_t>(extents{2, 3, 4}, {42, 7, 3, 2}, "fc.w");
  h.policies = "exactly 4, any bit";
  return fault_list(h, {{23, 0x80, 0, fault_action::flip},
                        {0, 0x09, 0, fault_action::stuck_at_0},
                        {6, 0x5F, 0, fault_action::stuck_at_1},
                        {13, 0xFF, 0x3F, fault_action::write}});
}

fault_list loaded(const std::string& text) {
  std::istringstream in(text);
  return fault_list::load(in, "known.csv");
}

std::string with(const std::string& was, const std::string& is) {
  std::string text = known_text;
  const std::size_t at = text.find(was);
  REQUIRE(at != std::string::npos);
  return text.replace(at, was.size(), is);
}

/// That the text is refused in that line with that reason.
void fails(const std::string& text, std::uint64_t line, const char* part) {
  std::string what;
  std::uint64_t where = 0;
  try {
    static_cast<void>(loaded(text));
  } catch (const file_error& e) {
    what = e.what();
    where = e.line().value_or(0);
    CHECK(e.path() == "known.csv");
    CHECK_FALSE(e.byte().has_value());
  }
  INFO(what);
  CHECK(where == line);
  CHECK(has(what, part));
  CHECK(has(what, "known.csv: line " + std::to_string(line) + ": "));
}

} // namespace

TEST_CASE("the text form has the documented lines") {
  std::ostringstream out;
  known_list().save_csv(out);
  CHECK(out.str() == known_text);
  CHECK(loaded(known_text) == known_list());
}

TEST_CASE("the text form is forgiving where nothing is in doubt") {
  std::string dos;
  for (const char c : known_text)
    dos += c == '\n' ? std::string("\r\n") : std::string(1, c);
  CHECK(loaded(dos) == known_list());
  CHECK(loaded(with("# seed", "# my own note\n#\n# mine: 5\n\n# seed")) == known_list());
  CHECK(loaded(with("0,0 0 0,", "# taken from figure 3\n\n0,0 0 0,")) == known_list());
  CHECK(loaded(with("23,1 2 3,7", ",1 2 3,7")) == known_list());
  CHECK(loaded(with("23,1 2 3,7", "23,,7")) == known_list());
  CHECK(loaded(with("23,1 2 3,7,flip", " 23 , 1  2 3 ,0x80,\tflip")) == known_list());
  CHECK(loaded(with(",all,", ",0 1 2 3 4 5 6 7,")) == known_list());
  CHECK(loaded(with(",all,", ",0xFF,")) == known_list());
  CHECK(loaded(known_text.substr(0, known_text.size() - 1)) == known_list());
  CHECK(
      loaded(with("# tensor: fc.w\n# policies: exactly 4, any bit\n", "")).header().tensor.empty());
}

TEST_CASE("a list without a name and a description has no lines for them") {
  auto h = known_list().header();
  h.tensor.clear();
  h.policies.clear();
  std::ostringstream out;
  fault_list(h, {}).save_csv(out);
  CHECK(out.str() ==
        with("# tensor: fc.w\n# policies: exactly 4, any bit\n", "").substr(0, out.str().size()));
  CHECK(out.str().find("extents: 2 3 4\nelement,") != std::string::npos);
}

TEST_CASE("each mistake in the metadata is said with its line") {
  fails(with("# bitfault fault list\n", "# bitfault fault lists\n"), 1,
        "expected '# bitfault fault list'");
  fails(with("format version: 1", "format version: 2"), 2, "format version 2 is newer than 1");
  fails(with("format version: 1", "format version: 0"), 2, "does not exist");
  fails(with("seed: 42", "seed: -1"), 4, "expected a number for 'seed', found '-1'");
  fails(with("seed: 42", "seed: 99999999999999999999"), 4, "expected a number for 'seed'");
  fails(with("stream: 3", "stream: 4294967296"), 6, "stream 4294967296 is above 4294967295");
  fails(with("# trial: 7", "# seed: 7"), 5, "'seed' is given twice");
  fails(with("# trial: 7", "# trail: 7"), 13, "no line '# trial: ...' before the columns");
  fails(with("# element type: int8\n", ""), 12, "no line '# element type: ...'");
  fails(with("word bits: 8", "word bits: 16"), 13, "a word of 16 bits, but int8 has 8");
  fails(with("word bits: 8", "word bits: 80"), 9, "word bits 80 is above 64");
  fails(with("extents: 2 3 4", "extents: 2,3,4"), 10, "expected a number for 'extents'");
  fails(with("tensor: fc.w", "tensor: fc w"), 13, "white space");
  fails(with("# extents: 2 3 4\n", "23,1 2 3,7,flip,\n"), 10, "expected the columns");
  fails(with("action,value", "action,values"), 13, "expected the columns");
  fails(known_text.substr(0, known_text.find("element,")), 12, "the file ends before the line");
}

TEST_CASE("each mistake in a fault is said with its line") {
  fails(with("23,1 2 3", "23"), 14, "expected 5 columns, found 4");
  fails(with("23,1 2 3", "23,,"), 14, "expected 5 columns, found 6");
  fails(with("23,1 2 3,", "24,,"), 14,
        "element 24 (entry 0 of the list) is outside the tensor of 24 elements");
  fails(with("23,1 2 3,", "22,1 2 3,"), 14,
        "element 22 is not the one of the coordinates, which is 23");
  fails(with("23,1 2 3,", ",,"), 14, "neither element nor coordinates are given");
  fails(with("23,1 2 3,", "23,2 2 3,"), 14, "coordinate 2 on axis 0 is outside its extent 2");
  fails(with("23,1 2 3,", "23,2 3,"), 14, "2 coordinates or ranges given for a tensor of rank 3");
  fails(with("23,1 2 3,", "x,1 2 3,"), 14, "expected a number for 'element', found 'x'");
  fails(with("23,1 2 3,", "23,1 2 z,"), 14, "expected a number for 'coordinates', found 'z'");
  fails(with(",0 3,", ",0 8,"), 15, "bit 8 is outside a word of 8 bits");
  fails(with(",0 3,", ",3 3,"), 15, "bit 3 is given twice");
  fails(with(",0 3,", ",,"), 15, "no bits given");
  fails(with(",0x5f,", ",0x15f,"), 16, "bit 8 is outside a word of 8 bits");
  fails(with(",0x5f,", ",0x5g,"), 16, "column 'bits': expected 0x and hexadecimal digits");
  fails(with("stuck_at_1", "stuck-at-1"), 16, "action 'stuck-at-1' does not exist");
  fails(with("stuck_at_1,", "stuck_at_1,0x1"), 16, "a value belongs to the action write only");
  fails(with("0x3f", ""), 17, "column 'value': expected 0x");
  fails(with("0x3f", "63"), 17, "column 'value': expected 0x");
  fails(with("0x3f", "0x13f"), 17, "the value has bits outside the mask");
}

TEST_CASE("coordinates are row-major numbers, also of rank 0") {
  const auto h = bitfault::header_of<float>(bitfault::extents<2>{});
  const fault_list scalar(h, {{0, 1, 0, fault_action::flip}});
  std::stringstream text;
  scalar.save_csv(text);
  CHECK(has(text.str(), "# extents: \n"));
  CHECK(has(text.str(), "\n0,,0,flip,\n"));
  CHECK(fault_list::load(text) == scalar);
}

TEST_CASE("a text file can say the words before and after each fault") {
  std::vector<std::int8_t> t(24, 0x11);
  const fault_list list = known_list();
  std::ostringstream out;
  list.save_csv(out, list.words_before(bitfault::view(t.data(), extents{2, 3, 4})));
  const std::string text = out.str();
  CHECK(has(text, "element,coordinates,bits,action,value,before,after\n"
                  "23,1 2 3,7,flip,,0x11,0x91\n"
                  "0,0 0 0,0 3,stuck_at_0,,0x11,0x10\n"
                  "6,0 1 2,0x5f,stuck_at_1,,0x11,0x5f\n"
                  "13,1 0 1,all,write,0x3f,0x11,0x3f\n"));
  CHECK(loaded(text) == list);
  std::string wrong = text;
  wrong.replace(wrong.find("0x91"), 4, "0x92");
  fails(wrong, 14, "'after' is not what the fault makes of 'before'");
  const std::vector<std::uint64_t> few(3);
  CHECK_THROWS_AS(list.save_csv(out, few), bitfault::error);
}

TEST_CASE("a mark, blanks and indents that editors leave are no mistakes") {
  using namespace bitfault;
  const fault_list list(header_of<float>(extents{8}, fault_key{.seed = 5}, "w"),
                        {{3, 2, 0, fault_action::flip}, {4, 1, 1, fault_action::write}});
  std::ostringstream out;
  list.save_csv(out);
  std::string text = "\xEF\xBB\xBF";
  for (const char c : out.str())
    text += c == '\n' ? std::string("  \r\n ") : std::string(1, c);
  // The tensor's name and the policies are what stands there, blanks included.
  const std::size_t name = text.find("tensor: w  ");
  REQUIRE(name != std::string::npos);
  text.erase(name + 9, 2);
  const std::size_t policies = text.find("policies:");
  if (policies != std::string::npos)
    text.erase(text.find('\r', policies) - 2, 2);
  std::istringstream in(text);
  CHECK(fault_list::load(in).faults().size() == 2);
}

TEST_CASE("words before and after that are wider than the word are refused") {
  using namespace bitfault;
  const fault_list list(header_of<std::uint8_t>(extents{8}), {{3, 2, 0, fault_action::flip}});
  std::ostringstream out;
  const std::vector<std::uint64_t> before{0};
  list.save_csv(out, before);
  std::string text = out.str();
  const std::size_t at = text.rfind(",0x0,0x2");
  REQUIRE(at != std::string::npos);
  text.replace(at, 8, ",0x100,0x102");
  std::istringstream in(text);
  try {
    static_cast<void>(fault_list::load(in));
    FAIL("not refused");
  } catch (const file_error& e) {
    CHECK(std::string(e.what()).find("wider than a word of 8 bits") != std::string::npos);
  }
}
