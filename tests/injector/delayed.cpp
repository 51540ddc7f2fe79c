// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "chance.hpp"

#include <bitfault/bitfault.hpp>

#include <cstdint>
#include <string>
#include <vector>

using namespace bitfault;

namespace {

using train = std::vector<std::vector<float>>; // [step][neuron]

constexpr std::uint32_t run_length = 40;
constexpr extents layer{2, 7}; // batch, neurons

constexpr fault_key key_of(std::uint32_t step) {
  return {.seed = 21, .trial = 4, .stream = 6, .step = step};
}

/// Spikes of different strengths in about a third of the places.
train some_spikes() {
  chance::numbers numbers(3);
  train result(run_length, std::vector<float>(layer.size(), 0.0f));
  for (auto& step : result)
    for (float& spike : step)
      spike = numbers.below(3) == 0 ? static_cast<float>(1 + numbers.below(5)) : 0.0f;
  return result;
}

/// By hand: which neurons the injector drops in each step is seen on a layer where all spike.
template <class Injector>
train by_hand(const Injector& drop, std::uint32_t by, const train& spikes) {
  train dropped(run_length);
  for (std::uint32_t t = 0; t < run_length; ++t) {
    dropped[t].assign(layer.size(), 1.0f);
    REQUIRE(drop.apply(view(dropped[t], layer), key_of(t)).ok());
  }
  train result = spikes;
  for (std::uint32_t t = 0; t < run_length; ++t)
    for (std::size_t n = 0; n < layer.size(); ++n) {
      if (dropped[t][n] == 0)
        result[t][n] = 0;
      if (result[t][n] == 0 && t >= by && dropped[t - by][n] == 0)
        result[t][n] = spikes[t - by][n];
    }
  return result;
}

template <class Injector>
train delayed_by(const Injector& drop, std::uint32_t by, train spikes) {
  const auto late = delayed(by, drop);
  std::vector<float> memory(late.required_memory(layer),
                            -77.0f); // what is in it does not matter
  for (std::uint32_t t = 0; t < run_length; ++t)
    REQUIRE(late.apply(view(spikes[t], layer), key_of(t), memory).ok());
  return spikes;
}

} // namespace

TEST_CASE("delayed spikes are those of the naive way, one element at a time") {
  const train spikes = some_spikes();
  const auto check = [&](const auto& drop) {
    for (const std::uint32_t by : {1u, 2u, 5u, 39u, 40u}) {
      const train got = delayed_by(drop, by, spikes);
      CHECK(got == by_hand(drop, by, spikes));
      CHECK(got != spikes);
    }
  };
  check(make_injector(dropped_spike{}, rate::per_element(0.3)));
  check(make_injector(dropped_spike{}, exactly_elements{5}));
  check(make_injector(dropped_spike{}, every{}, batch_entry(1), intermittent{0.5}));
  check(make_injector(dropped_spike{}, at{coordinates{0, 3}, coordinates{1, 6}}, permanent{}));
  check(during(steps{3, 20}, make_injector(dropped_spike{}, rate::per_element(0.5))));
}

TEST_CASE("if every spike is late, the train is moved as a whole") {
  const train spikes = some_spikes();
  const train moved = delayed_by(make_injector(dropped_spike{}, every{}), 4, spikes);
  for (std::uint32_t t = 0; t < run_length; ++t)
    CHECK(moved[t] == (t < 4 ? std::vector<float>(layer.size(), 0.0f) : spikes[t - 4]));
}

TEST_CASE("a late spike keeps its bits, and one that meets another is lost") {
  std::int8_t spikes[2] = {-3, 2};
  std::int8_t memory[4] = {9, 9, 9, 9};
  const auto late = delayed(1, during(one_step(0), make_injector(dropped_spike{}, every{})));
  REQUIRE(late.required_memory(extents{2}) == 4);
  REQUIRE(late.apply(view(spikes), key_of(0), memory).ok());
  CHECK(spikes[0] == 0);
  CHECK(spikes[1] == 0);
  spikes[1] = 5;
  REQUIRE(late.apply(view(spikes), key_of(1), memory).ok());
  CHECK(spikes[0] == -3);
  CHECK(spikes[1] == 5);
  float minus_zero[1] = {-0.0f}; // no spike: a late one finds room
  float kept[2];
  const auto one = delayed(1, during(one_step(0), make_injector(dropped_spike{}, every{})));
  float first[1] = {0.5f};
  REQUIRE(one.apply(view(first), key_of(0), kept).ok());
  REQUIRE(one.apply(view(minus_zero), key_of(1), kept).ok());
  CHECK(minus_zero[0] == 0.5f);
}

TEST_CASE("the same memory serves the next inference, whatever is left in it") {
  const train spikes = some_spikes();
  const auto drop = make_injector(dropped_spike{}, rate::per_element(0.4));
  const auto late = delayed(3, drop);
  std::vector<float> memory(late.required_memory(layer));
  for (int inference = 0; inference < 2; ++inference) {
    train now = spikes;
    for (std::uint32_t t = 0; t < 30; ++t)
      REQUIRE(late.apply(view(now[t], layer), key_of(t), memory).ok());
    now.resize(30);
    train expected = by_hand(drop, 3, spikes);
    expected.resize(30);
    CHECK(now == expected);
  }
}

TEST_CASE("a delay that makes no sense is refused and changes nothing") {
  std::vector<float> spikes(layer.size(), 1.0f), memory(2 * layer.size(), 5.0f);
  const auto drop = make_injector(dropped_spike{}, every{});
  const auto refused = [&](const auto& late) {
    const status s = late.apply(view(spikes, layer), key_of(0), memory);
    REQUIRE(!s.ok());
    CHECK(spikes == std::vector<float>(layer.size(), 1.0f));
    CHECK(memory == std::vector<float>(2 * layer.size(), 5.0f));
    return std::string(message(s).text);
  };
  CHECK(refused(delayed(0, drop)) ==
        "bitfault: delayed: steps (1 to 2^31 - 1): 0 is not allowed here");
  CHECK(refused(delayed(-2, drop)).find("-2 is not allowed") != std::string::npos);
  CHECK(refused(delayed(std::int64_t{1} << 31, drop)).find("delayed: steps") != std::string::npos);
  CHECK(refused(delayed(2, drop)) == "bitfault: delayed: scratch of 28 words given, 42 needed");
  CHECK(refused(delayed(1, make_injector(dropped_spike{}, exactly_elements{15})))
            .find("15 faults asked for") != std::string::npos);
  CHECK(refused(delayed(1, during(steps{2, 1}, drop))).find("steps: end") != std::string::npos);
  CHECK(delayed(0, drop).required_memory(layer) > spikes.size() * 1000);
}

TEST_CASE("an injector that is switched off delays nothing") {
  std::vector<float> spikes(layer.size(), 1.0f), memory(2 * layer.size());
  const auto late = delayed(1, make_injector(dropped_spike{}, every{}, enable<false>{}));
  for (std::uint32_t t = 0; t < 3; ++t) {
    REQUIRE(late.apply(view(spikes, layer), key_of(t), memory).ok());
    CHECK(spikes == std::vector<float>(layer.size(), 1.0f));
  }
}
