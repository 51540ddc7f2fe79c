// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <benchmark/benchmark.h>
#include <chrono>
#include <cstddef>
#include <vector>

/// A benchmark and its twin in alternation, so that a noisy machine hits both: the time shown is
/// the library's, `twin` is the median of the other one in seconds, `ratio` library / twin.
/// `ours(i)` and `twin(i)` do repetition i and may prepare it outside the timing with `prepare(i)`;
/// `ours` does its work `calls` times (the time shown is of them all, the counters are of one).
template <class Prepare, class Ours, class Twin>
void run_paired(benchmark::State& state, Prepare prepare, Ours ours, Twin twin, double calls = 1) {
  using clock = std::chrono::steady_clock;
  std::vector<double> our_times, twin_times;
  std::size_t i = 0;
  for (auto _ : state) {
    prepare(i);
    const auto start = clock::now();
    twin(i);
    benchmark::ClobberMemory();
    const auto middle = clock::now();
    ours(i);
    benchmark::ClobberMemory();
    const auto end = clock::now();
    twin_times.push_back(std::chrono::duration<double>(middle - start).count());
    our_times.push_back(std::chrono::duration<double>(end - middle).count() / calls);
    state.SetIterationTime(calls * our_times.back());
    ++i;
  }
  const auto median = [](std::vector<double>& v) {
    std::nth_element(v.begin(), v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2), v.end());
    return v[v.size() / 2];
  };
  if (our_times.empty())
    return;
  const double our = median(our_times), other = median(twin_times);
  state.counters["ours"] = benchmark::Counter(our);
  state.counters["twin"] = benchmark::Counter(other);
  state.counters["ratio"] = benchmark::Counter(our / other);
}
