// SPDX-License-Identifier: MIT
#pragma once

#include "demo_model.hpp"
#include "experiments.hpp"

#include <bitfault/campaign/campaign.hpp>
#include <bitfault/campaign/describe.hpp>
#include <bitfault/campaign/progress.hpp>
#include <bitfault/campaign/store.hpp>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace demo {

/// One of the demo's campaigns: on which images, and where its trials are kept.
struct campaign_plan {
  std::string name;
  std::vector<bitfault::campaign::experiment> experiments;
  std::size_t images;
  std::uint64_t batch;
  std::filesystem::path file;
};

/// What came out, and what the run itself was like.
struct finished_run {
  bitfault::campaign::store results;
  std::uint64_t found = 0; ///< trials that were in the file before
  bool restored = false;   ///< the weights of all threads are bit for bit what they were
};

[[nodiscard]] inline std::uint64_t stored_trials(const bitfault::campaign::store& s) {
  std::uint64_t n = 0;
  for (std::size_t e = 0; e < s.description().experiments.size(); ++e) {
    n += s.stored(e).count();
  }
  return n;
}

/// Runs what is missing in the campaign's file. Throws for a target that inference does not read.
[[nodiscard]] inline finished_run
run_plan(const campaign_plan& plan, const network& net, const labelled_images& images,
         std::uint64_t seed, unsigned threads,
         const std::function<void(const bitfault::campaign::progress&)>& watch) {
  namespace bc = bitfault::campaign;
  const auto inputs = std::make_shared<const labelled_inputs>(images, plan.images);
  std::vector<demo_model*> models; // they live as long as the campaign
  bc::settings settings;
  settings.name = plan.name;
  settings.seed = seed;
  settings.threads = threads;
  bc::campaign<demo_model> campaign(
      [&] {
        auto made = std::make_unique<demo_model>(net, inputs, plan.batch);
        models.push_back(made.get());
        return made;
      },
      settings, plan.experiments);
  campaign.require_live_targets();
  finished_run run{bc::store::open(plan.file, bc::describe(campaign, "demo network", "")), 0, true};
  run.found = stored_trials(run.results);
  run.results.set_golden(bc::summary_of(campaign.golden()));
  campaign.run(run.results, {}, watch);
  network before = net;
  const auto expected = before.parameters();
  for (demo_model* m : models) {
    const auto now = m->parameters();
    for (std::size_t i = 0; i < now.size(); ++i) {
      run.restored = run.restored && std::memcmp(now[i].memory.data(), expected[i].data.data(),
                                                 expected[i].data.size_bytes()) == 0;
    }
  }
  return run;
}

} // namespace demo
