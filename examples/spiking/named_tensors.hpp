// SPDX-License-Identifier: MIT
#pragma once

// The parameters of a network as a list of tensors with names: how they stand in files, and how an
// optimizer goes through them.

#include "layers.hpp"
#include "weights_file.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace spiking {

template <class Scalar>
struct named_tensor {
  std::string name;
  std::vector<std::size_t> extents;
  std::span<Scalar> data;
};

/// Appends NAME.weight, {out, in, side, side} of a convolution with kernels of that side and {out,
/// in} of a dense layer (side 1), and NAME.bias. They refer to `layer`.
template <class Scalar>
void add_tensors(std::vector<named_tensor<Scalar>>& list, const std::string& name,
                 synapses<Scalar>& layer, index_t side = 1) {
  const auto out = static_cast<std::size_t>(layer.weight.rows());
  const auto in = static_cast<std::size_t>(layer.weight.cols());
  const auto length = static_cast<std::size_t>(side);
  auto extents =
      side > 1 ? std::vector{out, in / (length * length), length, length} : std::vector{out, in};
  list.push_back({name + ".weight", std::move(extents), {layer.weight.data(), out * in}});
  list.push_back({name + ".bias", {out}, {layer.bias.data(), out}});
}

/// Fills all of these from a file. Throws std::runtime_error, which names the file, if a tensor is
/// missing, of another type or shape, or one of the file is not in the list.
void read_tensors(const weights_file& from, const std::vector<named_tensor<float>>& to);

} // namespace spiking
