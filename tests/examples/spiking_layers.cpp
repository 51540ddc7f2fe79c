// SPDX-License-Identifier: MIT

// The layers between neurons against plain loops over all their inputs.

#include "spiking/layers.hpp"

#include "catch.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

namespace {

using spiking::index_t;
using spiking::kernel;
using spiking::shape;

class source {
public:
  /// An integer in [low, high].
  [[nodiscard]] int operator()(int low, int high) {
    return low + static_cast<int>(engine_() % static_cast<unsigned>(high - low + 1));
  }

private:
  std::mt19937 engine_{11};
};

template <class Scalar>
[[nodiscard]] std::vector<Scalar> spikes(source& random, shape s) {
  std::vector<Scalar> result(static_cast<std::size_t>(s.size()));
  for (auto& x : result)
    x = static_cast<Scalar>(std::max(0, random(-6, 3))); // mostly silent, some counts
  return result;
}

[[nodiscard]] std::size_t place(shape s, index_t c, index_t y, index_t x) {
  return static_cast<std::size_t>((c * s.height + y) * s.width + x);
}

/// Value of an image with zeros around it.
template <class Scalar>
[[nodiscard]] Scalar padded(const std::vector<Scalar>& image, shape s, index_t c, index_t y,
                            index_t x) {
  const bool inside = y >= 0 && y < s.height && x >= 0 && x < s.width;
  return inside ? image[place(s, c, y, x)] : Scalar(0);
}

/// Weights of int8 and the same as floats times `scale`; the biases are
/// multiples of it too.
struct both_weights {
  spiking::synapses<float, std::int8_t> integers;
  spiking::synapses<float> floats;

  both_weights(source& random, index_t out, index_t in, float scale)
      : integers(out, in), floats(out, in) {
    integers.scale = scale;
    for (index_t i = 0; i < out * in; ++i) {
      integers.weight.data()[i] = static_cast<std::int8_t>(random(-128, 127));
      floats.weight.data()[i] = static_cast<float>(integers.weight.data()[i]) * scale;
    }
    for (index_t o = 0; o < out; ++o)
      integers.bias[o] = floats.bias[o] = static_cast<float>(random(-50, 50)) * scale;
  }
};

constexpr shape in_shape{3, 9, 8};

} // namespace

TEST_CASE("spiking: a convolution equals plain loops exactly, with any stride "
          "and padding") {
  source random;
  for (const index_t side : {1, 2, 3, 5}) {
    for (const index_t stride : {1, 2, 3}) {
      for (const index_t padding : {0, 1, 2}) {
        CAPTURE(side, stride, padding);
        const kernel window{side, stride, padding};
        const shape out = window.over(in_shape, 4);
        const both_weights w(random, 4, in_shape.channels * side * side, 1.0F);
        const auto image = spikes<float>(random, in_shape);
        std::vector<float> result(static_cast<std::size_t>(out.size()), 99.0F);
        spiking::convolve(spiking::convolution<float>{window, w.floats}, image.data(), in_shape,
                          result.data());
        std::vector<float> expected;
        for (index_t o = 0; o < out.channels; ++o)
          for (index_t v = 0; v < out.height; ++v)
            for (index_t u = 0; u < out.width; ++u) {
              float sum = w.floats.bias[o]; // integers: exact in any order
              for (index_t c = 0; c < in_shape.channels; ++c)
                for (index_t ky = 0; ky < side; ++ky)
                  for (index_t kx = 0; kx < side; ++kx)
                    sum += w.floats.weight
                               .data()[((o * in_shape.channels + c) * side + ky) * side + kx] *
                           padded(image, in_shape, c, v * stride + ky - padding,
                                  u * stride + kx - padding);
              expected.push_back(sum);
            }
        CHECK(result == expected);
      }
    }
  }
}

