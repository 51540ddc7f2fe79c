// SPDX-License-Identifier: MIT
#include "named_tensors.hpp"

#include <algorithm>
#include <stdexcept>

namespace spiking {

void read_tensors(const weights_file& from, const std::vector<named_tensor<float>>& to) {
  for (const auto& t : to) {
    const auto values = from.floats(t.name, t.extents);
    std::copy(values.begin(), values.end(), t.data.begin());
  }
  for (const auto& [name, unused] : from.tensors) {
    if (std::none_of(to.begin(), to.end(), [&n = name](const auto& t) { return t.name == n; }))
      throw std::runtime_error(from.name + ": tensor '" + name + "' is none of this network");
  }
}

} // namespace spiking
