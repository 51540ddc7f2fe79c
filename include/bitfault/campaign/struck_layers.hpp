// SPDX-License-Identifier: MIT
#pragma once

#include "model.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace bitfault::campaign {

/// Where the faults of one pass through a model lie, layer by layer.
struct struck_layers {
  std::vector<std::uint8_t> parameters; ///< the layer reads a parameter with a fault
  std::vector<std::uint8_t> outputs;    ///< its output is struck after it has run

  explicit struck_layers(std::size_t layers) : parameters(layers), outputs(layers) {}

  void clear() noexcept {
    std::fill(parameters.begin(), parameters.end(), std::uint8_t{0});
    std::fill(outputs.begin(), outputs.end(), std::uint8_t{0});
  }
  /// Marks the layers that read a parameter: all but the input's if the model does not say.
  void mark(const parameter& p) noexcept {
    if (p.layers.empty())
      std::fill(parameters.begin() + 1, parameters.end(), std::uint8_t{1});
    for (const std::size_t n : p.layers)
      parameters[n] = 1;
  }
};

} // namespace bitfault::campaign
