// SPDX-License-Identifier: MIT
// Bit flips in 25 million floats: the numbers that the design promises, each beside what one would
// write by hand.

#include "paired.hpp"

#include <bitfault/bitfault.hpp>

#include <bit>
#include <cstdint>
#include <cstring>
#include <vector>

namespace {

constexpr std::size_t elements = 25'000'000;

std::vector<float>& weights() {
  static std::vector<float> w(elements, 1.0f);
  return w;
}
std::vector<float>& copy() {
  static std::vector<float> c(elements, 0.0f);
  return c;
}

bitfault::fault_key key_of(std::size_t i) { return {.seed = 42, .trial = i}; }

void flip_by_hand(float& value, unsigned bit) {
  value = std::bit_cast<float>(std::bit_cast<std::uint32_t>(value) ^ (1u << bit));
}

/// The twin knows the sites already; new ones in each repetition.
void exactly_against_precomputed_sites(benchmark::State& state) {
  const auto k = static_cast<std::size_t>(state.range(0));
  std::vector<std::uint32_t> element(k);
  std::vector<std::uint8_t> bit(k);
  auto& w = weights();
  run_paired(
      state,
      [&](std::size_t i) {
        const bitfault::keyed_permutation order(bitfault::permutation_shape(32 * elements),
                                                bitfault::random_stream({.seed = 7, .trial = i}));
        for (std::size_t j = 0; j < k; ++j) {
          const auto site = order.at(j);
          element[j] = static_cast<std::uint32_t>(site / 32);
          bit[j] = static_cast<std::uint8_t>(site % 32);
        }
      },
      [&](std::size_t i) {
        const auto injector = bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{k});
        injector.apply(bitfault::view(w), key_of(i)).or_throw();
      },
      [&](std::size_t) {
        for (std::size_t j = 0; j < k; ++j)
          flip_by_hand(w[element[j]], bit[j]);
      });
}
BENCHMARK(exactly_against_precomputed_sites)
    ->Arg(100)
    ->Arg(10'000)
    ->Arg(100'000)
    ->Arg(1'000'000)
    ->UseManualTime();

void copy_by_hand() { std::memcpy(copy().data(), weights().data(), elements * sizeof(float)); }

/// Bit error rates; the argument is p times 10^9. Low rates are so much shorter than a memcpy that
/// they are run in a row of `calls`, each with a new key. With one call after each memcpy (which
/// leaves neither data nor page tables in the caches) see `rate_after_memcpy`.
template <std::size_t calls>
void rate_against_memcpy(benchmark::State& state) {
  const double p = static_cast<double>(state.range(0)) * 1e-9;
  const auto injector = bitfault::make_injector(bitfault::bit_flip{}, bitfault::rate::per_bit(p));
  auto& w = weights();
  copy_by_hand(); // pages are there
  run_paired(
      state, [](std::size_t) {},
      [&](std::size_t i) {
        for (std::size_t call = 0; call < calls; ++call)
          injector.apply(bitfault::view(w), key_of(i * calls + call)).or_throw();
      },
      [](std::size_t) { copy_by_hand(); }, static_cast<double>(calls));
}
void rate_of_a_millionth(benchmark::State& state) { rate_against_memcpy<200>(state); }
void rate_of_a_ten_thousandth(benchmark::State& state) { rate_against_memcpy<8>(state); }
void rate_after_memcpy(benchmark::State& state) { rate_against_memcpy<1>(state); }
BENCHMARK(rate_of_a_millionth)->Arg(1'000)->Unit(benchmark::kMicrosecond)->UseManualTime();
BENCHMARK(rate_of_a_ten_thousandth)->Arg(100'000)->Unit(benchmark::kMicrosecond)->UseManualTime();
BENCHMARK(rate_after_memcpy)
    ->Arg(1'000)
    ->Arg(100'000)
    ->Arg(1'000'000)
    ->Arg(10'000'000)
    ->Arg(100'000'000)
    ->Arg(250'000'000)
    ->Arg(300'000'000)
    ->Arg(500'000'000)
    ->Unit(benchmark::kMicrosecond)
    ->MinTime(1.0)
    ->UseManualTime();

void every_word_against_a_loop(benchmark::State& state) {
  const auto injector =
      bitfault::make_injector(bitfault::bit_flip{}, bitfault::every{}, bitfault::bits::all{});
  auto& w = weights();
  run_paired(
      state, [](std::size_t) {},
      [&](std::size_t i) { injector.apply(bitfault::view(w), key_of(i)).or_throw(); },
      [&](std::size_t) {
        for (float& x : w)
          x = std::bit_cast<float>(~std::bit_cast<std::uint32_t>(x));
      });
}
BENCHMARK(every_word_against_a_loop)->Unit(benchmark::kMicrosecond)->UseManualTime();

/// Injecting and taking back, against flipping twice at known sites.
void scoped_against_precomputed_sites(benchmark::State& state) {
  const auto k = static_cast<std::size_t>(state.range(0));
  std::vector<std::uint32_t> element(k);
  auto& w = weights();
  run_paired(
      state,
      [&](std::size_t i) {
        const bitfault::keyed_permutation order(bitfault::permutation_shape(elements),
                                                bitfault::random_stream({.seed = 8, .trial = i}));
        for (std::size_t j = 0; j < k; ++j)
          element[j] = static_cast<std::uint32_t>(order.at(j));
      },
      [&](std::size_t i) {
        const auto injector = bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{k});
        const auto scope = injector.scoped(bitfault::view(w), key_of(i));
      },
      [&](std::size_t) {
        for (int twice = 0; twice < 2; ++twice) {
          for (const std::uint32_t e : element)
            flip_by_hand(w[e], 30);
          benchmark::ClobberMemory();
        }
      });
}
BENCHMARK(scoped_against_precomputed_sites)->Arg(1)->Arg(1'000)->Arg(100'000)->UseManualTime();

/// What a call costs that injects nothing.
void zero_faults(benchmark::State& state) {
  const auto injector = bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{0});
  auto& w = weights();
  std::uint64_t trial = 0;
  for (auto _ : state)
    injector.apply(bitfault::view(w), key_of(trial++)).or_throw();
}
BENCHMARK(zero_faults);

/// The whole of a small experiment: one flip in a small tensor and back.
void one_flip_in_a_small_tensor(benchmark::State& state) {
  const auto injector = bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{1});
  std::vector<float> small(1000, 1.0f);
  std::uint64_t trial = 0;
  for (auto _ : state) {
    const auto scope = injector.scoped(bitfault::view(small), key_of(trial++));
    benchmark::ClobberMemory();
  }
}
BENCHMARK(one_flip_in_a_small_tensor);

} // namespace
