// SPDX-License-Identifier: MIT

// The trainer's backpropagation through time against central differences, with
// a smooth function in the place of the spike; and its forward pass against the
// network that runs step by step.

#include "spiking/gradients.hpp"

#include "catch.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <random>
#include <span>
#include <vector>

namespace {

using spiking::index_t;

constexpr index_t steps = 4;

/// A spike that has a derivative, through which the reset is differentiated
/// too.
struct smooth_spike {
  static constexpr bool through_reset = true;
  [[nodiscard]] static double value(double above) { return 0.5 + 0.5 * std::tanh(above); }
  [[nodiscard]] static double slope(double above) {
    const double t = std::tanh(above);
    return 0.5 * (1.0 - t * t);
  }
};

class source {
public:
  [[nodiscard]] double operator()() { // [-1, 1)
    return static_cast<double>(engine_() >> 11U) / static_cast<double>(1ULL << 52U) - 1.0;
  }
  [[nodiscard]] std::size_t below(std::size_t n) { return engine_() % n; }

private:
  std::mt19937_64 engine_{3};
};

template <class Scalar>
[[nodiscard]] spiking::event_parameters<Scalar> some_parameters(source& random, double size) {
  spiking::event_parameters<Scalar> result;
  for (auto& t : result.tensors()) {
    const auto inputs = static_cast<double>(t.data.size() / t.extents[0]);
    for (auto& x : t.data)
      x = static_cast<Scalar>(random() * size / std::sqrt(inputs));
  }
  return result;
}

/// {channels, steps, height, width}: a few counts.
template <class Scalar>
[[nodiscard]] std::vector<Scalar> some_frames(source& random, index_t length) {
  std::vector<Scalar> result(static_cast<std::size_t>(length * spiking::event_input.size()));
  for (auto& x : result)
    x = static_cast<Scalar>(random.below(8) == 0 ? random.below(3) : 0);
  return result;
}

} // namespace

TEST_CASE("spiking: the gradient through time is the numerical slope of the loss") {
  source random;
  auto net = some_parameters<double>(random, 2.0);
  const auto frames = some_frames<double>(random, steps);
  spiking::event_tape<double, smooth_spike> tape;
  spiking::event_parameters<double> gradient, unused;
  (void)tape.add_gradient(net, frames.data(), steps, 6, gradient);
  const auto loss = [&] { return tape.add_gradient(net, frames.data(), steps, 6, unused); };

  auto values = net.tensors();
  const auto slopes = gradient.tensors();
  for (std::size_t t = 0; t < values.size(); ++t) {
    CAPTURE(values[t].name);
    double largest = 0;
    for (int i = 0; i < 12; ++i) {
      const std::size_t at = random.below(values[t].data.size());
      double& x = values[t].data[at];
      const double kept = x;
      constexpr double h = 1e-5;
      x = kept + h;
      const double above = loss();
      x = kept - h;
      const double below = loss();
      x = kept;
      const double slope = (above - below) / (2 * h);
      CHECK(slopes[t].data[at] == Approx(slope).epsilon(1e-5).margin(1e-9));
      largest = std::max(largest, std::abs(slope));
    }
    CHECK(largest > 1e-4); // far above the margin
  }
}

TEST_CASE("spiking: the trainer's scores are those of the network that runs "
          "step by step") {
  source random;
  const auto parameters = some_parameters<float>(random, 3.0);
  const auto frames = some_frames<float>(random, spiking::event_steps);
  spiking::event_tape<float> tape;
  tape.forward(parameters, frames.data(), spiking::event_steps);

  // {channels, steps, pixels} as the trainer has them to {steps, channels,
  // pixels}
  constexpr auto plane =
      static_cast<std::size_t>(spiking::event_input.height * spiking::event_input.width);
  std::vector<float> in_time;
  for (std::size_t t = 0; t < spiking::event_steps; ++t)
    for (std::size_t c = 0; c < 2; ++c) {
      const auto* from = frames.data() + (c * spiking::event_steps + t) * plane;
      in_time.insert(in_time.end(), from, from + plane);
    }
  auto net = spiking::make_event_network(parameters);
  float spikes = 0;
  std::vector<float> scores(10);
  for (std::size_t t = 0; t < spiking::event_steps; ++t) {
    const auto out = net.step(std::span(in_time).subspan(t * 2 * plane, 2 * plane),
                              [&](std::size_t, const spiking::layer<float>& one) {
                                if (one.name == "lif1" || one.name == "lif2")
                                  for (const float x : one.activation)
                                    spikes += x;
                              });
    for (std::size_t c = 0; c < scores.size(); ++c)
      scores[c] += out[c];
  }
  REQUIRE(spikes > 2000.0F);
  // The two add in different orders, so a membrane within rounding of its
  // threshold may decide differently: a few spikes of thousands, and as much of
  // the scores.
  CHECK(std::abs(spikes - tape.spikes()) < 0.001F * spikes);
  for (std::size_t c = 0; c < scores.size(); ++c)
    CHECK(scores[c] == Approx(tape.scores[static_cast<index_t>(c)]).epsilon(0.01).margin(0.02));
}
