// SPDX-License-Identifier: MIT
// Leaky integrate-and-fire neurons under a constant current spike at steps that a formula gives:
// also those with a fault.
#include "catch.hpp"

#include <bitfault/bitfault.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

using namespace bitfault;

namespace {

constexpr std::size_t batch = 2, neurons = 5;
constexpr extents state{batch, neurons};
constexpr std::uint32_t run_length = 60;
constexpr double infinity = std::numeric_limits<double>::infinity();

using times = std::vector<std::uint32_t>;

constexpr fault_key key_of(std::uint32_t step) {
  return {.seed = 6, .trial = 1, .stream = 9, .step = step};
}

/// Parameters of one neuron.
struct neuron {
  double weight = 1, threshold = 4.3, leak = 0.9, reset = 0;
  int refractory = 0;
};

/// After how many steps the membrane comes from v to the threshold; 0: never, or not in a million.
/// A step makes leak * v + weight of it, so after k steps it is limit + leak^k (v - limit), where
/// limit = weight / (1 - leak).
std::uint32_t steps_to_threshold(const neuron& n, double v) {
  if (n.leak * v + n.weight >= n.threshold)
    return 1;
  // Of a faulty threshold, k may be infinite.
  const auto steps = [](double k) {
    return k < 1e6 ? static_cast<std::uint32_t>(std::ceil(k)) : 0;
  };
  if (n.leak == 1)
    return n.weight <= 0 ? 0 : steps((n.threshold - v) / n.weight);
  const double limit = n.weight / (1 - n.leak);
  if (limit <= n.threshold || n.leak <= 0)
    return 0;
  return steps(std::log((limit - n.threshold) / (limit - v)) / std::log(n.leak));
}

/// The steps in which it spikes, if its membrane is v after the step before `from`.
times formula(const neuron& n, double v = 0, std::uint32_t from = 0) {
  times result;
  std::uint32_t t = from;
  for (std::uint32_t k = steps_to_threshold(n, v); k != 0; k = steps_to_threshold(n, n.reset)) {
    t += k;
    if (t > run_length)
      break;
    result.push_back(t - 1);
    t += static_cast<std::uint32_t>(n.refractory);
  }
  return result;
}

/// A layer: parameters for each neuron, state for each neuron of each batch entry.
struct layer {
  std::vector<double> weight, threshold, leak, reset;
  std::vector<std::int32_t> refractory;
  std::vector<double> membrane = std::vector<double>(state.size());
  std::vector<std::int32_t> waiting = std::vector<std::int32_t>(state.size());
  std::vector<float> spikes = std::vector<float>(state.size());

  explicit layer(const neuron& n)
      : weight(neurons, n.weight), threshold(neurons, n.threshold), leak(neurons, n.leak),
        reset(neurons, n.reset), refractory(neurons, n.refractory) {}

  void step() {
    for (std::size_t i = 0; i < state.size(); ++i) {
      const std::size_t n = i % neurons;
      spikes[i] = 0;
      if (waiting[i] > 0) {
        --waiting[i];
        continue;
      }
      membrane[i] = leak[n] * membrane[i] + weight[n];
      if (membrane[i] >= threshold[n]) {
        spikes[i] = 1;
        membrane[i] = reset[n];
        waiting[i] = refractory[n];
      }
    }
  }

