// SPDX-License-Identifier: MIT

// Backpropagation through time for the network of DVS128 Gesture against central differences, with
// a smooth function in the place of the spike; and its forward pass against the network that runs
// step by step.

#include "spiking/dvs128_gradients.hpp"

#include "catch.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace {

using spiking::index_t;

/// A spike that has a derivative, through which the reset is differentiated too.
struct smooth_spike {
  static constexpr bool through_reset = true;
  [[nodiscard]] static double value(double above) { return 0.5 + 0.5 * std::tanh(above); }
  [[nodiscard]] static double slope(double above) {
    const double t = std::tanh(above);
    return 0.5 * (1.0 - t * t);
  }
};

/// Random weights, and in each frame the events of a bar that moves.
template <class Scalar>
[[nodiscard]] spiking::dvs128_parameters<Scalar> some_parameters(double bias) {
  auto made = spiking::untrained_dvs128(3);
  spiking::dvs128_parameters<Scalar> result;
  std::mt19937_64 random(4);
  const auto from = made.tensors();
  const auto to = result.tensors();
  for (std::size_t t = 0; t < to.size(); ++t)
    for (std::size_t i = 0; i < to[t].data.size(); ++i)
      to[t].data[i] = from[t].extents.size() > 1
                          ? static_cast<Scalar>(from[t].data[i])
                          : static_cast<Scalar>(bias * static_cast<double>(random() % 8));
  return result;
}

template <class Scalar>
[[nodiscard]] std::vector<Scalar> some_frames(std::size_t steps) {
  std::mt19937_64 random(5);
  std::vector<Scalar> result;
  for (std::size_t t = 0; t < steps; ++t)
    for (std::size_t y = 0; y < 32; ++y)
      for (std::size_t x = 0; x < 32; ++x)
        result.push_back((x + 2 * t) % 16 < 3 ? static_cast<Scalar>(random() % 32) / 16 : 0);
  return result;
}

} // namespace

TEST_CASE("spiking: the gradient for DVS128 Gesture is that of central differences") {
  constexpr index_t steps = 4;
  auto net = some_parameters<double>(0.03125);
  const auto frames = some_frames<double>(steps);
  spiking::dvs128_tape<double, smooth_spike> tape;
  spiking::dvs128_parameters<double> gradient;
  const double loss = tape.add_gradient(net, frames.data(), steps, 7, gradient);
  CHECK(loss > 0);
  const auto loss_now = [&] {
    tape.forward(net, frames.data(), steps);
    spiking::vector<double> unused;
    return spiking::cross_entropy(tape.scores, index_t{7}, unused);
  };
  const auto values = net.tensors();
  const auto slopes = gradient.tensors();
  std::mt19937_64 random(6);
  for (std::size_t t = 0; t < values.size(); ++t) {
    double largest = 0;
    for (const double g : slopes[t].data)
      largest = std::max(largest, std::abs(g));
    CAPTURE(values[t].name);
    CHECK(largest > 1e-7); // something arrives in every tensor
    for (int sample = 0; sample < 3; ++sample) {
      // one with an influence, so that a wrong sign or factor cannot hide
      std::size_t i = random() % values[t].data.size();
      while (std::abs(slopes[t].data[i]) < 0.1 * largest)
        i = (i + 1) % values[t].data.size();
      const double kept = values[t].data[i], step = 1e-5;
      values[t].data[i] = kept + step;
      const double above = loss_now();
      values[t].data[i] = kept - step;
      const double below = loss_now();
      values[t].data[i] = kept;
      CHECK(slopes[t].data[i] ==
            Approx((above - below) / (2 * step)).epsilon(1e-3).margin(1e-3 * largest));
    }
  }
}

TEST_CASE("spiking: what is trained for DVS128 Gesture is the network that runs step by step") {
  constexpr std::size_t steps = 12;
  const auto parameters = some_parameters<double>(0.0);
  const auto frames = some_frames<double>(steps);
  spiking::dvs128_tape<double> tape;
  tape.forward(parameters, frames.data(), steps);
  auto net = spiking::make_dvs128_network(parameters);
  const auto scores = spiking::scores_of<double>(net, frames, spiking::over_time::largest);
  double most = 0;
  for (std::size_t c = 0; c < scores.size(); ++c) {
    CHECK(tape.scores[static_cast<index_t>(c)] == Approx(scores[c]).epsilon(1e-9).margin(1e-12));
    most = std::max(most, scores[c]);
  }
  CHECK(most > 0);
  CHECK(tape.spikes() > 1000);
}
