// SPDX-License-Identifier: MIT

// Campaigns on the project's own spiking network, time steps unrolled: trials that start at the
// faulted step from the golden state and stop when spikes and state are golden again, against
// trials that run everything. Both give the same records; that is checked. `ratio` is trials/s with
// shortcuts over those of full runs, `of_the_network` the trials/s of full runs over those of the
// network by itself, without an engine.

#include "demo/data.hpp"
#include "spiking/campaign/spiking_model.hpp"
#include "spiking/event_network.hpp"

#include <bitfault/campaign/campaign.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace bc = bitfault::campaign;
using clock_type = std::chrono::steady_clock;

constexpr std::size_t recordings = 8;

spiking::network<float> shipped_network() {
  return spiking::load_event_network(std::filesystem::path(SPIKING_DATA_DIRECTORY) /
                                     "event_network.safetensors");
}

std::shared_ptr<const spiking::labelled_frames> shipped_frames() {
  const auto images = demo::load_test_set(DEMO_DATA_DIRECTORY);
  auto result = std::make_shared<spiking::labelled_frames>();
  result->steps = spiking::event_steps;
  for (std::size_t i = 0; i < recordings; ++i) {
    const auto seen = spiking::event_frames(
        std::span(images.pixels).subspan(i * images.image_size(), images.image_size()));
    result->values.insert(result->values.end(), seen.values.begin(), seen.values.end());
    result->labels.push_back(images.labels[i]);
  }
  return result;
}

/// One way of running the trials of an experiment.
class way {
public:
  way(const std::string& targets, bool shortcuts, std::uint64_t trials,
      const std::shared_ptr<const spiking::labelled_frames>& inputs)
      : settings_(chosen(shortcuts)), model_(shipped_network(), inputs, 1),
        golden_(model_, settings_, judge_), bound_(on(targets, trials), 0, 5, golden_.targets()),
        runner_(model_, golden_, settings_, judge_, {}) {}

  /// Seconds for all trials.
  double run() {
    const auto begin = clock_type::now();
    records = runner_.run(bound_, 0, bound_.what().trials);
    return std::chrono::duration<double>(clock_type::now() - begin).count();
  }
  std::vector<bc::trial_record> records;

private:
  static bc::settings chosen(bool shortcuts) {
    bc::settings s;
    s.start_at_fault = s.stop_if_masked = shortcuts;
    return s;
  }
  static bc::experiment on(const std::string& targets, std::uint64_t trials) {
    bc::experiment e;
    e.name = "faults";
    for (std::size_t at = 0, end = 0; at < targets.size(); at = end + 1) {
      end = std::min(targets.find(' ', at), targets.size());
      e.targets.push_back(targets.substr(at, end - at));
    }
    e.trials = trials;
    return e;
  }

  bc::settings settings_;
  bc::judge judge_{bc::classification_criteria(), "sdc_1"};
  spiking::spiking_model model_;
  bc::golden_run golden_;
  bc::bound_experiment bound_;
  bc::runner<spiking::spiking_model> runner_;
};

void late_start_and_early_stop(benchmark::State& state, const char* targets) {
  constexpr std::uint64_t trials = 200;
  const auto inputs = shipped_frames();
  way partial(targets, true, trials, inputs), full(targets, false, trials, inputs);
  auto net = shipped_network();
  const std::size_t size = inputs->values.size() / recordings;
  std::array<double, 3> shortest{1e9, 1e9, 1e9}; // in alternation, so that noise hits all of them
  for (auto _ : state) {
    shortest[0] = std::min(shortest[0], partial.run());
    shortest[1] = std::min(shortest[1], full.run());
    if (partial.records != full.records)
      throw std::logic_error("shortcuts changed the records");
    const auto begin = clock_type::now();
    for (std::size_t t = 0; t < trials; ++t) {
      auto scores = spiking::scores_of<float>(
          net, std::span(inputs->values).subspan(t % recordings * size, size),
          spiking::over_time::summed);
      benchmark::DoNotOptimize(scores);
    }
    shortest[2] =
        std::min(shortest[2], std::chrono::duration<double>(clock_type::now() - begin).count());
  }
  state.counters["trials_per_second"] = static_cast<double>(trials) / shortest[0];
  state.counters["ratio"] = shortest[1] / shortest[0];
  state.counters["of_the_network"] = shortest[2] / shortest[1];
}

BENCHMARK_CAPTURE(late_start_and_early_stop, spikes, "lif1@* lif2@*")
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(late_start_and_early_stop, membranes, "*.membrane@*")
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(late_start_and_early_stop, weights, "@weights")
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(late_start_and_early_stop, neurons, "@state")
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

} // namespace
