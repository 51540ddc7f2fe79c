// SPDX-License-Identifier: MIT
#pragma once

#include "apply_stop_rule.hpp"
#include "bound_experiment.hpp"
#include "campaign_description.hpp"
#include "classification.hpp"
#include "complete_prefix.hpp"
#include "experiment.hpp"
#include "golden_run.hpp"
#include "isolation.hpp"
#include "jobs.hpp"
#include "judge.hpp"
#include "probe.hpp"
#include "progress.hpp"
#include "runner.hpp"
#include "strata.hpp"
#include "target_region.hpp"
#include "trial.hpp"
#include "trial_ranges.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace bitfault::campaign {

/// Which part of a campaign this process runs.
struct shard {
  /// How an experiment's blocks of trials are dealt out. `in_turn`: all of them, whatever is in the
  /// file, so that nobody has to know what others have. `in_pieces`: those that are missing, as
  /// many without a gap for each; all have to see the same trials. Pieces are merged faster.
  enum class dealing { in_turn, in_pieces };

  std::uint64_t index = 0;
  std::uint64_t count = 1;
  dealing how = dealing::in_turn;
};

/// A campaign on a model: the golden run, and experiments whose trials are all compared with it.
///
///   campaign c([] { return std::make_unique<my_model>(); }, settings{...}, {experiment{...}});
///   c.require_live_targets();
///   memory_store results(c.experiments().size());
///   c.run(results);
///
/// Its results depend on the model, the inputs, the settings' first part and the experiments; not
/// on threads, shards, shortcuts or the order of work.
template <model M>
class campaign {
public:
  using make_model = std::function<std::unique_ptr<M>()>;

  /// Makes the golden run. `make` is called once for each thread, the first time now; all models
  /// that it makes must be the same. Throws std::invalid_argument or `error` for what does not fit.
  campaign(make_model make, settings s, const std::vector<experiment>& experiments)
      : make_(std::move(make)), settings_(with_defaults(std::move(s))),
        judge_(settings_.criteria, settings_.headline) {
    add_model();
    golden_ = std::make_unique<golden_run>(*models_[0], settings_, judge_);
    if (experiments.empty())
      throw std::invalid_argument("bitfault: campaign: there are no experiments");
    for (const experiment& asked : experiments)
      for (experiment& e : strata_of(asked, golden_->targets())) {
        for (const bound_experiment& other : experiments_)
          if (other.what().name == e.name)
            throw std::invalid_argument("bitfault: campaign: two experiments are named '" + e.name +
                                        "'");
        const auto number = static_cast<std::uint32_t>(experiments_.size());
        experiments_.emplace_back(std::move(e), number, settings_.seed, golden_->targets());
      }
    for (const std::size_t t : monitored_targets())
      monitored_.push_back(golden_->targets()[t].place);
  }
  campaign(const campaign&) = delete;
  campaign& operator=(const campaign&) = delete;

  const settings& chosen() const noexcept { return settings_; }
  const golden_run& golden() const noexcept { return *golden_; }
  const std::vector<target>& targets() const noexcept { return golden_->targets(); }
  const std::vector<bound_experiment>& experiments() const noexcept { return experiments_; }
  const judge& judging() const noexcept { return judge_; }

  /// Probes every target of every experiment with gross faults; see `require_live`.
  void require_live_targets() {
    std::vector<std::size_t> struck;
    for (const bound_experiment& e : experiments_)
      for (const std::size_t t : targets_in(find_regions(targets(), e.what().targets)))
        struck.push_back(t);
    std::sort(struck.begin(), struck.end());
    struck.erase(std::unique(struck.begin(), struck.end()), struck.end());
    require_live(*models_[0], *golden_, settings_, struck);
  }

  /// Runs what is missing in the store, and keeps it there. `watch(progress)` is called by the
  /// calling thread, about twenty times a second. With more than one shard a stop rule waits for
  /// `finish` on the merged store.
  template <class Store, class Watch>
  void run(Store& results, const shard& part, const Watch& watch) {
    if (part.count == 0 || part.index >= part.count)
      throw std::invalid_argument("bitfault: campaign: shard " + std::to_string(part.index) +
                                  " of " + std::to_string(part.count));
    state now(experiments_);
    const std::vector<trial_job> jobs = jobs_for(results, part, now);
    const auto begin = std::chrono::steady_clock::now();
    const auto keep = [&](std::size_t i, std::vector<trial_record>&& finished) {
      take(results, part, now, jobs[i].experiment, finished);
    };
    const auto rest = [&] {
      const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
      watch(now.report(experiments_, took.count()));
    };
    if (settings_.isolate)
      run_in_processes(results, jobs, now, keep, rest);
    else
      run_in_threads(jobs, now, keep, rest);
    rest();
  }
  template <class Store>
  void run(Store& results) {
    run(results, {}, [](const progress&) {});
  }

