// SPDX-License-Identifier: MIT
#pragma once

#include "apply_stop_rule.hpp"
#include "complete_prefix.hpp"
#include "configuration.hpp"
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

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <vector>

/// What the commands `run` and `resume` do: see tool.hpp.
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

/// Writes the report and says so, and why it has no figures.
inline void write_and_name_report(const store& results, const std::string& path, bool quiet) {
  const std::string problem = write_report(results, path);
  if (!problem.empty())
    std::cerr << problem << '\n';
  if (!quiet)
    std::cout << path << std::endl;
}

/// What a run ends with: the table, and the report, which a shard leaves to the whole.
inline void show_results(const store& results, const run_options& o, const std::string& report) {
  if (!o.quiet)
    print_summary(results);
  if (o.part.count == 1 && !report.empty())
    write_and_name_report(results, report, o.quiet);
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
      make_readable(path);
    }
    group.barrier();
  };
  configuration c;
  if (o.resume) {
    take(o.store);
    c = stored_configuration(o.store, known);
  } else {
    c = load_configuration(o.configuration, known);
    if (!o.store.empty()) {
      if (c.output.report == report_beside(c.output.store))
        c.output.report = report_beside(o.store);
      c.output.store = o.store;
    }
    if (c.experiments.empty())
      throw std::invalid_argument("bitfault: " + c.path + ": there is no [[experiment]]");
    if (std::filesystem::path(c.output.report).lexically_normal() ==
        std::filesystem::path(c.output.store).lexically_normal())
      throw std::invalid_argument("bitfault: " + c.path +
                                  ": the report would replace the database " + c.output.store);
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
    show_results(results, o, c.output.report);
    return;
  }
  const shard part{static_cast<std::uint64_t>(group.rank()),
                   static_cast<std::uint64_t>(group.size()), shard::dealing::in_pieces};
  if (first) {
    group.barrier(); // the others have seen what is in the campaign's file
    store results = store::open(path, campaign->description());
    results.set_golden(summary_of(campaign->golden()));
    run(results, part);
    group.barrier(); // the others have closed their files
    merge_ranks(results);
    finish_stored(results);
    show_results(results, o, c.output.report);
  } else {
    {
      store own = store::open(rank_file(path, group.rank()), campaign->description());
      own.set_golden(summary_of(campaign->golden()));
      rank_store results(own, path);
      group.barrier();
      run(results, part);
    }
    group.barrier();
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

} // namespace bitfault::campaign
