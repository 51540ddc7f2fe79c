// SPDX-License-Identifier: MIT
#pragma once

#include "floats.hpp"

#include <cuda_runtime.h>

namespace cuda_inference {

template <class F>
__global__ void for_each_output(F f, int outputs) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < outputs)
    f(i);
}

/// How `run` starts a layer as a kernel on a stream: one thread for each output.
inline auto kernels_on(cudaStream_t stream) {
  return [stream](int outputs, const auto& f) {
    constexpr int threads = 128;
    for_each_output<<<static_cast<unsigned>((outputs + threads - 1) / threads), threads, 0,
                      stream>>>(f, outputs);
    must(cudaGetLastError(), "a layer");
  };
}

} // namespace cuda_inference