  /// Carries out the stop rules on trials that are all there, as after a merge of shards.
  template <class Store>
  void finish(Store& results) const {
    for (const bound_experiment& e : experiments_)
      if (e.what().stop)
        apply_stop_rule(results, e.number(), complete_prefix(e), e.trials());
  }

  /// One trial again, from nothing but its number.
  trial_record replay(std::uint32_t experiment, std::uint64_t trial) {
    return make_runner(0)->run(experiments_.at(experiment), trial);
  }
  /// A runner on the campaign's first model, for faults of one's own. One at a time.
  std::unique_ptr<runner<M>> make_runner() { return make_runner(0); }

private:
  static settings with_defaults(settings s) {
    if (s.criteria.empty())
      s.criteria = classification_criteria();
    if (s.golden_repeats == 0)
      throw std::invalid_argument("bitfault: campaign: golden_repeats is 0; at least one golden "
                                  "run is needed");
    return s;
  }

  std::vector<std::size_t> monitored_targets() const {
    if (settings_.monitors.empty())
      return {};
    const auto is_parameter = [&](std::size_t t) { return golden_->targets()[t].is_parameter(); };
    // Parameters are often named like their layer, so that a pattern for layers fits them, too.
    for (const std::string& pattern : settings_.monitors) {
      const std::vector<std::size_t> fitting = find_targets(golden_->targets(), {pattern});
      if (std::all_of(fitting.begin(), fitting.end(), is_parameter))
        throw std::invalid_argument("bitfault: campaign: monitors: '" + pattern +
                                    "' names no layer: '" +
                                    golden_->targets()[fitting.front()].name +
                                    "' is a parameter; monitors watch the outputs of layers");
    }
    std::vector<std::size_t> found = find_targets(golden_->targets(), settings_.monitors);
    std::erase_if(found, is_parameter);
    return found;
  }

  void add_model() {
    models_.push_back(make_());
    if (models_.back() == nullptr)
      throw std::invalid_argument("bitfault: campaign: no model was made");
  }
  std::unique_ptr<runner<M>> make_runner(std::size_t i) {
    return std::make_unique<runner<M>>(*models_[i], *golden_, settings_, judge_, monitored_);
  }

  /// Blocks of trials: what threads take in one go and shards are dealt.
  static constexpr std::uint64_t block = 64;

  /// What is known while the campaign runs; `stopped` is read by all threads.
  struct state {
    explicit state(const std::vector<bound_experiment>& all) : stopped(all.size()) {
      for (const bound_experiment& e : all) {
        prefixes.emplace_back(e);
        planned.push_back(e.trials());
      }
    }
    progress report(const std::vector<bound_experiment>& all, double seconds) const {
      progress p;
      p.ran = ran;
      p.seconds = seconds;
      for (std::size_t i = 0; i < all.size(); ++i) {
        p.done += std::min(done[i], planned[i]);
        p.planned += planned[i];
        if (p.now == nullptr && prefixes[i].length() < planned[i]) {
          p.now = &all[i].what();
          p.prefix = prefixes[i].length();
          p.critical = prefixes[i].critical();
          p.sites =
              all[i].what().amount.which == fault_amount::kind::single ? all[i].space().sites() : 0;
        }
      }
      return p;
    }

    std::vector<std::atomic<bool>> stopped;
    std::vector<complete_prefix> prefixes;
    std::vector<std::uint64_t> planned;
    std::vector<std::uint64_t> done = std::vector<std::uint64_t>(planned.size());
    std::uint64_t ran = 0;
  };

