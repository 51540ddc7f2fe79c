// SPDX-License-Identifier: MIT
#pragma once

#include "../fault_list/crc32.hpp"
#include "../fault_list/edit_distance.hpp"
#include "../fault_list/file.hpp"
#include "audit.hpp"
#include "audit_crossed.hpp"
#include "critical_bits_table.hpp"
#include "export.hpp"
#include "kept_masks.hpp"
#include "merge.hpp"
#include "model_kinds.hpp"
#include "progress_line.hpp"
#include "report.hpp"
#include "run_configured.hpp"
#include "store.hpp"
#include "summary_table.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <vector>

/// Each function adds one command to a program: its options, and what it does once they are read.
namespace bitfault::campaign {

/// What a command line asks for, once it is read.
using tool_command = std::function<void()>;

namespace detail {

/// What commands that run a model have to know.
struct known_models {
  model_kinds models;
  std::vector<criterion> criteria;
};

/// "3/8" as shard 3 of 8, or nothing if it is no shard.
inline std::optional<shard> parse_shard(std::string_view text) {
  shard part;
  const char* const end = text.data() + text.size();
  const auto index = std::from_chars(text.data(), end, part.index);
  if (index.ec != std::errc{} || index.ptr == end || *index.ptr != '/')
    return std::nullopt;
  const auto count = std::from_chars(index.ptr + 1, end, part.count);
  if (count.ec != std::errc{} || count.ptr != end || part.index >= part.count)
    return std::nullopt;
  return part;
}

inline void add_run_options(CLI::App& command, const std::shared_ptr<run_options>& o) {
  command
      .add_option("--threads", o->threads,
                  "Threads or child processes; else as configured. Results do not depend on it")
      ->check(CLI::Range(1U, most_threads));
  command.add_flag("--isolate", o->isolate,
                   "Run trials in child processes, to survive crashes and hangs");
  command
      .add_option_function<std::string>(
          "--shard", [o](const std::string& text) { o->part = *parse_shard(text); },
          "Only part i of n of the trials, for job arrays: i/n; merge the files later")
      ->check(CLI::Validator(
          [](const std::string& text) {
            return parse_shard(text)
                       ? std::string{}
                       : "'" + text + "' is no shard; give i/n with i from 0 to n - 1";
          },
          "i/n"));
  command.add_flag("--quiet", o->quiet, "No progress, no table, no word about the report");
}

inline void add_run(CLI::App& app, const known_models& known, tool_command& chosen) {
  auto* command = app.add_subcommand("run", "Runs a campaign, or goes on with it");
  const auto o = std::make_shared<run_options>();
  command->add_option("configuration", o->configuration, "A TOML file")->required();
  command->add_option("--store", o->store, "The database; else as configured");
  add_run_options(*command, o);
  command->callback([&chosen, o, known] {
    chosen = [o, known] { run_configured(*o, known.models, known.criteria); };
  });
}

inline void add_resume(CLI::App& app, const known_models& known, tool_command& chosen) {
  auto* command = app.add_subcommand("resume", "Goes on with a campaign, from its database alone");
  const auto o = std::make_shared<run_options>();
  o->resume = true;
  command->add_option("store", o->store, "The database")->required();
  add_run_options(*command, o);
  command->callback([&chosen, o, known] {
    chosen = [o, known] { run_configured(*o, known.models, known.criteria); };
  });
}

inline void add_merge(CLI::App& app, tool_command& chosen) {
  struct options {
    std::string into;
    std::vector<std::filesystem::path> parts;
  };
  auto* command = app.add_subcommand("merge", "Puts the databases of shards into one");
  const auto o = std::make_shared<options>();
  command->add_option("into", o->into, "The database that they become")->required();
  command->add_option("parts", o->parts, "Their databases, in any order")->required();
  command->callback([&chosen, o] {
    chosen = [o] {
      store whole = merge(o->into, o->parts);
      // Stop rules look at all trials together; they need no model.
      finish_stored(whole);
      print_summary(whole);
    };
  });
}

inline void add_export(CLI::App& app, tool_command& chosen) {
  struct options {
    std::string store, folder, report;
  };
  auto* command =
      app.add_subcommand("export", "Writes a database as CSV files, as an HTML report, or both");
  const auto o = std::make_shared<options>();
  command->add_option("store", o->store, "The database")->required();
  command->add_option("--csv", o->folder, "The folder for the tables");
  command->add_option("--report", o->report, "The file for the report");
  command->callback([&chosen, o] {
    if (o->folder.empty() && o->report.empty())
      throw CLI::RequiredError("--csv or --report");
    chosen = [o] {
      const store s = store::read(o->store);
      if (!o->folder.empty()) {
        export_csv(s, o->folder);
        std::cout << o->folder << '\n';
      }
      if (!o->report.empty())
        write_and_name_report(s, o->report, false);
    };
  });
}

/// The number of the experiment of a name. Throws std::invalid_argument, with the nearest one.
inline std::uint32_t experiment_number(const std::vector<std::string>& names,
                                       const std::string& wanted, const std::string& file) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == wanted)
      return static_cast<std::uint32_t>(i);
  throw std::invalid_argument("bitfault: " + file + " has no experiment '" + wanted +
                              "'; the nearest name is '" +
                              bitfault::detail::nearest_name(names, wanted) + "'");
}

