// SPDX-License-Identifier: MIT
#include "device_layers.hpp"

#include "network.cuh"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace cuda_inference {

struct device_layers::parts {
  std::vector<float*> parameters;
  int images;
  convolutions convolve;
  floats in, out;
  cudaStream_t stream{};
};

bool there_is_a_device() {
  int devices = 0;
  return cudaGetDeviceCount(&devices) == cudaSuccess && devices > 0;
}

std::string device_layers::run_by() { return convolutions::name(); }

device_layers::device_layers(const std::vector<std::vector<float>>& parameters, int images) {
  const auto room = static_cast<std::size_t>(images) * largest_activation;
  parts_.reset(new parts{{}, images, convolutions(images), floats(room), floats(room)});
  for (const std::vector<float>& values : parameters) {
    float* memory = nullptr;
    must(cudaMallocManaged(&memory, values.size() * sizeof(float)), "cudaMallocManaged");
    std::copy(values.begin(), values.end(), memory);
    parts_->parameters.push_back(memory);
  }
  must(cudaStreamCreate(&parts_->stream), "cudaStreamCreate");
}
device_layers::~device_layers() {
  for (float* const memory : parts_->parameters)
    cudaFree(memory);
  cudaStreamDestroy(parts_->stream);
}

float* device_layers::parameter(std::size_t number) { return parts_->parameters[number]; }

void device_layers::run_layer(std::size_t n, const float* in, float* out) {
  const layer& l = layers[n];
  const auto bytes = [&](const shape& s) {
    return static_cast<std::size_t>(parts_->images * s.size()) * sizeof(float);
  };
  must(cudaMemcpyAsync(parts_->in.data(), in, bytes(l.in), cudaMemcpyHostToDevice, parts_->stream),
       "copy to the device");
  start_layer(n, parts_->convolve, parts_->in.data(), parts_->parameters[l.parameter],
              parts_->parameters[l.parameter + 1], parts_->out.data(), parts_->images,
              parts_->stream);
  must(cudaMemcpyAsync(out, parts_->out.data(), bytes(l.out), cudaMemcpyDeviceToHost,
                       parts_->stream),
       "copy from the device");
  must(cudaStreamSynchronize(parts_->stream), "a layer");
}

} // namespace cuda_inference
