// SPDX-License-Identifier: MIT
#include "spiking/network.hpp"

#include "catch.hpp"
#include "refusals.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <limits>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace {

using spiking::index_t;
using spiking::neurons;
using spiking::over_time;
using spiking::reset_kind;
using spiking::shape;
using numbers = std::vector<float>;

class source {
public:
  [[nodiscard]] float operator()() { // [-1, 1)
    return static_cast<float>(engine_() >> 8U) / static_cast<float>(1U << 23U) - 1.0F;
  }
  [[nodiscard]] spiking::synapses<float> connections(index_t out, index_t in) {
    spiking::synapses<float> result(out, in);
    for (index_t i = 0; i < out * in; ++i)
      result.weight.data()[i] = (*this)();
    return result;
  }
  /// Frames of 0, 1 and 2.
  [[nodiscard]] numbers frames(std::size_t steps, shape s) {
    numbers result(steps * static_cast<std::size_t>(s.size()));
    for (auto& x : result)
      x = static_cast<float>(engine_() % 6 < 4 ? 0 : engine_() % 2 + 1);
    return result;
  }

private:
  std::mt19937 engine_{5};
};

constexpr shape input{2, 6, 6};

/// All kinds of neurons behind all kinds of layers.
[[nodiscard]] spiking::network<float> small_network() {
  source random;
  spiking::network<float> net(input);
  net.add("conv", spiking::convolution<float>{{3, 1, 1}, random.connections(3, 18)});
  neurons<float> lif({.reset = reset_kind::to_value, .has_current = true}, 3 * 6 * 6);
  std::fill(lif.leak.begin(), lif.leak.end(), 0.875F);
  std::fill(lif.current_leak.begin(), lif.current_leak.end(), 0.5F);
  std::fill(lif.refractory.begin(), lif.refractory.end(), 2);
  net.add("lif", std::move(lif));
  net.add("pool", spiking::pooling{spiking::pooling_kind::average, {2, 2, 0}});
  net.add("hidden", spiking::dense<float>{random.connections(8, 27)});
  net.add("if", neurons<float>({.reset = reset_kind::by_subtraction}, 8));
  net.add("dense", spiking::dense<float>{random.connections(4, 8)});
  neurons<float> readout({.reset = reset_kind::never}, 4);
  std::fill(readout.leak.begin(), readout.leak.end(), 0.75F);
  readout.rest = 0.25F;
  net.add("readout", std::move(readout));
  return net;
}

[[nodiscard]] bool same_bits(std::span<const float> a, std::span<const float> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

[[nodiscard]] numbers copy(std::span<const float> a) { return {a.begin(), a.end()}; }

constexpr std::size_t steps = 20;
constexpr auto frame = static_cast<std::size_t>(input.size());

[[nodiscard]] std::span<const float> at(const numbers& frames, std::size_t step) {
  return std::span(frames).subspan(step * frame, frame);
}

} // namespace

TEST_CASE("spiking: a run from a kept state on gives the bits of the whole "
          "run, at every step") {
  auto net = small_network();
  const numbers frames = source{}.frames(steps, input);
  std::vector<numbers> outputs;
  std::vector<spiking::network_state<float>> states;
  for (std::size_t t = 0; t < steps; ++t) {
    states.push_back(net.state());
    outputs.push_back(copy(net.step(at(frames, t))));
  }
  const auto last = net.state();
  CHECK_FALSE(same_bits(last.values, states[1].values));
  CHECK(std::count(last.refractory.begin(), last.refractory.end(), 0) !=
        static_cast<std::ptrdiff_t>(last.refractory.size()));

  auto other = small_network();
  for (const std::size_t first : {std::size_t{0}, std::size_t{1}, std::size_t{7}, steps - 1}) {
    CAPTURE(first);
    const auto* memory = other.state().values.data();
    other.restore(states[first]);
    CHECK(other.state().values.data() == memory); // copied into place
    for (std::size_t t = first; t < steps; ++t)
      CHECK(same_bits(other.step(at(frames, t)), outputs[t]));
    CHECK(same_bits(other.state().values, last.values));
    CHECK(other.state().refractory == last.refractory);
  }
}

TEST_CASE("spiking: a reset network computes as a new one") {
  auto net = small_network();
  const numbers frames = source{}.frames(steps, input);
  const auto fresh = net.state();
  const auto first = spiking::scores_of<float>(net, frames, over_time::summed);
  CHECK_FALSE(same_bits(net.state().values, fresh.values));
  net.reset();
  CHECK(same_bits(net.state().values, fresh.values));
  CHECK(net.state().refractory == fresh.refractory);
  CHECK(same_bits(spiking::scores_of<float>(net, frames, over_time::summed), first));
}

TEST_CASE("spiking: sum and largest value over time are those of the steps") {
  auto net = small_network();
  const numbers frames = source{}.frames(steps, input);
  numbers sum(4, 0.0F), largest(4, -100.0F);
  for (std::size_t t = 0; t < steps; ++t) {
    const auto out = net.step(at(frames, t));
    for (std::size_t c = 0; c < 4; ++c) {
      sum[c] += out[c];
      largest[c] = std::max(largest[c], out[c]);
    }
  }
  CHECK(spiking::scores_of<float>(net, frames, over_time::summed) == sum);
  CHECK(spiking::scores_of<float>(net, frames, over_time::largest) == largest);
  CHECK(spiking::best_class<float>(numbers{1.0F, 3.0F, 3.0F, -1.0F}) == 1);
  constexpr float no_number = std::numeric_limits<float>::quiet_NaN();
  CHECK(spiking::best_class<float>(numbers{no_number, -3.0F, no_number}) == 1);
}

