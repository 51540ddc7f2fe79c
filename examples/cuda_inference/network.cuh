// SPDX-License-Identifier: MIT
#pragma once

// The demo network on a device: plain kernels, one thread for each output.

#include "layers.hpp"

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <utility>
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
  floats(floats&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(other.size_) {}
  floats(const floats&) = delete;
  floats& operator=(const floats&) = delete;
  ~floats() { cudaFree(data_); }
  float* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }

private:
  float* data_ = nullptr;
  std::size_t size_;
};

template <class F>
__global__ void for_each_output(F f, int outputs) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < outputs)
    f(i);
}

/// Starts a layer on a stream.
inline void start_layer(const layer& l, const float* in, const float* weight, const float* bias,
                        float* out, int images, cudaStream_t stream) {
  run(l, in, weight, bias, out, images, [stream](int outputs, const auto& f) {
    constexpr int threads = 128;
    for_each_output<<<static_cast<unsigned>((outputs + threads - 1) / threads), threads, 0,
                      stream>>>(f, outputs);
    must(cudaGetLastError(), "a layer");
  });
}

/// The network: eight parameters (weight and bias of conv1, conv2, conv3, dense).
class network {
public:
  network(const std::vector<floats>& parameters, int images)
      : parameters_(parameters), images_(images), front_(room(images)), back_(room(images)),
        logits_(static_cast<std::size_t>(images) * 10) {}

  /// Logits {images, 10}; everything runs on the stream, and nothing waits.
  const floats& infer(const floats& images, cudaStream_t stream) {
    const float* in = images.data();
    for (std::size_t n = 0; n < layer_count; ++n) {
      float* const out = n + 1 == layer_count ? logits_.data()
                         : n % 2 == 0         ? front_.data()
                                              : back_.data();
      const std::size_t p = layers[n].parameter;
      start_layer(layers[n], in, parameters_[p].data(), parameters_[p + 1].data(), out, images_,
                  stream);
      in = out;
    }
    return logits_;
  }

private:
  static std::size_t room(int images) {
    return static_cast<std::size_t>(images) * largest_activation;
  }
  const std::vector<floats>& parameters_;
  int images_;
  floats front_, back_, logits_;
};

} // namespace cuda_inference
