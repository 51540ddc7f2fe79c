// SPDX-License-Identifier: MIT
// Faults in LibTorch's tensors in CUDA memory: flips.cu. Without a device, or with a LibTorch that
// knows no CUDA, it exits with 77.
#include "flips.hpp"

#include <bitfault/bitfault.hpp>
#include <bitfault/integrations/torch/inject.hpp>

#include <ATen/ATen.h>

#include <cstdint>
#include <cstdio>

namespace {

/// How many elements of two tensors differ in a bit.
std::int64_t differ(const at::Tensor& a, const at::Tensor& b) {
  return a.view(at::kInt).ne(b.view(at::kInt)).sum().item<std::int64_t>();
}

bool run(cudaStream_t stream) {
  const at::Tensor weights = at::rand({64, 3, 3, 3}, at::kCUDA), golden = weights.clone();
  std::int64_t inside = 0;
  with_flips(weights, stream, [&] { inside = differ(weights, golden); });
  bool right = inside > 80 && differ(weights, golden) == 0; // two flips may meet in an element
  right = right && flip(weights, stream).size() == 100;

  // The same faults on the host, and in a tensor with other strides.
  const at::Tensor on_host = golden.cpu();
  const at::Tensor turned = golden.permute({3, 0, 2, 1}).contiguous().permute({1, 3, 2, 0});
  bitfault::apply<float>(flips(), on_host, key).or_throw();
  flip_in_place(turned, stream).or_throw();
  return right && differ(weights.cpu(), on_host) == 0 && differ(turned.contiguous(), weights) == 0;
}

} // namespace

int main() {
  int devices = 0;
  if (cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0 || !at::hasCUDA()) {
    std::puts("skipped: there is no CUDA device here, or LibTorch knows no CUDA");
    return 77;
  }
  const cudaStream_t current{}; // LibTorch's, unless another was set (at::cuda)
  const bool right = run(current);
  std::puts(right ? "the host's faults" : "WRONG");
  return right ? 0 : 1;
}