TEST_CASE("spiking: a hook sees every layer in order, and what it writes the "
          "next layer reads") {
  auto net = small_network();
  const numbers frames = source{}.frames(steps, input);
  std::string seen;
  const auto plain = copy(net.step(at(frames, 0)));
  net.reset();
  const auto watched =
      copy(net.step(at(frames, 0), [&](std::size_t number, spiking::layer<float>& one) {
        CHECK(&one == &net.layers()[number]);
        CHECK(one.activation.size() == static_cast<std::size_t>(one.output.size()));
        seen += one.name + " ";
      }));
  CHECK(seen == "conv lif pool hidden if dense readout ");
  CHECK(same_bits(plain, watched));

  // Silent second neurons: the dense layer gets nothing, the readout stays at
  // rest.
  net.reset();
  for (std::size_t t = 0; t < 5; ++t) {
    const auto out = net.step(at(frames, t), [](std::size_t, spiking::layer<float>& one) {
      if (one.name == "if")
        std::fill(one.activation.begin(), one.activation.end(), 0.0F);
    });
    CHECK(copy(out) == numbers(4, 0.25F));
  }
}

TEST_CASE("spiking: a layer's state and constants can be reached one neuron at "
          "a time") {
  auto net = small_network();
  const numbers frames = source{}.frames(steps, input);
  auto& lif = net.at("lif");
  const auto state = net.state_of(lif);
  CHECK(state.membrane.size() == 108);
  CHECK(state.current.size() == 108);
  CHECK(state.refractory.size() == 108);
  CHECK(net.state_of(net.at("if")).current.empty());
  CHECK(net.state_of(net.at("readout")).refractory.empty());
  CHECK(net.state_of(net.at("conv")).membrane.empty());
  CHECK(net.state().values.size() == 108 + 108 + 8 + 4);
  CHECK(net.state().refractory.size() == 108 + 8);

  // The one neuron that is driven over its threshold fires; its layer writes
  // the state in view.
  const numbers dark(frame, 0.0F);
  state.membrane[17] = 5.0F;
  (void)net.step(dark);
  CHECK(std::count(lif.activation.begin(), lif.activation.end(), 1.0F) == 1);
  CHECK(lif.activation[17] == 1.0F);
  CHECK(state.membrane[17] == 0.0F);
  CHECK(state.refractory[17] == 2);

  auto& constants = std::get<neurons<float>>(lif.kind);
  constants.threshold[40] = -1.0F; // saturated
  (void)net.step(dark);
  CHECK(lif.activation[40] == 1.0F);
  CHECK(std::count(lif.activation.begin(), lif.activation.end(), 1.0F) == 1);
}

TEST_CASE("spiking: a copy of a network has weights and state of its own") {
  auto net = small_network();
  const numbers frames = source{}.frames(steps, input);
  (void)net.step(at(frames, 0));
  auto other = net;
  std::get<spiking::convolution<float>>(other.at("conv").kind).connections.weight.setZero();
  other.state_of(other.at("if")).membrane[0] = 77.0F;
  const auto kept = net.state();
  (void)other.step(at(frames, 1));
  CHECK(same_bits(net.state().values, kept.values));
  CHECK(std::get<spiking::convolution<float>>(net.at("conv").kind).connections.weight(0, 0) !=
        0.0F);
}

TEST_CASE("spiking: a rectifier keeps what is above 0, and a NaN") {
  spiking::network<float> net({1, 2, 2});
  net.add("relu", spiking::rectifier{});
  constexpr float no_number = std::numeric_limits<float>::quiet_NaN();
  const auto out = net.step(numbers{-1.5F, 0.0F, 2.5F, no_number});
  CHECK(out[0] == 0.0F);
  CHECK(out[1] == 0.0F);
  CHECK(out[2] == 2.5F);
  CHECK(std::isnan(out[3]));
  CHECK(net.output() == shape{1, 2, 2});
}

TEST_CASE("spiking: layers, frames and states that do not fit are refused by "
          "name and size") {
  source random;
  auto net = small_network();
  const auto layers = net.layers().size();
  demo_tests::check_refused([&] { net.add("lif", spiking::pooling{}); }, {"'lif'", "already"});
  demo_tests::check_refused(
      [&] { net.add("more", spiking::dense<float>{random.connections(2, 5)}); },
      {"'more'", "2 x 5", "4 inputs"});
  demo_tests::check_refused(
      [&] {
        net.add("many", neurons<float>({.resets_in_next_step = true, .fires_many_times = true},
                                       net.output().size()));
      },
      {"'many'", "reset"});
  demo_tests::check_refused([&] { net.add("more", neurons<float>({}, 3)); },
                            {"'more'", "3 neurons", "4 x 1 x 1"});
  demo_tests::check_refused([&] { net.add("more", spiking::pooling{}); },
                            {"'more'", "side 2", "4 x 1 x 1"});
  demo_tests::check_refused(
      [&] {
        net.add("more", spiking::pooling{{}, {1, 0, 0}});
      },
      {"'more'", "stride 0"});
  CHECK(net.layers().size() == layers);
  CHECK(net.state().values.size() == 228);
  demo_tests::check_refused([&] { (void)net.at("conv9"); }, {"'conv9'"});
  demo_tests::check_refused([&] { (void)net.step(numbers(71)); }, {"71", "2 x 6 x 6"});
  demo_tests::check_refused(
      [&] { (void)spiking::scores_of<float>(net, numbers(73), over_time::summed); }, {"73", "72"});
  demo_tests::check_refused([&] { net.restore({numbers(3), {}}); }, {"3", "228"});
}
