// SPDX-License-Identifier: MIT

// What the campaign engine costs beside the model's own inference, and what its shortcuts save.

#include <bitfault/bitfault.hpp>
#include <bitfault/campaign/campaign.hpp>
#include <bitfault/campaign/memory_store.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
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
  double spent = 0; ///< seconds of inference

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
    spent += took.count();
  }
};

struct engine {
  engine(std::size_t layers, double nanoseconds, const bc::settings& s, std::uint64_t trials)
      : model_made(nullptr), campaign(
                                 [this, layers, nanoseconds] {
                                   auto m = std::make_unique<chain>(layers, nanoseconds);
                                   model_made = m.get();
                                   return m;
                                 },
                                 s, {weights(trials)}) {}
  static bc::experiment weights(std::uint64_t trials) {
    bc::experiment e;
    e.name = "weights";
    e.amount.which = bc::fault_amount::kind::exactly;
    e.trials = trials;
    return e;
  }
  chain* model_made;
  bc::campaign<chain> campaign;
};

/// Microseconds of engine per trial on a model that does next to nothing, one thread.
void overhead_on_an_empty_model(benchmark::State& state) {
  constexpr std::uint64_t trials = 20000;
  engine e(3, 0, {}, trials);
  double total = 0;
  for (auto _ : state) {
    bc::memory_store results(1);
    const auto begin = std::chrono::steady_clock::now();
    e.campaign.run(results);
    total += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }
  state.counters["us_per_trial"] = 1e6 * total / static_cast<double>(state.iterations() * trials);
}

/// Share of the run time that is not the model's own, for an inference of 60 microseconds.
void overhead_share(benchmark::State& state) {
  constexpr std::uint64_t trials = 3000;
  bc::settings s;
  s.start_at_fault = s.stop_if_masked = false;
  engine e(10, 6000, s, trials);
  double total = 0, inference = 0;
  for (auto _ : state) {
    bc::memory_store results(1);
    e.model_made->spent = 0;
    const auto begin = std::chrono::steady_clock::now();
    e.campaign.run(results);
    total += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    inference += e.model_made->spent;
  }
  state.counters["overhead_percent"] = 100 * (total - inference) / total;
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
BENCHMARK(overhead_share)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(shortcuts_on_20_layers)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(2);

} // namespace