/// Runs a trial of a store again. Throws std::runtime_error if the store has another result.
inline void replay_stored(const std::string& path, const std::string& experiment,
                          std::uint64_t trial, const known_models& known) {
  const store s = store::read(path);
  std::vector<std::string> names;
  for (const stored_experiment& e : s.description().experiments)
    names.push_back(e.asked.name);
  const std::uint32_t number = experiment_number(names, experiment, path);
  const std::uint64_t planned = s.description().experiments[number].planned;
  if (trial >= planned)
    throw std::invalid_argument("bitfault: experiment '" + experiment + "' has " +
                                std::to_string(planned) + " trials, no number " +
                                std::to_string(trial));
  if (const auto stop = s.stopped_at(number); stop && trial >= *stop)
    throw std::invalid_argument("bitfault: experiment '" + experiment +
                                "' was stopped by its rule after " + std::to_string(*stop) +
                                " trials, before trial " + std::to_string(trial));
  const auto campaign = known.models.open(stored_configuration(path, known.criteria));
  const trial_record now = campaign->replay(number, trial);
  std::cout << trial_text(s.description(), now);
  if (const auto kept = s.trial(number, trial)) {
    if (!same_trial(*kept, now))
      throw std::runtime_error("bitfault: the database has another result for this trial:\n" +
                               trial_text(s.description(), *kept));
    std::cout << "The database has the same.\n";
  } else {
    std::cout << "The database does not have this trial yet.\n";
  }
}

inline void add_replay(CLI::App& app, const known_models& known, tool_command& chosen) {
  struct options {
    std::string store, experiment;
    std::uint64_t trial = 0;
  };
  auto* command = app.add_subcommand("replay", "Runs one trial of a database again");
  const auto o = std::make_shared<options>();
  command->add_option("store", o->store, "The database")->required();
  command->add_option("experiment", o->experiment, "Its name")->required();
  command->add_option("trial", o->trial, "Its number, from 0")
      ->required()
      ->check(CLI::Range(std::uint64_t{0}, ~std::uint64_t{0} >> 1U));
  command->callback([&chosen, o, known] {
    chosen = [o, known] { replay_stored(o->store, o->experiment, o->trial, known); };
  });
}

struct critical_bits_command {
  std::string configuration, experiment, csv;
  critical_bits_options search;
  unsigned threads = 0;
  bool quiet = false;
};

/// What has to be the same for a search to go on with what an earlier one has found.
inline kept_masks::facts facts_of_search(const any_campaign& c, std::uint32_t experiment,
                                         const critical_bits_options& o) {
  const campaign_identity id = c.description().identity;
  return {{"experiment", c.experiments()[experiment].what().name},
          {"checked elements", std::to_string(o.checked)},
          {"seed", std::to_string(id.seed)},
          {"model", id.model},
          {"checksum of the parameters", std::to_string(id.parameters_checksum)},
          {"checksum of the golden outputs", std::to_string(c.golden().outputs_checksum())},
          {"checksum of the configuration", std::to_string(crc32(id.configuration))},
          {"library", id.library_version},
          {"compiler", id.compiler}};
}

inline void search_configured(const critical_bits_command& o, const known_models& known) {
  configuration c = load_configuration(o.configuration, known.criteria);
  if (o.threads != 0)
    c.settings.threads = o.threads;
  const auto campaign = known.models.open(c);
  campaign->require_live_targets();
  std::vector<std::string> names;
  for (const bound_experiment& e : campaign->experiments())
    names.push_back(e.what().name);
  const std::uint32_t number = o.experiment.empty() && names.size() == 1
                                   ? 0
                                   : experiment_number(names, o.experiment, o.configuration);
  // What is found is kept beside the file that it will be in.
  std::optional<kept_masks> kept;
  critical_bits_options search = o.search;
  if (!o.csv.empty()) {
    kept.emplace(o.csv + ".part", facts_of_search(*campaign, number, search));
    search.known = kept->masks();
    search.keep = [&](std::uint64_t place, std::uint64_t mask) { kept->keep(place, mask); };
    if (!o.quiet && !search.known.empty())
      std::cerr << grouped_text(search.known.size())
                << " elements are known from an earlier call\n";
  }
  progress_line line(stderr, isatty(STDERR_FILENO) != 0);
  const auto begin = std::chrono::steady_clock::now();
  const critical_bits_search found =
      campaign->search_critical_bits(number, search, [&](std::uint64_t done, std::uint64_t of) {
        if (kept)
          kept->write();
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
        progress p{done, of, done - std::min<std::uint64_t>(done, search.known.size()),
                   took.count()};
        p.unit = "elements";
        if (!o.quiet)
          line.show(p);
      });
  line.clear();
  if (kept) {
    bitfault::detail::write_file(o.csv, critical_bits_csv(found));
    kept->remove();
  }
  if (!o.quiet)
    std::cout << critical_bits_text(found) << std::flush;
}