  /// The steps in which each neuron of each batch entry spikes.
  template <class AfterStep>
  std::vector<times> run(AfterStep after) {
    std::vector<times> result(state.size());
    for (std::uint32_t t = 0; t < run_length; ++t) {
      step();
      after(t);
      for (std::size_t i = 0; i < state.size(); ++i)
        if (spikes[i] != 0)
          result[i].push_back(t);
    }
    return result;
  }
  std::vector<times> run() {
    return run([](std::uint32_t) {});
  }
};

constexpr std::size_t hit = 3; // the neuron with the fault

/// Neuron `hit` spikes as one with the faulty parameters, in every batch entry, the others as ever.
template <class Numbers, class Fault, class... Policy>
void check_parameter(const neuron& golden, const neuron& faulty, Numbers layer::*parameter,
                     const Fault& fault, const Policy&... policy) {
  REQUIRE(formula(golden) != formula(faulty)); // else nothing is seen
  layer l(golden);
  const Numbers before = l.*parameter;
  {
    const auto scope =
        make_injector(fault, at{hit}, policy...).scoped(view(l.*parameter), key_of(0));
    const auto spikes = l.run();
    for (std::size_t i = 0; i < state.size(); ++i)
      CHECK(spikes[i] == formula(i % neurons == hit ? faulty : golden));
  }
  CHECK(l.*parameter == before);
}

template <class Fault>
void check_spikes(const neuron& golden, const Fault& fault, const times& expected) {
  layer l(golden);
  const auto everywhere = broadcast_over(axes{0}, make_injector(fault, at{hit}, permanent{}));
  const auto spikes = l.run(
      [&](std::uint32_t t) { everywhere.reapply(view(l.spikes, state), key_of(t)).or_throw(); });
  for (std::size_t i = 0; i < state.size(); ++i)
    CHECK(spikes[i] == (i % neurons == hit ? expected : formula(golden)));
}

const std::vector<neuron> kinds = {{},
                                   {.threshold = 6.1, .refractory = 3},
                                   {.weight = 0.7, .leak = 0.85, .reset = 1.2},
                                   {.threshold = 3.9, .leak = 1},
                                   {.threshold = 7.7, .leak = 0.95, .reset = -2, .refractory = 1}};

times every_step() {
  times all;
  for (std::uint32_t t = 0; t < run_length; ++t)
    all.push_back(t);
  return all;
}

} // namespace

TEST_CASE("without a fault, neurons spike at the steps of the formula") {
  for (const neuron& n : kinds) {
    layer l(n);
    CHECK(!formula(n).empty());
    for (const times& spikes : l.run())
      CHECK(spikes == formula(n));
  }
  // v = 1, 1.9, 2.71, 3.439, 4.0951, 4.68559: the sixth is the first above 4.3.
  CHECK(formula({}) == times{5, 11, 17, 23, 29, 35, 41, 47, 53, 59});
}

TEST_CASE("neurons with faulty thresholds spike at the steps of the faulty "
          "threshold") {
  for (neuron n : kinds) {
    const neuron golden = n;
    n.threshold = golden.threshold * 0.6;
    check_parameter(golden, n, &layer::threshold, scale{0.6});
    n.threshold = golden.threshold + 0.9;
    check_parameter(golden, n, &layer::threshold, offset{0.9});
    n.threshold = 0.4;
    check_parameter(golden, n, &layer::threshold, constant{0.4});
    n.threshold = infinity;
    check_parameter(golden, n, &layer::threshold, constant{infinity});
    CHECK(formula(n).empty());
  }
}

TEST_CASE("neurons with faulty leaks spike at the steps of the faulty leak") {
  for (neuron n : kinds) {
    const neuron golden = n;
    n.leak = golden.leak - 0.04;
    check_parameter(golden, n, &layer::leak, offset{-0.04});
    n.leak = 0.97;
    check_parameter(golden, n, &layer::leak, constant{0.97});
    n.leak = 0;
    check_parameter(golden, n, &layer::leak, zero{}); // all leaks away: no step reaches it
    CHECK(formula(n).empty());
    n.leak = 1;
    if (golden.leak != 1)
      check_parameter(golden, n, &layer::leak, constant{1}); // does not leak any more
  }
}

TEST_CASE("neurons with faulty resets and refractory periods spike at other "
          "steps from then on") {
  for (neuron n : kinds) {
    const neuron golden = n;
    n.reset = golden.reset + 1.5;
    check_parameter(golden, n, &layer::reset, offset{1.5});
    n.reset = golden.reset - 3;
    check_parameter(golden, n, &layer::reset, offset{-3});
    n.reset = golden.reset;
    n.refractory = golden.refractory + 2;
    check_parameter(golden, n, &layer::refractory, offset{2});
    n.refractory = golden.refractory ^ 4;
    check_parameter(golden, n, &layer::refractory, bit_flip{}, bits::given{2});
    n.refractory = 1000; // never again
    check_parameter(golden, n, &layer::refractory, constant{1000});
    CHECK(formula(n).size() == 1);
  }
}

