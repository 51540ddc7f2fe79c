// SPDX-License-Identifier: MIT
#pragma once

// The demo network on a device: `convolutions`, and plain kernels for all other layers.

#include "convolutions.hpp"
#include "floats.hpp"
#include "kernels.cuh"
#include "layers.hpp"

#include <cuda_runtime.h>

#include <cstddef>
#include <vector>

namespace cuda_inference {

/// Starts layer n of `layers` on a stream.
inline void start_layer(std::size_t n, convolutions& convolve, const float* in, const float* weight,
                        const float* bias, float* out, int images, cudaStream_t stream) {
  if (layers[n].kind == layer_kind::convolution)
    convolve.start(n, in, weight, bias, out, stream);
  else
    run(layers[n], in, weight, bias, out, images, kernels_on(stream));
}

/// The network: eight parameters (weight and bias of conv1, conv2, conv3, dense).
class network {
public:
  network(const std::vector<floats>& parameters, int images)
      : parameters_(parameters), images_(images), convolutions_(images), front_(room(images)),
        back_(room(images)), logits_(static_cast<std::size_t>(images) * 10) {}

  /// Logits {images, 10}; everything runs on the stream, and nothing waits.
  const floats& infer(const floats& images, cudaStream_t stream) {
    const float* in = images.data();
    for (std::size_t n = 0; n < layer_count; ++n) {
      float* const out = n + 1 == layer_count ? logits_.data()
                         : n % 2 == 0         ? front_.data()
                                              : back_.data();
      const std::size_t p = layers[n].parameter;
      start_layer(n, convolutions_, in, parameters_[p].data(), parameters_[p + 1].data(), out,
                  images_, stream);
      in = out;
    }
    return logits_;
  }

private:
  static std::size_t room(int images) {
    return static_cast<std::size_t>(images) * largest_activation;
  }
  const std::vector<floats>& parameters_;
  int images_;
  convolutions convolutions_;
  floats front_, back_, logits_;
};

} // namespace cuda_inference
