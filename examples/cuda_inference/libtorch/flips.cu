// SPDX-License-Identifier: MIT
#include "flips.hpp"

#include <bitfault/backends/thrust/cuda.cuh>
#include <bitfault/integrations/torch/device_inject.hpp>
#include <bitfault/integrations/torch/device_view.hpp>

void with_flips(const at::Tensor& weights, cudaStream_t stream,
                const std::function<void()>& infer) {
  // [a scope]
  const auto faults = bitfault::scoped<float>(flips(), bitfault::on(stream), weights, key);
  infer(); // 100 bits are flipped, and at the end of the scope, on the stream, back again
  // [/a scope]
}

std::vector<bitfault::listed_fault> flip(const at::Tensor& weights, cudaStream_t stream) {
  // [a view]
  const auto view = bitfault::device_view_as<float>(weights);
  const auto faults = bitfault::on(stream).draw(flips(), view, key);
  faults.apply(view).or_throw();
  bitfault::note_write(weights); // autograd sees no write through a view
  // [/a view]
  return faults.to_host();
}

bitfault::status flip_in_place(const at::Tensor& weights, cudaStream_t stream) {
  // [apply]
  return bitfault::apply<float>(flips(), bitfault::on(stream), weights, key);
  // [/apply]
}
