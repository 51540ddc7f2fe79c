// SPDX-License-Identifier: MIT
// A million trials with one fault each, in a campaign's file: how fast they go in, how large they
// are, how fast they come out. The file is in the folder for temporary files (TMPDIR).

#include <bitfault/campaign/export.hpp>
#include <bitfault/campaign/merge.hpp>
#include <bitfault/campaign/store.hpp>
#include <bitfault/random/philox.hpp>

#include <benchmark/benchmark.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

using namespace bitfault::campaign;
namespace fs = std::filesystem;

constexpr std::uint64_t trials = 1'000'000;
constexpr std::uint64_t at_once = 1000; // trials in a transaction

campaign_description description() {
  campaign_description d;
  d.identity.name = "million";
  d.identity.inputs = 100;
  for (int i = 0; i < 20; ++i)
    d.targets.push_back({"conv" + std::to_string(i) + ".weight",
                         target_kind::weight,
                         "float32",
                         32,
                         {64, 64, 3, 3},
                         static_cast<std::uint64_t>(i)});
  d.criteria = {
      {"sdc_1"}, {"sdc_5"}, {"sdc_10_percent"}, {"sdc_20_percent"}, {"margin_loss", false}};
  stored_experiment e;
  e.asked.name = "weights";
  e.planned = trials;
  e.sites = 20 * 64 * 64 * 9 * 32;
  d.experiments.push_back(e);
  return d;
}

/// One bit flip in a weight, on one input: most are masked or tolerable, every tenth is an SDC.
trial_record trial(std::uint64_t number) {
  const auto b = bitfault::philox({{1, 2}}, {{static_cast<std::uint32_t>(number), 0, 0, 0}});
  trial_record t;
  t.number = number;
  t.first_input = b.word[0] % 100;
  t.inputs = 1;
  const bool sdc = b.word[0] % 10 == 0;
  const std::size_t o = static_cast<std::size_t>(sdc ? outcome::sdc : outcome::tolerable);
  t.outcomes[o] = t.outcomes_golden_correct[o] = 1;
  t.outcomes_by_input.assign(1, outcome_letters[o]);
  t.answered_correctly = sdc ? 0 : 1;
  t.activated = true;
  t.criteria = {sdc ? 1.0 : 0.0, 0.0, sdc ? 1.0 : 0.0, 0.0, 1e-9 * b.word[1]};
  const std::uint64_t mask = std::uint64_t{1} << (b.word[2] % 32);
  t.faults.push_back({b.word[3] % 20,
                      {b.word[1] % (64 * 64 * 9), mask, 0, bitfault::fault_action::flip},
                      b.word[3],
                      b.word[3] ^ mask});
  return t;
}

/// The folder of this run, and the file of a million trials, made once.
struct filled_store {
  fs::path folder =
      fs::temp_directory_path() / ("bitfault-campaign-store-" + std::to_string(::getpid()));
  fs::path path = folder / "million.db";
  filled_store() { fs::create_directories(folder); }
  filled_store(const filled_store&) = delete;
  filled_store& operator=(const filled_store&) = delete;
  ~filled_store() { fs::remove_all(folder); }

  /// Of blocks of 64 trials every `step`th, as shards have them.
  static void fill(const fs::path& file, std::uint64_t first, std::uint64_t step) {
    store s = store::open(file, description());
    std::vector<trial_record> some;
    for (std::uint64_t n = 0; n < trials; ++n) {
      if (n / 64 % step != first)
        continue;
      some.push_back(trial(n));
      if (some.size() == at_once) {
        s.add(0, some);
        some.clear();
      }
    }
    s.add(0, some);
  }
  const fs::path& file() {
    if (!fs::exists(path))
      fill(path, 0, 1);
    return path;
  }
};
filled_store& filled() {
  static filled_store f;
  return f;
}

void count_trials(benchmark::State& state) {
  state.counters["trials/s"] = benchmark::Counter(static_cast<double>(trials),
                                                  benchmark::Counter::kIsIterationInvariantRate);
}

void making_the_trials_without_a_store(benchmark::State& state) {
  for (auto _ : state)
    for (std::uint64_t n = 0; n < trials; ++n)
      benchmark::DoNotOptimize(trial(n));
  count_trials(state);
}

void inserting(benchmark::State& state) {
  const fs::path path = filled().folder / "inserted.db";
  for (auto _ : state) {
    filled_store::fill(path, 0, 1);
    state.PauseTiming();
    state.counters["bytes/trial"] =
        static_cast<double>(fs::file_size(path)) / static_cast<double>(trials);
    fs::remove(path);
    state.ResumeTiming();
  }
  count_trials(state);
}

void opening_to_continue(benchmark::State& state) {
  const fs::path& path = filled().file();
  for (auto _ : state)
    benchmark::DoNotOptimize(store::open(path, description()).complete_prefix(0));
}

void reading_all(benchmark::State& state) {
  const store s = store::read(filled().file());
  std::uint64_t sdc = 0;
  for (auto _ : state)
    s.for_each_trial(0, [&](const trial_record& t) { sdc += t.outcomes[5]; });
  benchmark::DoNotOptimize(sdc);
  count_trials(state);
}

void exporting_all_tables(benchmark::State& state) {
  const store s = store::read(filled().file());
  for (auto _ : state)
    export_csv(s, filled().folder / "tables");
  count_trials(state);
}

void merging_two_shards(benchmark::State& state) {
  const std::vector<fs::path> shards{filled().folder / "a.db", filled().folder / "b.db"};
  for (std::uint64_t i = 0; i < 2; ++i)
    filled_store::fill(shards[i], i, 2);
  const fs::path into = filled().folder / "merged.db";
  for (auto _ : state) {
    benchmark::DoNotOptimize(merge(into, shards).complete_prefix(0));
    state.PauseTiming();
    fs::remove(into);
    state.ResumeTiming();
  }
  count_trials(state);
}

BENCHMARK(making_the_trials_without_a_store)->Unit(benchmark::kSecond)->Iterations(1);
BENCHMARK(inserting)->Unit(benchmark::kSecond)->Iterations(1);
BENCHMARK(opening_to_continue)->Unit(benchmark::kSecond)->Iterations(1);
BENCHMARK(reading_all)->Unit(benchmark::kSecond)->Iterations(1);
BENCHMARK(exporting_all_tables)->Unit(benchmark::kSecond)->Iterations(1);
BENCHMARK(merging_two_shards)->Unit(benchmark::kSecond)->Iterations(1);

} // namespace
