// SPDX-License-Identifier: MIT
#pragma once

#include <bitfault/embedded.hpp>

#include <ATen/core/Tensor.h>

#include <cuda_runtime_api.h>

#include <functional>
#include <vector>

// What nvcc compiles: it reads ATen/core/Tensor.h of LibTorch, and not all of its headers.

inline auto flips() {
  return bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{100});
}
inline constexpr bitfault::fault_key key{.seed = 42, .trial = 7};

/// Calls `infer` while the faults are in a tensor of floats in CUDA memory.
void with_flips(const at::Tensor& weights, cudaStream_t stream, const std::function<void()>& infer);

/// Injects them for good, and gives the list of them.
std::vector<bitfault::listed_fault> flip(const at::Tensor& weights, cudaStream_t stream);

/// The same without a list.
bitfault::status flip_in_place(const at::Tensor& weights, cudaStream_t stream);
