// SPDX-License-Identifier: MIT
#pragma once

#include "checks.hpp"

#include <bitfault/backends/thrust/cuda.cuh>

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

/// What the programs that run on a GPU share. They need the CUDA toolkit and nothing else: no test
/// library, no other package.
namespace device_test {

/// Stops at an error of CUDA that no test expects.
inline void must(cudaError_t e, const char* what) {
  if (e == cudaSuccess)
    return;
  std::printf("FAILED %s: %s\n", what, cudaGetErrorName(e));
  std::exit(1);
}

/// Memory that host and device reach, for lists that policies refer to.
template <class T>
struct managed_allocator {
  using value_type = T;
  managed_allocator() = default;
  template <class U>
  managed_allocator(const managed_allocator<U>&) noexcept {}
  T* allocate(std::size_t n) {
    void* memory = nullptr;
    if (cudaMallocManaged(&memory, n * sizeof(T)) != cudaSuccess)
      throw std::bad_alloc();
    return static_cast<T*>(memory);
  }
  void deallocate(T* p, std::size_t) noexcept { cudaFree(p); }
  friend bool operator==(const managed_allocator&, const managed_allocator&) = default;
};

/// Memory of the device, filled from the host and read back to it.
template <class T>
class device_array {
public:
  explicit device_array(const std::vector<T>& values) : size_(values.size()) {
    must(cudaMalloc(&data_, size_ * sizeof(T)), "cudaMalloc");
    set(values);
  }
  device_array(const device_array&) = delete;
  device_array& operator=(const device_array&) = delete;
  ~device_array() { cudaFree(data_); }
  void set(const std::vector<T>& values) {
    must(cudaMemcpy(data_, values.data(), size_ * sizeof(T), cudaMemcpyHostToDevice), "cudaMemcpy");
  }
  /// Waits for the device.
  std::vector<T> get() const {
    std::vector<T> values(size_);
    must(cudaMemcpy(values.data(), data_, size_ * sizeof(T), cudaMemcpyDeviceToHost), "cudaMemcpy");
    return values;
  }
  T* data() const noexcept { return data_; }

private:
  T* data_ = nullptr;
  std::size_t size_;
};

/// 77, which CTest takes for "skipped", where there is no device.
inline int begin() {
  int devices = 0;
  const cudaError_t e = cudaGetDeviceCount(&devices);
  if (e == cudaSuccess && devices > 0) {
    cudaDeviceProp device{};
    must(cudaGetDeviceProperties(&device, 0), "cudaGetDeviceProperties");
    std::printf("device: %s\n", device.name);
    return 0;
  }
  std::printf("skipped: there is no CUDA device here (%s)\n", cudaGetErrorName(e));
  return 77;
}
inline int end() {
  must(cudaDeviceSynchronize(), "the device");
  return exit_status();
}

} // namespace device_test
