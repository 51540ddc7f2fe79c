// SPDX-License-Identifier: MIT
#pragma once

// What the tests of selectors share: a selector bound to a space of its own, and what it draws.

#include <bitfault/core/extents.hpp>
#include <bitfault/core/status.hpp>
#include <bitfault/random/fault_key.hpp>
#include <bitfault/selectors/space.hpp>
#include <bitfault/space/region.hpp>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace drawn {

using bitfault::fault_key;
using bitfault::index_t;
using bitfault::random_stream;

/// Binds a selector to a vector of `elements` elements with `masks` masks each.
template <class Selector>
auto bind(const Selector& selector, index_t elements, index_t masks, bitfault::status& state) {
  const bitfault::extents<1> e(elements);
  const auto whole = bitfault::whole_tensor{}.bind(e, state);
  return selector.bind(bitfault::detail::site_space{elements, masks, elements}, e, whole, state);
}
template <class Selector>
auto bind(const Selector& selector, index_t elements, index_t masks = 1) {
  bitfault::status state;
  return bind(selector, elements, masks, state);
}

/// The sites of the units [first, last), in their order.
template <unsigned Batch = 32, class Bound>
std::vector<index_t> sites(const Bound& bound, const fault_key& key, index_t first, index_t last) {
  std::vector<index_t> result;
  const auto draw = bound.start(random_stream(key));
  draw.template visit<Batch>(first, last, [&](const index_t* s, unsigned n, index_t) {
    result.insert(result.end(), s, s + n);
  });
  return result;
}
template <unsigned Batch = 32, class Bound>
std::vector<index_t> sites(const Bound& bound, const fault_key& key) {
  return sites<Batch>(bound, key, 0, bound.units());
}

inline std::vector<index_t> sorted(std::vector<index_t> list) {
  std::sort(list.begin(), list.end());
  return list;
}

/// Sites in rising order, each one once and below `size`.
inline bool is_set_below(const std::vector<index_t>& list, index_t size) {
  const std::vector<index_t> rising = sorted(list);
  return std::adjacent_find(rising.begin(), rising.end()) == rising.end() &&
         (rising.empty() || rising.back() < size);
}

} // namespace drawn
