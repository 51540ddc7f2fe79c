// SPDX-License-Identifier: MIT

// What a campaign on the demo network takes beside the network's own inference, with its trials
// kept in a SQLite file, as programs run it. The file is in the folder for temporary files.

#include "demo/campaign/demo_model.hpp"

#include <bitfault/campaign/campaign.hpp>
#include <bitfault/campaign/describe.hpp>
#include <bitfault/campaign/layer_outputs.hpp>
#include <bitfault/campaign/store.hpp>

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <unistd.h>

namespace {

namespace bc = bitfault::campaign;
namespace fs = std::filesystem;
using clock_type = std::chrono::steady_clock;

/// The demo network with a clock; what the clock takes counts as inference.
struct timed_model : demo::demo_model {
  using demo::demo_model::demo_model;
  void run_layer(std::size_t n, std::uint64_t first, std::span<const bc::tensor_ref> in,
                 const bc::tensor_ref& out) {
    const auto begin = clock_type::now();
    demo::demo_model::run_layer(n, first, in, out);
    spent += clock_type::now() - begin;
  }
  clock_type::duration spent{};
};

double seconds(clock_type::duration d) { return std::chrono::duration<double>(d).count(); }

/// Processor time of all threads: unlike the time on the wall, little changed by other work.
double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

/// A campaign with its file.
template <class Model>
struct set_up {
  set_up(std::uint64_t trials, bool all_inputs, bool shortcuts)
      : campaign(
            [this] {
              auto m = std::make_unique<Model>(net, inputs, 1);
              made = m.get();
              return m;
            },
            chosen(shortcuts), {weights(trials, all_inputs)}) {}
  static bc::settings chosen(bool shortcuts) {
    bc::settings s;
    s.start_at_fault = s.stop_if_masked = shortcuts;
    return s;
  }
  static bc::experiment weights(std::uint64_t trials, bool all_inputs) {
    bc::experiment e;
    e.name = "weights";
    e.all_inputs = all_inputs;
    e.trials = trials;
    return e;
  }
  /// Seconds for all trials.
  double run() {
    bc::store results = bc::store::open(file, bc::describe(campaign, "demo", ""));
    results.set_golden(bc::summary_of(campaign.golden()));
    const auto begin = clock_type::now();
    const double processor_begin = processor_seconds();
    campaign.run(results);
    processor_took = processor_seconds() - processor_begin;
    const double took = seconds(clock_type::now() - begin);
    fs::remove(file);
    return took;
  }

  double processor_took = 0; ///< of the last run
  fs::path file =
      fs::temp_directory_path() / ("bitfault-campaign-demo-" + std::to_string(::getpid()) + ".db");
  std::shared_ptr<const demo::labelled_inputs> inputs =
      std::make_shared<const demo::labelled_inputs>(demo::load_test_set(DEMO_DATA_DIRECTORY), 100);
  demo::network net =
      demo::load_network(fs::path(DEMO_DATA_DIRECTORY) / "demo_network.safetensors");
  Model* made = nullptr;
  bc::campaign<Model> campaign;
};

/// Share of the run time that is not the network's, without shortcuts: against the same inferences
/// by themselves, in alternation.
void overhead_of_full_runs(benchmark::State& state, std::uint64_t trials, bool all_inputs) {
  set_up<demo::demo_model> s(trials, all_inputs, false);
  const bc::layer_outputs outputs(s.campaign.golden().layers(), 1);
  const std::size_t layers = s.campaign.golden().layers().size();
  const bc::bound_experiment& e = s.campaign.experiments()[0];
  double bare_processor = 0;
  const auto alone = [&] {
    const auto begin = clock_type::now();
    const double processor_begin = processor_seconds();
    for (std::uint64_t t = 0; t < trials; ++t) {
      const auto [first, count] = e.inputs_of(t, 100);
      for (std::uint64_t input = first; input < first + count; ++input)
        for (std::size_t n = 0; n < layers; ++n)
          s.made->run_layer(n, input, outputs.inputs_of(n), outputs[n]);
    }
    bare_processor += processor_seconds() - processor_begin;
    return seconds(clock_type::now() - begin);
  };
  double bare = 0, whole = 0, whole_processor = 0;
  for (auto _ : state) {
    bare += alone();
    whole += s.run();
    whole_processor += s.processor_took;
  }
  state.counters["overhead_percent"] = 100 * (whole - bare) / whole;
  state.counters["percent_of_processor_time"] =
      100 * (whole_processor - bare_processor) / whole_processor;
  state.counters["overhead_us_per_trial"] =
      1e6 * (whole - bare) / static_cast<double>(state.iterations() * trials);
}

/// The same with shortcuts: less inference stands beside the same engine, and comparing outputs
/// with golden ones counts as engine.
void overhead_with_shortcuts(benchmark::State& state, std::uint64_t trials, bool all_inputs) {
  set_up<timed_model> s(trials, all_inputs, true);
  double inference = 0, whole = 0;
  for (auto _ : state) {
    s.made->spent = {};
    whole += s.run();
    inference += seconds(s.made->spent);
  }
  state.counters["overhead_percent"] = 100 * (whole - inference) / whole;
  state.counters["overhead_us_per_trial"] =
      1e6 * (whole - inference) / static_cast<double>(state.iterations() * trials);
}

BENCHMARK_CAPTURE(overhead_of_full_runs, all_images, 100, true)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(overhead_of_full_runs, one_image, 5000, false)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(overhead_with_shortcuts, all_images, 300, true)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(overhead_with_shortcuts, one_image, 10000, false)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

} // namespace
