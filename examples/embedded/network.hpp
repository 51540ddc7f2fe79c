// SPDX-License-Identifier: MIT
#pragma once

// The demo's network after quantisation, as firmware would have it: plain C++, integers only,
// weights in flash, activations in a static arena. It knows nothing of fault injection; all that is
// there for it is a hook that is called after each operator, as TensorFlow Lite Micro's profiler
// is.

#include "network_data.hpp" // written by quantise.py

#include <cstdint>

namespace network {

struct shape {
  int channels, height, width;
  constexpr int size() const { return channels * height * width; }
};

inline constexpr int classes = 10;
inline constexpr shape image_shape{1, 28, 28};
inline constexpr shape conv1_shape{8, 26, 26};
inline constexpr shape pool1_shape{8, 13, 13};
inline constexpr shape conv2_shape{16, 11, 11};
inline constexpr shape pool2_shape{16, 5, 5};
inline constexpr shape conv3_shape{32, 3, 3};

/// The operators in the order in which they run. A convolution leaves 32-bit sums; `scale` makes
/// int8 of them and drops what is negative; `pool` takes the largest of 2 x 2; the sums of the
/// dense layer are the network's output.
enum class operation : std::uint8_t {
  conv1,
  scale1,
  pool1,
  conv2,
  scale2,
  pool2,
  conv3,
  scale3,
  dense
};

/// Where the weights are: in flash, or in a copy in RAM that faults can be injected into.
struct weights {
  const std::int8_t* conv1 = quantised::conv1_weight;
  const std::int8_t* conv2 = quantised::conv2_weight;
  const std::int8_t* conv3 = quantised::conv3_weight;
  const std::int8_t* dense = quantised::dense_weight;
};

/// All memory that inference writes to.
struct arena {
  std::int32_t sums[conv1_shape.size()];
  std::int8_t large[conv1_shape.size()];
  std::int8_t small[conv2_shape.size()];
  std::int32_t output[classes];
};

namespace detail {

/// `weight` is {out, in, 3, 3}; no padding.
inline void convolve(const std::int8_t* weight, const std::int32_t* bias, const std::int8_t* in,
                     shape from, std::int32_t* sums, shape to) {
  for (int c = 0; c < to.channels; ++c)
    for (int y = 0; y < to.height; ++y)
      for (int x = 0; x < to.width; ++x) {
        std::int32_t sum = bias[c];
        const std::int8_t* w = weight + c * from.channels * 9;
        for (int k = 0; k < from.channels; ++k) {
          const std::int8_t* p = in + (k * from.height + y) * from.width + x;
          for (int row = 0; row < 3; ++row, p += from.width, w += 3)
            sum += w[0] * p[0] + w[1] * p[1] + w[2] * p[2];
        }
        *sums++ = sum;
      }
}

/// round(sum * multiplier / 2^shift), from 0 to 127.
constexpr std::int8_t scaled(std::int32_t sum, std::int32_t multiplier, int shift) {
  const std::int64_t product = std::int64_t{sum} * multiplier;
  const std::int64_t rounded = (product + (std::int64_t{1} << (shift - 1))) >> shift;
  return static_cast<std::int8_t>(rounded < 0 ? 0 : rounded > 127 ? 127 : rounded);
}

inline void scale(const std::int32_t* sums, const std::int32_t* multiplier,
                  const std::uint8_t* shift, std::int8_t* out, shape s) {
  for (int c = 0; c < s.channels; ++c)
    for (int i = 0; i < s.height * s.width; ++i)
      *out++ = scaled(*sums++, multiplier[c], shift[c]);
}

/// An odd last row or column is dropped.
inline void pool(const std::int8_t* in, shape from, std::int8_t* out, shape to) {
  const auto larger = [](std::int8_t a, std::int8_t b) { return a > b ? a : b; };
  for (int c = 0; c < to.channels; ++c)
    for (int y = 0; y < to.height; ++y) {
      const std::int8_t* p = in + (c * from.height + 2 * y) * from.width;
      for (int x = 0; x < to.width; ++x, p += 2)
        *out++ = larger(larger(p[0], p[1]), larger(p[from.width], p[from.width + 1]));
    }
}

inline void connect(const std::int8_t* weight, const std::int32_t* bias, const std::int8_t* in,
                    int inputs, std::int32_t* out) {
  for (int c = 0; c < classes; ++c) {
    std::int32_t sum = bias[c];
    for (int i = 0; i < inputs; ++i)
      sum += *weight++ * in[i];
    out[c] = sum;
  }
}

} // namespace detail

/// The ten sums of one image: 28 x 28 pixels from 0 to 255. They stay in `a.output`.
///
/// after(operation, data) is called after each operator; what it writes to `data` (int32 sums or
/// int8 activations) is what the next operator reads.
template <class Pixel, class Hook>
const std::int32_t* infer(const weights& w, const Pixel* pixels, arena& a, Hook&& after) {
  using namespace detail;
  namespace q = quantised;
  // The image takes the room of the activations that come after the first convolution.
  for (int i = 0; i < image_shape.size(); ++i)
    a.small[i] = static_cast<std::int8_t>((pixels[i] * 127 + 127) / 255);
  convolve(w.conv1, q::conv1_bias, a.small, image_shape, a.sums, conv1_shape);
  after(operation::conv1, a.sums);
  scale(a.sums, q::conv1_multiplier, q::conv1_shift, a.large, conv1_shape);
  after(operation::scale1, a.large);
  pool(a.large, conv1_shape, a.small, pool1_shape);
  after(operation::pool1, a.small);
  convolve(w.conv2, q::conv2_bias, a.small, pool1_shape, a.sums, conv2_shape);
  after(operation::conv2, a.sums);
  scale(a.sums, q::conv2_multiplier, q::conv2_shift, a.large, conv2_shape);
  after(operation::scale2, a.large);
  pool(a.large, conv2_shape, a.small, pool2_shape);
  after(operation::pool2, a.small);
  convolve(w.conv3, q::conv3_bias, a.small, pool2_shape, a.sums, conv3_shape);
  after(operation::conv3, a.sums);
  scale(a.sums, q::conv3_multiplier, q::conv3_shift, a.large, conv3_shape);
  after(operation::scale3, a.large);
  connect(w.dense, q::dense_bias, a.large, conv3_shape.size(), a.output);
  after(operation::dense, a.output);
  return a.output;
}

/// The class with the largest sum; the lowest one of equals.
inline int classify(const std::int32_t* output) {
  int best = 0;
  for (int c = 1; c < classes; ++c)
    if (output[c] > output[best])
      best = c;
  return best;
}

} // namespace network
