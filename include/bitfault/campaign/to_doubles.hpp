// SPDX-License-Identifier: MIT
#pragma once

#include "model.hpp"
#include "tensor_ref.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace bitfault::campaign {

namespace detail {

inline std::uint64_t load_word(const std::byte* at, unsigned bytes) noexcept {
  const auto as = [at]<class Word>(Word word) {
    std::memcpy(&word, at, sizeof word);
    return std::uint64_t{word};
  };
  switch (bytes) {
  case 1:
    return as(std::uint8_t{});
  case 2:
    return as(std::uint16_t{});
  case 4:
    return as(std::uint32_t{});
  default:
    return as(std::uint64_t{});
  }
}

} // namespace detail

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
