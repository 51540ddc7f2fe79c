// SPDX-License-Identifier: MIT

// Neurons against closed forms: at which step one fires under a known current.

#include "spiking/neurons.hpp"

#include "catch.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

namespace {

using spiking::neuron_rule;
using spiking::reset_kind;
using steps = std::vector<int>;
using neurons = spiking::neurons<double>;

constexpr double infinity = std::numeric_limits<double>::infinity();

/// A layer and its state.
struct group {
  neurons layer;
  std::vector<double> membrane, current;
  std::vector<std::int32_t> refractory;

  explicit group(neurons of)
      : layer(std::move(of)), membrane(layer.count(), layer.rest),
        current(layer.rule.has_current ? layer.count() : 0, 0.0),
        refractory(layer.rule.reset == reset_kind::never ? 0 : layer.count(), 0) {}

  [[nodiscard]] std::vector<double> advance(const std::vector<double>& input) {
    std::vector<double> out(layer.count(), -1.0);
    spiking::advance<double>(layer, {membrane, current, refractory}, input.data(), out.data());
    return out;
  }
};

/// At which steps, counted from 1, neuron `which` fires.
[[nodiscard]] steps fired(group of, int last, const std::function<double(int)>& current,
                          std::size_t which = 0) {
  steps result;
  for (int t = 1; t <= last; ++t) {
    const auto out = of.advance(std::vector<double>(of.layer.count(), current(t)));
    REQUIRE((out[which] == 0.0 || out[which] == 1.0));
    if (out[which] == 1.0)
      result.push_back(t);
  }
  return result;
}

[[nodiscard]] std::function<double(int)> constant(double current) {
  return [current](int) { return current; };
}

[[nodiscard]] steps every(int period, int last) {
  steps result;
  for (int t = period; t <= last; t += period)
    result.push_back(t);
  return result;
}

/// The first step at which leak^0 + ... + leak^(k - 1) times the current
/// reaches the threshold.
[[nodiscard]] int first_step(double leak, double current, double threshold) {
  return static_cast<int>(
      std::ceil(std::log(1.0 - threshold * (1.0 - leak) / current) / std::log(leak)));
}

[[nodiscard]] group one(neuron_rule rule) { return group(neurons(rule, 1)); }

constexpr neuron_rule hard{.reset = reset_kind::to_value};
constexpr neuron_rule soft{.reset = reset_kind::by_subtraction};

} // namespace

TEST_CASE("spiking: an integrate-and-fire neuron fires each time its charge "
          "reaches the threshold") {
  CHECK(fired(one(soft), 20, constant(0.25)) == every(4, 20));
  CHECK(fired(one(hard), 20, constant(0.25)) == every(4, 20));
  CHECK(fired(one(soft), 20, constant(1.0)) == every(1, 20));
  CHECK(fired(one(soft), 20, constant(-1.0)).empty());
  // 0.375 a step: soft keeps what is above the threshold, so 3 spikes in 8
  // steps; hard loses it.
  CHECK(fired(one(soft), 16, constant(0.375)) == steps{3, 6, 8, 11, 14, 16});
  CHECK(fired(one(hard), 16, constant(0.375)) == every(3, 16));
}

TEST_CASE("spiking: a rule that asks for more than the threshold fires one "
          "step later") {
  auto above_soft = soft;
  above_soft.fires_at_threshold = false;
  auto above_hard = hard;
  above_hard.fires_at_threshold = false;
  CHECK(fired(one(above_soft), 20, constant(0.25)) == steps{5, 9, 13, 17}); // 0.25 is left over
  CHECK(fired(one(above_hard), 20, constant(0.25)) == every(5, 20));
}

TEST_CASE("spiking: a single large input gives several spikes with a soft "
          "reset, one with a hard") {
  const auto pulse = [](int t) { return t == 1 ? 2.5 : 0.0; };
  CHECK(fired(one(soft), 10, pulse) == steps{1, 2});
  CHECK(fired(one(hard), 10, pulse) == steps{1});

  auto elsewhere = one(hard); // reset to another value: 0.5 is missing to the next spike
  elsewhere.layer.reset[0] = 0.5;
  CHECK(fired(elsewhere, 12, constant(0.25)) == steps{4, 6, 8, 10, 12});
}

TEST_CASE("spiking: a leaky neuron under constant current fires at the steps "
          "of its closed form") {
  int different = 0;
  for (const double leak : {0.5, 0.75, 0.9, 0.95}) {
    for (const double current : {0.06, 0.11, 0.26, 0.3, 0.7, 0.99, 1.5}) {
      CAPTURE(leak, current);
      auto of = one(hard);
      of.layer.leak[0] = leak;
      if (current <= 1.0 - leak) { // it never gets there
        CHECK(fired(of, 500, constant(current)).empty());
        continue;
      }
      const int period = first_step(leak, current, 1.0);
      CHECK(fired(of, 500, constant(current)) == every(period, 500));
      different += period;
    }
  }
  CHECK(different > 50); // the cases are not all alike
}

