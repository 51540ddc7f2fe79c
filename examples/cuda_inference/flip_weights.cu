// SPDX-License-Identifier: MIT
// Ten lines: 100 bits of a tensor in device memory, flipped while something runs, and back again.
#include <bitfault/backends/thrust/cuda.cuh>
#include <bitfault/embedded.hpp>

#include <cstdio>

int main() {
  float* weights = nullptr;
  if (const cudaError_t e = cudaMalloc(&weights, 4'000'000); e != cudaSuccess)
    return std::printf("skipped: %s\n", cudaGetErrorName(e)), 77;
  cudaStream_t stream{};
  cudaStreamCreate(&stream);

  const auto injector = bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{100});
  const bitfault::device_view<float> tensor(weights, bitfault::extents{1'000'000});
  const bitfault::fault_key key{.seed = 42, .trial = 7};
  {
    auto injected = injector.scoped(bitfault::on(stream), tensor, key);
    // inference on the stream: exactly 100 distinct bits are flipped
  } // and, on the stream, bit for bit back again

  const cudaError_t e = cudaStreamSynchronize(stream);
  cudaFree(weights);
  return e == cudaSuccess ? 0 : 1;
}
