// SPDX-License-Identifier: MIT
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <string>
#include <vector>

/// A CUDA runtime that runs nothing: it answers what it is told to answer and keeps what it is
/// asked for. With it a machine without a GPU shows which calls the library makes. A program's own
/// functions go before those of the shared libcudart, which has the ones that are not faked.
struct fake_runtime {
  struct allocation {
    const void* first;
    std::size_t bytes;
    cudaMemoryType type = cudaMemoryTypeDevice;
    int device = 0;
    const void* device_address = nullptr; ///< null: `first` itself
    bool mapped_in_pieces = false;        ///< by cuMemMap
  };
  struct kernel_launch {
    unsigned blocks, threads;
    cudaStream_t stream;
    const void* kernel;
  };

  // What it answers.
  std::vector<allocation> memory{};
  cudaError_t get_device = cudaSuccess;
  int device_of_stream = 0;
  cudaError_t get_stream_device = cudaSuccess;
  bool reaches_host_memory = false;
  cudaError_t launch = cudaSuccess;
  cudaError_t allocate = cudaSuccess;
  cudaError_t synchronize = cudaSuccess;
  cudaError_t get_attributes = cudaSuccess; ///< what cudaPointerGetAttributes gives
  cudaError_t last_error = cudaSuccess;     ///< what cudaGetLastError gives, once

  // What it was asked for: calls that do something, in their order.
  std::vector<std::string> calls{};
  std::vector<kernel_launch> launches{};
  int retained = 0; ///< handles of mapped memory that were not released
};

extern fake_runtime fake;
