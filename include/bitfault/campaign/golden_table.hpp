// SPDX-License-Identifier: MIT
#pragma once

#include "../fault_list/binary.hpp"
#include "campaign_description.hpp"
#include "database.hpp"
#include "description_tables.hpp"

#include <bit>
#include <cstdint>
#include <optional>
#include <string>

namespace bitfault::campaign::detail {

inline std::uint32_t checksum_of(const golden_summary& g) {
  bitfault::detail::byte_writer out;
  out.number(g.outputs_checksum);
  out.number(g.repeats);
  out.number(std::bit_cast<std::uint64_t>(g.noise));
  for (const golden_input& i : g.inputs) {
    out.number(
        static_cast<std::uint8_t>((i.answer ? 1 : 0) + (i.label ? 2 : 0) + (i.varies ? 4 : 0)));
    out.number(i.answer.value_or(0));
    out.number(i.label.value_or(0));
  }
  return crc32(std::string_view(out.bytes));
}

/// Into empty tables, within a transaction.
inline void write_golden(const database& db, const golden_summary& g) {
  const char* doing = "writing the golden run failed";
  statement(db, "INSERT INTO golden_run VALUES(?,?,?,?)", doing)
      .run(bitfault::detail::hexadecimal(g.outputs_checksum), g.repeats, g.noise, checksum_of(g));
  statement row(db, "INSERT INTO golden VALUES(?,?,?,?)", doing);
  for (std::size_t i = 0; i < g.inputs.size(); ++i)
    row.run(std::uint64_t{i}, g.inputs[i].answer, g.inputs[i].label, g.inputs[i].varies);
}

inline std::optional<golden_summary> read_golden(const database& db) {
  const char* doing = "reading the golden run failed";
  statement run(db, "SELECT outputs_checksum, repeats, noise, checksum FROM golden_run", doing);
  if (!run.step())
    return std::nullopt;
  golden_summary g;
  g.outputs_checksum = static_cast<std::uint32_t>(read_number(db, run.text(0), true));
  g.repeats = run.small(1);
  g.noise = run.real(2);
  const std::uint32_t checksum = run.small(3);
  run.reset();
  statement row(db, "SELECT answer, label, varies FROM golden ORDER BY input", doing);
  while (row.step())
    g.inputs.push_back({row.optional_small(0), row.optional_small(1), row.integer(2) != 0});
  if (checksum != checksum_of(g))
    damaged(db.path(), "the checksum of the golden run is wrong");
  return g;
}

/// What differs first, in words; empty if nothing does. Where golden runs are noisy, outputs and
/// noise may differ, and the answers of inputs that vary on either side.
inline std::string difference(const golden_summary& a, const std::string& one,
                              const golden_summary& b, const std::string& other) {
  const auto differ = [&](const std::string& what, const std::string& in_a,
                          const std::string& in_b) {
    return what + ": " + in_a + " " + one + ", " + in_b + " " + other;
  };
  const auto text = [](const std::optional<std::uint32_t>& n) {
    return n ? std::to_string(*n) : std::string("none");
  };
  const bool noisy = a.noise > 0 || b.noise > 0;
  if (a.inputs.size() != b.inputs.size())
    return differ("number of inputs", std::to_string(a.inputs.size()),
                  std::to_string(b.inputs.size()));
  for (std::size_t i = 0; i < b.inputs.size(); ++i) {
    const std::string which = " of input " + std::to_string(i);
    if (a.inputs[i].label != b.inputs[i].label)
      return differ("label" + which, text(a.inputs[i].label), text(b.inputs[i].label));
    if (noisy && (a.inputs[i].varies || b.inputs[i].varies))
      continue;
    if (a.inputs[i].answer != b.inputs[i].answer)
      return differ("answer" + which, text(a.inputs[i].answer), text(b.inputs[i].answer));
    if (a.inputs[i].varies != b.inputs[i].varies)
      return differ("whether the answer" + which + " varies", a.inputs[i].varies ? "yes" : "no",
                    b.inputs[i].varies ? "yes" : "no");
  }
  if (noisy)
    return {};
  if (a.outputs_checksum != b.outputs_checksum)
    return differ("checksum of the outputs", bitfault::detail::hexadecimal(a.outputs_checksum),
                  bitfault::detail::hexadecimal(b.outputs_checksum));
  if (a.repeats != b.repeats)
    return differ("repeats", std::to_string(a.repeats), std::to_string(b.repeats));
  return {};
}

} // namespace bitfault::campaign::detail
