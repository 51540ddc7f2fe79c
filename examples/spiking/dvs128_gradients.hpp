// SPDX-License-Identifier: MIT
#pragma once

// Backpropagation through time for the network of dvs128_network.hpp, as gradients.hpp has it for
// the event network; only the trainer and the tests need it.

#include "dvs128_network.hpp"
#include "gradients.hpp"

#include <cstddef>
#include <vector>

namespace spiking {

/// Neurons with a synaptic current and a hard reset to 0, one layer over all steps. Rows are
/// channels, columns {steps, pixels}.
template <class Scalar, class Spike>
struct current_tape {
  Spike spike;
  matrix<Scalar> membrane; ///< before the reset
  matrix<Scalar> spikes;

  void forward(const matrix<Scalar>& input, index_t steps) {
    const index_t pixels = input.cols() / steps;
    membrane.resize(input.rows(), input.cols());
    spikes.resize(input.rows(), input.cols());
    for (index_t c = 0; c < input.rows(); ++c) {
      current_.assign(static_cast<std::size_t>(pixels), Scalar(0));
      carried_.assign(static_cast<std::size_t>(pixels), Scalar(0));
      for (index_t n = 0; n < input.cols(); ++n) {
        const auto p = static_cast<std::size_t>(n % pixels);
        const Scalar v = leak * carried_[p] + gain * current_[p];
        const Scalar s = spike.value(v - Scalar(1));
        current_[p] = keep * current_[p] + input(c, n);
        carried_[p] = v * (Scalar(1) - s);
        membrane(c, n) = v;
        spikes(c, n) = s;
      }
    }
  }

  /// The gradient of the spikes, in place, becomes that of the input.
  void backward(matrix<Scalar>& d, index_t steps) {
    const index_t pixels = d.cols() / steps;
    for (index_t c = 0; c < d.rows(); ++c) {
      current_.assign(static_cast<std::size_t>(pixels), Scalar(0));
      carried_.assign(static_cast<std::size_t>(pixels), Scalar(0));
      for (index_t n = d.cols() - 1; n >= 0; --n) {
        const auto p = static_cast<std::size_t>(n % pixels);
        const Scalar v = membrane(c, n);
        const Scalar by_reset = Spike::through_reset ? v * carried_[p] : Scalar(0);
        const Scalar dv = spike.slope(v - Scalar(1)) * (d(c, n) - by_reset) +
                          carried_[p] * (Scalar(1) - spikes(c, n));
        d(c, n) = current_[p];
        current_[p] = keep * current_[p] + gain * dv;
        carried_[p] = leak * dv;
      }
    }
  }

  static constexpr auto gain = static_cast<Scalar>(dvs128_layout::gain);
  static constexpr auto leak = static_cast<Scalar>(1 - dvs128_layout::gain);
  static constexpr auto keep = static_cast<Scalar>(dvs128_layout::current_leak);

private:
  std::vector<Scalar> current_, carried_; ///< one for each pixel: values, or their gradients
};

/// What the backward pass needs from the forward pass of one recording, and its scratch space.
template <class Scalar, class Spike = surrogate_spike<Scalar>>
class dvs128_tape {
public:
  vector<Scalar> scores = vector<Scalar>::Zero(dvs128_layout::classes);

  /// Scores of one recording, `seen` being {steps, 32, 32}.
  void forward(const dvs128_parameters<Scalar>& net, const Scalar* seen, index_t steps) {
    unfold(seen, dvs128_layout::input, steps, dvs128_layout::window, columns1_);
    product(net.conv1, columns1_, current_);
    lif1_.forward(current_, steps);
    sum_pool(lif1_.spikes, dvs128_layout::conv1, steps, pooled_);
    pooled_ *= Scalar(0.25);
    unfold(pooled_.data(), dvs128_layout::pool1, steps, dvs128_layout::window, columns2_);
    product(net.conv2, columns2_, current_);
    lif2_.forward(current_, steps);
    sum_pool(lif2_.spikes, dvs128_layout::conv2, steps, pooled_);
    features_.resize(dvs128_layout::pool2.size(), steps);
    regroup(steps, [&](index_t feature, index_t step, index_t channel, index_t column) {
      features_(feature, step) = Scalar(0.25) * pooled_(channel, column);
    });
    product(net.dense1, features_, hidden_);
    hidden_ = hidden_.cwiseMax(Scalar(0));
    product(net.dense2, hidden_, current_);
    vector<Scalar> membrane = vector<Scalar>::Zero(dvs128_layout::classes), charge = membrane;
    best_step_.assign(dvs128_layout::classes, 0);
    for (index_t t = 0; t < steps; ++t) {
      membrane = lif::leak * membrane + lif::gain * charge;
      charge = lif::keep * charge + current_.col(t);
      for (index_t c = 0; c < dvs128_layout::classes; ++c)
        if (t == 0 || membrane[c] > scores[c]) {
          scores[c] = membrane[c];
          best_step_[static_cast<std::size_t>(c)] = t;
        }
    }
  }

