// SPDX-License-Identifier: MIT
#pragma once

// The demo network's layers, one output at a time: the bodies of the kernels, which the host can
// run as well. They know nothing of fault injection.

#include <cstddef>

#if defined(__CUDACC__)
#define CUDA_INFERENCE_FN __host__ __device__
#else
#define CUDA_INFERENCE_FN
#endif

namespace cuda_inference {

/// Extents of one image's activation.
struct shape {
  int channels, height, width;
  CUDA_INFERENCE_FN constexpr int size() const { return channels * height * width; }
};

/// A 3 x 3 convolution without padding.
struct convolution {
  const float *in, *weight, *bias;
  float* out;
  shape from, to;
  CUDA_INFERENCE_FN void operator()(int i) const {
    const int image = i / to.size(), rest = i % to.size();
    const int c = rest / (to.height * to.width);
    const int y = rest / to.width % to.height, x = rest % to.width;
    float sum = 0;
    for (int k = 0; k < from.channels; ++k)
      for (int ky = 0; ky < 3; ++ky)
        for (int kx = 0; kx < 3; ++kx)
          sum += weight[((c * from.channels + k) * 3 + ky) * 3 + kx] *
                 in[((image * from.channels + k) * from.height + y + ky) * from.width + x + kx];
    out[i] = sum + bias[c];
  }
};

/// max(x, 0), which leaves a NaN a NaN.
struct rectifier {
  const float* in;
  float* out;
  CUDA_INFERENCE_FN void operator()(int i) const { out[i] = in[i] < 0 ? 0 : in[i]; }
};

/// The maximum of each 2 x 2 window, or a NaN if there is one.
struct max_pooling {
  const float* in;
  float* out;
  shape from, to;
  CUDA_INFERENCE_FN static float larger(float a, float b) { return (a > b || a != a) ? a : b; }
  CUDA_INFERENCE_FN void operator()(int i) const {
    const int plane = i / (to.height * to.width);
    const int y = i / to.width % to.height, x = i % to.width;
    const float* upper = in + (plane * from.height + 2 * y) * from.width + 2 * x;
    const float* lower = upper + from.width;
    out[i] = larger(larger(upper[0], lower[0]), larger(upper[1], lower[1]));
  }
};

struct dense {
  const float *in, *weight, *bias;
  float* out;
  int inputs, outputs;
  CUDA_INFERENCE_FN void operator()(int i) const {
    float sum = 0;
    for (int k = 0; k < inputs; ++k)
      sum += weight[i % outputs * inputs + k] * in[i / outputs * inputs + k];
    out[i] = sum + bias[i % outputs];
  }
};

enum class layer_kind { convolution, rectifier, max_pooling, dense };

/// A layer; `parameter` is the number of its weight, and its bias comes next.
struct layer {
  layer_kind kind;
  shape in, out;
  std::size_t parameter = 0;
};

inline constexpr std::size_t layer_count = 9;
inline constexpr layer layers[layer_count] = {
    {layer_kind::convolution, {1, 28, 28}, {8, 26, 26}, 0},
    {layer_kind::rectifier, {8, 26, 26}, {8, 26, 26}},
    {layer_kind::max_pooling, {8, 26, 26}, {8, 13, 13}},
    {layer_kind::convolution, {8, 13, 13}, {16, 11, 11}, 2},
    {layer_kind::rectifier, {16, 11, 11}, {16, 11, 11}},
    {layer_kind::max_pooling, {16, 11, 11}, {16, 5, 5}},
    {layer_kind::convolution, {16, 5, 5}, {32, 3, 3}, 4},
    {layer_kind::rectifier, {32, 3, 3}, {32, 3, 3}},
    {layer_kind::dense, {32, 3, 3}, {10, 1, 1}, 6},
};
inline constexpr int largest_activation = 8 * 26 * 26;

/// Runs a layer on images: `launch(n, f)` has to call f(i) for each i below n.
template <class Launch>
void run(const layer& l, const float* in, const float* weight, const float* bias, float* out,
         int images, const Launch& launch) {
  const int outputs = images * l.out.size();
  switch (l.kind) {
  case layer_kind::convolution:
    return launch(outputs, convolution{in, weight, bias, out, l.in, l.out});
  case layer_kind::rectifier:
    return launch(outputs, rectifier{in, out});
  case layer_kind::max_pooling:
    return launch(outputs, max_pooling{in, out, l.in, l.out});
  case layer_kind::dense:
    return launch(outputs, dense{in, weight, bias, out, l.in.size(), l.out.size()});
  }
}

} // namespace cuda_inference
