// SPDX-License-Identifier: MIT
#pragma once

// Backpropagation through time for the network of event_network.hpp, written
// out by hand; only the trainer and the tests need it. Spikes have no
// derivative: a surrogate stands for it (Neftci, Mostafa, Zenke 2019).
// Templates on the scalar and on the spike function, so that a test can put a
// smooth one in and compare with numerical differences in double precision.
//
// All time steps of a layer together: an activation is {channels, steps,
// height, width}, so that a convolution is one matrix product.

#include "event_network.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace spiking {

/// Fires where the membrane is at or above the threshold. Its stand-in for a
/// derivative is that of a fast sigmoid (SuperSpike: Zenke and Ganguli 2018),
/// and none goes through the reset.
template <class Scalar>
struct surrogate_spike {
  static constexpr bool through_reset = false;
  [[nodiscard]] Scalar value(Scalar above) const {
    return above >= Scalar(0) ? Scalar(1) : Scalar(0);
  }
  [[nodiscard]] Scalar slope(Scalar above) const {
    const Scalar d = Scalar(1) + Scalar(4) * std::abs(above);
    return Scalar(1) / (d * d);
  }
};

/// Writes what each output sees of a {channels, steps, height, width} input
/// into a column of `to`: rows are {in, kh, kw}, columns are {steps, height,
/// width} of the output.
template <class Scalar>
void unfold(const Scalar* input, shape in, index_t steps, kernel window, matrix<Scalar>& to) {
  const shape out = window.over(in, 1);
  to.resize(in.channels * window.side * window.side, steps * out.size());
  Scalar* next = to.data();
  for (index_t c = 0; c < in.channels; ++c)
    for (index_t ky = 0; ky < window.side; ++ky)
      for (index_t kx = 0; kx < window.side; ++kx)
        for (index_t t = 0; t < steps; ++t) {
          const Scalar* image = input + (c * steps + t) * in.height * in.width;
          for (index_t v = 0; v < out.height; ++v) {
            const index_t y = v * window.stride + ky - window.padding;
            for (index_t u = 0; u < out.width; ++u) {
              const index_t x = u * window.stride + kx - window.padding;
              const bool inside = y >= 0 && y < in.height && x >= 0 && x < in.width;
              *next++ = inside ? image[y * in.width + x] : Scalar(0);
            }
          }
        }
}

/// Adds each column to what it was taken from: the transpose of `unfold`.
template <class Scalar>
void fold(const matrix<Scalar>& columns, shape in, index_t steps, kernel window, Scalar* to) {
  const shape out = window.over(in, 1);
  std::fill(to, to + steps * in.size(), Scalar(0));
  const Scalar* next = columns.data();
  for (index_t c = 0; c < in.channels; ++c)
    for (index_t ky = 0; ky < window.side; ++ky)
      for (index_t kx = 0; kx < window.side; ++kx)
        for (index_t t = 0; t < steps; ++t) {
          Scalar* image = to + (c * steps + t) * in.height * in.width;
          for (index_t v = 0; v < out.height; ++v) {
            const index_t y = v * window.stride + ky - window.padding;
            for (index_t u = 0; u < out.width; ++u) {
              const index_t x = u * window.stride + kx - window.padding;
              const bool inside = y >= 0 && y < in.height && x >= 0 && x < in.width;
              if (inside)
                image[y * in.width + x] += *next;
              ++next;
            }
          }
        }
}

/// Sums of 2x2 windows of all images, and the way back.
template <class Scalar>
void sum_pool(const matrix<Scalar>& input, shape in, index_t images, matrix<Scalar>& out) {
  const pooling sums{pooling_kind::sum, pool_window};
  out.resize(input.rows(), images * pool_window.over(in, 1).size());
  pool(sums, input.data(), {input.rows() * images, in.height, in.width}, out.data());
}
template <class Scalar>
void sum_pool_backward(const matrix<Scalar>& d_out, shape in, index_t images,
                       matrix<Scalar>& d_in) {
  const shape out = pool_window.over(in, 1);
  d_in.resize(d_out.rows(), images * in.height * in.width);
  const Scalar* from = d_out.data();
  Scalar* to = d_in.data();
  for (index_t i = 0; i < d_out.rows() * images; ++i, from += out.size())
    for (index_t y = 0; y < in.height; ++y)
      for (index_t x = 0; x < in.width; ++x)
        *to++ = from[y / 2 * out.width + x / 2];
}

/// Leaky neurons of one layer over all steps. Rows are channels, columns
/// {steps, pixels}.
template <class Scalar, class Spike>
struct leaky_tape {
  Spike spike;
  matrix<Scalar> membrane; ///< before the reset
  matrix<Scalar> spikes;

  void forward(const matrix<Scalar>& current, index_t steps) {
    const index_t pixels = current.cols() / steps;
    membrane.resize(current.rows(), current.cols());
    spikes.resize(current.rows(), current.cols());
    for (index_t c = 0; c < current.rows(); ++c)
      for (index_t n = 0; n < current.cols(); ++n) {
        const Scalar before =
            n < pixels ? Scalar(0) : membrane(c, n - pixels) - spikes(c, n - pixels);
        membrane(c, n) = lif_leak<Scalar> * before + current(c, n);
        spikes(c, n) = spike.value(membrane(c, n) - Scalar(1));
      }
  }

