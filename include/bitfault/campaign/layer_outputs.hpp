// SPDX-License-Identifier: MIT
#pragma once

#include "model.hpp"
#include "tensor_ref.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace bitfault::campaign {

/// Memory for the outputs of all layers for one batch.
class layer_outputs {
public:
  layer_outputs() = default;
  layer_outputs(const std::vector<layer>& layers, std::uint64_t batch) : memory_(layers.size()) {
    for (std::size_t n = 0; n < layers.size(); ++n) {
      std::vector<std::uint64_t> extents{batch};
      extents.insert(extents.end(), layers[n].extents.begin(), layers[n].extents.end());
      std::uint64_t bytes = layers[n].type->bytes;
      for (const std::uint64_t size : extents)
        bytes *= size;
      // All alike to the cache line: kernels that treat the first elements of unaligned memory in
      // another way must round golden and faulty runs alike.
      memory_[n].resize(static_cast<std::size_t>((bytes + 63) / 64));
      tensors_.emplace_back(*layers[n].type, reinterpret_cast<std::byte*>(memory_[n].data()),
                            std::move(extents));
      inputs_.emplace_back();
      for (const std::size_t from : layers[n].inputs)
        inputs_[n].push_back(tensors_[from]);
    }
  }
  layer_outputs(layer_outputs&&) noexcept = default;
  layer_outputs& operator=(layer_outputs&&) noexcept = default;
  layer_outputs(const layer_outputs&) = delete; // the tensors point into the memory
  layer_outputs& operator=(const layer_outputs&) = delete;

  bool empty() const noexcept { return tensors_.empty(); }
  const tensor_ref& operator[](std::size_t n) const noexcept { return tensors_[n]; }
  /// The outputs that layer n reads.
  std::span<const tensor_ref> inputs_of(std::size_t n) const noexcept { return inputs_[n]; }

private:
  struct alignas(64) chunk {
    std::byte bytes[64];
  };
  std::vector<std::vector<chunk>> memory_;
  std::vector<tensor_ref> tensors_;
  std::vector<std::vector<tensor_ref>> inputs_;
};

} // namespace bitfault::campaign
