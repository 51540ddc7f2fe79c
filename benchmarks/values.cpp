// SPDX-License-Identifier: MIT
// Value faults: noise on every element, and values at drawn elements.

#include "paired.hpp"

#include <bitfault/bitfault.hpp>

#include <cstdint>
#include <vector>

namespace {

constexpr std::size_t elements = 4'194'304; // one convolution's output, batch 64

/// Noise against a loop that draws from the library's Philox and adds a uniform number by hand.
void uniform_noise_on_every_element(benchmark::State& state) {
  std::vector<float> w(elements, 1.0f);
  const auto injector = bitfault::make_injector(
      bitfault::additive_noise{bitfault::uniform{-0.1, 0.1}}, bitfault::every{});
  run_paired(
      state, [](std::size_t) {},
      [&](std::size_t i) { injector.apply(bitfault::view(w), {.seed = 1, .trial = i}).or_throw(); },
      [&](std::size_t i) {
        const bitfault::random_stream stream({.seed = 2, .trial = i});
        for (std::size_t e = 0; e < elements; ++e) {
          const auto word = stream.block(bitfault::purpose::model, e).word[0];
          w[e] += static_cast<float>(-0.1 + 0.2 * (static_cast<double>(word) * 0x1p-32));
        }
      });
}
BENCHMARK(uniform_noise_on_every_element)->Unit(benchmark::kMillisecond)->UseManualTime();

/// Zeroing k drawn elements, against a loop over known ones.
void zero_at_drawn_elements(benchmark::State& state) {
  const auto k = static_cast<std::size_t>(state.range(0));
  std::vector<float> w(elements, 1.0f);
  std::vector<std::uint32_t> element(k);
  run_paired(
      state,
      [&](std::size_t i) {
        const bitfault::keyed_permutation order(bitfault::permutation_shape(elements),
                                                bitfault::random_stream({.seed = 3, .trial = i}));
        for (std::size_t j = 0; j < k; ++j)
          element[j] = static_cast<std::uint32_t>(order.at(j));
      },
      [&](std::size_t i) {
        const auto injector = bitfault::make_injector(bitfault::zero{}, bitfault::exactly{k});
        injector.apply(bitfault::view(w), {.seed = 4, .trial = i}).or_throw();
      },
      [&](std::size_t) {
        for (const std::uint32_t e : element)
          w[e] = 0;
      });
}
BENCHMARK(zero_at_drawn_elements)->Arg(100)->Arg(100'000)->UseManualTime();

} // namespace
