// SPDX-License-Identifier: MIT
#include <bitfault/campaign/critical_bits_table.hpp>

#include "catch.hpp"

#include <cstdint>
#include <string>

namespace {

using namespace bitfault::campaign;
using Catch::Contains;

/// Three elements of a uint8 tensor [2, 3], of which every bit of one was tried.
critical_bits_search small_search() {
  critical_bits_search s;
  s.targets = {{"w, x", target_kind::weight, type<std::uint8_t>(), {2, 3}, 6, 0}};
  s.elements = {
      {0, 1, 0x0F, {0xC0, 4, {}}, {}}, {0, 5, 0x00, {0xF0, 3, {}}, 0x12}, {0, 4, 7, {}, {}}};
  s.of_elements = 6;
  s.bits = 24;
  s.trials = 12;
  s.elements[1].found = s.check.add(s.targets[0].type->layout, 0, 0x12);
  return s;
}

} // namespace

TEST_CASE("a line for each element has what the search finds, and what is true if it is known") {
  const std::string text = critical_bits_csv(small_search());
  CHECK(text == "target,element,coordinates,word,critical_bits,trials,checked,truly_critical_bits\n"
                "\"w, x\",1,0 1,0xf,6 7,4,0,\n"
                "\"w, x\",5,1 2,0x0,4 5 6 7,3,1,1 4\n"
                "\"w, x\",4,1 1,0x7,,0,0,\n");
}

TEST_CASE("the sums say how many trials the search saves, and how often it is wrong") {
  // Bits 1 and 4 are critical: the search asks for 4, 2 and 3, takes 4 to 7 for critical, and
  // misses 1. Safe above the critical bit 1 are 2, 3, 5, 6 and 7.
  const std::string text = critical_bits_text(small_search());
  CHECK_THAT(text, Contains("3 of 6 elements: the search takes 7 trials, 29.2 % of the 24 that try "
                            "every bit; 12 were run."));
  CHECK_THAT(text, Contains("Every bit of 1 elements was tried: 2 of 8 bits are critical. The "
                            "search misses 1 of them (recall 50.0 %) and takes 3 safe ones for "
                            "critical."));
  CHECK_THAT(text, Contains("Not monotone are 1 of 1 ladders, with 5 safe bits above a critical"));
  critical_bits_search unchecked = small_search();
  unchecked.check = {};
  CHECK_THAT(critical_bits_text(unchecked), Contains("no element was checked"));
}
