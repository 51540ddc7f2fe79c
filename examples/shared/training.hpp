// SPDX-License-Identifier: MIT
#pragma once

// What the trainers of the example networks have in common: random numbers, initial weights, the
// optimizer, numbers on the command line.

#include "tensors.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <random>
#include <stdexcept>
#include <string>
#include <system_error>

namespace examples {

/// All of `text` as a number; `name` is the option that it stands behind.
template <class Number>
void read(const std::string& name, const std::string& text, Number& to) {
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, to);
  if (error != std::errc{} || stop != end)
    throw std::invalid_argument(name + ": '" + text + "' is no number that fits");
}

/// Random numbers that are the same with every C++ library (its distributions are not).
class generator {
public:
  explicit generator(std::uint64_t seed) : engine_(seed) {}
  [[nodiscard]] std::uint64_t below(std::uint64_t n) { return engine_() % n; }
  [[nodiscard]] float uniform() { // [-1, 1)
    return static_cast<float>(engine_() >> 40U) / static_cast<float>(1U << 23U) - 1.0F;
  }

private:
  std::mt19937_64 engine_;
};

/// Uniform initial weights of variance 2 / inputs (He et al., 2015), times `scale`.
inline void initialize(matrix<float>& weight, generator& random, float scale = 1.0F) {
  const float bound = scale * std::sqrt(6.0F / static_cast<float>(weight.cols()));
  for (index_t i = 0; i < weight.size(); ++i)
    weight.data()[i] = bound * random.uniform();
}

/// Adam (Kingma and Ba, 2015) with decoupled weight decay (Loshchilov and Hutter, 2019). The
/// learning rate grows during the first fiftieth of all steps and falls to zero along a cosine.
class adam {
public:
  adam(float peak_rate, std::size_t steps) : peak_rate_(peak_rate), steps_(steps) {}

  void begin_step() {
    ++step_;
    const float done = static_cast<float>(step_) / static_cast<float>(steps_);
    rate_ = peak_rate_ * std::min(1.0F, done * 50.0F) * 0.5F *
            (1.0F + std::cos(std::numbers::pi_v<float> * done));
    correct1_ = 1.0F - std::pow(keep1, static_cast<float>(step_));
    correct2_ = 1.0F - std::pow(keep2, static_cast<float>(step_));
  }

  /// One weight's step; `mean` and `square` are its memory, 0 at first. `decay` is that of a step
  /// at rate 1.
  void update(float& weight, float gradient, float& mean, float& square, float decay) const {
    mean = keep1 * mean + (1.0F - keep1) * gradient;
    square = keep2 * square + (1.0F - keep2) * gradient * gradient;
    weight -= rate_ * (mean / correct1_) / (std::sqrt(square / correct2_) + 1e-8F) +
              decay * rate_ * weight;
  }

  /// A step of a network whose gradient was summed over a batch; `scale` is 1 / its size. `mean`
  /// and `square` are networks of zeros at first. Matrices decay, vectors do not.
  template <class Network>
  void step(Network& net, Network& gradient, Network& mean, Network& square, float scale,
            float decay) {
    begin_step();
    auto value = net.tensors();
    const auto slope = gradient.tensors();
    auto m = mean.tensors(), s = square.tensors();
    for (std::size_t t = 0; t < value.size(); ++t)
      for (std::size_t i = 0; i < value[t].data.size(); ++i)
        update(value[t].data[i], slope[t].data[i] * scale, m[t].data[i], s[t].data[i],
               value[t].extents.size() > 1 ? decay : 0.0F);
  }

private:
  static constexpr float keep1 = 0.9F, keep2 = 0.999F;
  float peak_rate_;
  std::size_t steps_, step_ = 0;
  float rate_ = 0, correct1_ = 0, correct2_ = 0;
};

} // namespace examples
