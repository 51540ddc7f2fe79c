// SPDX-License-Identifier: MIT
#pragma once

#include "hardware_model.hpp"
#include "workload.hpp"

#include <bitfault/campaign/campaign.hpp>
#include <bitfault/campaign/describe.hpp>
#include <bitfault/campaign/probe.hpp>
#include <bitfault/campaign/progress.hpp>
#include <bitfault/campaign/store.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace spiking {

/// One of the demo's campaigns, and where its trials are kept.
struct campaign_plan {
  std::string name;
  std::vector<bitfault::campaign::experiment> experiments;
  hardware parts;
  std::filesystem::path file;
};

/// What came out, and what the run itself was like.
struct finished_run {
  bitfault::campaign::store results;
  std::uint64_t found = 0; ///< trials that were in the file before
  std::size_t right = 0;   ///< recordings that are classified as labelled, without faults
  bool restored = false;   ///< every parameter is bit for bit what it was
};

namespace detail {

/// Of the targets that experiments strike, those of one time step for each name: the steps of a
/// layer are the same code, and probing all of them takes longer than the campaign.
[[nodiscard]] inline std::vector<std::size_t>
targets_to_probe(const bitfault::campaign::campaign<hardware_model>& c) {
  namespace bc = bitfault::campaign;
  std::map<std::string, std::vector<std::size_t>> by_name;
  std::vector<char> seen(c.targets().size());
  for (const auto& e : c.experiments()) {
    for (const std::size_t t : bc::find_targets(c.targets(), e.what().targets)) {
      const std::string& name = c.targets()[t].name;
      if (std::exchange(seen[t], 1) == 0)
        by_name[name.substr(0, name.find('@'))].push_back(t);
    }
  }
  std::vector<std::size_t> chosen;
  for (const auto& [name, steps] : by_name)
    chosen.push_back(steps[steps.size() / 2]);
  return chosen;
}

/// Throws std::invalid_argument with the names of targets that inference does not read. What is
/// asked is how the model is wired: a few recordings show that.
inline void probe(const bitfault::campaign::campaign<hardware_model>& c, const workload& on,
                  hardware parts) {
  namespace bc = bitfault::campaign;
  auto few = std::make_shared<labelled_frames>(*on.inputs);
  const std::size_t most = std::min<std::size_t>(few->labels.size(), 3);
  few->values.resize(few->values.size() / few->labels.size() * most);
  few->labels.resize(most);
  hardware_model m(on.net, few, 1, on.how, parts);
  bc::settings settings = c.chosen();
  settings.golden_repeats = 1;
  bc::judge judge(settings.criteria, settings.headline);
  const bc::golden_run golden(m, settings, judge);
  bc::require_live(m, golden, settings, targets_to_probe(c));
}

[[nodiscard]] inline std::uint64_t stored_trials(const bitfault::campaign::store& s) {
  std::uint64_t n = 0;
  for (std::size_t e = 0; e < s.description().experiments.size(); ++e)
    n += s.stored(e).count();
  return n;
}

[[nodiscard]] inline bool same_parameters(hardware_model& a, hardware_model& b) {
  const auto x = a.parameters(), y = b.parameters();
  for (std::size_t i = 0; i < x.size(); ++i)
    if (std::memcmp(x[i].memory.data(), y[i].memory.data(), x[i].memory.bytes()) != 0)
      return false;
  return true;
}

} // namespace detail

/// Runs what is missing in the campaign's file. Throws for a target that inference does not read.
[[nodiscard]] inline finished_run
run_plan(const campaign_plan& plan, const workload& on, std::uint64_t seed, unsigned threads,
         const std::function<void(const bitfault::campaign::progress&)>& watch) {
  namespace bc = bitfault::campaign;
  const auto make = [&] {
    return std::make_unique<hardware_model>(on.net, on.inputs, 1, on.how, plan.parts);
  };
  std::vector<hardware_model*> models; // they live as long as the campaign
  bc::settings settings;
  settings.name = plan.name;
  settings.seed = seed;
  settings.threads = threads;
  settings.cache_bytes = std::uint64_t{1} << 30U;
  bc::campaign<hardware_model> campaign(
      [&] {
        auto made = make();
        models.push_back(made.get());
        return made;
      },
      settings, plan.experiments);
  detail::probe(campaign, on, plan.parts);
  finished_run run{bc::store::open(plan.file, bc::describe(campaign, on.name + " network", "")), 0,
                   static_cast<std::size_t>(campaign.golden().correct()), true};
  run.found = detail::stored_trials(run.results);
  run.results.set_golden(bc::summary_of(campaign.golden()));
  campaign.run(run.results, {}, watch);
  const auto untouched = make();
  for (hardware_model* m : models)
    run.restored = run.restored && detail::same_parameters(*m, *untouched);
  return run;
}

} // namespace spiking
