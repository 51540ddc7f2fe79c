// SPDX-License-Identifier: MIT
#pragma once

// The demo network's layers as plain kernels, one thread for each output. They know nothing of
// fault injection.

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace cuda_inference {

inline void must(cudaError_t e, const char* what) {
  if (e == cudaSuccess)
    return;
  std::fprintf(stderr, "%s: %s\n", what, cudaGetErrorName(e));
  std::exit(1);
}

/// Floats in device memory.
class floats {
public:
  explicit floats(std::size_t size) : size_(size) {
    must(cudaMalloc(&data_, size * sizeof(float)), "cudaMalloc");
  }
  explicit floats(const std::vector<float>& values) : floats(values.size()) {
    must(cudaMemcpy(data_, values.data(), size_ * sizeof(float), cudaMemcpyHostToDevice), "copy");
  }
  floats(floats&& other) noexcept : data_(other.data_), size_(other.size_) {
    other.data_ = nullptr;
  }
  floats(const floats&) = delete;
  floats& operator=(const floats&) = delete;
  ~floats() { cudaFree(data_); }
  float* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }

private:
  float* data_ = nullptr;
  std::size_t size_;
};

/// Extents of one image's activation.
struct shape {
  int channels, height, width;
  __host__ __device__ constexpr int size() const { return channels * height * width; }
};

/// A 3 x 3 convolution without padding, and max(x, 0), which leaves a NaN a NaN.
__global__ void convolve(const float* in, shape from, const float* weight, const float* bias,
                         float* out, shape to, int images) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i >= images * to.size())
    return;
  const int image = i / to.size(), rest = i % to.size();
  const int c = rest / (to.height * to.width);
  const int y = rest / to.width % to.height, x = rest % to.width;
  float sum = 0;
  for (int k = 0; k < from.channels; ++k)
    for (int ky = 0; ky < 3; ++ky)
      for (int kx = 0; kx < 3; ++kx)
        sum += weight[((c * from.channels + k) * 3 + ky) * 3 + kx] *
               in[((image * from.channels + k) * from.height + y + ky) * from.width + x + kx];
  sum += bias[c];
  out[i] = sum < 0 ? 0 : sum;
}

__device__ inline float larger(float a, float b) { return (a > b || a != a) ? a : b; }

/// The maximum of each 2 x 2 window.
__global__ void max_pool(const float* in, shape from, float* out, shape to, int images) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i >= images * to.size())
    return;
  const int plane = i / (to.height * to.width);
  const int y = i / to.width % to.height, x = i % to.width;
  const float* upper = in + (plane * from.height + 2 * y) * from.width + 2 * x;
  const float* lower = upper + from.width;
  out[i] = larger(larger(upper[0], upper[1]), larger(lower[0], lower[1]));
}

__global__ void connect(const float* in, int inputs, const float* weight, const float* bias,
                        float* out, int outputs, int images) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i >= images * outputs)
    return;
  float sum = 0;
  for (int k = 0; k < inputs; ++k)
    sum += weight[i % outputs * inputs + k] * in[i / outputs * inputs + k];
  out[i] = sum + bias[i % outputs];
}

/// The network: eight parameters (weight and bias of conv1, conv2, conv3, dense).
class network {
public:
  network(const std::vector<floats>& parameters, int images)
      : parameters_(parameters), images_(images), front_(room(images)), back_(room(images)),
        logits_(static_cast<std::size_t>(images) * 10) {}

  /// Logits {images, 10}; everything runs on the stream, and nothing waits.
  const floats& infer(const floats& images, cudaStream_t stream) {
    constexpr shape input{1, 28, 28}, conv1{8, 26, 26}, pool1{8, 13, 13}, conv2{16, 11, 11},
        pool2{16, 5, 5}, conv3{32, 3, 3};
    convolution(images.data(), input, 0, front_.data(), conv1, stream);
    pooling(front_.data(), conv1, back_.data(), pool1, stream);
    convolution(back_.data(), pool1, 2, front_.data(), conv2, stream);
    pooling(front_.data(), conv2, back_.data(), pool2, stream);
    convolution(back_.data(), pool2, 4, front_.data(), conv3, stream);
    connect<<<blocks(10), threads, 0, stream>>>(front_.data(), conv3.size(), parameters_[6].data(),
                                                parameters_[7].data(), logits_.data(), 10, images_);
    must(cudaGetLastError(), "inference");
    return logits_;
  }

private:
  static constexpr unsigned threads = 128;
  static std::size_t room(int images) { return static_cast<std::size_t>(images) * 8 * 26 * 26; }
  unsigned blocks(int each) const {
    return (static_cast<unsigned>(each * images_) + threads - 1) / threads;
  }
  void convolution(const float* in, shape from, std::size_t first, float* out, shape to,
                   cudaStream_t stream) const {
    convolve<<<blocks(to.size()), threads, 0, stream>>>(
        in, from, parameters_[first].data(), parameters_[first + 1].data(), out, to, images_);
  }
  void pooling(const float* in, shape from, float* out, shape to, cudaStream_t stream) const {
    max_pool<<<blocks(to.size()), threads, 0, stream>>>(in, from, out, to, images_);
  }

  const std::vector<floats>& parameters_;
  int images_;
  floats front_, back_, logits_;
};

} // namespace cuda_inference
