// SPDX-License-Identifier: MIT
#pragma once

// The arithmetic of the demo network's layers, forward only. One image at a time, so that what an
// image becomes does not depend on the batch it is in.

#include "../shared/tensors.hpp"

#include <algorithm>
#include <cstddef>

namespace demo {

using examples::index_t;
using examples::matrix;
using examples::shape;
using examples::vector;

/// Side of every convolution kernel. There is no padding: a convolution loses `kernel - 1` rows
/// and columns.
inline constexpr index_t kernel = 3;

/// Side and stride of every pooling window. An odd last row or column is dropped.
inline constexpr index_t window = 2;

[[nodiscard]] constexpr shape convolved(shape in, index_t channels) noexcept {
  return {channels, in.height - kernel + 1, in.width - kernel + 1};
}

[[nodiscard]] constexpr shape pooled(shape in) noexcept {
  return {in.channels, in.height / window, in.width / window};
}

/// Weights and bias of a convolution or a dense layer. `weight` has one row for each output
/// channel; a row is {in, kh, kw} of a convolution or the inputs of a dense layer.
template <class Scalar>
struct weights {
  matrix<Scalar> weight;
  vector<Scalar> bias;
};

/// Floats that a convolution's unfolded input takes.
[[nodiscard]] constexpr index_t unfolded_size(shape in) noexcept {
  return in.channels * kernel * kernel * convolved(in, 1).size();
}

/// Writes each output pixel's receptive field into a column of a row-major matrix ({in, kh, kw}
/// as rows, output pixels as columns): "im2col". `to` has room for unfolded_size(in).
template <class Scalar>
void unfold(const Scalar* image, shape in, Scalar* to) {
  const shape out = convolved(in, 1);
  for (index_t c = 0; c < in.channels; ++c) {
    for (index_t ky = 0; ky < kernel; ++ky) {
      for (index_t kx = 0; kx < kernel; ++kx) {
        const Scalar* from = image + (c * in.height + ky) * in.width + kx;
        for (index_t y = 0; y < out.height; ++y, from += in.width, to += out.width) {
          std::copy(from, from + out.width, to);
        }
      }
    }
  }
}

/// Convolution of one image: `out` = weight * columns + bias. `unfolded` has room for
/// unfolded_size(in) and holds the unfolded image afterwards.
template <class Scalar>
void convolve(const weights<Scalar>& layer, const Scalar* image, shape in, Scalar* unfolded,
              Scalar* out) {
  const index_t pixels = convolved(in, 1).size();
  unfold(image, in, unfolded);
  const Eigen::Map<const matrix<Scalar>> columns(unfolded, layer.weight.cols(), pixels);
  Eigen::Map<matrix<Scalar>> product(out, layer.weight.rows(), pixels);
  product.noalias() = layer.weight * columns;
  product.colwise() += layer.bias;
}

/// max(x, 0) in place. A NaN stays a NaN (std::max and Eigen's cwiseMax do not promise that).
template <class Scalar>
void rectify(Scalar* values, index_t size) {
  for (index_t i = 0; i < size; ++i) {
    values[i] = values[i] < Scalar(0) ? Scalar(0) : values[i];
  }
}

/// The larger of two values, or a NaN if one of them is NaN.
template <class Scalar>
[[nodiscard]] constexpr Scalar larger(Scalar a, Scalar b) noexcept {
  return (a > b || a != a) ? a : b;
}

/// Maximum of each 2x2 window of one image.
template <class Scalar>
void max_pool(const Scalar* image, shape in, Scalar* out) {
  const shape result = pooled(in);
  for (index_t c = 0; c < result.channels; ++c) {
    for (index_t y = 0; y < result.height; ++y) {
      const Scalar* upper = image + (c * in.height + window * y) * in.width;
      const Scalar* lower = upper + in.width;
      for (index_t x = 0; x < result.width; ++x) {
        *out++ = larger(larger(upper[window * x], lower[window * x]),
                        larger(upper[window * x + 1], lower[window * x + 1]));
      }
    }
  }
}

/// Dense layer on one image: `out` = weight * input + bias.
template <class Scalar>
void connect(const weights<Scalar>& layer, const Scalar* input, Scalar* out) {
  const Eigen::Map<const vector<Scalar>> x(input, layer.weight.cols());
  Eigen::Map<vector<Scalar>> y(out, layer.weight.rows());
  y.noalias() = layer.weight * x;
  y += layer.bias;
}

} // namespace demo
