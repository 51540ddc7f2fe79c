// SPDX-License-Identifier: MIT
#pragma once

// How bitfault sees the demo network's memory.

#include "../network.hpp"

#include <bitfault/bitfault.hpp>
#include <bitfault/fault_list/named_tensors.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace demo {

/// A weight or bias tensor with its extents.
[[nodiscard]] inline auto view_of(const network::tensor& tensor) {
  bitfault::extents<4> e;
  for (const std::size_t size : tensor.extents) {
    e.sizes[e.rank++] = size;
  }
  return bitfault::view(tensor.data.data(), e);
}

/// What a layer has just written.
[[nodiscard]] inline auto view_of(const activation& a) {
  return bitfault::view(a.data.data(),
                        bitfault::extents(a.extents[0], a.extents[1], a.extents[2], a.extents[3]));
}

/// All weights and biases as if they were one vector: a view of one's own needs no more than this.
class joined_view {
public:
  using element_type = float;
  static constexpr bool contiguous = false;

  /// Requires tensors that stay where they are.
  explicit joined_view(std::span<const network::tensor> tensors) : tensors_(tensors) {
    for (const auto& tensor : tensors_) {
      size_ += tensor.data.size();
    }
  }
  [[nodiscard]] bitfault::extents<1> extents() const noexcept { return {size_}; }
  [[nodiscard]] float* address(bitfault::index_t flat) const noexcept {
    for (const auto& tensor : tensors_) {
      if (flat < tensor.data.size()) {
        return tensor.data.data() + flat;
      }
      flat -= tensor.data.size();
    }
    return nullptr;
  }

private:
  std::span<const network::tensor> tensors_;
  std::size_t size_ = 0;
};

/// The network's tensors by name, for fault addresses such as `bf1:conv1.weight[3,0,1,2]^30`.
[[nodiscard]] inline bitfault::named_tensors named(std::span<const network::tensor> tensors) {
  bitfault::named_tensors model;
  for (const auto& tensor : tensors) {
    model.add(tensor.name, view_of(tensor));
  }
  return model;
}

/// The address of the only fault that a key draws in a tensor of floats.
template <class Injector, std::size_t Rank>
[[nodiscard]] std::string address_of_one(const Injector& injector, const std::string& name,
                                         const bitfault::extents<Rank>& e,
                                         const bitfault::fault_key& key) {
  auto faults = injector.template draw<float>(e, key);
  faults.name_tensor(name);
  return bitfault::to_string(bitfault::address_of(faults, 0));
}

} // namespace demo
