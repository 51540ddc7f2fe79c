// SPDX-License-Identifier: MIT
#pragma once

#include "../fault_list/address.hpp"
#include "../fault_list/csv.hpp"
#include "../fault_list/new_file.hpp"
#include "csv_text.hpp"
#include "description_text.hpp"
#include "store.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <fstream>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace bitfault::campaign {

/// The fault address of an injected fault.
inline std::string address_of(const campaign_description& d, const injected_fault& f) {
  const stored_target& t = d.targets.at(f.target);
  const bool whole = f.fault.action == fault_action::write &&
                     f.fault.mask == bitfault::detail::low_bits(t.word_bits);
  return to_string(
      fault_address{t.name, bitfault::detail::coordinates_of(t.extents, f.fault.element),
                    f.fault.action, whole ? ~std::uint64_t{0} : f.fault.mask, f.fault.value});
}

/// The tables that a campaign is exported as.
enum class csv_table : std::uint8_t {
  campaign,
  experiments,
  experiment_targets,
  targets,
  golden,
  trials,
  faults,
  monitors,
};

inline constexpr std::array<std::string_view, 8> csv_table_names{
    "campaign", "experiments", "experiment_targets", "targets", "golden", "trials",
    "faults",   "monitors"};

namespace detail {

inline void export_campaign(const store& s, csv_text& out) {
  using bitfault::detail::hexadecimal;
  const campaign_identity& id = s.description().identity;
  out.line({"key", "value"});
  out.line({"name", id.name});
  out.line({"seed", std::to_string(id.seed)});
  out.line({"library_version", id.library_version});
  out.line({"draw_version", std::to_string(id.draw_version)});
  out.line({"compiler", id.compiler});
  out.line({"model", id.model});
  out.line({"parameters_checksum", hexadecimal(id.parameters_checksum)});
  out.line({"inputs", std::to_string(id.inputs)});
  out.line({"batch", std::to_string(id.batch)});
  out.line({"headline", id.headline});
  out.line({"output_check", id.output_check ? "1" : "0"});
  for (const stored_criterion& c : s.description().criteria)
    out.line({"criterion " + c.name, c.is_flag ? "flag" : "number"});
  out.line({"configuration", id.configuration});
  if (const auto& golden = s.golden()) {
    out.line({"golden_outputs_checksum", hexadecimal(golden->outputs_checksum)});
    out.line({"golden_repeats", std::to_string(golden->repeats)});
    out.line({"golden_noise", shortest_number(golden->noise)});
  }
}

inline void export_experiments(const store& s, csv_text& out) {
  out.line({"number",         "name",        "targets",      "fault",           "fault_a",
            "fault_b",        "bits",        "bit_list",     "bit_width",       "amount",
            "amount_count",   "amount_rate", "asked_trials", "plan_margin",     "plan_confidence",
            "plan_expected",  "all_inputs",  "tau",          "stop_half_width", "stop_confidence",
            "planned_trials", "sites",       "stratum_of",   "stopped_at"});
  for (std::size_t i = 0; i < s.description().experiments.size(); ++i) {
    const stored_experiment& e = s.description().experiments[i];
    const experiment& x = e.asked;
    const sample_plan plan = x.plan.value_or(sample_plan{});
    const stop_rule stop = x.stop.value_or(stop_rule{});
    out.number(i).text(x.name).text(joined_texts(x.targets, " "));
    out.text(name_in(fault_names, x.fault.which)).real(x.fault.a).real(x.fault.b);
    out.text(name_in(bits_names, x.fault.bits.which));
    out.text(bitfault::detail::joined(x.fault.bits.bits, " ")).number(x.fault.bits.width);
    out.text(name_in(amount_names, x.amount.which)).number(x.amount.count);
    out.real(x.amount.rate).number(x.trials);
    out.optional_real(x.plan.has_value(), plan.margin);
    out.optional_real(x.plan.has_value(), plan.confidence);
    out.optional_real(x.plan.has_value(), plan.expected);
    out.flag(x.all_inputs).number(x.tau);
    out.optional_real(x.stop.has_value(), stop.half_width);
    out.optional_real(x.stop.has_value(), stop.confidence);
    out.number(e.planned).number(e.sites).text(x.stratum_of);
    out.optional_number(s.stopped_at(i)).end_line();
  }
}

inline void export_experiment_targets(const store& s, csv_text& out) {
  out.line({"experiment", "target", "sites"});
  for (std::size_t i = 0; i < s.description().experiments.size(); ++i)
    for (const target_sites& t : s.description().experiments[i].targets)
      out.number(i).text(s.description().targets[t.target].name).number(t.sites).end_line();
}

inline void export_targets(const store& s, csv_text& out) {
  out.line({"number", "name", "kind", "element_type", "word_bits", "extents", "elements", "place"});
  for (std::size_t i = 0; i < s.description().targets.size(); ++i) {
    const stored_target& t = s.description().targets[i];
    std::uint64_t elements = 0;
    bitfault::detail::count_elements(t.extents, elements);
    out.number(i).text(t.name).text(name_of(t.kind)).text(t.element_type);
    out.number(t.word_bits).text(bitfault::detail::joined(t.extents, " "));
    out.number(elements).number(t.place).end_line();
  }
}

inline void export_golden(const store& s, csv_text& out) {
  out.line({"input", "answer", "label", "varies"});
  if (!s.golden())
    return;
  std::uint64_t number = 0;
  for (const golden_input& i : s.golden()->inputs)
    out.number(number++)
        .optional_number(i.answer)
        .optional_number(i.label)
        .flag(i.varies)
        .end_line();
}

inline void head_of_trials(const store& s, csv_text& out) {
  for (const char* column : {"experiment", "number", "first_input", "inputs"})
    out.text(column);
  for (const std::string_view name : outcome_names)
    out.text(name);
  for (const std::string_view name : outcome_names)
    out.text("golden_correct_" + std::string(name));
  for (const char* column : {"answered_correctly", "set_aside", "outcomes_by_input", "activated",
                             "corrected", "unlisted_faults"})
    out.text(column);
  for (const stored_criterion& criterion : s.description().criteria)
    out.text(criterion.name);
  out.end_line();
}
inline void export_trial(std::size_t experiment, const trial_record& t, csv_text& out) {
  out.number(experiment).number(t.number).number(t.first_input).number(t.inputs);
  for (const std::uint32_t n : t.outcomes)
    out.number(n);
  for (const std::uint32_t n : t.outcomes_golden_correct)
    out.number(n);
  out.number(t.answered_correctly)
      .number(t.set_aside)
      .text(t.outcomes_by_input)
      .flag(t.activated)
      .flag(t.corrected)
      .number(t.unlisted_faults);
  for (const double value : t.criteria)
    out.real(value);
  out.end_line();
}

inline void head_of_faults(csv_text& out) {
  out.line({"experiment", "trial", "number", "target", "element", "action", "mask", "value",
            "before", "after", "address"});
}
inline void export_faults(const store& s, std::size_t experiment, const trial_record& t,
                          csv_text& out) {
  std::uint64_t number = 0;
  for (const injected_fault& f : t.faults) {
    out.number(experiment).number(t.number).number(number++);
    out.text(s.description().targets.at(f.target).name).number(f.fault.element);
    out.text(bitfault::detail::action_names[static_cast<std::size_t>(f.fault.action)]);
    out.word(f.fault.mask).word(f.fault.value).word(f.before).word(f.after);
    out.text(address_of(s.description(), f)).end_line();
  }
}

inline void head_of_monitors(csv_text& out) {
  for (const char* column : {"experiment", "trial", "number", "layer"})
    out.text(column);
  for (const char* side : {"golden_", "faulty_"})
    for (const char* column :
         {"minimum", "maximum", "mean", "deviation", "geometric_mean", "nan_count"})
      out.text(std::string(side) + column);
  out.line({"rmse", "mae", "share_equal"});
}
inline void export_monitors(std::size_t experiment, const trial_record& t, csv_text& out) {
  std::uint64_t number = 0;
  for (const monitor_record& m : t.monitors) {
    out.number(experiment).number(t.number).number(number++).number(m.layer);
    for (const tensor_statistics& s : {m.golden, m.faulty})
      out.real(s.minimum)
          .real(s.maximum)
          .real(s.mean)
          .real(s.deviation)
          .real(s.geometric_mean)
          .number(s.nan_count);
    out.real(m.rmse).real(m.mae).real(m.share_equal).end_line();
  }
}

/// A file of a table, and the stream that writes it.
struct table_file {
  explicit table_file(const std::filesystem::path& path)
      : file(path), out(file.beside(), std::ios::binary | std::ios::trunc) {
    check("no file can be made in its folder");
  }
  void check(const char* what) const {
    if (!out)
      throw file_error(file.name(), what);
  }
  void close() {
    out.close();
    check("writing failed");
  }

