// SPDX-License-Identifier: MIT
#pragma once

#include "../fault_list/crc32.hpp"
#include "../fault_list/csv.hpp"
#include "campaign_description.hpp"
#include "description_names.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bitfault::campaign::detail {

/// The shortest decimal number that is read back as the same double; "inf", "-inf", "nan".
inline std::string shortest_number(double n) {
  if (std::isnan(n))
    return "nan";
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), n).ptr;
  return {digits.data(), end};
}

inline std::string joined_texts(const std::vector<std::string>& texts, const char* between) {
  std::string all;
  for (const std::string& text : texts)
    all += (all.empty() ? "" : between) + text;
  return all;
}

/// One thing that a description says.
struct described {
  std::string what;
  std::string value;
};

inline void describe(const campaign_identity& id, std::vector<described>& all) {
  using bitfault::detail::hexadecimal;
  all.push_back({"library version", id.library_version});
  all.push_back({"draw version", std::to_string(id.draw_version)});
  all.push_back({"compiler", id.compiler});
  all.push_back({"name", id.name});
  all.push_back({"seed", std::to_string(id.seed)});
  all.push_back({"model", id.model});
  all.push_back({"model: checksum of the parameters", hexadecimal(id.parameters_checksum)});
  all.push_back({"number of inputs", std::to_string(id.inputs)});
  all.push_back({"batch", std::to_string(id.batch)});
  all.push_back({"headline criterion", id.headline});
  all.push_back({"output check", id.output_check ? "yes" : "no"});
  // Each line of the configuration by its key. Lines without one are told apart by their number.
  std::string_view rest = id.configuration;
  std::map<std::string, int> seen;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(line.size() < rest.size() ? line.size() + 1 : line.size());
    std::string key(line.substr(0, line.find('=')));
    if (key.size() == line.size())
      key = "line " + std::to_string(number);
    while (!key.empty() && key.back() == ' ')
      key.pop_back();
    const int times = ++seen[key];
    if (times > 1)
      key += " (" + std::to_string(times) + ")";
    all.push_back({"configuration: " + key, std::string(line)});
  }
}

inline void describe(const stored_experiment& e, const std::string& before,
                     std::vector<described>& all) {
  using bitfault::detail::joined;
  const auto add = [&](const char* what, std::string value) {
    all.push_back({before + what, std::move(value)});
  };
  const experiment& x = e.asked;
  add("name", x.name);
  add("targets", joined_texts(x.targets, " "));
  add("fault", std::string(name_in(fault_names, x.fault.which)) + " " + shortest_number(x.fault.a) +
                   " " + shortest_number(x.fault.b));
  add("bits", std::string(name_in(bits_names, x.fault.bits.which)) + " " +
                  joined(x.fault.bits.bits, " ") + " width " + std::to_string(x.fault.bits.width));
  add("amount", std::string(name_in(amount_names, x.amount.which)) + " " +
                    std::to_string(x.amount.count) + " rate " + shortest_number(x.amount.rate));
  add("trials", std::to_string(x.trials));
  add("plan", !x.plan ? "none"
                      : "margin " + shortest_number(x.plan->margin) + " confidence " +
                            shortest_number(x.plan->confidence) + " expected " +
                            shortest_number(x.plan->expected));
  add("all inputs", x.all_inputs ? "yes" : "no");
  add("tau", std::to_string(x.tau));
  add("stop rule", !x.stop ? "none"
                           : "half width " + shortest_number(x.stop->half_width) + " confidence " +
                                 shortest_number(x.stop->confidence));
  if (!x.stratum_of.empty())
    add("stratum of", x.stratum_of);
  add("planned trials", std::to_string(e.planned));
  add("fault sites", std::to_string(e.sites));
  for (const target_sites& t : e.targets)
    all.push_back(
        {before + "sites in target " + std::to_string(t.target), std::to_string(t.sites)});
}

/// All that a description says, in a fixed order.
inline std::vector<described> describe(const campaign_description& d) {
  std::vector<described> all;
  describe(d.identity, all);
  for (std::size_t i = 0; i < d.targets.size(); ++i) {
    const stored_target& t = d.targets[i];
    all.push_back({"target " + std::to_string(i),
                   t.name + " (" + std::string(name_of(t.kind)) + " " + std::to_string(t.place) +
                       ", " + t.element_type + " of " + std::to_string(t.word_bits) +
                       " bits, extents " + bitfault::detail::joined(t.extents, " ") + ")"});
  }
  for (std::size_t i = 0; i < d.criteria.size(); ++i)
    all.push_back({"criterion " + std::to_string(i),
                   d.criteria[i].name + (d.criteria[i].is_flag ? "" : " (a number)")});
  for (std::size_t i = 0; i < d.experiments.size(); ++i)
    describe(d.experiments[i], "experiment " + std::to_string(i) + ": ", all);
  return all;
}