  /// Loss of one recording; adds its gradient to `gradient`.
  Scalar add_gradient(const dvs128_parameters<Scalar>& net, const Scalar* seen, index_t steps,
                      index_t label, dvs128_parameters<Scalar>& gradient) {
    forward(net, seen, steps);
    vector<Scalar> d_scores;
    const Scalar loss = cross_entropy(scores, label, d_scores);
    d_.resize(dvs128_layout::classes, steps);
    for (index_t c = 0; c < dvs128_layout::classes; ++c) {
      Scalar carried(0), charge(0);
      for (index_t t = steps - 1; t >= 0; --t) {
        const bool best = t == best_step_[static_cast<std::size_t>(c)];
        const Scalar dv = carried + (best ? d_scores[c] : Scalar(0));
        d_(c, t) = charge;
        charge = lif::keep * charge + lif::gain * dv;
        carried = lif::leak * dv;
      }
    }
    add(d_, hidden_, gradient.dense2);
    d_hidden_.noalias() = net.dense2.weight.transpose() * d_;
    d_hidden_ = (hidden_.array() > Scalar(0)).select(d_hidden_, Scalar(0));
    add(d_hidden_, features_, gradient.dense1);
    d_features_.noalias() = net.dense1.weight.transpose() * d_hidden_;
    pooled_.resize(dvs128_layout::conv2.channels,
                   steps * dvs128_layout::pool2.height * dvs128_layout::pool2.width);
    regroup(steps, [&](index_t feature, index_t step, index_t channel, index_t column) {
      pooled_(channel, column) = Scalar(0.25) * d_features_(feature, step);
    });
    sum_pool_backward(pooled_, dvs128_layout::conv2, steps, d_);
    lif2_.backward(d_, steps);
    add(d_, columns2_, gradient.conv2);

    scratch_.noalias() = net.conv2.weight.transpose() * d_;
    pooled_.resize(dvs128_layout::conv1.channels,
                   steps * dvs128_layout::pool1.height * dvs128_layout::pool1.width);
    fold(scratch_, dvs128_layout::pool1, steps, dvs128_layout::window, pooled_.data());
    pooled_ *= Scalar(0.25);
    sum_pool_backward(pooled_, dvs128_layout::conv1, steps, d_);
    lif1_.backward(d_, steps);
    add(d_, columns1_, gradient.conv1);
    return loss;
  }

  /// How many spikes the two layers fired in the last recording.
  [[nodiscard]] Scalar spikes() const { return lif1_.spikes.sum() + lif2_.spikes.sum(); }

private:
  using lif = current_tape<Scalar, Spike>;

  static void product(const synapses<Scalar>& layer, const matrix<Scalar>& columns,
                      matrix<Scalar>& out) {
    out.noalias() = layer.weight * columns;
    out.colwise() += layer.bias;
  }
  static void add(const matrix<Scalar>& d, const matrix<Scalar>& columns,
                  synapses<Scalar>& gradient) {
    gradient.weight.noalias() += d * columns.transpose();
    gradient.bias += d.rowwise().sum();
  }

  /// Between {channels, steps, pixels} and one column for each step.
  template <class Copy>
  static void regroup(index_t steps, const Copy& copy) {
    const index_t pixels = dvs128_layout::pool2.height * dvs128_layout::pool2.width;
    for (index_t c = 0; c < dvs128_layout::pool2.channels; ++c)
      for (index_t t = 0; t < steps; ++t)
        for (index_t p = 0; p < pixels; ++p)
          copy(c * pixels + p, t, c, t * pixels + p);
  }

  lif lif1_, lif2_;
  std::vector<index_t> best_step_;
  matrix<Scalar> columns1_, columns2_, pooled_, features_, hidden_, current_;
  matrix<Scalar> d_, d_hidden_, d_features_, scratch_;
};

} // namespace spiking
