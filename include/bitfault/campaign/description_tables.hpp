// SPDX-License-Identifier: MIT
#pragma once

#include "../fault_list/csv.hpp"
#include "campaign_description.hpp"
#include "database.hpp"
#include "description_names.hpp"
#include "description_text.hpp"

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// A campaign's description and golden run, written to the tables and read from them.
namespace bitfault::campaign::detail {

inline constexpr const char* writing_description = "writing the campaign's description failed";
inline constexpr const char* reading_description = "reading the campaign's description failed";

[[noreturn]] inline void damaged(const std::string& path, const std::string& what) {
  throw file_error(path, "the file is damaged: " + what);
}

inline std::string time_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

inline std::uint64_t read_number(const database& db, const std::string& text, bool hexadecimal) {
  std::uint64_t n = 0;
  if (!(hexadecimal ? bitfault::detail::hexadecimal_number(text, n)
                    : bitfault::detail::whole_number(text, n)))
    damaged(db.path(), "'" + text + "' stands where a number is expected");
  return n;
}

inline std::vector<std::string> split_texts(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find(' '));
    text.remove_prefix(one.size() < text.size() ? one.size() + 1 : one.size());
    parts.emplace_back(one);
  }
  return parts;
}

inline void write_targets(const database& db, const std::vector<stored_target>& targets) {
  statement target(db, "INSERT INTO target VALUES(?,?,?,?,?,?,?,?)", writing_description);
  statement extent(db, "INSERT INTO target_extent VALUES(?,?,?,?)", writing_description);
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const stored_target& t = targets[i];
    std::uint64_t elements = 0;
    bitfault::detail::count_elements(t.extents, elements);
    target.run(std::uint64_t{i}, t.name, name_of(t.kind), t.element_type, t.word_bits,
               bitfault::detail::joined(t.extents, " "), elements, t.place);
    std::uint64_t stride = 1;
    for (std::size_t axis = t.extents.size(); axis-- > 0; stride *= t.extents[axis])
      extent.run(std::uint64_t{i}, std::uint64_t{axis}, t.extents[axis], stride);
  }
}

inline void write_experiments(const database& db, const std::vector<stored_experiment>& list) {
  statement row(db,
                "INSERT INTO experiment VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,NULL)",
                writing_description);
  statement strikes(db, "INSERT INTO experiment_target VALUES(?,?,?)", writing_description);
  for (std::size_t i = 0; i < list.size(); ++i) {
    const stored_experiment& e = list[i];
    const experiment& x = e.asked;
    const mask_family& bits = x.fault.bits;
    std::optional<double> margin, sure, expected, half_width, confidence;
    if (x.plan)
      margin = x.plan->margin, sure = x.plan->confidence, expected = x.plan->expected;
    if (x.stop)
      half_width = x.stop->half_width, confidence = x.stop->confidence;
    row.run(std::uint64_t{i}, x.name, joined_texts(x.targets, " "),
            name_in(fault_names, x.fault.which), x.fault.a, x.fault.b,
            name_in(bits_names, bits.which), bitfault::detail::joined(bits.bits, " "), bits.width,
            name_in(amount_names, x.amount.which), x.amount.count, x.amount.rate, x.trials, margin,
            sure, expected, x.all_inputs, x.tau, half_width, confidence, e.planned, e.sites,
            x.stratum_of);
    for (const target_sites& t : e.targets)
      strikes.run(std::uint64_t{i}, t.target, t.sites);
  }
}

/// Into empty tables, within a transaction.
inline void write_description(const database& db, const campaign_description& d) {
  using bitfault::detail::hexadecimal;
  const campaign_identity& id = d.identity;
  statement(db, "INSERT INTO campaign VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)", writing_description)
      .run(id.name, std::to_string(id.seed), id.library_version, id.draw_version, id.compiler,
           id.model, hexadecimal(id.parameters_checksum), id.inputs, id.batch, id.headline,
           id.output_check, id.configuration, time_now(), checksum_of(d));
  write_targets(db, d.targets);
  write_experiments(db, d.experiments);
  statement criterion(db, "INSERT INTO criterion VALUES(?,?,?)", writing_description);
  for (std::size_t i = 0; i < d.criteria.size(); ++i)
    criterion.run(std::uint64_t{i}, d.criteria[i].name, d.criteria[i].is_flag);
}

