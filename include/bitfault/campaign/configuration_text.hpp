// SPDX-License-Identifier: MIT
#pragma once

#include "configuration.hpp"

#include <cstddef>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <toml++/toml.h>

/// A configuration as text again: one way to write each, so that texts can be compared.
namespace bitfault::campaign {

namespace detail {

/// A key as TOML takes it: bare where it can be.
inline std::string toml_key(std::string_view key) {
  constexpr std::string_view bare =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
  const bool quoted = key.empty() || key.find_first_not_of(bare) != std::string_view::npos;
  return quoted ? toml_text(key) : std::string(key);
}

inline std::string toml_value(const toml::node& node) {
  if (const auto* text = node.as_string())
    return toml_text(text->get());
  if (const auto* n = node.as_integer())
    return std::to_string(n->get());
  if (const auto* n = node.as_floating_point())
    return toml_number(n->get());
  if (const auto* flag = node.as_boolean())
    return flag->get() ? "true" : "false";
  std::string list;
  if (const auto* array = node.as_array()) {
    for (const toml::node& n : *array)
      list += (list.empty() ? "" : ", ") + toml_value(n);
    return "[" + list + "]";
  }
  if (const auto* table = node.as_table()) {
    for (const auto& [key, value] : *table)
      list += (list.empty() ? "" : ", ") + toml_key(key.str()) + " = " + toml_value(value);
    return "{" + list + "}";
  }
  std::ostringstream date;
  node.visit([&](const auto& n) {
    if constexpr (toml::is_chronological<decltype(n)>)
      date << n.get();
  });
  return date.str();
}

/// The lines of the table [campaign] that decide what comes out of a trial.
inline std::string deciding_lines(const settings& s) {
  std::vector<std::string> criteria;
  for (const criterion& c : s.criteria)
    criteria.push_back(c.name);
  std::string text;
  text += "campaign.name = " + toml_text(s.name) + "\n";
  text += "campaign.seed = " + toml_whole_number(s.seed) + "\n";
  if (!criteria.empty())
    text += "campaign.criteria = " + toml_texts(criteria) + "\n";
  text += "campaign.headline = " + toml_text(s.headline) + "\n";
  text += "campaign.monitors = " + toml_texts(s.monitors) + "\n";
  text += "campaign.declared_dead = " + toml_texts(s.declared_dead) + "\n";
  text += "campaign.golden.repeats = " + std::to_string(s.golden_repeats) + "\n";
  text += std::string("campaign.output_check = ") + (s.output_check ? "true" : "false") + "\n";
  text += "campaign.time_limit = " + toml_number(s.time_limit) + "\n";
  return text;
}

/// The lines that only say how it is done.
inline std::string other_lines(const settings& s) {
  std::vector<std::string> shortcuts;
  for (const named_shortcut& shortcut : named_shortcuts)
    if (s.*shortcut.is_on)
      shortcuts.emplace_back(shortcut.name);
  std::string text;
  text += "campaign.threads = " + std::to_string(s.threads) + "\n";
  text += "campaign.cache = " +
          (s.cache_bytes >> 63 == 0 ? std::to_string(s.cache_bytes)
                                    : toml_text(std::to_string(s.cache_bytes) + " B")) +
          "\n";
  text += "campaign.shortcuts = " + toml_texts(shortcuts) + "\n";
  text += std::string("campaign.isolate = ") + (s.isolate ? "true" : "false") + "\n";
  return text;
}

inline std::string model_lines(const toml::table& model) {
  std::string text;
  for (const auto& [key, value] : model)
    text += "model." + toml_key(key.str()) + " = " + toml_value(value) + "\n";
  return text;
}

} // namespace detail

/// An experiment as a table [[experiment]].
inline std::string to_toml(const experiment& e) {
  std::string text = "[[experiment]]\n";
  text += "name = " + detail::toml_text(e.name) + "\n";
  text += "targets = " + detail::toml_texts(e.targets) + "\n";
  text += "fault = " + detail::toml_form(e.fault) + "\n";
  text += "bits = " + detail::toml_form(e.fault.bits) + "\n";
  text += "amount = " + detail::toml_form(e.amount) + "\n";
  if (e.plan)
    text += "plan = {margin = " + detail::toml_number(e.plan->margin) +
            ", confidence = " + detail::toml_number(e.plan->confidence) +
            ", expected = " + detail::toml_number(e.plan->expected) + "}\n";
  else
    text += "trials = " + (e.trials == 0 ? "\"all\"" : std::to_string(e.trials)) + "\n";
  text += std::string("inputs = ") + (e.all_inputs ? "\"all\"" : "\"one\"") + "\n";
  text += "tau = " + std::to_string(e.tau) + "\n";
  text +=
      "strata = " + detail::toml_text(detail::strata_names[static_cast<std::size_t>(e.strata)]) +
      "\n";
  if (e.allocation != allocation_kind::each)
    text += "allocation = " +
            detail::toml_text(detail::allocation_names[static_cast<std::size_t>(e.allocation)]) +
            "\n";
  if (e.stop)
    text += "stop = {half_width = " + detail::toml_number(e.stop->half_width) +
            ", confidence = " + detail::toml_number(e.stop->confidence) + "}\n";
  return text;
}

/// What decides the outcome of a trial beside its experiment: the same text for two configurations
/// means that trials of one are trials of the other. One `key = value` a line. Number of threads,
/// cache, shortcuts, `isolate` and the files are not in it. `read_configuration` reads it.
inline std::string identity_text(const configuration& c) {
  return detail::deciding_lines(c.settings) + detail::model_lines(*c.model);
}

/// All of a configuration. `read_configuration` makes the same configuration of it; a sweep comes
/// back as the experiments that it stood for.
inline std::string to_toml(const configuration& c) {
  std::string text = detail::deciding_lines(c.settings) + detail::other_lines(c.settings) +
                     detail::model_lines(*c.model);
  text += "output.store = " + detail::toml_text(c.output.store) + "\n";
  text += "output.report = " + detail::toml_text(c.output.report) + "\n";
  for (const experiment& e : c.experiments)
    text += "\n" + to_toml(e);
  return text;
}

} // namespace bitfault::campaign