inline void add_critical_bits(CLI::App& app, const known_models& known, tool_command& chosen) {
  auto* command = app.add_subcommand(
      "critical-bits", "Searches the critical bits of parameters, with fewer trials than bits");
  const auto o = std::make_shared<critical_bits_command>();
  command->add_option("configuration", o->configuration, "A TOML file")->required();
  command->add_option("--experiment", o->experiment,
                      "Which one's targets and tau; needed if there are several");
  command->add_option("--elements", o->search.elements, "How many, at random; 0: all")
      ->capture_default_str();
  command
      ->add_option("--check", o->search.checked,
                   "In so many of them every bit is tried, to see how often the search is wrong")
      ->capture_default_str();
  command->add_option("--csv", o->csv, "The file for what is found in each element");
  command->add_option("--threads", o->threads, "Else as configured. Results do not depend on it")
      ->check(CLI::Range(1U, most_threads));
  command->add_flag("--quiet", o->quiet, "No progress and no table");
  command->callback([&chosen, o, known] { chosen = [o, known] { search_configured(*o, known); }; });
}

struct audit_command {
  std::string known, criterion = "sdc_1", experiment;
  audit_options audit;
};

/// An experiment of a database whose trials ran on all inputs; by name where there are several.
inline std::size_t crossed_experiment(const store& s, const std::string& name) {
  std::vector<std::string> names;
  for (const stored_experiment& e : s.description().experiments)
    if (e.asked.all_inputs)
      names.push_back(e.asked.name);
  if (names.empty())
    throw std::invalid_argument("bitfault: " + s.path() +
                                " has no experiment whose trials ran on all inputs");
  const std::string& wanted = name.empty() && names.size() == 1
                                  ? names.front()
                                  : names[experiment_number(names, name, s.path())];
  std::size_t number = 0;
  while (s.description().experiments[number].asked.name != wanted)
    ++number;
  return number;
}

inline void audit_known(const audit_command& o) {
  if (bitfault::detail::read_file(o.known).starts_with("SQLite format 3")) {
    const store s = store::read(o.known);
    const crossed_population all = crossed_population_of(s, crossed_experiment(s, o.experiment));
    std::cout << audit_table(all, audit_crossed(all, o.audit)) << std::flush;
    return;
  }
  const truth all_faults = truth::load(o.known);
  const std::size_t number = all_faults.number_of(o.criterion);
  std::cout << audit_table(all_faults, number, audit(all_faults, number, o.audit)) << std::flush;
}

inline void add_audit(CLI::App& app, tool_command& chosen) {
  auto* command = app.add_subcommand(
      "audit", "Holds samplers and intervals against what is known: how often is each right?");
  const auto o = std::make_shared<audit_command>();
  command
      ->add_option("known", o->known,
                   "A file with the outcome of every fault; or a database, for intervals of faults "
                   "crossed with inputs")
      ->required();
  auto* criterion =
      command->add_option("--criterion", o->criterion, "One of the file's")->capture_default_str();
  command
      ->add_option("--experiment", o->experiment,
                   "One of the database's, on all inputs; needed if there are several")
      ->excludes(criterion);
  command->add_option("--campaigns", o->audit.campaigns, "Of each method")
      ->check(CLI::Range(1, 100000000))
      ->capture_default_str();
  command->add_option("--trials", o->audit.trials, "Faults in a campaign of fixed size")
      ->check(CLI::Range(2, 1000000000))
      ->capture_default_str();
  command->add_option("--half-width", o->audit.half_width, "What impatient campaigns wait for")
      ->check(CLI::Range(1e-6, 0.5))
      ->capture_default_str();
  command->add_option("--seed", o->audit.seed)->capture_default_str();
  command->callback([&chosen, o] { chosen = [o] { audit_known(*o); }; });
}

} // namespace detail
} // namespace bitfault::campaign