template <class Kind, class Names>
Kind read_kind(const database& db, const Names& names, const std::string& name) {
  const auto kind = kind_of<Kind>(names, name);
  if (!kind)
    damaged(db.path(), "'" + name + "' is no kind of what its column holds");
  return *kind;
}

inline stored_experiment read_experiment(const database& db, const statement& row) {
  stored_experiment e;
  experiment& x = e.asked;
  x.name = row.text(1);
  x.targets = split_texts(row.text(2));
  x.fault.which = read_kind<fault_description::kind>(db, fault_names, row.text(3));
  x.fault.a = row.real(4);
  x.fault.b = row.real(5);
  x.fault.bits.which = read_kind<mask_family::kind>(db, bits_names, row.text(6));
  for (const std::string& bit : split_texts(row.text(7)))
    x.fault.bits.bits.push_back(static_cast<unsigned>(read_number(db, bit, false)));
  x.fault.bits.width = row.small(8);
  x.amount.which = read_kind<fault_amount::kind>(db, amount_names, row.text(9));
  x.amount.count = row.word(10);
  x.amount.rate = row.real(11);
  x.trials = row.word(12);
  if (!row.is_null(13))
    x.plan = sample_plan{row.real(13), row.real(14), row.real(15)};
  x.all_inputs = row.integer(16) != 0;
  x.tau = row.small(17);
  if (!row.is_null(18))
    x.stop = stop_rule{row.real(18), row.real(19)};
  e.planned = row.word(20);
  e.sites = row.word(21);
  x.stratum_of = row.text(22);
  return e;
}

/// Throws `file_error` if what stands in the tables is not what was written.
inline campaign_description read_description(const database& db) {
  campaign_description d;
  campaign_identity& id = d.identity;
  std::uint32_t checksum = 0;
  statement campaign(db,
                     "SELECT name, seed, library_version, draw_version, compiler, model,"
                     " parameters_checksum, inputs, batch, headline, output_check,"
                     " configuration, description_checksum FROM campaign",
                     reading_description);
  if (!campaign.step())
    damaged(db.path(), "the table 'campaign' is empty");
  id.name = campaign.text(0);
  id.seed = read_number(db, campaign.text(1), false);
  id.library_version = campaign.text(2);
  id.draw_version = campaign.small(3);
  id.compiler = campaign.text(4);
  id.model = campaign.text(5);
  id.parameters_checksum = static_cast<std::uint32_t>(read_number(db, campaign.text(6), true));
  id.inputs = campaign.word(7);
  id.batch = campaign.word(8);
  id.headline = campaign.text(9);
  id.output_check = campaign.integer(10) != 0;
  id.configuration = campaign.text(11);
  checksum = campaign.small(12);
  campaign.reset();

  statement target(db,
                   "SELECT name, kind, element_type, word_bits, extents, place FROM target"
                   " ORDER BY number",
                   reading_description);
  while (target.step()) {
    stored_target t;
    t.name = target.text(0);
    t.kind = read_kind<target_kind>(db, target_kind_names, target.text(1));
    t.element_type = target.text(2);
    t.word_bits = target.small(3);
    for (const std::string& extent : split_texts(target.text(4)))
      t.extents.push_back(read_number(db, extent, false));
    t.place = target.word(5);
    d.targets.push_back(std::move(t));
  }
  statement row(db, "SELECT * FROM experiment ORDER BY number", reading_description);
  while (row.step())
    d.experiments.push_back(read_experiment(db, row));
  statement strikes(db,
                    "SELECT experiment, target, sites FROM experiment_target"
                    " ORDER BY experiment, target",
                    reading_description);
  while (strikes.step()) {
    if (strikes.word(0) >= d.experiments.size())
      damaged(db.path(), "a target of an experiment that does not exist");
    d.experiments[static_cast<std::size_t>(strikes.word(0))].targets.push_back(
        {strikes.small(1), strikes.word(2)});
  }
  statement criterion(db, "SELECT name, is_flag FROM criterion ORDER BY number",
                      reading_description);
  while (criterion.step())
    d.criteria.push_back({criterion.text(0), criterion.integer(1) != 0});
  if (checksum != checksum_of(d))
    damaged(db.path(), "the checksum of the campaign's description is wrong");
  return d;
}

} // namespace bitfault::campaign::detail