  bitfault::detail::new_file file;
  std::ofstream out;
};

/// The tables that have rows for trials.
constexpr bool has_trials(csv_table t) noexcept { return t >= csv_table::trials; }

/// A table without rows for trials, or the column names of one that has them.
inline void export_head(const store& s, csv_table table, csv_text& out) {
  switch (table) {
  case csv_table::campaign:
    return export_campaign(s, out);
  case csv_table::experiments:
    return export_experiments(s, out);
  case csv_table::experiment_targets:
    return export_experiment_targets(s, out);
  case csv_table::targets:
    return export_targets(s, out);
  case csv_table::golden:
    return export_golden(s, out);
  case csv_table::trials:
    return head_of_trials(s, out);
  case csv_table::faults:
    return head_of_faults(out);
  case csv_table::monitors:
    return head_of_monitors(out);
  }
}

/// A table on its way to a stream.
struct table_output {
  csv_table table;
  std::ostream* stream;
  csv_text text{};
};

/// Writes several tables while the trials are read once.
inline void export_tables(const store& s, std::vector<table_output>& tables) {
  bool any = false;
  for (table_output& t : tables) {
    export_head(s, t.table, t.text);
    any = any || has_trials(t.table);
  }
  for (std::size_t e = 0; any && e < s.description().experiments.size(); ++e)
    s.for_each_trial(e, [&](const trial_record& record) {
      for (table_output& t : tables) {
        if (t.table == csv_table::trials)
          export_trial(e, record, t.text);
        else if (t.table == csv_table::faults)
          export_faults(s, e, record, t.text);
        else if (t.table == csv_table::monitors)
          export_monitors(e, record, t.text);
        t.text.hand_over(*t.stream, std::size_t{1} << 16U);
      }
    });
  for (table_output& t : tables)
    t.text.hand_over(*t.stream, 0);
}

} // namespace detail