/// One thing that differs. Null: it is not there.
inline std::string difference(const std::string& what, const std::string* a, const std::string& one,
                              const std::string* b, const std::string& other) {
  const auto quoted = [](const std::string* text) {
    return text == nullptr ? std::string("nothing") : "'" + *text + "'";
  };
  return what + ": " + quoted(a) + " " + one + ", " + quoted(b) + " " + other;
}

/// What differs first, in words; empty if nothing does. `one` and `other` say whose they are: "in
/// the file", "now".
inline std::string difference(const campaign_description& a, const std::string& one,
                              const campaign_description& b, const std::string& other) {
  const std::vector<described> of_a = describe(a), of_b = describe(b);
  std::map<std::string, std::string> in_a, in_b;
  for (const described& d : of_a)
    in_a.emplace(d.what, d.value);
  for (const described& d : of_b)
    in_b.emplace(d.what, d.value);
  for (const described& d : of_a) {
    const auto there = in_b.find(d.what);
    if (there == in_b.end())
      return difference(d.what, &d.value, one, nullptr, other);
    if (there->second != d.value)
      return difference(d.what, &d.value, one, &there->second, other);
  }
  for (const described& d : of_b)
    if (in_a.find(d.what) == in_a.end())
      return difference(d.what, nullptr, one, &d.value, other);
  return a == b ? "" : "order or blanks of the configuration";
}

/// A checksum over all of a description.
inline std::uint32_t checksum_of(const campaign_description& d) {
  std::string text;
  for (const described& one : describe(d))
    text += one.what + '\x1F' + one.value + '\x1E';
  return crc32(std::string_view(text + d.identity.configuration));
}

/// Throws std::invalid_argument for a description that a file cannot hold.
inline void check_description(const campaign_description& d) {
  const auto wrong = [](const std::string& what) {
    throw std::invalid_argument("bitfault: campaign store: " + what);
  };
  const auto number = [&](std::uint64_t n, const std::string& what) {
    if (n > 0x7FFFFFFFFFFFFFFF)
      wrong(what + " is " + std::to_string(n) + "; SQLite counts to 2^63 - 1");
  };
  number(d.identity.inputs, "the number of inputs");
  number(d.identity.batch, "the batch");
  std::set<std::string> names;
  for (const stored_target& t : d.targets) {
    if (t.name.empty() || bitfault::detail::bad_in_name(t.name) != std::string_view::npos)
      wrong("a target's name is empty or has white space in it: '" + t.name + "'");
    if (!names.insert(t.name).second)
      wrong("two targets are named '" + t.name + "'");
    std::uint64_t elements = 0;
    if (!bitfault::detail::count_elements(t.extents, elements))
      wrong("target '" + t.name + "' has more elements than 64 bits can count");
    number(elements, "the number of elements of '" + t.name + "'");
    if (t.word_bits == 0 || t.word_bits > 64)
      wrong("target '" + t.name + "' has words of " + std::to_string(t.word_bits) + " bits");
  }
  names.clear();
  for (const stored_criterion& criterion : d.criteria)
    if (!names.insert(criterion.name).second)
      wrong("two criteria are named '" + criterion.name + "'");
  names.clear();
  for (const stored_experiment& e : d.experiments) {
    const std::string which = "of experiment '" + e.asked.name + "'";
    if (!names.insert(e.asked.name).second)
      wrong("two experiments are named '" + e.asked.name + "'");
    number(e.planned, "the number of trials " + which);
    number(e.asked.trials, "the number of trials " + which);
    number(e.asked.amount.count, "the number of faults " + which);
    number(e.sites, "the number of fault sites " + which);
    for (const std::string& pattern : e.asked.targets)
      if (pattern.empty() || bitfault::detail::bad_in_name(pattern) != std::string_view::npos)
        wrong("a target " + which + " is empty or has white space in it");
    for (std::size_t i = 0; i < e.targets.size(); ++i)
      if (e.targets[i].target >= d.targets.size() ||
          (i > 0 && e.targets[i].target <= e.targets[i - 1].target))
        wrong("the targets " + which + " are not in rising order or not in the campaign's list");
  }
}

} // namespace bitfault::campaign::detail
