// SPDX-License-Identifier: MIT
#pragma once

// The layers of a spiking network that have no state: they turn the spikes of
// one time step into the currents of the next layer's neurons. One recording at
// a time, so that its result does not depend on a batch. Nothing here knows of
// fault injection.

#include "../shared/tensors.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

namespace spiking {

using examples::index_t;
using examples::matrix;
using examples::shape;
using examples::vector;

/// A square kernel of `side` that moves by `stride` over an image with
/// `padding` zeros around it.
struct kernel {
  index_t side = 1;
  index_t stride = 1;
  index_t padding = 0;

  /// How many places there are along an axis of `length`; none if the kernel is
  /// longer.
  [[nodiscard]] constexpr index_t places(index_t length) const noexcept {
    return length + 2 * padding < side ? 0 : (length + 2 * padding - side) / stride + 1;
  }
  [[nodiscard]] constexpr shape over(shape in, index_t channels) const noexcept {
    return {channels, places(in.height), places(in.width)};
  }
};

/// Weights of a convolution (a row is {in, kh, kw}) or of a dense layer (a row
/// is the inputs), one row for each output channel. An output is scale * (sum
/// of weight * input) + bias.
///
/// With int8 weights the products are added as `Scalar`s: that is exact, in
/// whatever order, as long as the inputs are integers and the sums stay below
/// 2^24 (float) or 2^53 (double).
template <class Scalar, class Weight = Scalar>
struct synapses {
  matrix<Weight> weight;
  vector<Scalar> bias;
  Scalar scale = Scalar(1);

  synapses() = default;
  /// All zero.
  synapses(index_t outputs, index_t inputs)
      : weight(matrix<Weight>::Zero(outputs, inputs)), bias(vector<Scalar>::Zero(outputs)) {}
};

template <class Scalar, class Weight = Scalar>
struct convolution {
  kernel window;
  synapses<Scalar, Weight> connections;
};

template <class Scalar, class Weight = Scalar>
struct dense {
  synapses<Scalar, Weight> connections;
};

enum class pooling_kind { sum, average, maximum };

struct pooling {
  pooling_kind kind = pooling_kind::sum;
  kernel window{2, 2, 0};
};

/// max(x, 0); a NaN stays one.
struct rectifier {};

namespace detail {

/// scale * sum + bias, for each channel.
template <class Scalar, class Weight>
void finish(const synapses<Scalar, Weight>& layer, index_t pixels, Scalar* out) {
  Eigen::Map<matrix<Scalar>> result(out, layer.bias.size(), pixels);
  if constexpr (!std::is_same_v<Scalar, Weight>)
    result *= layer.scale;
  result.colwise() += layer.bias;
}

/// Which outputs along one axis see position `at` (padding counted in), as
/// [first, last).
struct places_that_see {
  index_t first, last;
  places_that_see(kernel window, index_t at, index_t places)
      : first(at < window.side ? 0 : (at - window.side) / window.stride + 1),
        last(std::min(places, at / window.stride + 1)) {}
};

} // namespace detail

/// Driven by events: the weights of each input that is not zero are added to
/// the outputs that see it, inputs in their order. What costs is the spikes,
/// not the pixels. A weight behind a silent input is not looked at, be it a
/// NaN.
template <class Scalar, class Weight>
void convolve(const convolution<Scalar, Weight>& layer, const Scalar* input, shape in,
              Scalar* out) {
  const kernel window = layer.window;
  const index_t side = window.side;
  const shape result = window.over(in, layer.connections.weight.rows());
  const index_t pixels = result.height * result.width;
  std::fill(out, out + result.size(), Scalar(0));
  for (index_t c = 0; c < in.channels; ++c) {
    for (index_t y = 0; y < in.height; ++y) {
      const detail::places_that_see rows(window, y + window.padding, result.height);
      for (index_t x = 0; x < in.width; ++x) {
        const Scalar value = *input++;
        if (value == Scalar(0))
          continue;
        const detail::places_that_see columns(window, x + window.padding, result.width);
        for (index_t o = 0; o < result.channels; ++o) {
          const Weight* weight = &layer.connections.weight(o, c * side * side);
          for (index_t v = rows.first; v < rows.last; ++v) {
            const index_t ky = y + window.padding - v * window.stride;
            const Weight* row = weight + ky * side;
            Scalar* to = out + o * pixels + v * result.width;
            for (index_t u = columns.first; u < columns.last; ++u)
              to[u] += static_cast<Scalar>(row[x + window.padding - u * window.stride]) * value;
          }
        }
      }
    }
  }
  detail::finish(layer.connections, pixels, out);
}

/// Driven by events, as `convolve`.
template <class Scalar, class Weight>
void connect(const dense<Scalar, Weight>& layer, const Scalar* input, Scalar* out) {
  const auto& weight = layer.connections.weight;
  std::fill(out, out + weight.rows(), Scalar(0));
  for (index_t i = 0; i < weight.cols(); ++i) {
    const Scalar value = input[i];
    if (value == Scalar(0))
      continue;
    const Weight* column = weight.data() + i;
    for (index_t o = 0; o < weight.rows(); ++o)
      out[o] += static_cast<Scalar>(column[o * weight.cols()]) * value;
  }
  detail::finish(layer.connections, 1, out);
}

/// Sum, average or maximum of each window, channel by channel. Zeros of the
/// padding take part in sums and averages, not in maxima. The maximum of a
/// window with a NaN is a NaN.
template <class Scalar>
void pool(const pooling& layer, const Scalar* input, shape in, Scalar* out) {
  const kernel window = layer.window;
  const shape result = window.over(in, in.channels);
  const auto pixels = static_cast<Scalar>(window.side * window.side);
  for (index_t c = 0; c < result.channels; ++c) {
    const Scalar* image = input + c * in.height * in.width;
    for (index_t v = 0; v < result.height; ++v) {
      const index_t top = v * window.stride - window.padding;
      for (index_t u = 0; u < result.width; ++u) {
        const index_t left = u * window.stride - window.padding;
        Scalar sum(0), largest(0);
        bool first = true;
        for (index_t y = std::max<index_t>(top, 0); y < std::min(top + window.side, in.height);
             ++y) {
          for (index_t x = std::max<index_t>(left, 0); x < std::min(left + window.side, in.width);
               ++x) {
            const Scalar value = image[y * in.width + x];
            sum += value;
            largest = first || value > largest || std::isnan(value) ? value : largest;
            first = false;
          }
        }
        *out++ = layer.kind == pooling_kind::sum       ? sum
                 : layer.kind == pooling_kind::average ? sum / pixels
                                                       : largest;
      }
    }
  }
}

} // namespace spiking
