// SPDX-License-Identifier: MIT
#pragma once

// The naive model of a region: a list of its elements in rising order.

#include <bitfault/core/extents.hpp>

#include "chance.hpp"

#include <cstddef>
#include <vector>

namespace naive {

using bitfault::index_t;

/// The coordinates of an element, one division at a time.
template <std::size_t Capacity>
std::vector<index_t> coordinates(const bitfault::extents<Capacity>& e, index_t element) {
  std::vector<index_t> result(e.rank);
  for (std::size_t axis = e.rank; axis-- > 0;) {
    result[axis] = element % e[axis];
    element /= e[axis];
  }
  return result;
}

/// The elements whose coordinates a predicate takes.
template <std::size_t Capacity, class Takes>
std::vector<index_t> region(const bitfault::extents<Capacity>& e, Takes takes) {
  std::vector<index_t> result;
  for (index_t i = 0; i < e.size(); ++i)
    if (takes(coordinates(e, i)))
      result.push_back(i);
  return result;
}

/// Whether a bound region is this list: size, element, contains and count_below.
template <class Bound>
bool agrees(const Bound& bound, const std::vector<index_t>& list, index_t total) {
  if (bound.size() != list.size())
    return false;
  std::size_t rank = 0;
  for (index_t e = 0; e < total; ++e) {
    if (bound.count_below(e) != rank)
      return false;
    const bool here = rank < list.size() && list[rank] == e;
    if (bound.contains(e) != here)
      return false;
    if (here && bound.element(rank) != e)
      return false;
    rank += here;
  }
  return !bound.contains(total) && !bound.contains(total + 7);
}

/// Extents of rank 1 to 5 with at most some hundred elements, some of one index only.
inline bitfault::extents<5> any_extents(chance::numbers& any) {
  bitfault::extents<5> e;
  e.rank = 1 + any.below(5);
  for (std::size_t axis = 0; axis < e.rank; ++axis)
    e.sizes[axis] = 1 + any.below(e.rank <= 2 ? 20 : 5);
  return e;
}

/// A range on an axis of `size` indices, sometimes empty.
inline bitfault::index_t up_to(chance::numbers& any, index_t last) { return any.below(last + 1); }

} // namespace naive
