// SPDX-License-Identifier: MIT
#pragma once

// Backward pass of each layer, written out by hand, and of the whole network for one image.
// Only the trainer and the tests need it. Templates on the scalar, so that a test can compare them
// with numerical differences in double precision.

#include "layers.hpp"
#include "network.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace demo {

/// Adds each column of `columns` to the pixels it was taken from; the transpose of `unfold`.
template <class Scalar>
void fold(const matrix<Scalar>& columns, shape in, Scalar* image) {
  const shape out = convolved(in, 1);
  const Scalar* from = columns.data();
  for (index_t c = 0; c < in.channels; ++c) {
    for (index_t ky = 0; ky < kernel; ++ky) {
      for (index_t kx = 0; kx < kernel; ++kx) {
        Scalar* to = image + (c * in.height + ky) * in.width + kx;
        for (index_t y = 0; y < out.height; ++y, to += in.width, from += out.width) {
          for (index_t x = 0; x < out.width; ++x) {
            to[x] += from[x];
          }
        }
      }
    }
  }
}

/// Adds to `gradient` what a convolution's weights get, given its unfolded input and the gradient
/// of its output; writes the gradient of its input to `d_in` unless that is null.
template <class Scalar>
void convolve_backward(const weights<Scalar>& layer, const matrix<Scalar>& columns, shape in,
                       const Scalar* d_out, weights<Scalar>& gradient, Scalar* d_in,
                       matrix<Scalar>& scratch) {
  const Eigen::Map<const matrix<Scalar>> d(d_out, layer.weight.rows(), columns.cols());
  gradient.weight.noalias() += d * columns.transpose();
  for (index_t o = 0; o < d.rows(); ++o) { // Eigen's sum() adds in an order that follows alignment
    Scalar sum(0);
    for (index_t i = 0; i < d.cols(); ++i) {
      sum += d(o, i);
    }
    gradient.bias[o] += sum;
  }
  if (d_in == nullptr) {
    return;
  }
  scratch.noalias() = layer.weight.transpose() * d;
  std::fill(d_in, d_in + in.size(), Scalar(0));
  fold(scratch, in, d_in);
}

/// Gradient before a ReLU, in place, given the ReLU's output.
template <class Scalar>
void rectify_backward(const Scalar* output, index_t size, Scalar* d) {
  for (index_t i = 0; i < size; ++i) {
    d[i] = output[i] > Scalar(0) ? d[i] : Scalar(0);
  }
}

/// Gradient before a pooling layer: each window's goes to its first largest pixel.
template <class Scalar>
void max_pool_backward(const Scalar* image, shape in, const Scalar* d_out, Scalar* d_in) {
  const shape result = pooled(in);
  std::fill(d_in, d_in + in.size(), Scalar(0));
  for (index_t c = 0; c < result.channels; ++c) {
    for (index_t y = 0; y < result.height; ++y) {
      for (index_t x = 0; x < result.width; ++x) {
        const index_t corner = (c * in.height + window * y) * in.width + window * x;
        index_t best = corner;
        for (const index_t other : {corner + 1, corner + in.width, corner + in.width + 1}) {
          if (image[other] > image[best]) {
            best = other;
          }
        }
        d_in[best] += *d_out++;
      }
    }
  }
}

/// Dense layer: adds to `gradient`, writes the gradient of its input to `d_in`.
template <class Scalar>
void connect_backward(const weights<Scalar>& layer, const Scalar* input, const Scalar* d_out,
                      weights<Scalar>& gradient, Scalar* d_in) {
  const Eigen::Map<const vector<Scalar>> d(d_out, layer.weight.rows());
  const Eigen::Map<const vector<Scalar>> x(input, layer.weight.cols());
  gradient.weight.noalias() += d * x.transpose();
  gradient.bias += d;
  Eigen::Map<vector<Scalar>>(d_in, layer.weight.cols()).noalias() = layer.weight.transpose() * d;
}

