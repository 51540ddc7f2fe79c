// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "chance.hpp"

#include <bitfault/bitfault.hpp>

#include <cstdint>
#include <vector>

using namespace bitfault;

namespace {

template <class T, class Fault>
T after(const Fault& fault, T value) {
  T memory[1] = {value};
  REQUIRE(make_injector(fault, at{0}, permanent{}).apply(view(memory), {.seed = 1}).ok());
  return memory[0];
}

constexpr fault_key key_of(std::uint32_t step) {
  return {.seed = 42, .trial = 7, .stream = 3, .step = step};
}

/// Which of 32 neurons are not as they were, in steps 0 to 3: bit n for neuron n.
template <class Injector>
std::vector<std::uint32_t> changed_neurons(const Injector& injector, float before) {
  std::vector<std::uint32_t> result;
  for (std::uint32_t t = 0; t < 4; ++t) {
    std::vector<float> spikes(32, before);
    REQUIRE(injector.apply(view(spikes), key_of(t)).ok());
    std::uint32_t word = 0;
    for (unsigned n = 0; n < 32; ++n)
      word |= spikes[n] != before ? 1u << n : 0u;
    result.push_back(word);
  }
  return result;
}

} // namespace

TEST_CASE("a dead neuron has no spike, a saturated one has, a stuck one what "
          "it is stuck at") {
  for (const float before : {0.0f, 1.0f, -0.0f, 2.5f}) {
    CHECK(to_word(after(dead_neuron{}, before)) == 0);
    CHECK(after(saturated_neuron{}, before) == 1.0f);
    CHECK(after(saturated_neuron{.spike = 1000}, before) == 1000.0f);
    CHECK(after(stuck_output{0.25f}, before) == 0.25f);
  }
  for (const int before : {0, 1, 7}) {
    CHECK(after(dead_neuron{}, static_cast<std::int8_t>(before)) == 0);
    CHECK(after(saturated_neuron{}, static_cast<std::uint8_t>(before)) == 1);
    CHECK(after(stuck_output{300}, static_cast<std::int8_t>(before)) == 127); // clamped
    CHECK(after(stuck_output{-1}, std::int64_t{before}) == -1);
  }
  for (const bool before : {false, true}) {
    CHECK(!after(dead_neuron{}, before));
    CHECK(after(saturated_neuron{}, before));
  }
  CHECK(to_word(after(saturated_neuron{}, half::from_bits(0))) == 0x3C00);
  CHECK(to_word(after(saturated_neuron{}, bfloat16::from_bits(0))) == 0x3F80);
}

TEST_CASE("a dropped spike is gone, an extra one stands where there was none") {
  CHECK(to_word(after(dropped_spike{}, 1.0f)) == 0);
  CHECK(to_word(after(dropped_spike{}, -0.0f)) == 0);
  CHECK(after(dropped_spike{}, std::int16_t{-5}) == 0);
  CHECK(after(extra_spike{}, 0.0f) == 1.0f);
  CHECK(after(extra_spike{}, -0.0f) == 1.0f); // -0 is no spike
  CHECK(after(extra_spike{}, 0.5f) == 0.5f);
  CHECK(after(extra_spike{.spike = 3}, std::int8_t{0}) == 3);
  CHECK(after(extra_spike{.spike = 3}, std::int8_t{-128}) == -128); // no -0 among integers
  CHECK(after(extra_spike{}, false));
  CHECK(to_word(after(extra_spike{}, 0x1p-149f)) == 1); // the smallest spike is one
}

TEST_CASE("spikes are dropped and added with their probability, whatever step "
          "and neuron") {
  constexpr double p = 0.125;
  constexpr std::uint32_t steps_run = 2000;
  constexpr std::size_t neurons = 64;
  const auto drop = make_injector(dropped_spike{}, rate::per_element(p));
  const auto add = make_injector(extra_spike{}, rate::per_element(p));
  std::vector<int> dropped(neurons), added(neurons), in_step;
  int both = 0;
  for (std::uint32_t t = 0; t < steps_run; ++t) {
    std::vector<float> ones(neurons, 1.0f), zeros(neurons, 0.0f);
    REQUIRE(drop.apply(view(ones), key_of(t)).ok());
    REQUIRE(add.apply(view(zeros), {.seed = 42, .trial = 7, .stream = 4, .step = t}).ok());
    int here = 0;
    for (std::size_t n = 0; n < neurons; ++n) {
      dropped[n] += ones[n] == 0 ? 1 : 0;
      added[n] += zeros[n] == 1 ? 1 : 0;
      both += ones[n] == 0 && zeros[n] == 1 ? 1 : 0;
      here += ones[n] == 0 ? 1 : 0;
    }
    in_step.push_back(here);
  }
  const double everywhere = steps_run * neurons;
  double drops = 0, adds = 0;
  for (std::size_t n = 0; n < neurons; ++n) {
    drops += dropped[n];
    adds += added[n];
  }
  CHECK(std::abs(chance::binomial_z(drops, everywhere, p)) < chance::limit);
  CHECK(std::abs(chance::binomial_z(adds, everywhere, p)) < chance::limit);
  CHECK(std::abs(chance::binomial_z(both, everywhere, p * p)) < chance::limit);
  CHECK(chance::uniform_z(dropped) < chance::limit);
  CHECK(chance::uniform_z(added) < chance::limit);
  // The number in one step is binomial: its variance, too.
  chance::moments counts;
  for (const int count : in_step)
    counts.add(count);
  const double v = neurons * p * (1 - p);
  CHECK(std::abs(counts.variance_z(v, v * (1 + 3 * (neurons - 2) * p * (1 - p)))) < chance::limit);
}

// Which spikes a key drops, adds or delays is frozen: see tests/selectors/golden_draw_1.cpp.
TEST_CASE("golden vectors of dropped, extra and delayed spikes, draw version 1") {
  using words = std::vector<std::uint32_t>;
  CHECK(changed_neurons(make_injector(dropped_spike{}, rate::per_element(0.25)), 1.0f) ==
        words{0x2840484, 0x2161484, 0xC60A9104, 0x2200202});
  CHECK(changed_neurons(make_injector(extra_spike{}, rate::per_element(0.25)), 0.0f) ==
        words{0x2840484, 0x2161484, 0xC60A9104, 0x2200202});
  CHECK(changed_neurons(make_injector(extra_spike{}, rate::per_element(0.1), permanent{}), 0.0f) ==
        words{0x2040404, 0x2040404, 0x2040404, 0x2040404});
  CHECK(changed_neurons(make_injector(dropped_spike{}, exactly_elements{4}), 1.0f) ==
        words{0x806040, 0x5000C00, 0x8020140, 0x40086000});

  // All neurons spike in step 0 and never again; those that are late are there in step 2.
  const auto late = delayed(2, make_injector(dropped_spike{}, rate::per_element(0.25)));
  std::vector<float> memory(late.required_memory(extents{32}));
  words seen;
  for (std::uint32_t t = 0; t < 3; ++t) {
    std::vector<float> spikes(32, t == 0 ? 1.0f : 0.0f);
    REQUIRE(late.apply(view(spikes), key_of(t), memory).ok());
    std::uint32_t word = 0;
    for (unsigned n = 0; n < 32; ++n)
      word |= spikes[n] != 0 ? 1u << n : 0u;
    seen.push_back(word);
  }
  CHECK(seen == words{0xFD7BFB7B, 0, 0x2840484});
}