  /// The gradient of the spikes, in place, becomes that of the currents.
  void backward(matrix<Scalar>& d, index_t steps) const {
    const index_t pixels = d.cols() / steps;
    for (index_t c = 0; c < d.rows(); ++c)
      for (index_t n = d.cols() - 1; n >= 0; --n) {
        const Scalar later =
            n + pixels < d.cols() ? lif_leak<Scalar> * d(c, n + pixels) : Scalar(0);
        const Scalar slope = spike.slope(membrane(c, n) - Scalar(1));
        d(c, n) = later + slope * (Spike::through_reset ? d(c, n) - later : d(c, n));
      }
  }
};

/// Cross-entropy of softmax(scores); writes its gradient to `d`.
template <class Scalar>
Scalar cross_entropy(const vector<Scalar>& scores, index_t label, vector<Scalar>& d) {
  const Scalar top = scores.maxCoeff();
  d = (scores.array() - top).exp().matrix();
  const Scalar sum = d.sum();
  d /= sum;
  d[label] -= Scalar(1);
  return std::log(sum) + top - scores[label];
}

/// What the backward pass needs from the forward pass of one recording, and its
/// scratch space.
template <class Scalar, class Spike = surrogate_spike<Scalar>>
class event_tape {
public:
  vector<Scalar> scores = vector<Scalar>::Zero(event_classes);

  /// Scores of one recording, `counts` being {channels, steps, height, width}.
  void forward(const event_parameters<Scalar>& net, const Scalar* counts, index_t steps) {
    unfold(counts, event_input, steps, conv1_window, columns1_);
    product(net.conv1, columns1_, current_);
    lif1_.forward(current_, steps);
    sum_pool(lif1_.spikes, conv1_shape, steps, pooled1_);
    unfold(pooled1_.data(), pool1_shape, steps, conv2_window, columns2_);
    product(net.conv2, columns2_, current_);
    lif2_.forward(current_, steps);
    sum_pool(lif2_.spikes, conv2_shape, steps, pooled2_);
    // {channels, steps, pixels} to one column for each step
    const index_t pixels = pool2_shape.height * pool2_shape.width;
    features_.resize(pool2_shape.size(), steps);
    for (index_t c = 0; c < pool2_shape.channels; ++c)
      for (index_t t = 0; t < steps; ++t)
        for (index_t p = 0; p < pixels; ++p)
          features_(c * pixels + p, t) = pooled2_(c, t * pixels + p);
    product(net.readout, features_, current_);
    scores.setZero();
    vector<Scalar> membrane = vector<Scalar>::Zero(event_classes);
    for (index_t t = 0; t < steps; ++t) {
      membrane = readout_leak<Scalar> * membrane + readout_gain<Scalar> * current_.col(t);
      scores += membrane;
    }
  }

  /// Loss of one recording; adds its gradient to `gradient`.
  Scalar add_gradient(const event_parameters<Scalar>& net, const Scalar* counts, index_t steps,
                      index_t label, event_parameters<Scalar>& gradient) {
    forward(net, counts, steps);
    vector<Scalar> d_scores;
    const Scalar loss = cross_entropy(scores, label, d_scores);

    d_current_.resize(event_classes, steps);
    vector<Scalar> later = vector<Scalar>::Zero(event_classes);
    for (index_t t = steps - 1; t >= 0; --t) {
      later = readout_leak<Scalar> * later + d_scores;
      d_current_.col(t) = readout_gain<Scalar> * later;
    }
    add(d_current_, features_, gradient.readout);
    d_features_.noalias() = net.readout.weight.transpose() * d_current_;
    const index_t pixels = pool2_shape.height * pool2_shape.width;
    d_pooled_.resize(pool2_shape.channels, steps * pixels);
    for (index_t c = 0; c < pool2_shape.channels; ++c)
      for (index_t t = 0; t < steps; ++t)
        for (index_t p = 0; p < pixels; ++p)
          d_pooled_(c, t * pixels + p) = d_features_(c * pixels + p, t);
    sum_pool_backward(d_pooled_, conv2_shape, steps, d_current_);
    lif2_.backward(d_current_, steps);
    add(d_current_, columns2_, gradient.conv2);

    scratch_.noalias() = net.conv2.weight.transpose() * d_current_;
    d_pooled_.resize(pool1_shape.channels, steps * pool1_shape.height * pool1_shape.width);
    fold(scratch_, pool1_shape, steps, conv2_window, d_pooled_.data());
    sum_pool_backward(d_pooled_, conv1_shape, steps, d_current_);
    lif1_.backward(d_current_, steps);
    add(d_current_, columns1_, gradient.conv1);
    return loss;
  }

  /// How many spikes the two layers fired in the last recording.
  [[nodiscard]] Scalar spikes() const { return lif1_.spikes.sum() + lif2_.spikes.sum(); }

private:
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

  leaky_tape<Scalar, Spike> lif1_, lif2_;
  matrix<Scalar> columns1_, columns2_, pooled1_, pooled2_, features_, current_;
  matrix<Scalar> d_current_, d_pooled_, d_features_, scratch_;
};

} // namespace spiking
