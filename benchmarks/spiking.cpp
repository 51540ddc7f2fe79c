// SPDX-License-Identifier: MIT
// What faults cost a spiking inference: two convolutions with leaky integrate-and-fire neurons and
// a pooling between them, as large as those of a network for DVS128 Gesture (2 x 32 x 32 to 32 x 32
// x 32 to 32 x 16 x 16), for 60 steps. With 1,000 faults in the membranes of the first layer,
// against the same inference without a fault, and against faults that are written by hand.

#include "paired.hpp"

#include <bitfault/bitfault.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace {

constexpr std::size_t steps = 60, inputs = 2, channels = 32, side = 32;
constexpr std::size_t neurons = channels * side * side;
constexpr std::size_t faults = 1000;

bitfault::fault_key key_of(std::size_t trial, std::size_t step = 0) {
  return {.seed = 42, .trial = trial, .step = static_cast<std::uint32_t>(step)};
}

/// Small numbers of a fixed recurrence, as weights and events.
std::uint32_t next_number() {
  static std::uint32_t state = 1;
  return (state = state * 1664525 + 1013904223) >> 16;
}

/// A convolution of 3 x 3 (the border is left out) and its neurons, in plain loops.
class layer {
public:
  layer(std::size_t in, std::size_t length)
      : in_(in), side_(length), weights_(channels * in * 9), membrane_(channels * length * length),
        spikes_(membrane_.size()) {
    for (float& w : weights_)
      w = static_cast<float>(next_number() % 256) / 256.0f - 0.4f;
  }
  std::vector<float>& membrane() { return membrane_; }
  const std::vector<float>& spikes() const { return spikes_; }
  void start() { membrane_.assign(membrane_.size(), 0.0f); }

  /// Not inlined: the same code whatever comes after a step.
  [[gnu::noinline]] void step(const float* frame) {
    for (std::size_t c = 0; c < channels; ++c)
      for (std::size_t y = 1; y + 1 < side_; ++y) {
        const std::size_t row = (c * side_ + y) * side_;
        float* const v = membrane_.data() + row;
        for (std::size_t x = 1; x + 1 < side_; ++x)
          v[x] *= 0.9f;
        for (std::size_t i = 0; i < in_; ++i)
          for (std::size_t tap = 0; tap < 9; ++tap) {
            const float w = weights_[(c * in_ + i) * 9 + tap];
            const float* const in = frame + (i * side_ + y + tap / 3 - 1) * side_ + tap % 3 - 1;
            for (std::size_t x = 1; x + 1 < side_; ++x)
              v[x] += w * in[x];
          }
        for (std::size_t x = 1; x + 1 < side_; ++x) { // no branch: faults must not cost by effect
          const float fires = static_cast<float>(v[x] >= 1.0f ? 1 : 0);
          spikes_[row + x] = fires;
          v[x] *= 1.0f - fires;
        }
      }
  }

private:
  std::size_t in_, side_;
  std::vector<float> weights_, membrane_, spikes_;
};

class inference {
public:
  inference() {
    for (float& event : frames_)
      event = next_number() % 16 == 0 ? 1.0f : 0.0f;
  }

  /// Calls after_step(t, membrane) when the first layer's membranes of step t are written; returns
  /// a neuron's spike of the last step.
  template <class AfterStep>
  float run(AfterStep after_step) {
    first_.start();
    second_.start();
    for (std::size_t t = 0; t < steps; ++t) {
      first_.step(frames_.data() + t * inputs * side * side);
      after_step(t, first_.membrane());
      pool();
      second_.step(pooled_.data());
    }
    return second_.spikes()[17 * (side / 2) + 3];
  }

private:
  /// The sum of 2 x 2.
  void pool() {
    const std::vector<float>& in = first_.spikes();
    for (std::size_t y = 0; y < channels * side / 2; ++y)
      for (std::size_t x = 0; x < side / 2; ++x) {
        const std::size_t corner = 2 * y * side + 2 * x;
        pooled_[y * side / 2 + x] =
            in[corner] + in[corner + 1] + in[corner + side] + in[corner + side + 1];
      }
  }

  layer first_{inputs, side}, second_{channels, side / 2};
  std::vector<float> pooled_ = std::vector<float>(neurons / 4);
  std::vector<float> frames_ = std::vector<float>(steps * inputs * side * side);
};

inference& network() {
  static inference n;
  return n;
}

void without_faults() {
  benchmark::DoNotOptimize(network().run([](std::size_t, std::vector<float>&) {}));
}

// Sign bits: the arithmetic after them takes as long as before. (A flip in the mantissa of a 0 is a
// subnormal number, and those are slow, whoever made them.)
const auto flips = bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{faults},
                                           bitfault::bits::sign{});

