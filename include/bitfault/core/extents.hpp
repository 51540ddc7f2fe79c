// SPDX-License-Identifier: MIT
#pragma once

#include "bits.hpp"
#include "status.hpp"
#include "traits.hpp"

#include <cstddef>
#include <cstdint>

namespace bitfault {

/// Largest rank of a tensor whose rank is known at run time only.
inline constexpr std::size_t max_dynamic_rank = 16;

/// A short list of numbers, one for each axis: coordinates, strides.
template <class Number, std::size_t Capacity>
struct per_axis {
  Number values[Capacity > 0 ? Capacity : 1]{};

  BITFAULT_FN constexpr Number& operator[](std::size_t axis) noexcept { return values[axis]; }
  BITFAULT_FN constexpr const Number& operator[](std::size_t axis) const noexcept {
    return values[axis];
  }
};

/// The sizes of a tensor's axes, outermost first. `extents{64, 3, 32, 32}` has rank 4. Capacity is
/// the room for axes; `rank` says how many are used (a tensor whose rank is known at run time only
/// takes `extents<max_dynamic_rank>`).
template <std::size_t Capacity>
struct extents {
  per_axis<index_t, Capacity> sizes{};
  std::size_t rank = 0;

  constexpr extents() = default;
  template <detail::convertible_to<index_t>... I>
    requires(sizeof...(I) > 0 && sizeof...(I) <= Capacity && !(detail::floating_point<I> || ...))
  BITFAULT_FN constexpr extents(I... size) noexcept
      : sizes{{static_cast<index_t>(size)...}}, rank(sizeof...(I)) {}

  BITFAULT_FN constexpr index_t operator[](std::size_t axis) const noexcept { return sizes[axis]; }

  /// Number of elements; a tensor of rank 0 has one. Requires `size_fits()`.
  BITFAULT_FN BITFAULT_INLINE constexpr index_t size() const noexcept {
    index_t product = 1;
    for (std::size_t axis = 0; axis < rank; ++axis)
      product *= sizes[axis];
    return product;
  }

  /// Whether the number of elements can be counted in an index_t.
  BITFAULT_FN constexpr bool size_fits() const noexcept {
    index_t product = 1;
    for (std::size_t axis = 0; axis < rank; ++axis)
      if (sizes[axis] == 0)
        return true;
    for (std::size_t axis = 0; axis < rank; ++axis)
      if (!detail::multiply_fits(product, sizes[axis], product))
        return false;
    return true;
  }

  template <std::size_t Other>
  BITFAULT_FN BITFAULT_INLINE friend constexpr bool operator==(const extents& a,
                                                               const extents<Other>& b) noexcept {
    if (a.rank != b.rank)
      return false;
    if constexpr (Capacity == Other && Capacity <= 6) {
      return a.same_sizes(b);
    } else {
      for (std::size_t axis = 0; axis < a.rank; ++axis)
        if (a[axis] != b[axis])
          return false;
      return true;
    }
  }

private:
  /// Without a loop, so that nothing is left of a comparison of constants, at -Os too.
  template <std::size_t Axis = 0>
  BITFAULT_FN BITFAULT_INLINE constexpr bool same_sizes(const extents& other) const noexcept {
    if constexpr (Axis == Capacity)
      return true;
    else
      return (Axis >= rank || sizes[Axis] == other.sizes[Axis]) && same_sizes<Axis + 1>(other);
  }
};

template <class... I>
  requires(!(detail::floating_point<I> || ...))
extents(I...)
->extents<sizeof...(I)>;

namespace detail {

BITFAULT_FN constexpr status axis_refused(const char* place, std::size_t axis,
                                          std::size_t rank) noexcept {
  return {refusal::axis_outside, static_cast<std::uint32_t>(axis), as_given(axis), rank, place};
}

/// The first axis from `Axis` on with another size than wanted, or the rank. Without a loop where
/// axes are few, so that nothing is left of a comparison of constants, at -Os too.
template <std::size_t Axis = 0, std::size_t Capacity, class Sizes>
BITFAULT_FN BITFAULT_INLINE constexpr std::size_t first_difference(const extents<Capacity>& e,
                                                                   const Sizes& wanted) noexcept {
  if constexpr (Capacity > 6) {
    std::size_t axis = 0;
    while (axis < e.rank && e[axis] == wanted[axis])
      ++axis;
    return axis;
  } else if constexpr (Axis == Capacity) {
    return e.rank;
  } else {
    return Axis < e.rank && e[Axis] == wanted[Axis] ? first_difference<Axis + 1>(e, wanted) : Axis;
  }
}

/// Whether a tensor has the extents that something was made for, a list of sizes of `rank` axes; if
/// not, on which axis they differ.
template <std::size_t Capacity, class Sizes>
BITFAULT_FN BITFAULT_INLINE constexpr status check_extents(const extents<Capacity>& e,
                                                           const Sizes& wanted, std::size_t rank,
                                                           const char* place) noexcept {
  if (e.rank != rank)
    return {refusal::rank_differs, 0, e.rank, rank, place};
  if (const std::size_t axis = first_difference(e, wanted); axis < rank)
    return {refusal::extents_differ, static_cast<std::uint32_t>(axis), as_given(e[axis]),
            static_cast<std::uint64_t>(wanted[axis]), place};
  return {};
}

} // namespace detail

/// Flat (row-major) number <-> coordinates, without division while numbers fit into 32 bits.
template <std::size_t Capacity>
class row_major {
public:
  constexpr row_major() = default;
  BITFAULT_FN constexpr explicit row_major(const extents<Capacity>& e) noexcept : rank_(e.rank) {
    for (std::size_t axis = 0; axis < rank_; ++axis)
      sizes_[axis] = divider(e[axis] == 0 ? 1 : e[axis]);
  }

  BITFAULT_FN constexpr std::size_t rank() const noexcept { return rank_; }
  BITFAULT_FN constexpr index_t size_of(std::size_t axis) const noexcept {
    return sizes_[axis].divisor();
  }

  BITFAULT_FN constexpr per_axis<index_t, Capacity> coordinates(index_t flat) const noexcept {
    per_axis<index_t, Capacity> result;
    for (std::size_t axis = rank_; axis-- > 1;) {
      const index_t rest = sizes_[axis].quotient(flat);
      result[axis] = flat - rest * sizes_[axis].divisor();
      flat = rest;
    }
    result[0] = flat;
    return result;
  }

  BITFAULT_FN constexpr index_t
  flat(const per_axis<index_t, Capacity>& coordinates) const noexcept {
    index_t result = rank_ == 0 ? 0 : coordinates[0];
    for (std::size_t axis = 1; axis < rank_; ++axis)
      result = result * sizes_[axis].divisor() + coordinates[axis];
    return result;
  }

private:
  per_axis<divider, Capacity> sizes_{};
  std::size_t rank_ = 0;
};

} // namespace bitfault
