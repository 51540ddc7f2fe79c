// SPDX-License-Identifier: MIT
#pragma once

#include "../injector/fault_span.hpp"
#include "coordinates.hpp"
#include "header.hpp"
#include "text_numbers.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

/// The text form of a fault list, for people: docs/fault_list_format.md. `csv_reader` reads it.
namespace bitfault::detail {

inline constexpr std::string_view csv_first_line = "# bitfault fault list";
inline constexpr std::string_view csv_columns = "element,coordinates,bits,action,value";
inline constexpr std::string_view csv_logged_columns = ",before,after";
inline constexpr std::string_view action_names[] = {"flip", "stuck_at_0", "stuck_at_1", "write"};
inline constexpr std::uint64_t csv_format_version = 1;

/// Few bits by number, many as a mask.
inline std::string csv_bits(std::uint64_t mask, unsigned word_bits) {
  if (mask == low_bits(word_bits))
    return "all";
  return popcount(mask) <= 4 ? joined(bit_numbers(mask), " ") : hexadecimal(mask);
}

/// With `before` (the word that each fault met, in order) two more columns.
inline std::string to_csv(const fault_list_header& h, std::span<const listed_fault> faults,
                          std::span<const std::uint64_t> before = {}) {
  std::string out(csv_first_line);
  const auto line = [&out](std::string_view key, const std::string& value) {
    out.append("\n# ").append(key).append(": ").append(value);
  };
  line("format version", std::to_string(csv_format_version));
  line("draw version", std::to_string(h.draw_version));
  line("seed", std::to_string(h.key.seed));
  line("trial", std::to_string(h.key.trial));
  line("stream", std::to_string(h.key.stream));
  line("step", std::to_string(h.key.step));
  line("element type", h.element_type);
  line("word bits", std::to_string(h.word_bits));
  line("extents", joined(h.extents, " "));
  if (!h.tensor.empty())
    line("tensor", h.tensor);
  if (!h.policies.empty())
    line("policies", h.policies);
  out.append("\n").append(csv_columns);
  if (!before.empty())
    out += csv_logged_columns;
  out += '\n';
  for (std::size_t i = 0; i < faults.size(); ++i) {
    const listed_fault& f = faults[i];
    out += std::to_string(f.element);
    out += ',';
    out += joined(coordinates_of(h.extents, f.element), " ");
    out += ',';
    out += csv_bits(f.mask, h.word_bits);
    out += ',';
    out += action_names[static_cast<std::size_t>(f.action)];
    out += ',';
    if (f.action == fault_action::write)
      out += hexadecimal(f.value);
    if (!before.empty())
      out += ',' + hexadecimal(before[i]) + ',' + hexadecimal(faulty_word(f, before[i]));
    out += '\n';
  }
  return out;
}

} // namespace bitfault::detail
