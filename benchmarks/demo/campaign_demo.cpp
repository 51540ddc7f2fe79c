// SPDX-License-Identifier: MIT

// What a campaign on the demo network takes beside the network's own inference, with its trials
// kept in a SQLite file, as programs run it. The file is in the folder for temporary files.

#include "demo/campaign/demo_model.hpp"

#include <bitfault/campaign/campaign.hpp>
#include <bitfault/campaign/describe.hpp>
#include <bitfault/campaign/store.hpp>

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdint>
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
    ++calls;
  }
  clock_type::duration spent{};
  std::uint64_t calls = 0;
};

double seconds(clock_type::duration d) { return std::chrono::duration<double>(d).count(); }

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
    campaign.run(results);
    const double took = seconds(clock_type::now() - begin);
    fs::remove(file);
    return took;
  }

  fs::path file =
      fs::temp_directory_path() / ("bitfault-campaign-demo-" + std::to_string(::getpid()) + ".db");
  std::shared_ptr<const demo::labelled_inputs> inputs =
      std::make_shared<const demo::labelled_inputs>(demo::load_test_set(DEMO_DATA_DIRECTORY), 100);
  demo::network net =
      demo::load_network(fs::path(DEMO_DATA_DIRECTORY) / "demo_network.safetensors");
  Model* made = nullptr;
  bc::campaign<Model> campaign;
};

/// Seconds that one look at the clock takes. Of the two around a layer, half of each falls outside
/// of what they measure.
double seconds_per_look() {
  constexpr int looks = 1'000'000;
  const auto begin = clock_type::now();
  for (int i = 0; i < looks; ++i)
    benchmark::DoNotOptimize(clock_type::now());
  return seconds(clock_type::now() - begin) / looks;
}

/// Share of the run time that is not spent in the network's layers, in the same run: another run
/// without the engine differs by more than the engine takes, by which core and pages it gets. With
/// shortcuts less inference stands beside the same engine, and comparing outputs with golden ones
/// counts as engine.
void overhead(benchmark::State& state, std::uint64_t trials, bool all_inputs, bool shortcuts) {
  set_up<timed_model> s(trials, all_inputs, shortcuts);
  const double look = seconds_per_look();
  double inference = 0, whole = 0;
  for (auto _ : state) {
    s.made->spent = {};
    s.made->calls = 0;
    whole += s.run() - look * static_cast<double>(s.made->calls);
    inference += seconds(s.made->spent);
  }
  state.counters["overhead_percent"] = 100 * (whole - inference) / whole;
  state.counters["overhead_us_per_trial"] =
      1e6 * (whole - inference) / static_cast<double>(state.iterations() * trials);
}

BENCHMARK_CAPTURE(overhead, full_runs_all_images, 200, true, false)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(overhead, full_runs_one_image, 10000, false, false)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(overhead, with_shortcuts_all_images, 500, true, true)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(overhead, with_shortcuts_one_image, 10000, false, true)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

} // namespace