TEST_CASE("neurons with faulty synapses spike at the steps of the faulty weight") {
  for (neuron n : kinds) {
    const neuron golden = n;
    n.weight = 0;
    check_parameter(golden, n, &layer::weight, zero{});
    CHECK(formula(n).empty());
    n.weight = 12.5; // the largest of the layer
    check_parameter(golden, n, &layer::weight, constant{12.5});
    CHECK(formula(n).front() == 0);
    n.weight = golden.weight * 1.3;
    check_parameter(golden, n, &layer::weight, scale{1.3});
    n.weight = -golden.weight;
    check_parameter(golden, n, &layer::weight, bit_flip{}, bits::sign{});
    CHECK(formula(n).empty());
    n.weight = 1.6; // one bit: -1.6 or 1.6
    check_parameter(golden, n, &layer::weight, quantize{1, -1.6, 1.6});
  }
}

TEST_CASE("a dead neuron has no spikes and a saturated one has one in every step") {
  for (const neuron& n : kinds) {
    check_spikes(n, dead_neuron{}, {});
    check_spikes(n, stuck_output{0}, {});
    check_spikes(n, saturated_neuron{}, every_step());
    check_spikes(n, stuck_output{1.0f}, every_step());
  }
}

TEST_CASE("with a threshold of minus infinity a neuron spikes in every step "
          "that it may") {
  for (neuron n : kinds)
    for (const int refractory : {0, 1, 4}) {
      n.refractory = refractory;
      layer l(n);
      const auto scope = make_injector(constant{-infinity}, at{hit}).scoped(view(l.threshold), {});
      const auto spikes = l.run();
      times expected;
      for (std::uint32_t t = 0; t < run_length; t += 1 + static_cast<std::uint32_t>(refractory))
        expected.push_back(t);
      for (std::size_t b = 0; b < batch; ++b)
        CHECK(spikes[b * neurons + hit] == expected);
    }
}

TEST_CASE("a membrane fault at one step moves the spikes of its neuron after "
          "it, and no others") {
  const neuron n;
  const times golden = formula(n);
  for (std::uint32_t t = 0; t + 1 < run_length; t += 4)
    for (std::size_t i = 0; i < state.size(); ++i) {
      times expected;
      for (const std::uint32_t spike : golden)
        if (spike <= t)
          expected.push_back(spike);
      const times later = formula(n, -3.7, t + 1);
      expected.insert(expected.end(), later.begin(), later.end());

      layer l(n);
      const auto upset = during(one_step(t), make_injector(constant{-3.7}, at{i}));
      const auto spikes = l.run(
          [&](std::uint32_t now) { upset.apply(view(l.membrane, state), key_of(now)).or_throw(); });
      for (std::size_t j = 0; j < state.size(); ++j)
        CHECK(spikes[j] == (j == i ? expected : golden));
    }
}

TEST_CASE("a flipped bit of a membrane delays the next spike as the formula says") {
  const neuron n;
  const double limit = n.weight / (1 - n.leak);
  for (std::uint32_t t = 0; t < 5; ++t) {                    // before the first spike
    const double v = -limit * (1 - std::pow(n.leak, t + 1)); // its sign flipped
    layer l(n);
    const auto upset =
        during(one_step(t), make_injector(bit_flip{}, at{coordinates{1, hit}}, bits::sign{}));
    const auto spikes = l.run(
        [&](std::uint32_t now) { upset.apply(view(l.membrane, state), key_of(now)).or_throw(); });
    for (std::size_t j = 0; j < state.size(); ++j)
      CHECK(spikes[j] == (j == neurons + hit ? formula(n, v, t + 1) : formula(n)));
  }
}

TEST_CASE("a membrane that is stuck from one step on") {
  const neuron n;
  const auto run = [&](double value) {
    layer l(n);
    const auto stuck = during(from_step(20), make_injector(constant{value}, at{hit}, permanent{}));
    const auto spikes = l.run(
        [&](std::uint32_t now) { stuck.reapply(view(l.membrane, state), key_of(now)).or_throw(); });
    for (std::size_t j = 0; j < state.size(); ++j)
      if (j != hit)
        CHECK(spikes[j] == formula(n));
    return spikes[hit];
  };
  // 0.9 * 3.6 + 1 is below the threshold of 4.3, 0.9 * 3.7 + 1 above it.
  times expected = {5, 11, 17};
  CHECK(run(3.6) == expected);
  for (std::uint32_t t = 21; t < run_length; ++t)
    expected.push_back(t);
  CHECK(run(3.7) == expected);
}