/// 1,000 flips among all steps and neurons: drawn, sorted by step and applied.
void with_faults_by_step(std::size_t trial) {
  const auto lists =
      bitfault::faults_by_step(flips.draw<float>(bitfault::extents{steps, neurons}, key_of(trial)));
  benchmark::DoNotOptimize(network().run([&](std::size_t t, std::vector<float>& membrane) {
    lists[t].reapply(bitfault::view(membrane)).or_throw();
  }));
}

void slowdown_by_faults_by_step(benchmark::State& state) {
  run_paired(
      state, [](std::size_t) {}, with_faults_by_step, [](std::size_t) { without_faults(); });
}
BENCHMARK(slowdown_by_faults_by_step)->Unit(benchmark::kMillisecond)->UseManualTime();

/// All that is done for these faults, against the inference without them: the ratio is the share
/// that they add, and hardly depends on how quiet the machine is.
void share_of_faults_by_step(benchmark::State& state) {
  std::vector<float> membrane(neurons);
  run_paired(
      state, [](std::size_t) {},
      [&](std::size_t trial) {
        const auto lists = bitfault::faults_by_step(
            flips.draw<float>(bitfault::extents{steps, neurons}, key_of(trial)));
        for (const auto& list : lists)
          list.reapply(bitfault::view(membrane)).or_throw();
      },
      [](std::size_t) { without_faults(); });
}
BENCHMARK(share_of_faults_by_step)->Unit(benchmark::kMillisecond)->UseManualTime();

/// An inference with an injector in each step, against one without.
template <class Injector>
void run_with(benchmark::State& state, const Injector& injector) {
  run_paired(
      state, [](std::size_t) {},
      [&](std::size_t trial) {
        benchmark::DoNotOptimize(network().run([&](std::size_t t, std::vector<float>& membrane) {
          injector.apply(bitfault::view(membrane), key_of(trial, t)).or_throw();
        }));
      },
      [](std::size_t) { without_faults(); });
}

/// Each sign bit in each step with a probability that makes about 1,000 flips.
void slowdown_by_a_rate(benchmark::State& state) {
  const double p = static_cast<double>(faults) / static_cast<double>(steps * neurons * 32);
  const auto injector = bitfault::make_injector(bitfault::bit_flip{}, bitfault::rate::per_bit(p));
  run_with(state, injector);
}
BENCHMARK(slowdown_by_a_rate)->Unit(benchmark::kMillisecond)->UseManualTime();

/// All 1,000 flips in one step, nothing in the others.
void slowdown_by_faults_during_one_step(benchmark::State& state) {
  const auto injector = bitfault::during(bitfault::one_step(30), flips);
  run_with(state, injector);
}
BENCHMARK(slowdown_by_faults_during_one_step)->Unit(benchmark::kMillisecond)->UseManualTime();

/// The same inference with faults twice: by the library, and at known sites by hand.
void faults_by_step_against_known_sites(benchmark::State& state) {
  struct site {
    std::uint32_t element, mask;
  };
  std::vector<std::vector<site>> known(steps);
  run_paired(
      state,
      [&](std::size_t trial) {
        for (auto& of_step : known)
          of_step.clear();
        for (const auto& f : flips.draw<float>(bitfault::extents{steps, neurons}, key_of(trial)))
          known[f.element / neurons].push_back({static_cast<std::uint32_t>(f.element % neurons),
                                                static_cast<std::uint32_t>(f.mask)});
      },
      with_faults_by_step,
      [&](std::size_t) {
        benchmark::DoNotOptimize(network().run([&](std::size_t t, std::vector<float>& membrane) {
          for (const site& s : known[t])
            membrane[s.element] =
                std::bit_cast<float>(std::bit_cast<std::uint32_t>(membrane[s.element]) ^ s.mask);
        }));
      });
}
BENCHMARK(faults_by_step_against_known_sites)->Unit(benchmark::kMillisecond)->UseManualTime();

/// Calls in steps that are not chosen, against the `if` that one would write.
void idle_steps(benchmark::State& state) {
  constexpr std::uint32_t calls = 10'000;
  const auto injector = bitfault::during(bitfault::one_step(calls), flips);
  std::vector<float> membrane(neurons);
  std::uint32_t chosen = calls;
  benchmark::DoNotOptimize(chosen);
  run_paired(
      state, [](std::size_t) {},
      [&](std::size_t trial) {
        for (std::uint32_t t = 0; t < calls; ++t) {
          benchmark::DoNotOptimize(t);
          injector.apply(bitfault::view(membrane), key_of(trial, t)).or_throw();
        }
      },
      [&](std::size_t trial) {
        for (std::uint32_t t = 0; t < calls; ++t) {
          benchmark::DoNotOptimize(t);
          if (t == chosen)
            flips.apply(bitfault::view(membrane), key_of(trial, t)).or_throw();
        }
      },
      calls);
}
BENCHMARK(idle_steps)->Unit(benchmark::kMicrosecond)->UseManualTime();

} // namespace
