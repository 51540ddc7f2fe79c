// SPDX-License-Identifier: MIT
#pragma once

#include "../fault_list/csv.hpp"
#include "aligned_text.hpp"
#include "csv_text.hpp"
#include "number_text.hpp"
#include "search_critical_bits.hpp"

#include <bit>
#include <cstdint>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace bitfault::campaign {

/// The searched elements as comma-separated values, one a line: critical bits as the search finds
/// them and the trials that it takes; where every bit was tried, those that are critical, too.
inline std::string critical_bits_csv(const critical_bits_search& s) {
  using bitfault::detail::joined, bitfault::detail::coordinates_of;
  const auto numbers = [](std::uint64_t mask) {
    std::vector<std::uint64_t> bits;
    for (; mask != 0; mask &= mask - 1)
      bits.push_back(static_cast<std::uint64_t>(std::countr_zero(mask)));
    return joined(bits, " ");
  };
  detail::csv_text out;
  out.line({"target", "element", "coordinates", "word", "critical_bits", "trials", "checked",
            "truly_critical_bits"});
  for (const searched_element& e : s.elements) {
    const target& t = s.targets[e.target];
    out.text(t.name).number(e.element).text(joined(coordinates_of(t.extents, e.element), " "));
    out.word(e.word).text(numbers(e.found.mask)).number(e.found.evaluations);
    out.flag(e.truth.has_value()).text(numbers(e.truth.value_or(0))).end_line();
  }
  std::ostringstream text;
  out.hand_over(text, 0);
  return text.str();
}

/// The same in words and sums.
inline std::string critical_bits_text(const critical_bits_search& s) {
  struct sums {
    std::uint64_t elements = 0, bits = 0, critical = 0, trials = 0;
    void add(const searched_element& e, unsigned width) {
      ++elements;
      bits += width;
      critical += static_cast<std::uint64_t>(std::popcount(e.found.mask));
      trials += e.found.evaluations;
    }
  };
  const auto percent = [](std::uint64_t part, std::uint64_t of) {
    return percent_text(of == 0 ? 0 : static_cast<double>(part) / static_cast<double>(of)) + " %";
  };
  std::map<std::uint32_t, sums> by_target;
  sums all;
  for (const searched_element& e : s.elements) {
    const unsigned width = s.targets[e.target].type->layout.bits;
    by_target[e.target].add(e, width);
    all.add(e, width);
  }
  std::vector<std::vector<std::string>> rows{
      {"target", "elements", "critical bits", "of all bits", "trials of the search"}};
  for (const auto& [number, sum] : by_target)
    rows.push_back({s.targets[number].name, grouped_text(sum.elements), grouped_text(sum.critical),
                    percent(sum.critical, sum.bits), grouped_text(sum.trials)});
  std::string text = detail::aligned(rows);
  text += grouped_text(all.elements) + " of " + grouped_text(s.of_elements) +
          " elements: the search takes " + grouped_text(all.trials) + " trials, " +
          percent(all.trials, all.bits) + " of the " + grouped_text(all.bits) +
          " that try every bit; " + grouped_text(s.trials) + " were run.\n";
  const monotonicity_check& c = s.check;
  if (c.elements == 0)
    return text + "Nothing says how often the search is wrong: no element was checked.\n";
  text += "Every bit of " + grouped_text(c.elements) +
          " elements was tried: " + grouped_text(c.critical) + " of " + grouped_text(c.bits) +
          " bits are critical. The search misses " + grouped_text(c.missed) + " of them (recall " +
          percent_text(c.recall()) + " %) and takes " + grouped_text(c.false_alarms) +
          " safe ones for critical.\n";
  text += "Not monotone are " + grouped_text(c.ladders_not_monotone) + " of " +
          grouped_text(c.ladders) + " ladders, with " + grouped_text(c.violations) +
          " safe bits above a critical one.\n";
  return text;
}

} // namespace bitfault::campaign
