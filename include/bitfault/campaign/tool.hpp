// SPDX-License-Identifier: MIT
#pragma once

#include "../fault_list/edit_distance.hpp"
#include "apply_stop_rule.hpp"
#include "audit.hpp"
#include "complete_prefix.hpp"
#include "configuration.hpp"
#include "export.hpp"
#include "merge.hpp"
#include "model_kinds.hpp"
#include "progress_line.hpp"
#include "ranks.hpp"
#include "report.hpp"
#include "store.hpp"
#include "summary_table.hpp"
#include "writer_lock.hpp"

#if defined(BITFAULT_MPI)
#include "mpi.hpp"
#endif

#include <CLI/CLI.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
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

namespace bitfault::campaign {

/// Carries out the stop rules of a store whose trials came from several
/// processes. Needs no model.
inline void finish_stored(store& results) {
  for (std::size_t n = 0; n < results.description().experiments.size(); ++n) {
    const stored_experiment& e = results.description().experiments[n];
    if (e.asked.stop)
      apply_stop_rule(results, n, complete_prefix(e.asked, e.sites), e.planned);
  }
}

namespace detail {

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

#if defined(BITFAULT_MPI)
using process_group = mpi_session;
#else
/// One process by itself.
struct process_group {
  int rank() const noexcept { return 0; }
  int size() const noexcept { return 1; }
  void barrier() const noexcept {}
  void abort() const noexcept {}
};
#endif

struct run_options {
  bool resume = false; ///< with the configuration that is in the store
  std::string configuration;
  std::string store;
  shard part{};
  unsigned threads = 0;
  bool isolate = false;
  bool quiet = false;
};

inline void print_summary(const store& results) {
  std::cout << summary_table(results) << std::flush;
}

/// Runs what is missing, in this process or, under mpirun, with the others.
inline void run_configured(const run_options& o, const model_kinds& models,
                           const std::vector<criterion>& known, const process_group& group) {
  const bool first = group.rank() == 0;
  std::optional<writer_lock> lock;
  // One process has the campaign's file from here to the end, and puts into it
  // what a run under mpirun has left, if it was cut off.
  const auto take = [&](const std::filesystem::path& path) {
    if (first) {
      lock.emplace(path);
      lock->lend();
      merge_ranks(path);
    }
    group.barrier();
  };
  configuration c;
  if (o.resume) {
    take(o.store);
    c = stored_configuration(o.store, known);
  } else {
    c = load_configuration(o.configuration, known);
    if (!o.store.empty())
      c.output.store = o.store;
    if (c.experiments.empty())
      throw std::invalid_argument("bitfault: " + c.path + ": there is no [[experiment]]");
    take(c.output.store);
  }
  if (o.threads != 0)
    c.settings.threads = o.threads;
  c.settings.isolate = c.settings.isolate || o.isolate;
  if (group.size() > 1 && o.part.count > 1)
    throw std::invalid_argument("bitfault: --shard and mpirun deal out the same trials; use one");
  const std::filesystem::path path = c.output.store;

  const auto campaign = models.open(c);
  campaign->require_live_targets();
  const auto run = [&](auto& results, const shard& part) {
    progress_line line(stderr, isatty(STDERR_FILENO) != 0);
    campaign->run(results, part, [&](const progress& p) {
      if (!o.quiet && first)
        line.show(p);
    });
  };
  if (group.size() == 1) {
    store results = store::open(path, campaign->description());
    results.set_golden(summary_of(campaign->golden()));
    run(results, o.part);
    if (!o.quiet)
      print_summary(results);
    return;
  }
  {
    store own = store::open(rank_file(path, group.rank()), campaign->description());
    own.set_golden(summary_of(campaign->golden()));
    rank_store results(own, path);
    run(results,
        {static_cast<std::uint64_t>(group.rank()), static_cast<std::uint64_t>(group.size())});
  }
  group.barrier();
  if (first) {
    merge_ranks(path);
    store results = store::open(path, campaign->description());
    finish_stored(results);
    if (!o.quiet)
      print_summary(results);
  }
  group.barrier();
}

inline void run_configured(const run_options& o, const model_kinds& models,
                           const std::vector<criterion>& known) {
  const process_group group;
  try {
    run_configured(o, models, known, group);
  } catch (const std::exception& e) {
    if (group.size() == 1)
      throw;
    // The others wait for this one.
    std::cerr << e.what() << std::endl;
    group.abort();
  }
}

} // namespace detail

/// What a command line asks for, once it is read.
using tool_command = std::function<void()>;

/// Adds the commands `run`, `resume`, `merge`, `export`, `replay` and `audit`
/// to a program. The command that was given is in `chosen` after the command
/// line is read. `models` are the models that the program knows, `known` the
/// criteria that a configuration may name; see `tool_main`.
inline void add_campaign_commands(CLI::App& app, const model_kinds& models,
                                  const std::vector<criterion>& known, tool_command& chosen) {
  const auto run_options = std::make_shared<detail::run_options>();
  const auto add_run_options = [run_options](CLI::App& command) {
    command
        .add_option("--threads", run_options->threads,
                    "Threads or child processes; 0: as configured. Results do "
                    "not depend on it")
        ->check(CLI::Range(0, 1024));
    command.add_flag("--isolate", run_options->isolate,
                     "Run trials in child processes, to survive crashes and hangs");
    command
        .add_option_function<std::string>(
            "--shard",
            [run_options](const std::string& text) {
              run_options->part = *detail::parse_shard(text);
            },
            "Only part i of n of the trials, for job arrays: i/n; merge the "
            "files later")
        ->check(CLI::Validator(
            [](const std::string& text) {
              return detail::parse_shard(text)
                         ? std::string{}
                         : "'" + text + "' is no shard; give i/n with i from 0 to n - 1";
            },
            "i/n"));
    command.add_flag("--quiet", run_options->quiet, "No progress and no table");
  };
  auto* run = app.add_subcommand("run", "Runs a campaign, or goes on with it");
  run->add_option("configuration", run_options->configuration, "A TOML file")->required();
  run->add_option("--store", run_options->store, "The database; else as configured");
  add_run_options(*run);
  run->callback([&chosen, run_options, models, known] {
    chosen = [run_options, models, known] { detail::run_configured(*run_options, models, known); };
  });

  auto* resume = app.add_subcommand("resume", "Goes on with a campaign, from its database alone");
  resume->add_option("store", run_options->store, "The database")->required();
  add_run_options(*resume);
  resume->callback([&chosen, run_options, models, known] {
    chosen = [run_options, models, known] {
      run_options->resume = true;
      detail::run_configured(*run_options, models, known);
    };
  });

  const auto out = std::make_shared<std::string>();
  const auto files = std::make_shared<std::vector<std::string>>();
  auto* merging = app.add_subcommand("merge", "Puts the databases of shards into one");
  merging->add_option("into", *out, "The database that they become")->required();
  merging->add_option("parts", *files, "Their databases, in any order")->required();
  merging->callback([&chosen, out, files] {
    chosen = [out, files] {
      const std::vector<std::filesystem::path> parts(files->begin(), files->end());
      store whole = merge(*out, parts);
      // Stop rules look at all trials together; they need no model.
      finish_stored(whole);
      detail::print_summary(whole);
    };
  });

  auto* exporting =
      app.add_subcommand("export", "Writes a database as CSV files, as an HTML report, or both");
  const auto from = std::make_shared<std::string>();
  const auto folder = std::make_shared<std::string>();
  const auto report = std::make_shared<std::string>();
  exporting->add_option("store", *from, "The database")->required();
  exporting->add_option("--csv", *folder, "The folder for the tables");
  exporting->add_option("--report", *report, "The file for the report");
  exporting->callback([&chosen, from, folder, report] {
    if (folder->empty() && report->empty())
      throw CLI::RequiredError("--csv or --report");
    chosen = [from, folder, report] {
      const store s = store::read(*from);
      if (!folder->empty()) {
        export_csv(s, *folder);
        std::cout << *folder << '\n';
      }
      if (!report->empty()) {
        const std::string problem = write_report(s, *report);
        if (!problem.empty())
          std::cerr << problem << '\n';
        std::cout << *report << '\n';
      }
    };
  });

  auto* replaying = app.add_subcommand("replay", "Runs one trial of a database again");
  const auto experiment_name = std::make_shared<std::string>();
  const auto trial = std::make_shared<std::uint64_t>(0);
  replaying->add_option("store", *from, "The database")->required();
  replaying->add_option("experiment", *experiment_name, "Its name")->required();
  replaying->add_option("trial", *trial, "Its number, from 0")
      ->required()
      ->check(CLI::Range(std::uint64_t{0}, ~std::uint64_t{0} >> 1U));
  replaying->callback([&chosen, from, experiment_name, trial, models, known] {
    chosen = [from, experiment_name, trial, models, known] {
      const store s = store::read(*from);
      const auto& all = s.description().experiments;
      std::size_t number = 0;
      while (number < all.size() && all[number].asked.name != *experiment_name)
        ++number;
      if (number == all.size()) {
        std::vector<std::string> names;
        for (const stored_experiment& e : all)
          names.push_back(e.asked.name);
        throw std::invalid_argument("bitfault: " + *from + " has no experiment '" +
                                    *experiment_name + "'; the nearest name is '" +
                                    bitfault::detail::nearest_name(names, *experiment_name) + "'");
      }
      if (*trial >= all[number].planned)
        throw std::invalid_argument("bitfault: experiment '" + *experiment_name + "' has " +
                                    std::to_string(all[number].planned) + " trials, no number " +
                                    std::to_string(*trial));
      const auto campaign = models.open(stored_configuration(*from, known));
      const trial_record now = campaign->replay(static_cast<std::uint32_t>(number), *trial);
      std::cout << trial_text(s.description(), now);
      if (const auto kept = s.trial(number, *trial)) {
        if (!detail::same_trial(*kept, now))
          throw std::runtime_error("bitfault: the database has another result for this trial:\n" +
                                   trial_text(s.description(), *kept));
        std::cout << "The database has the same.\n";
      } else {
        std::cout << "The database does not have this trial yet.\n";
      }
    };
  });

  const auto audited = std::make_shared<audit_options>();
  const auto criterion_name = std::make_shared<std::string>("sdc_1");
  auto* auditing = app.add_subcommand(
      "audit", "Holds samplers and intervals against a truth: how often is each right?");
  auditing->add_option("truth", *from, "A file with the outcome of every fault")->required();
  auditing->add_option("--criterion", *criterion_name, "One of the truth's")->capture_default_str();
  auditing->add_option("--campaigns", audited->campaigns, "Of each method")
      ->check(CLI::Range(1, 100000000))
      ->capture_default_str();
  auditing->add_option("--trials", audited->trials, "Faults in a campaign of fixed size")
      ->check(CLI::Range(1, 1000000000))
      ->capture_default_str();
  auditing->add_option("--half-width", audited->half_width, "What impatient campaigns wait for")
      ->check(CLI::Range(1e-6, 0.5))
      ->capture_default_str();
  auditing->add_option("--seed", audited->seed)->capture_default_str();
  auditing->callback([&chosen, from, criterion_name, audited] {
    chosen = [from, criterion_name, audited] {
      const truth all_faults = truth::load(*from);
      const std::size_t number = all_faults.number_of(*criterion_name);
      std::cout << audit_table(all_faults, number, audit(all_faults, number, *audited))
                << std::flush;
    };
  });
}

/// Reads the command line and carries out the command. Returns 0: done; 1:
/// refused or failed, with the reason on the standard error; 2: the command
/// line is wrong.
inline int run_command_line(CLI::App& app, const tool_command& chosen, int argc, char** argv) {
  app.require_subcommand(1);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  try {
    chosen();
  } catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 1;
  }
  std::cout.flush();
  return std::cout ? 0 : 1;
}

/// A campaign program around models of one's own:
///
///     int main(int argc, char** argv) {
///       bitfault::campaign::model_kinds kinds;
///       kinds.add("mine", [](bitfault::campaign::table_reader& keys) {
///         return std::make_unique<my_model>(keys.text("weights"));
///       });
///       return bitfault::campaign::tool_main(argc, argv, kinds);
///     }
///
/// `known` are the criteria that configurations may name. Returns what
/// `run_command_line` does.
inline int tool_main(int argc, char** argv, const model_kinds& models,
                     const std::vector<criterion>& known = classification_criteria()) {
  CLI::App app{"Fault-injection campaigns."};
  tool_command chosen;
  add_campaign_commands(app, models, known, chosen);
  return run_command_line(app, chosen, argc, argv);
}

} // namespace bitfault::campaign