TEST_CASE("spiking: int8 weights give what the floats give that they stand for") {
  source random;
  for (const float scale : {1.0F, 0.03125F}) { // powers of two: the products stay exact
    CAPTURE(scale);
    const kernel window{3, 2, 1};
    const shape out = window.over(in_shape, 6);
    const both_weights w(random, 6, in_shape.channels * 9, scale);
    const auto image = spikes<float>(random, in_shape);
    std::vector<float> integers(static_cast<std::size_t>(out.size()));
    std::vector<float> floats(integers.size());
    spiking::convolve(spiking::convolution<float, std::int8_t>{window, w.integers}, image.data(),
                      in_shape, integers.data());
    spiking::convolve(spiking::convolution<float>{window, w.floats}, image.data(), in_shape,
                      floats.data());
    CHECK(integers == floats);
    CHECK(*std::max_element(floats.begin(), floats.end()) > 0.0F);

    const both_weights d(random, 5, in_shape.size(), scale);
    std::vector<float> from_integers(5), from_floats(5);
    spiking::connect(spiking::dense<float, std::int8_t>{d.integers}, image.data(),
                     from_integers.data());
    spiking::connect(spiking::dense<float>{d.floats}, image.data(), from_floats.data());
    CHECK(from_integers == from_floats);
    for (index_t o = 0; o < 5; ++o) { // and what 64-bit integers give
      std::int64_t sum = 0;
      for (index_t i = 0; i < in_shape.size(); ++i)
        sum += std::int64_t{d.integers.weight(o, i)} *
               static_cast<std::int64_t>(image[static_cast<std::size_t>(i)]);
      CHECK(from_integers[static_cast<std::size_t>(o)] ==
            static_cast<float>(sum) * scale + d.integers.bias[o]);
    }
  }
}

TEST_CASE("spiking: sum, average and maximum pooling equal plain loops") {
  source random;
  for (const auto kind : {spiking::pooling_kind::sum, spiking::pooling_kind::average,
                          spiking::pooling_kind::maximum}) {
    for (const kernel window :
         {kernel{2, 2, 0}, kernel{3, 2, 0}, kernel{3, 1, 1}, kernel{4, 4, 0}}) {
      CAPTURE(static_cast<int>(kind), window.side, window.stride);
      const shape out = window.over(in_shape, in_shape.channels);
      std::vector<double> image(static_cast<std::size_t>(in_shape.size()));
      for (auto& x : image)
        x = random(-9, 9);
      std::vector<double> result(static_cast<std::size_t>(out.size()));
      spiking::pool({kind, window}, image.data(), in_shape, result.data());
      std::vector<double> expected;
      for (index_t c = 0; c < out.channels; ++c)
        for (index_t v = 0; v < out.height; ++v)
          for (index_t u = 0; u < out.width; ++u) {
            double sum = 0, largest = -100;
            for (index_t ky = 0; ky < window.side; ++ky)
              for (index_t kx = 0; kx < window.side; ++kx) {
                const index_t y = v * window.stride + ky - window.padding;
                const index_t x = u * window.stride + kx - window.padding;
                sum += padded(image, in_shape, c, y, x);
                if (y >= 0 && y < in_shape.height && x >= 0 && x < in_shape.width)
                  largest = std::max(largest, image[place(in_shape, c, y, x)]);
              }
            expected.push_back(kind == spiking::pooling_kind::sum ? sum
                               : kind == spiking::pooling_kind::average
                                   ? sum / static_cast<double>(window.side * window.side)
                                   : largest);
          }
      CHECK(result == expected);
    }
  }
}

TEST_CASE("spiking: a weight behind a silent input is not looked at, one "
          "behind a spike is") {
  constexpr double no_number = std::numeric_limits<double>::quiet_NaN();
  spiking::dense<double> layer{spiking::synapses<double>(1, 2)};
  layer.connections.weight << no_number, 3.0;
  double out = 0;
  spiking::connect(layer, std::vector<double>{0.0, 1.0}.data(), &out);
  CHECK(out == 3.0);
  spiking::connect(layer, std::vector<double>{1.0, 1.0}.data(), &out);
  CHECK(std::isnan(out));
}

TEST_CASE("spiking: a NaN comes through every pooling") {
  for (const auto kind : {spiking::pooling_kind::sum, spiking::pooling_kind::average,
                          spiking::pooling_kind::maximum}) {
    for (std::size_t at = 0; at < 4; ++at) {
      std::vector<float> image{1.0F, 4.0F, 3.0F, 2.0F};
      image[at] = std::numeric_limits<float>::quiet_NaN();
      float out = 0;
      spiking::pool({kind, {2, 2, 0}}, image.data(), shape{1, 2, 2}, &out);
      CHECK(std::isnan(out));
    }
  }
}
