// SPDX-License-Identifier: MIT
#pragma once

#include "../core/status.hpp"
#include "../core/traits.hpp"
#include "view.hpp"

#include <cstddef>

namespace bitfault {

/// Distances between neighbours on each axis, in elements; they may be negative.
template <std::size_t Capacity>
struct strides : per_axis<std::ptrdiff_t, Capacity> {
  constexpr strides() = default;
  template <detail::convertible_to<std::ptrdiff_t>... I>
    requires(sizeof...(I) > 0 && sizeof...(I) <= Capacity)
  BITFAULT_FN constexpr strides(I... distance) noexcept
      : per_axis<std::ptrdiff_t, Capacity>{{static_cast<std::ptrdiff_t>(distance)...}} {}
};
template <class... I>
strides(I...) -> strides<sizeof...(I)>;

namespace detail {

/// What is left to walk when axes of one element are dropped and neighbours that lie one behind
/// the other in memory are one axis. Row-major numbers mean the same elements as before.
template <std::size_t Rank>
struct merged_axes {
  extents<Rank> sizes{};
  strides<Rank> distances{};

  constexpr merged_axes() = default;
  BITFAULT_FN constexpr merged_axes(const extents<Rank>& e, const strides<Rank>& s) noexcept {
    for (std::size_t axis = 0; axis < e.rank; ++axis) {
      if (e[axis] == 1)
        continue;
      // In unsigned numbers: the product of a nonsensical size and stride must not be undefined.
      const index_t behind = static_cast<index_t>(s[axis]) * e[axis];
      const std::size_t last = sizes.rank - 1;
      if (sizes.rank != 0 && static_cast<index_t>(distances[last]) == behind) {
        sizes.sizes[last] *= e[axis];
        distances[last] = s[axis];
      } else {
        sizes.sizes[sizes.rank] = e[axis];
        distances[sizes.rank++] = s[axis];
      }
    }
  }
};

} // namespace detail

/// Memory with a distance for each axis: column-major matrices, slices, transposed tensors. The
/// element with row-major number i of the logical extents is found by one division per axis after
/// the first (multiplications, see `divider`); axes that lie one behind the other count as one, so
/// dense row-major memory needs none. Elements must not overlap, see `check_distinct`. Does not
/// own. T may be const.
template <class T, std::size_t Rank>
class strided_view {
public:
  using element_type = T;
  static constexpr bool contiguous = false;

  BITFAULT_FN constexpr strided_view(T* first, const extents<Rank>& e,
                                     const strides<Rank>& s) noexcept
      : strided_view(first, e, detail::merged_axes<Rank>(e, s)) {}

  BITFAULT_FN constexpr const bitfault::extents<Rank>& extents() const noexcept { return extents_; }
  /// The element whose coordinates are all 0; with negative strides not the lowest address.
  BITFAULT_FN constexpr T* data() const noexcept { return data_; }
  BITFAULT_FN constexpr T* address(index_t flat) const noexcept {
    const auto at = order_.coordinates(flat);
    std::ptrdiff_t offset = 0;
    for (std::size_t axis = 0; axis < order_.rank(); ++axis)
      offset += static_cast<std::ptrdiff_t>(at[axis]) * strides_[axis];
    return data_ + offset;
  }

private:
  BITFAULT_FN constexpr strided_view(T* first, const bitfault::extents<Rank>& e,
                                     const detail::merged_axes<Rank>& merged) noexcept
      : data_(first), extents_(e), order_(merged.sizes), strides_(merged.distances) {}

  T* data_;
  bitfault::extents<Rank> extents_;
  row_major<Rank> order_;
  strides<Rank> strides_;
};

/// `view(pointer, extents{rows, columns}, strides{1, rows})`: a column-major matrix.
template <class T, std::size_t Rank>
  requires(element<detail::remove_const_t<T>>)
BITFAULT_FN constexpr strided_view<T, Rank> view(T* first, const extents<Rank>& e,
                                                 const strides<Rank>& s) noexcept {
  return {first, e, s};
}

/// Strides of dense row-major (C) order.
template <std::size_t Rank>
BITFAULT_FN constexpr strides<Rank> row_major_strides(const extents<Rank>& e) noexcept {
  strides<Rank> result;
  index_t distance = 1;
  for (std::size_t axis = e.rank; axis-- > 0; distance *= e[axis])
    result[axis] = static_cast<std::ptrdiff_t>(distance);
  return result;
}

/// Strides of dense column-major (Fortran) order.
template <std::size_t Rank>
BITFAULT_FN constexpr strides<Rank> column_major_strides(const extents<Rank>& e) noexcept {
  strides<Rank> result;
  index_t distance = 1;
  for (std::size_t axis = 0; axis < e.rank; distance *= e[axis++])
    result[axis] = static_cast<std::ptrdiff_t>(distance);
  return result;
}

/// ok if no two elements of this layout share an address, else `unsupported_layout` with the axis,
/// its distance (`value`) and the least distance that would do (`limit`). Axes of one element may
/// have any stride, and a tensor without elements any strides. Complexity: O(rank^2).
///
/// A layout that reaches farther than addresses do is refused too; `element_size` is sizeof(T).
///
/// A layout that is accepted has no overlap. One that is refused has, if at most two axes have more
/// than one element; with more axes, layouts that interleave without an overlap are refused too
/// (deciding it exactly is a knapsack problem, and no framework makes such tensors by itself).
template <std::size_t Rank>
BITFAULT_FN constexpr status check_distinct(const extents<Rank>& e, const strides<Rank>& s,
                                            const char* place = "view",
                                            std::size_t element_size = 1) noexcept {
  struct one_axis {
    std::size_t number = 0;
    index_t size = 0, distance = 0;
  };
  per_axis<one_axis, Rank> axes{}; // those with more than one element, by distance
  std::size_t count = 0;
  for (std::size_t axis = 0; axis < e.rank; ++axis) {
    if (e[axis] == 0)
      return {};
    if (e[axis] == 1)
      continue;
    const auto stride = static_cast<index_t>(s[axis]);
    const one_axis next{axis, e[axis], s[axis] < 0 ? index_t{0} - stride : stride};
    std::size_t at = count++;
    for (; at > 0 && axes[at - 1].distance > next.distance; --at)
      axes[at] = axes[at - 1];
    axes[at] = next;
  }
  index_t reach = 0; // the farthest that the axes so far lead from their first element
  for (std::size_t i = 0; i < count; ++i) {
    const one_axis& a = axes[i];
    const status overlap{refusal::unsupported_layout, static_cast<std::uint32_t>(a.number),
                         a.distance, std::uint64_t{reach} + 1, place};
    if (a.distance <= reach) {
      if (count != 2 || a.distance == 0)
        return overlap;
      index_t x = axes[0].distance, y = axes[1].distance;
      while (y != 0) {
        const index_t rest = x % y;
        x = y;
        y = rest;
      }
      // The first two equal offsets of axis 0 and axis 1 are at their distances' common multiple.
      if (axes[1].distance / x < axes[0].size && axes[0].distance / x < axes[1].size)
        return overlap;
    }
    index_t length = 0;
    if (!detail::multiply_fits(a.size - 1, a.distance, length) || reach + length < reach)
      return overlap;
    reach += length;
    if (reach > detail::uncountable / element_size)
      return {refusal::unsupported_layout, static_cast<std::uint32_t>(a.number), a.distance,
              detail::uncountable / element_size, place};
  }
  return {};
}

} // namespace bitfault
