// SPDX-License-Identifier: MIT

// What the campaign engine costs by itself, and what its shortcuts save. Its share of a campaign on
// a real network: demo/campaign_demo.cpp.

#include <bitfault/bitfault.hpp>
#include <bitfault/campaign/campaign.hpp>
#include <bitfault/campaign/describe.hpp>
#include <bitfault/campaign/memory_store.hpp>
#include <bitfault/campaign/store.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

namespace bc = bitfault::campaign;

/// `depth` layers that copy their input and work for some nanoseconds.
struct chain {
  chain(std::size_t layers, double nanoseconds_each)
      : depth(layers), nanoseconds(nanoseconds_each),
        weights(layers, std::vector<float>(20, 0.5F)) {}
  std::size_t depth;
  double nanoseconds;
  std::vector<std::vector<float>> weights;

  std::vector<bc::layer> layers() const {
    std::vector<bc::layer> list{{"input", {}, bc::type<float>(), {10}}};
    for (std::size_t i = 0; i < depth; ++i)
      list.push_back({"layer" + std::to_string(i), {i}, bc::type<float>(), {10}});
    return list;
  }
  std::vector<bc::parameter> parameters() {
    std::vector<bc::parameter> list;
    for (std::size_t i = 0; i < depth; ++i)
      list.push_back({"weight" + std::to_string(i),
                      bitfault::view(weights[i]),
                      bc::parameter_kind::weight,
                      {i + 1}});
    return list;
  }
  std::uint64_t inputs() const { return 100; }
  std::uint64_t batch() const { return 1; }
  void run_layer(std::size_t n, std::uint64_t first, std::span<const bc::tensor_ref> in,
                 const bc::tensor_ref& out) {
    const auto begin = std::chrono::steady_clock::now();
    float* to = out.as<float>();
    for (std::size_t i = 0; i < 10; ++i)
      to[i] = n == 0 ? static_cast<float>(first + i) - 50
                     : std::max(0.0F,
                                in[0].as<float>()[i] * weights[n - 1][i] + weights[n - 1][10 + i]);
    if (nanoseconds == 0)
      return;
    std::chrono::duration<double> took{};
    do
      took = std::chrono::steady_clock::now() - begin;
    while (took.count() < nanoseconds * 1e-9);
  }
};

struct engine {
  engine(std::size_t layers, double nanoseconds, const bc::settings& s, std::uint64_t trials)
      : campaign([layers, nanoseconds] { return std::make_unique<chain>(layers, nanoseconds); }, s,
                 {weights(trials)}) {}
  static bc::experiment weights(std::uint64_t trials) {
    bc::experiment e;
    e.name = "weights";
    e.amount.which = bc::fault_amount::kind::exactly;
    e.trials = trials;
    return e;
  }
  bc::campaign<chain> campaign;
};

/// Microseconds of engine per trial on a model that does next to nothing, one thread. Trials are
/// kept in memory, and in a SQLite file in the folder for temporary files.
void overhead_on_an_empty_model(benchmark::State& state) {
  constexpr std::uint64_t trials = 20000;
  engine e(3, 0, {}, trials);
  const std::filesystem::path file = std::filesystem::temp_directory_path() /
                                     ("bitfault-campaign-" + std::to_string(::getpid()) + ".db");
  double in_memory = 0, in_a_file = 0;
  const auto run = [&](auto& results) {
    const auto begin = std::chrono::steady_clock::now();
    e.campaign.run(results);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  for (auto _ : state) {
    bc::memory_store memory(1);
    in_memory += run(memory);
    {
      bc::store stored = bc::store::open(file, bc::describe(e.campaign, "empty", ""));
      in_a_file += run(stored);
    }
    std::filesystem::remove(file);
  }
  const double all = static_cast<double>(state.iterations() * trials);
  state.counters["us_per_trial_in_memory"] = 1e6 * in_memory / all;
  state.counters["us_per_trial_in_a_file"] = 1e6 * in_a_file / all;
}

/// Trials per second with shortcuts over those of full runs: 20 layers of 20 microseconds, single
/// weight faults spread evenly. Without masking the ideal is 20 / 10.5; ReLUs mask some.
void shortcuts_on_20_layers(benchmark::State& state) {
  constexpr std::uint64_t trials = 1500;
  bc::settings full;
  full.start_at_fault = full.stop_if_masked = false;
  engine slow(20, 20000, full, trials), fast(20, 20000, {}, trials);
  double with = 0, without = 0;
  for (auto _ : state) {
    for (auto* e : {&slow, &fast}) {
      bc::memory_store results(1);
      const auto begin = std::chrono::steady_clock::now();
      e->campaign.run(results);
      (e == &slow ? without : with) +=
          std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    }
  }
  state.counters["times_faster"] = without / with;
}

BENCHMARK(overhead_on_an_empty_model)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(shortcuts_on_20_layers)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(2);

} // namespace
