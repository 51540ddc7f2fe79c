// SPDX-License-Identifier: MIT
#include "network.hpp"

#include <algorithm>

namespace demo {
namespace {

constexpr std::size_t floats(shape s) { return static_cast<std::size_t>(s.size()); }

/// The largest activation and the largest unfolded input of one image.
constexpr std::size_t largest_activation = [] {
  std::size_t largest = 0;
  for (const auto& layer : layers) {
    largest = std::max(largest, floats(layer.output));
  }
  return largest;
}();
constexpr std::size_t largest_unfolded = static_cast<std::size_t>(
    std::max({unfolded_size(input_shape), unfolded_size(pool1_shape), unfolded_size(pool2_shape)}));

void grow(std::vector<float>& buffer, std::size_t size) {
  if (buffer.size() < size) {
    buffer.resize(size);
  }
}

} // namespace

std::size_t network::batch_of(std::size_t first, std::size_t size) {
  if (first > layers.size()) {
    throw std::invalid_argument("the demo network has no layer " + std::to_string(first) +
                                "; it has " + std::to_string(layers.size()));
  }
  const std::size_t one = floats(input_of(first));
  if (size % one != 0) {
    throw std::invalid_argument(
        std::to_string(size) + " floats are no batch: one image before layer " +
        (first < layers.size() ? std::string(layers[first].name) : "'end'") + " is " +
        std::to_string(one));
  }
  return size / one;
}

std::span<float> network::start(std::size_t first, std::span<const float> input, std::size_t batch,
                                std::size_t together) {
  grow(front_, together * largest_activation);
  grow(back_, together * largest_activation);
  grow(columns_, largest_unfolded);
  grow(logits_, batch * floats(dense_shape));
  if (first == layers.size()) {
    std::copy(input.begin(), input.end(), logits_.begin());
  }
  return {logits_.data(), batch * floats(dense_shape)};
}

std::span<float> network::step(std::size_t number, std::span<const float> input, std::size_t batch,
                               float* logits) {
  const shape in = input_of(number);
  const layer_info& layer = layers[number];
  const std::size_t stride_in = floats(in);
  const std::size_t stride_out = floats(layer.output);
  const bool in_front = input.data() == front_.data();
  float* out = in_front ? back_.data() : front_.data();

  switch (layer.kind) {
  case layer_kind::convolution: {
    const auto& w = number == 0 ? conv1 : number == 3 ? conv2 : conv3;
    for (std::size_t i = 0; i < batch; ++i) {
      convolve(w, input.data() + i * stride_in, in, columns_.data(), out + i * stride_out);
    }
    break;
  }
  case layer_kind::relu: // in place, unless it is the caller's memory
    if (in_front || input.data() == back_.data()) {
      out = in_front ? front_.data() : back_.data();
    } else {
      std::copy(input.begin(), input.end(), out);
    }
    rectify(out, static_cast<index_t>(input.size()));
    break;
  case layer_kind::max_pool:
    for (std::size_t i = 0; i < batch; ++i) {
      max_pool(input.data() + i * stride_in, in, out + i * stride_out);
    }
    break;
  case layer_kind::dense:
    out = logits;
    for (std::size_t i = 0; i < batch; ++i) {
      connect(dense, input.data() + i * stride_in, out + i * stride_out);
    }
    break;
  }
  return {out, batch * stride_out};
}

std::span<const float> network::run(std::size_t first, std::span<const float> input,
                                    std::size_t batch) {
  const auto result = start(first, input, batch, std::min(batch, block));
  const std::size_t one = floats(input_of(first));
  for (std::size_t i = 0; i < batch; i += block) {
    const std::size_t together = std::min(block, batch - i);
    std::span<const float> now = input.subspan(i * one, together * one);
    for (std::size_t number = first; number < layers.size(); ++number) {
      now = step(number, now, together, logits_.data() + i * floats(dense_shape));
    }
  }
  return result;
}

} // namespace demo