/// Writes one table as comma-separated values, with a line of column names. The bytes depend on the
/// campaign's trials alone: not on when, where, in which order and by how many they were run.
/// Numbers are decimal and read back as the same double, words hexadecimal. Throws `file_error`,
/// also where the stream fails.
inline void export_csv(const store& s, csv_table table, std::ostream& out,
                       const std::string& name = "output") {
  std::vector<detail::table_output> tables(1, {table, &out});
  detail::export_tables(s, tables);
  out.flush();
  if (!out)
    throw file_error(name, "writing failed");
}

/// Writes all tables into a folder, which is made if it is not there: campaign.csv, trials.csv ...
/// A file that is there is replaced once all new ones are whole.
inline void export_csv(const store& s, const std::filesystem::path& folder) {
  std::error_code code;
  std::filesystem::create_directories(folder, code);
  if (!std::filesystem::is_directory(folder, code))
    throw file_error(folder.string(), "the folder cannot be made");
  std::deque<detail::table_file> files;
  std::vector<detail::table_output> tables;
  for (std::size_t i = 0; i < csv_table_names.size(); ++i) {
    files.emplace_back(folder / (std::string(csv_table_names[i]) + ".csv"));
    tables.push_back({static_cast<csv_table>(i), &files.back().out});
  }
  detail::export_tables(s, tables);
  for (detail::table_file& f : files)
    f.close();
  for (detail::table_file& f : files)
    f.file.commit();
}

} // namespace bitfault::campaign