/// Cross-entropy of softmax(logits) against a target that gives `1 - smoothing` to the label and
/// spreads `smoothing` over all classes; writes its gradient to `d_logits`.
template <class Scalar>
Scalar cross_entropy(const Scalar* logits, index_t label, Scalar smoothing, Scalar* d_logits) {
  const Scalar top = *std::max_element(logits, logits + classes);
  Scalar sum(0);
  for (index_t i = 0; i < classes; ++i) {
    sum += std::exp(logits[i] - top);
  }
  const Scalar log_sum = std::log(sum) + top;
  Scalar loss(0);
  for (index_t i = 0; i < classes; ++i) {
    const Scalar target =
        smoothing / Scalar(classes) + (i == label ? Scalar(1) - smoothing : Scalar(0));
    loss -= target * (logits[i] - log_sum);
    d_logits[i] = std::exp(logits[i] - log_sum) - target;
  }
  return loss;
}

/// What the backward pass needs from the forward pass of one image, and its scratch space.
template <class Scalar>
class tape {
public:
  /// Loss of one image; adds its gradient to `gradient`. Afterwards `logits` holds the output.
  Scalar add_gradient(const basic_parameters<Scalar>& net, const Scalar* image, index_t label,
                      Scalar smoothing, basic_parameters<Scalar>& gradient) {
    forward(net, image);
    const Scalar loss = cross_entropy(logits.data(), label, smoothing, d_logits_.data());
    connect_backward(net.dense, conv3_.data(), d_logits_.data(), gradient.dense, d_conv3_.data());
    rectify_backward(conv3_.data(), conv3_shape.size(), d_conv3_.data());
    convolve_backward(net.conv3, columns3_, pool2_shape, d_conv3_.data(), gradient.conv3,
                      d_pool2_.data(), scratch_);
    max_pool_backward(conv2_.data(), conv2_shape, d_pool2_.data(), d_conv2_.data());
    rectify_backward(conv2_.data(), conv2_shape.size(), d_conv2_.data());
    convolve_backward(net.conv2, columns2_, pool1_shape, d_conv2_.data(), gradient.conv2,
                      d_pool1_.data(), scratch_);
    max_pool_backward(conv1_.data(), conv1_shape, d_pool1_.data(), d_conv1_.data());
    rectify_backward(conv1_.data(), conv1_shape.size(), d_conv1_.data());
    convolve_backward<Scalar>(net.conv1, columns1_, input_shape, d_conv1_.data(), gradient.conv1,
                              nullptr, scratch_);
    return loss;
  }

  /// Runs the network on one image and keeps what the backward pass needs.
  void forward(const basic_parameters<Scalar>& net, const Scalar* image) {
    convolve(net.conv1, image, input_shape, columns1_.data(), conv1_.data());
    rectify(conv1_.data(), conv1_shape.size());
    max_pool(conv1_.data(), conv1_shape, pool1_.data());
    convolve(net.conv2, pool1_.data(), pool1_shape, columns2_.data(), conv2_.data());
    rectify(conv2_.data(), conv2_shape.size());
    max_pool(conv2_.data(), conv2_shape, pool2_.data());
    convolve(net.conv3, pool2_.data(), pool2_shape, columns3_.data(), conv3_.data());
    rectify(conv3_.data(), conv3_shape.size());
    connect(net.dense, conv3_.data(), logits.data());
  }

  std::vector<Scalar> logits = space(dense_shape);

private:
  [[nodiscard]] static std::vector<Scalar> space(shape s) {
    return std::vector<Scalar>(static_cast<std::size_t>(s.size()));
  }

  [[nodiscard]] static matrix<Scalar> unfolded(shape in) {
    return {in.channels * kernel * kernel, convolved(in, 1).size()};
  }

  matrix<Scalar> columns1_ = unfolded(input_shape);
  matrix<Scalar> columns2_ = unfolded(pool1_shape);
  matrix<Scalar> columns3_ = unfolded(pool2_shape);
  matrix<Scalar> scratch_;
  std::vector<Scalar> conv1_ = space(conv1_shape), d_conv1_ = conv1_;
  std::vector<Scalar> pool1_ = space(pool1_shape), d_pool1_ = pool1_;
  std::vector<Scalar> conv2_ = space(conv2_shape), d_conv2_ = conv2_;
  std::vector<Scalar> pool2_ = space(pool2_shape), d_pool2_ = pool2_;
  std::vector<Scalar> conv3_ = space(conv3_shape), d_conv3_ = conv3_;
  std::vector<Scalar> d_logits_ = space(dense_shape);
};

} // namespace demo
