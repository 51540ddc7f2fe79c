// SPDX-License-Identifier: MIT
#pragma once

// What the layers of both example networks are made of.

#include <Eigen/Core>

namespace examples {

using index_t = Eigen::Index;

/// Row-major, so that the memory of a convolution's weights is {out, in, kh, kw} in that order.
template <class Scalar>
using matrix = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

template <class Scalar>
using vector = Eigen::Matrix<Scalar, Eigen::Dynamic, 1>;

/// Extents of an activation, row-major in memory: channels, then rows, then columns.
struct shape {
  index_t channels = 0;
  index_t height = 1;
  index_t width = 1;

  [[nodiscard]] constexpr index_t size() const noexcept { return channels * height * width; }
  [[nodiscard]] constexpr bool operator==(const shape&) const noexcept = default;
};

} // namespace examples
