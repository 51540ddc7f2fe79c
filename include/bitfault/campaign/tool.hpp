// SPDX-License-Identifier: MIT
#pragma once

#include "../fault_list/edit_distance.hpp"
#include "audit.hpp"
#include "complete_prefix.hpp"
#include "configuration.hpp"
#include "export.hpp"
#include "merge.hpp"
#include "model_kinds.hpp"
#include "progress_line.hpp"
#include "ranks.hpp"
#include "store.hpp"
#include "summary_table.hpp"

#if defined(BITFAULT_MPI)
#include "mpi.hpp"
#endif

#include <CLI/CLI.hpp>

#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <vector>

namespace bitfault::campaign {

/// Carries out the stop rules of a store whose trials came from several processes, none of which
/// saw them all.
inline void finish_stored(store& results) {
  for (std::size_t n = 0; n < results.description().experiments.size(); ++n) {
    const stored_experiment& e = results.description().experiments[n];
    if (!e.asked.stop || results.stopped_at(n))
      continue;
    complete_prefix prefix(e.asked, e.sites);
    results.for_each_trial(n, [&](const trial_record& r) { prefix.add(r); });
    if (prefix.stops_at())
      results.set_stopped_at(n, *prefix.stops_at());
  }
}

namespace detail {

/// "3/8" as shard 3 of 8.
inline shard parse_shard(const std::string& text) {
  shard part;
  char rest = 0;
  unsigned long long index = 0, count = 0;
  if (std::sscanf(text.c_str(), "%llu/%llu%c", &index, &count, &rest) != 2 || index >= count)
    throw CLI::ValidationError("--shard",
                               "'" + text + "' is no shard; give i/n with i from 0 to n - 1");
  part.index = index;
  part.count = count;
  return part;
}

struct run_options {
  std::string configuration;
  std::string store;
  std::string shard_text = "0/1";
  unsigned threads = 0;
  bool isolate = false;
  bool quiet = false;
};

inline void print_summary(const store& results) {
  std::cout << summary_table(results) << std::flush;
}

/// Runs what is missing, in this process or, under mpirun, in all of them.
inline void run_configured(configuration c, const run_options& o, const model_kinds& models) {
  if (!o.store.empty())
    c.output.store = o.store;
  if (o.threads != 0)
    c.settings.threads = o.threads;
  c.settings.isolate = c.settings.isolate || o.isolate;
  if (c.experiments.empty())
    throw std::invalid_argument("bitfault: " + c.path + ": there is no [[experiment]]");
  const shard part = parse_shard(o.shard_text);
  const std::filesystem::path path = c.output.store;

  int rank = 0, ranks = 1;
#if defined(BITFAULT_MPI)
  const mpi_session mpi;
  rank = mpi.rank();
  ranks = mpi.size();
#endif
  if (ranks > 1 && part.count > 1)
    throw std::invalid_argument("bitfault: --shard and mpirun deal out the same trials; use one");
  const auto start = [&] {
    auto campaign = models.open(c);
    campaign->require_live_targets();
    return campaign;
  };
  const auto watched = [&](auto&& run) {
    progress_line line(stderr, isatty(STDERR_FILENO) != 0);
    run([&](const progress& p) {
      if (!o.quiet && rank == 0)
        line.show(p);
    });
  };

  if (ranks == 1) {
    merge_ranks(path); // what a run under mpirun has left, if it was cut off
    auto campaign = start();
    store results = store::open(path, campaign->description());
    results.set_golden(summary_of(campaign->golden()));
    watched([&](const watch_progress& watch) { campaign->run(results, part, watch); });
    if (!o.quiet)
      print_summary(results);
    return;
  }
#if defined(BITFAULT_MPI)
  try {
    if (rank == 0)
      merge_ranks(path);
    mpi.barrier();
    auto campaign = start();
    {
      store own = store::open(rank_file(path, rank), campaign->description());
      own.set_golden(summary_of(campaign->golden()));
      rank_store results(own, path);
      const shard mine{static_cast<std::uint64_t>(rank), static_cast<std::uint64_t>(ranks)};
      watched([&](const watch_progress& watch) { campaign->run(results, mine, watch); });
    }
    mpi.barrier();
    if (rank == 0) {
      merge_ranks(path);
      store results = store::open(path, campaign->description());
      campaign->finish(results);
      if (!o.quiet)
        print_summary(results);
    }
    mpi.barrier();
  } catch (const std::exception& e) {
    std::cerr << e.what() << std::endl;
    mpi.abort();
  }
#endif
}

} // namespace detail

/// What a command line asks for, once it is read.
using tool_command = std::function<void()>;

/// Adds the commands `run`, `resume`, `merge`, `export`, `replay` and `audit` to a program. The
/// command that was given is in `chosen` after the command line is read. `models` are the models
/// that the program knows, `known` the criteria that a configuration may name; see `tool_main`.
inline void add_campaign_commands(CLI::App& app, const model_kinds& models,
                                  const std::vector<criterion>& known, tool_command& chosen) {
  const auto run_options = std::make_shared<detail::run_options>();
  const auto add_run_options = [run_options](CLI::App& command) {
    command
        .add_option("--threads", run_options->threads,
                    "Threads or child processes; 0: as configured. Results do not depend on it")
        ->check(CLI::Range(0, 1024));
    command.add_flag("--isolate", run_options->isolate,
                     "Run trials in child processes, to survive crashes and hangs");
    command.add_option(
        "--shard", run_options->shard_text,
        "Only part i of n of the trials, for job arrays: i/n; merge the files later");
    command.add_flag("--quiet", run_options->quiet, "No progress and no table");
  };
  auto* run = app.add_subcommand("run", "Runs a campaign, or goes on with it");
  run->add_option("configuration", run_options->configuration, "A TOML file")->required();
  run->add_option("--store", run_options->store, "The database; else as configured");
  add_run_options(*run);
  run->callback([&chosen, run_options, models, known] {
    chosen = [run_options, models, known] {
      detail::run_configured(load_configuration(run_options->configuration, known), *run_options,
                             models);
    };
  });

  auto* resume = app.add_subcommand("resume", "Goes on with a campaign, from its database alone");
  resume->add_option("store", run_options->store, "The database")->required();
  add_run_options(*resume);
  resume->callback([&chosen, run_options, models, known] {
    chosen = [run_options, models, known] {
      detail::run_configured(stored_configuration(run_options->store, known), *run_options, models);
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

  auto* exporting = app.add_subcommand("export", "Writes a database as CSV files");
  const auto from = std::make_shared<std::string>();
  const auto folder = std::make_shared<std::string>();
  exporting->add_option("store", *from, "The database")->required();
  exporting->add_option("--csv", *folder, "The folder for the tables")->required();
  exporting->callback([&chosen, from, folder] {
    chosen = [from, folder] {
      export_csv(store::read(*from), *folder);
      std::cout << *folder << '\n';
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

/// Reads the command line and carries out the command. Returns 0: done; 1: refused or failed, with
/// the reason on the standard error; 2: the command line is wrong.
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
/// `known` are the criteria that configurations may name. Returns what `run_command_line` does.
inline int tool_main(int argc, char** argv, const model_kinds& models,
                     const std::vector<criterion>& known = classification_criteria()) {
  CLI::App app{"Fault-injection campaigns."};
  tool_command chosen;
  add_campaign_commands(app, models, known, chosen);
  return run_command_line(app, chosen, argc, argv);
}

} // namespace bitfault::campaign