TEST_CASE("spiking: another threshold, leak, gain or refractory period gives "
          "other known steps") {
  group of(neurons(hard, 6));
  std::fill(of.layer.leak.begin(), of.layer.leak.end(), 0.9);
  of.layer.threshold[1] = 1.5;
  of.layer.leak[2] = 0.8;
  of.layer.gain[3] = 2.0;
  of.layer.refractory[4] = 3;
  of.layer.refractory[5] = -7; // as none
  constexpr double current = 0.3;
  const int period = first_step(0.9, current, 1.0);
  REQUIRE(period == 4);
  CHECK(fired(of, 100, constant(current), 0) == every(period, 100));
  CHECK(fired(of, 100, constant(current), 1) == every(first_step(0.9, current, 1.5), 100));
  CHECK(fired(of, 100, constant(current), 2) == every(first_step(0.8, current, 1.0), 100));
  CHECK(fired(of, 100, constant(current), 3) == every(first_step(0.9, 2 * current, 1.0), 100));
  CHECK(fired(of, 100, constant(current), 5) == every(period, 100));
  CHECK(first_step(0.9, current, 1.5) != period);
  CHECK(first_step(0.8, current, 1.0) != period);
  CHECK(first_step(0.9, 2 * current, 1.0) != period);

  steps with_rest; // each spike costs 3 silent steps, then it starts from 0
  for (int t = period; t <= 100; t += period + 3)
    with_rest.push_back(t);
  CHECK(fired(of, 100, constant(current), 4) == with_rest);
}

TEST_CASE("spiking: a dead neuron never fires, a saturated one at every step "
          "it may") {
  group of(neurons(hard, 3));
  of.layer.threshold = {infinity, -infinity, -infinity};
  of.layer.refractory = {0, 0, 2};
  for (const double current : {-1e9, 0.0, 1e9}) {
    CHECK(fired(of, 30, constant(current), 0).empty());
    CHECK(fired(of, 30, constant(current), 1) == every(1, 30));
    CHECK(fired(of, 9, constant(current), 2) == steps{1, 4, 7});
  }
}

TEST_CASE("spiking: while refractory, the membrane is held and the synaptic "
          "current runs on") {
  group of(neurons({.reset = reset_kind::to_value, .has_current = true}, 1));
  of.layer.current_leak[0] = 0.5;
  of.layer.threshold[0] = 8.0;
  of.refractory[0] = 3;
  of.membrane[0] = 0.125;
  for (int t = 1; t <= 3; ++t) {
    CHECK(of.refractory[0] == 4 - t);
    CHECK(of.advance({1.0})[0] == 0.0);
    CHECK(of.membrane[0] == 0.125);
    CHECK(of.current[0] == 2.0 - std::ldexp(2.0, -t)); // 1, 1.5, 1.75
  }
  CHECK(of.refractory[0] == 0);
  CHECK(of.advance({1.0})[0] == 0.0);
  CHECK(of.membrane[0] == 0.125 + 1.75);
}

TEST_CASE("spiking: an upset of the refractory state silences a neuron or wakes it") {
  group of(neurons(hard, 1));
  of.layer.refractory[0] = 4;
  (void)of.advance({1.0});
  REQUIRE(of.refractory[0] == 4);
  auto woken = of;
  woken.refractory[0] = std::numeric_limits<std::int32_t>::min() + 4; // its sign bit flipped
  CHECK(fired(of, 5, constant(1.0)) == steps{5});
  CHECK(fired(woken, 5, constant(1.0)) == steps{1});
}

TEST_CASE("spiking: a neuron with a synaptic current follows the difference of "
          "two exponentials") {
  // norse's lif_feed_forward_step with dt / tau_mem = 0.1, dt / tau_syn = 0.2:
  // one input of 1 at step 1 is seen by the membrane from step 2 on, v(t) = 0.1
  // (0.9^(t-1) - 0.8^(t-1)) / 0.1.
  group of(neurons({.reset = reset_kind::never, .has_current = true}, 1));
  of.layer.leak[0] = 0.9;
  of.layer.gain[0] = 0.1;
  of.layer.current_leak[0] = 0.8;
  for (int t = 1; t <= 60; ++t) {
    const auto out = of.advance({t == 1 ? 1.0 : 0.0});
    const double expected = 0.1 * (std::pow(0.9, t - 1) - std::pow(0.8, t - 1)) / (0.9 - 0.8);
    CHECK(out[0] == Approx(expected).epsilon(1e-12).margin(1e-15));
    CHECK(of.current[0] == Approx(std::pow(0.8, t - 1)).epsilon(1e-12));
    CHECK(out[0] == of.membrane[0]);
  }

  auto firing = group(neurons(
      {.reset = reset_kind::to_value, .fires_at_threshold = false, .has_current = true}, 1));
  firing.layer.leak = of.layer.leak;
  firing.layer.gain = of.layer.gain;
  firing.layer.current_leak = of.layer.current_leak;
  firing.layer.threshold[0] = 0.2;
  // 0.9^(t-1) - 0.8^(t-1) is 0.1, 0.17, 0.217 for t = 2, 3, 4.
  CHECK(fired(firing, 4, [](int t) { return t == 1 ? 1.0 : 0.0; }) == steps{4});
}

