// SPDX-License-Identifier: MIT
#pragma once

#include "operator_trace.hpp"
#include "traced_layer.hpp"

#if __has_include(<ATen/record_function.h>)

#include "../../fault_list/edit_distance.hpp"
#include "../../fault_list/name_pattern.hpp"

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace bitfault::detail {

inline std::string short_name(const traced_layer& l) {
  constexpr std::string_view prefix = "aten::";
  return l.name.starts_with(prefix) ? l.name.substr(prefix.size()) : l.name;
}
/// The module alone stands for all that it calls, so that it has to be one call; its first output
/// is meant. The names "input" and "output" are taken.
inline std::string name_of(const traced_layer& l, const operator_trace& trace) {
  const std::size_t output = l.call ? l.call->output : 0;
  const bool is_taken = l.module.empty() || l.module == "input" || l.module == "output";
  if (l.name.empty() || (!is_taken && output == 0 && trace.calls_of(l.module) == 1))
    return l.module;
  std::string name = l.module + ":" + short_name(l);
  if (l.number != 0)
    name += "#" + std::to_string(l.number);
  if (output != 0)
    name += "@" + std::to_string(output);
  return name;
}

/// The names of those layers that patterns name, "" for others; none without patterns. The
/// inputs of the module count as a layer if `with_input`.
inline std::vector<std::string> names_like(const operator_trace& trace,
                                           const std::vector<std::string>& patterns,
                                           const char* what, bool with_input) {
  if (patterns.empty())
    return {};
  const std::vector<traced_layer>& traced = trace.layers();
  std::vector<std::string> names(traced.size()), wanted(traced.size());
  for (std::size_t n = 0; n < traced.size(); ++n)
    names[n] = name_of(traced[n], trace);
  for (const std::string& pattern : patterns) {
    bool found = false;
    for (std::size_t n = 0; n < traced.size(); ++n)
      if ((traced[n].call || (with_input && n == 0)) && fits_pattern(names[n], pattern)) {
        wanted[n] = names[n];
        found = true;
      }
    if (!found)
      throw std::invalid_argument("bitfault: no operator is named '" + pattern + "', whose " +
                                  what + " are asked for; the nearest name is '" +
                                  nearest_name(names, pattern) + "'");
  }
  return wanted;
}

} // namespace bitfault::detail

#endif
