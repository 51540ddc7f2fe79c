// SPDX-License-Identifier: MIT
#pragma once

#include "experiment.hpp"
#include "fault_reader.hpp"
#include "table_reader.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <toml++/toml.h>

namespace bitfault::campaign::detail {

inline std::optional<sample_plan> read_plan(table_reader& reader) {
  auto table = reader.table("plan");
  if (!table)
    return std::nullopt;
  sample_plan plan;
  plan.margin = table->number_between("margin", std::nullopt, 0, 1);
  plan.confidence = table->number_between("confidence", plan.confidence, 0, 1);
  plan.expected = table->number_between("expected", plan.expected, 0, 1);
  table->finish();
  return plan;
}

inline std::optional<stop_rule> read_stop(table_reader& reader) {
  auto table = reader.table("stop");
  if (!table)
    return std::nullopt;
  stop_rule stop;
  stop.half_width = table->number_between("half_width", std::nullopt, 0, 1);
  stop.confidence = table->number_between("confidence", stop.confidence, 0, 1);
  table->finish();
  return stop;
}

/// A number, or "all": 0.
inline std::uint64_t read_trials(table_reader& reader, bool planned) {
  const std::string type = "a whole number, at least 1, or \"all\"";
  const toml::node* node = reader.value("trials", type, "");
  if (node == nullptr) {
    if (!planned)
      reader.unexpected("trials", node, type + ", unless there is a plan");
    return 0;
  }
  if (planned)
    reader.wrong("trials", "given beside a plan, which says how many there are");
  if (node->is_string() && node->as_string()->get() == "all")
    return 0;
  if (const auto* n = node->as_integer(); n != nullptr && n->get() >= 1)
    return static_cast<std::uint64_t>(n->get());
  reader.unexpected("trials", node, type);
  return 0;
}

/// Whether a trial runs on all inputs.
inline bool read_inputs(table_reader& reader) {
  const std::string type = "\"one\" or \"all\"";
  const toml::node* node = reader.value("inputs", type, "\"one\"");
  const std::string text = node == nullptr ? "one" : node->value_or(std::string());
  if (text != "one" && text != "all")
    reader.unexpected("inputs", node, type);
  return text == "all";
}

inline constexpr std::array<std::string_view, 3> strata_names{"none", "targets",
                                                              "targets_and_bits"};

inline strata_kind read_strata(table_reader& reader) {
  const std::string name = reader.text("strata", std::string(strata_names[0]));
  const auto at = std::find(strata_names.begin(), strata_names.end(), name);
  if (at != strata_names.end())
    return static_cast<strata_kind>(at - strata_names.begin());
  unknown_name(reader, "strata", name, {strata_names.begin(), strata_names.end()});
  return strata_kind::none;
}

inline constexpr std::array<std::string_view, 2> allocation_names{"each", "proportional"};

inline allocation_kind read_allocation(table_reader& reader, const experiment& e) {
  const std::string name = reader.text("allocation", std::string(allocation_names[0]));
  const auto at = std::find(allocation_names.begin(), allocation_names.end(), name);
  if (at == allocation_names.end()) {
    unknown_name(reader, "allocation", name, {allocation_names.begin(), allocation_names.end()});
    return allocation_kind::each;
  }
  const auto kind = static_cast<allocation_kind>(at - allocation_names.begin());
  if (kind == allocation_kind::proportional && e.strata == strata_kind::none)
    reader.wrong("allocation", "there are no strata to deal trials out to");
  return kind;
}

inline void check_amounts(table_reader& reader, const experiment& e,
                          const std::vector<fault_amount>& amounts) {
  using masks = mask_family::kind;
  const masks bits = e.fault.bits.which;
  if (sets_value(e.fault.which) && reader.has("bits") && bits != masks::all)
    reader.wrong("bits", "a fault that sets the value looks at no bits; leave them out");
  const bool several = sets_value(e.fault.which) || bits == masks::all ||
                       (bits == masks::adjacent && e.fault.bits.width > 1);
  if (amounts.front().which == fault_amount::kind::per_bit && several)
    reader.wrong("amount", "per_bit is the probability of each bit by itself; faults of several "
                           "bits take per_element");
  if (amounts.front().which != fault_amount::kind::single && reader.has("trials") &&
      e.trials == 0 && !e.plan)
    reader.wrong("trials", "\"all\" are every site once, so the amount has to be \"single\"");
}

/// The experiments of one table [[experiment]]: one for each value of a sweep. They are added to
/// `all`, whose names have to differ.
inline void read_experiment(table_reader reader, std::vector<experiment>& all) {
  experiment e;
  e.name = reader.text("name");
  e.targets = reader.texts("targets", e.targets);
  if (e.targets.empty())
    reader.wrong("targets", "the list is empty");
  e.fault = read_fault(reader);
  e.fault.bits = read_bits(reader);
  const std::vector<fault_amount> amounts = read_amounts(reader);
  e.plan = read_plan(reader);
  e.trials = read_trials(reader, e.plan.has_value());
  e.all_inputs = read_inputs(reader);
  e.tau = static_cast<std::uint32_t>(
      reader.whole_number("tau", 1, 1, std::numeric_limits<std::uint32_t>::max()));
  if (!e.all_inputs && e.tau > 1)
    reader.wrong("tau", "a trial runs on one input, so no more than 1 of them can be critical; "
                        "inputs = \"all\" runs it on all");
  e.stop = read_stop(reader);
  e.strata = read_strata(reader);
  e.allocation = read_allocation(reader, e);
  check_amounts(reader, e, amounts);
  if (sets_value(e.fault.which))
    e.fault.bits.which = mask_family::kind::all;
  reader.finish();

  const std::string name = e.name;
  for (const fault_amount& amount : amounts) {
    e.amount = amount;
    if (amounts.size() > 1)
      e.name = name + ", " + std::string(name_in(amount_names, amount.which)) + " " +
               (amount.which == fault_amount::kind::exactly ? std::to_string(amount.count)
                                                            : plain_number(amount.rate));
    for (const experiment& other : all)
      if (other.name == e.name)
        reader.wrong("name", "another experiment is named '" + e.name + "' too");
    all.push_back(e);
  }
}

} // namespace bitfault::campaign::detail
