// SPDX-License-Identifier: MIT
#pragma once

// The demo network on the host, for the example on a GPU to be compared with. In a source file of
// its own, because nvcc need not read Eigen.

#include <bitfault/embedded.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace cuda_inference {

/// The fault of each trial: one bit of one weight.
inline auto fault() { return bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{1}); }

struct tensor {
  std::string name;
  std::vector<float> values;
};

/// What a trial gives on the host.
struct trial {
  std::vector<bitfault::listed_fault> faults;
  std::vector<float> logits; ///< {images, 10}
};

class reference {
public:
  explicit reference(std::size_t images);
  ~reference();

  /// Weight and bias of each layer, in their order.
  std::vector<tensor> parameters() const;
  /// {images, 1, 28, 28} in [0, 1].
  const std::vector<float>& images() const;
  std::vector<float> logits() const;
  /// The logits while the fault of a key is in parameter `number`.
  trial inject(std::size_t number, const bitfault::fault_key& key) const;

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

} // namespace cuda_inference
