// SPDX-License-Identifier: MIT
#pragma once

// A small network with a skip connection, as campaigns see one: 6 inputs -> 8 -> 8 (+ skip) -> 4.

#include <bitfault/bitfault.hpp>
#include <bitfault/campaign/model.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace toy {

using namespace bitfault::campaign;

inline constexpr std::size_t width_in = 6, width = 8, width_out = 4;

/// Numbers that look random and are the same everywhere.
inline float number(std::uint64_t i) {
  const auto b =
      bitfault::random_stream({.seed = 99, .trial = i}).block(bitfault::purpose::model, 0);
  return static_cast<float>(static_cast<std::int32_t>(b.word[0])) * 0x1p-31F;
}

class residual_network {
public:
  static constexpr bool rows_are_independent = true;

  explicit residual_network(std::uint64_t inputs = 24, std::uint64_t batch = 1)
      : inputs_(inputs), batch_(batch) {
    std::uint64_t at = 0;
    const auto fill = [&](std::vector<float>& v, std::size_t n) {
      v.resize(n);
      for (float& x : v)
        x = number(at++);
    };
    fill(w1_, width * width_in), fill(b1_, width);
    fill(w2_, width * width), fill(b2_, width);
    fill(w3_, width_out * width), fill(b3_, width_out);
    fill(data_, static_cast<std::size_t>(inputs) * width_in);
    for (std::uint64_t i = 0; i < inputs; ++i)
      labels_.push_back(static_cast<std::uint32_t>(i % width_out));
  }

  std::vector<layer> layers() const {
    return {{"input", {}, type<float>(), {width_in}},   {"dense1", {0}, type<float>(), {width}},
            {"relu1", {1}, type<float>(), {width}},     {"dense2", {2}, type<float>(), {width}},
            {"relu2", {3}, type<float>(), {width}},     {"add", {2, 4}, type<float>(), {width}},
            {"dense3", {5}, type<float>(), {width_out}}};
  }
  std::vector<parameter> parameters() {
    using bitfault::view, bitfault::extents;
    return {
        {"dense1.weight", view(w1_.data(), extents(width, width_in)), parameter_kind::weight, {1}},
        {"dense1.bias", view(b1_), parameter_kind::bias, {1}},
        {"dense2.weight", view(w2_.data(), extents(width, width)), parameter_kind::weight, {3}},
        {"dense2.bias", view(b2_), parameter_kind::bias, {3}},
        {"dense3.weight", view(w3_.data(), extents(width_out, width)), parameter_kind::weight, {6}},
        {"dense3.bias", view(b3_), parameter_kind::bias, {6}}};
  }
  std::uint64_t inputs() const { return inputs_; }
  std::uint64_t batch() const { return batch_; }
  std::span<const std::uint32_t> labels() const { return labels_; }

  void run_layer(std::size_t n, std::uint64_t first, std::span<const tensor_ref> in,
                 const tensor_ref& out) {
    ++layers_run;
    float* y = out.as<float>();
    const float* x = in.empty() ? nullptr : in[0].as<float>();
    for (std::uint64_t r = 0; r < batch_; ++r) {
      switch (n) {
      case 0:
        for (std::size_t i = 0; i < width_in; ++i)
          y[r * width_in + i] = data_[static_cast<std::size_t>(first + r) * width_in + i];
        break;
      case 1:
        dense(w1_, b1_, x + r * width_in, width_in, y + r * width, width);
        break;
      case 3:
        dense(w2_, b2_, x + r * width, width, y + r * width, width);
        break;
      case 6:
        dense(w3_, b3_, x + r * width, width, y + r * width_out, width_out);
        break;
      case 5:
        for (std::size_t i = 0; i < width; ++i)
          y[r * width + i] = x[r * width + i] + in[1].as<float>()[r * width + i];
        break;
      default:
        for (std::size_t i = 0; i < width; ++i)
          y[r * width + i] = x[r * width + i] < 0 ? 0 : x[r * width + i];
      }
    }
  }

  std::uint64_t layers_run = 0;

private:
  static void dense(const std::vector<float>& w, const std::vector<float>& b, const float* x,
                    std::size_t in, float* y, std::size_t out) {
    for (std::size_t o = 0; o < out; ++o) {
      float sum = b[o];
      for (std::size_t i = 0; i < in; ++i)
        sum += w[o * in + i] * x[i];
      y[o] = sum;
    }
  }

  std::uint64_t inputs_, batch_;
  std::vector<float> w1_, b1_, w2_, b2_, w3_, b3_, data_;
  std::vector<std::uint32_t> labels_;
};

/// The same network, run as a whole.
class plain_network {
public:
  explicit plain_network(std::uint64_t inputs = 24, std::uint64_t batch = 1)
      : net_(inputs, batch) {}
  std::vector<layer> layers() const { return net_.layers(); }
  std::vector<parameter> parameters() { return net_.parameters(); }
  std::uint64_t inputs() const { return net_.inputs(); }
  std::uint64_t batch() const { return net_.batch(); }
  std::span<const std::uint32_t> labels() const { return net_.labels(); }

  void run(std::uint64_t first, const layer_hook& hook) {
    const auto list = net_.layers();
    std::vector<std::vector<float>> memory;
    std::vector<tensor_ref> outputs;
    for (std::size_t n = 0; n < list.size(); ++n) {
      memory.emplace_back(static_cast<std::size_t>(batch() * list[n].extents[0]));
      outputs.push_back(
          bitfault::view(memory.back().data(), bitfault::extents(batch(), list[n].extents[0])));
      std::vector<tensor_ref> in;
      for (const std::size_t i : list[n].inputs)
        in.push_back(outputs[i]);
      net_.run_layer(n, first, in, outputs[n]);
      hook(n, outputs[n]);
    }
  }

private:
  residual_network net_;
};

} // namespace toy
