// SPDX-License-Identifier: MIT
#pragma once

#include <bitfault/core/extents.hpp>

#include <array>
#include <cstddef>
#include <vector>

/// The oracle of the views: coordinates counted up like an odometer, last axis fastest. No
/// division, no stride, nothing in common with the code under test.
template <class F>
void for_each_coordinate(const std::vector<std::size_t>& sizes, F f) {
  for (std::size_t size : sizes)
    if (size == 0)
      return;
  std::vector<std::size_t> at(sizes.size(), 0);
  for (bitfault::index_t flat = 0;; ++flat) {
    f(flat, at);
    std::size_t axis = sizes.size();
    while (axis > 0 && ++at[axis - 1] == sizes[axis - 1])
      at[--axis] = 0;
    if (axis == 0)
      return;
  }
}

template <std::size_t Rank>
std::vector<std::size_t> sizes_of(const bitfault::extents<Rank>& e) {
  std::vector<std::size_t> sizes;
  for (std::size_t axis = 0; axis < e.rank; ++axis)
    sizes.push_back(e[axis]);
  return sizes;
}

/// Whether element i of the view lies where `address_of(coordinates)` says, for every i.
template <class View, class AddressOf>
bool matches(const View& v, AddressOf address_of) {
  bool same = true;
  std::size_t visited = 0;
  for_each_coordinate(sizes_of(v.extents()), [&](bitfault::index_t flat, const auto& at) {
    same = same && v.address(flat) == address_of(at);
    ++visited;
  });
  return same && visited == v.extents().size();
}