TEST_CASE("spiking: a leaky readout sums its input with forgetting, around its "
          "rest") {
  group of(neurons({.reset = reset_kind::never}, 1));
  of.layer.leak[0] = 0.75;
  of.layer.gain[0] = 0.5;
  of.layer.rest = -2.0;
  of.membrane[0] = -2.0;
  for (int t = 1; t <= 40; ++t) {
    const double expected = -2.0 + 0.5 * 3.0 * (1 - std::pow(0.75, t)) / 0.25;
    CHECK(of.advance({3.0})[0] == Approx(expected).epsilon(1e-12));
  }
}

TEST_CASE("spiking: with the reset in the next step the membrane shows what fired") {
  // snnTorch's Leaky: mem = beta mem + I - (mem > 1), a spike where the new mem
  // is above 1.
  for (const bool subtract : {true, false}) {
    group of(neurons({.reset = subtract ? reset_kind::by_subtraction : reset_kind::to_value,
                      .fires_at_threshold = false,
                      .resets_in_next_step = true},
                     1));
    of.layer.leak[0] = 0.875;
    double mem = 0;
    int spikes = 0;
    for (int t = 1; t <= 200; ++t) {
      const double input = 0.25 + 0.125 * (t % 5);
      const bool reset = mem > 1.0;
      if (!subtract && reset)
        mem = 0;
      mem = 0.875 * mem + input - (subtract && reset ? 1.0 : 0.0);
      const auto out = of.advance({input});
      CHECK(of.membrane[0] == mem);
      CHECK(out[0] == (mem > 1.0 ? 1.0 : 0.0));
      spikes += mem > 1.0 ? 1 : 0;
    }
    CHECK(spikes > 30);
    CHECK(spikes < 170);
  }
}

TEST_CASE("spiking: a neuron that may fire many times in a step keeps only less than a threshold") {
  auto rule = soft;
  rule.fires_many_times = true;
  auto of = one(rule);
  of.layer.threshold[0] = 0.5;
  CHECK(of.advance({1.75})[0] == 3.0);
  CHECK(of.membrane[0] == 0.25);
  CHECK(of.advance({0.125})[0] == 0.0);
  CHECK(of.advance({0.125})[0] == 1.0);
  CHECK(of.membrane[0] == 0.0);
  CHECK(of.advance({-3.0})[0] == 0.0); // a membrane far below is no spike
  // As many spikes as charge, in total.
  auto sum = one(rule);
  sum.layer.threshold[0] = 0.5;
  double spikes = 0;
  for (int t = 1; t <= 99; ++t) {
    spikes += sum.advance({1.3125})[0];
    CHECK(spikes == std::floor(1.3125 * t / 0.5));
  }
}

TEST_CASE("spiking: a membrane does not stay below its bound") {
  auto of = one(soft);
  of.layer.lowest = -1.0;
  (void)of.advance({-5.0});
  CHECK(of.membrane[0] == -1.0);
  CHECK(fired(of, 10, constant(0.5)) == steps{4, 6, 8, 10}); // 2.0 is missing, not 6.0
  group readout(neurons({.reset = reset_kind::never}, 1));
  readout.layer.lowest = -1.0;
  CHECK(readout.advance({-5.0})[0] == -1.0);
  CHECK(readout.advance({0.25})[0] == -0.75);
  of.membrane[0] = std::numeric_limits<double>::quiet_NaN();
  (void)of.advance({0.0});
  CHECK(std::isnan(of.membrane[0]));
}

TEST_CASE("spiking: a soft reset subtracts less if it goes to more than 0") {
  auto of = one(soft);
  of.layer.reset[0] = 0.5; // each spike takes 0.5
  CHECK(fired(of, 12, constant(0.25)) == steps{4, 6, 8, 10, 12});
  of.layer.reset[0] = -0.5; // each spike takes 1.5
  CHECK(fired(of, 16, constant(0.25)) == steps{4, 10, 16});
}

TEST_CASE("spiking: a membrane that is no number never fires") {
  auto of = one(soft);
  of.membrane[0] = std::numeric_limits<double>::quiet_NaN();
  CHECK(fired(of, 20, constant(10.0)).empty());
  of.layer.leak[0] = 0.0; // 0 * NaN
  CHECK(fired(of, 20, constant(10.0)).empty());
}
