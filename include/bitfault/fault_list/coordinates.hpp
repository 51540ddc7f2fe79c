// SPDX-License-Identifier: MIT
#pragma once

#include "../core/status.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

/// Elements and coordinates of tensors whose rank is known at run time only.
namespace bitfault::detail {

/// The coordinates of an element, outermost axis first. Requires an element inside the extents.
inline std::vector<std::uint64_t> coordinates_of(const std::vector<std::uint64_t>& extents,
                                                 std::uint64_t element) {
  std::vector<std::uint64_t> at(extents.size());
  for (std::size_t axis = extents.size(); axis-- > 0; element /= extents[axis])
    at[axis] = element % extents[axis];
  return at;
}

/// The element at coordinates. Refused where there are too few or too many of them, or one is
/// outside its extent.
inline status element_at(const std::vector<std::uint64_t>& extents,
                         const std::vector<std::uint64_t>& coordinates, const char* place,
                         std::uint64_t& element) noexcept {
  if (coordinates.size() != extents.size())
    return {refusal::wrong_number_of_coordinates, 0, coordinates.size(), extents.size(), place};
  element = 0;
  for (std::size_t axis = 0; axis < extents.size(); ++axis) {
    if (coordinates[axis] >= extents[axis])
      return {refusal::coordinate_outside, static_cast<std::uint32_t>(axis), coordinates[axis],
              extents[axis], place};
    element = element * extents[axis] + coordinates[axis];
  }
  return {};
}

} // namespace bitfault::detail
