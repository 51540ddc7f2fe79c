// SPDX-License-Identifier: MIT
#pragma once

#include <cuda_runtime_api.h>

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
    void* memory = nullptr;
    must(cudaMalloc(&memory, size * sizeof(float)), "cudaMalloc");
    data_ = static_cast<float*>(memory);
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

} // namespace cuda_inference