  template <class Store>
  std::vector<trial_job> jobs_for(Store& results, const shard& part, state& now) const {
    std::vector<trial_job> jobs;
    now.done.assign(experiments_.size(), 0);
    for (const bound_experiment& e : experiments_) {
      const std::uint32_t n = e.number();
      if (const auto end = results.stopped_at(n)) {
        now.planned[n] = *end;
        now.stopped[n] = true;
      }
      results.for_each_trial(n, {0, results.stored(n).prefix()},
                             [&](const trial_record& r) { now.prefixes[n].add(r); });
      stop_if_known(results, part, now, n); // it may have been killed just before
      const trial_ranges done = results.stored(n);
      now.done[n] = done.count();
      const std::vector<trial_range> gaps = done.missing_below(now.planned[n]);
      deal_out(n, gaps, part, jobs);
      // Trials behind the first gap wait for it.
      if (!gaps.empty())
        results.for_each_trial(n, {gaps.front().end, now.planned[n]},
                               [&](const trial_record& r) { now.prefixes[n].add(r); });
      if (part.count > 1) // the others' trials are not this process's to wait for
        now.planned[n] = now.done[n];
    }
    if (part.count > 1)
      for (const trial_job& j : jobs)
        now.planned[j.experiment] += j.trials.end - j.trials.begin;
    return jobs;
  }

  /// Adds this process's blocks of an experiment's missing trials.
  static void deal_out(std::uint32_t experiment, const std::vector<trial_range>& gaps,
                       const shard& part, std::vector<trial_job>& jobs) {
    std::vector<trial_range> blocks;
    for (const trial_range& gap : gaps)
      for (std::uint64_t first = gap.begin; first < gap.end; first = blocks.back().end)
        blocks.push_back({first, std::min(gap.end, (first / block + 1) * block)});
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      const std::uint64_t owner = part.how == shard::dealing::in_turn
                                      ? blocks[i].begin / block % part.count
                                      : i * part.count / blocks.size();
      if (owner == part.index)
        jobs.push_back({experiment, blocks[i]});
    }
  }

  template <class Keep, class Rest>
  void run_in_threads(const std::vector<trial_job>& jobs, const state& now, const Keep& keep,
                      const Rest& rest) {
    while (models_.size() < std::max(settings_.threads, 1U))
      add_model();
    std::vector<std::unique_ptr<runner<M>>> runners;
    for (std::size_t i = 0; i < std::max(settings_.threads, 1U); ++i)
      runners.push_back(make_runner(i));
    using records = std::vector<trial_record>;
    run_jobs<records>(
        runners, jobs.size(),
        [&](std::unique_ptr<runner<M>>& with, std::size_t i) {
          const trial_job& j = jobs[i];
          return now.stopped[j.experiment].load()
                     ? records{}
                     : with->run(experiments_[j.experiment], j.trials.begin, j.trials.end);
        },
        keep, rest);
  }

  /// Each child makes a model of its own. What has killed a process twice is not tried again.
  template <class Store, class Keep, class Rest>
  void run_in_processes(Store& results, const std::vector<trial_job>& jobs, const state& now,
                        const Keep& keep, const Rest& rest) {
    const auto serve = [&](int socket, child_activity& activity) {
      const std::unique_ptr<M> m = make_();
      runner<M> with(*m, *golden_, settings_, judge_, monitored_);
      detail::serve_jobs(socket, activity, [&](std::uint32_t experiment, std::uint64_t trial) {
        return with.run(experiments_[experiment], trial);
      });
    };
    const auto died = [&](std::uint32_t experiment, std::uint64_t trial,
                          outcome how) -> std::optional<trial_record> {
      if (results.record_death(experiment, trial, how) < 2)
        return std::nullopt;
      return make_runner(0)->lost(experiments_[experiment], trial, how);
    };
    run_isolated(
        settings_.threads, jobs, settings_.time_limit,
        [&](std::size_t i) { return !now.stopped[jobs[i].experiment].load(); }, serve, died, keep,
        rest);
  }

  template <class Store>
  void take(Store& results, const shard& part, state& now, std::uint32_t n,
            std::vector<trial_record>& finished) const {
    if (finished.empty() || now.stopped[n])
      return;
    results.add(n, finished);
    if (part.count == 1)
      for (const trial_record& r : finished)
        now.prefixes[n].add(r);
    now.done[n] += finished.size();
    now.ran += finished.size();
    stop_if_known(results, part, now, n);
  }

  /// Carries out a stop rule. A shard does not see all trials, so it stops nothing.
  template <class Store>
  static void stop_if_known(Store& results, const shard& part, state& now, std::uint32_t n) {
    const auto end = now.prefixes[n].stops_at();
    if (!end || part.count > 1 || now.stopped[n])
      return;
    now.stopped[n] = true;
    now.planned[n] = *end;
    results.set_stopped_at(n, *end);
  }

  make_model make_;
  settings settings_;
  judge judge_;
  std::vector<std::unique_ptr<M>> models_;
  std::unique_ptr<golden_run> golden_;
  std::vector<bound_experiment> experiments_;
  std::vector<std::size_t> monitored_;
};

} // namespace bitfault::campaign
