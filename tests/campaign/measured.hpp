// SPDX-License-Identifier: MIT
#pragma once

// Vectors as the tensors that monitors measure.

#include "bitfault/campaign/measure.hpp"

#include <cstddef>
#include <limits>
#include <vector>

namespace bitfault::campaign {

inline constexpr float nan = std::numeric_limits<float>::quiet_NaN();
inline constexpr float inf = std::numeric_limits<float>::infinity();

template <class T>
tensor_ref tensor(std::vector<T>& elements) {
  return {*type<T>(), reinterpret_cast<std::byte*>(elements.data()), {elements.size()}};
}
template <class T>
tensor_statistics statistics(std::vector<T> elements) {
  return measure(tensor(elements));
}

} // namespace bitfault::campaign
