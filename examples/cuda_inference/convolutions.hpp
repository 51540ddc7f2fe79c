// SPDX-License-Identifier: MIT
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <memory>
#include <string>

namespace cuda_inference {

/// The network's convolutions on a device: convolutions_cudnn.cpp gives them to cuDNN where CMake
/// finds it, convolutions_plain.cu to kernels of this example. The weights are read in each run
/// anew, so that a fault in them is seen.
class convolutions {
public:
  /// `images`: how many run together. All memory is allocated here.
  explicit convolutions(int images);
  ~convolutions();

  /// Whose convolutions they are, to be printed.
  static std::string name();

  /// Starts layer n of `layers`, a convolution, on a stream. Everything is in
  /// device memory.
  void start(std::size_t n, const float* in, const float* weight, const float* bias, float* out,
             cudaStream_t stream);

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

} // namespace cuda_inference
