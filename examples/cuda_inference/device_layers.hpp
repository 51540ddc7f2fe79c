// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace cuda_inference {

/// Whether `device_layers` can be made here.
bool there_is_a_device();

/// The demo network's layers for the campaign engine, whose activations lie in the host's memory.
/// The parameters lie in managed memory: a fault is a word that the host writes in place, and the
/// kernels read it there. device_layers.cu runs on a CUDA device; device_layers_on_the_host.cpp
/// runs the same bodies in a loop, to test everything else on a machine without one.
class device_layers {
public:
  /// `parameters`: weight and bias of each layer that has them. `images`: how many run together.
  device_layers(const std::vector<std::vector<float>>& parameters, int images);
  ~device_layers();

  /// What runs the convolutions, to be printed.
  static std::string run_by();

  float* parameter(std::size_t number);
  /// Runs layer n of `layers` and waits for it. `in` and `out` are the host's.
  void run_layer(std::size_t n, const float* in, float* out);

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

} // namespace cuda_inference
