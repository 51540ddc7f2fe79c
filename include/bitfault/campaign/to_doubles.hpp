// SPDX-License-Identifier: MIT
#pragma once

#include "model.hpp"
#include "tensor_ref.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace bitfault::campaign {

/// The values of contiguous elements, as many as `values` has room for. Exact, but for integers
/// beyond 2^53, which are rounded to nearest. O(n), no allocation.
inline void to_doubles(const element_type& type, const std::byte* elements,
                       std::span<double> values) noexcept {
  if (&type == campaign::type<float>()) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      float value;
      std::memcpy(&value, elements + i * sizeof value, sizeof value);
      values[i] = static_cast<double>(value);
    }
    return;
  }
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = type.to_real(detail::load_word(elements + i * type.bytes, type.bytes));
}

} // namespace bitfault::campaign
