// SPDX-License-Identifier: MIT
#pragma once

#include "../../core/element.hpp"
#include "../../core/error.hpp"
#include "../../core/extents.hpp"
#include "../../selectors/at.hpp"
#include "../../space/elements.hpp"
#include "../../views/view.hpp"

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <type_traits>
#include <vector>

namespace bitfault {

/// An owned list of elements, as a region: `chosen.region()` refers to it and must not outlive it.
class element_list {
public:
  explicit element_list(std::vector<index_t> sorted) noexcept : list_(std::move(sorted)) {}
  elements region() const noexcept { return {list_}; }
  std::span<const index_t> numbers() const noexcept { return list_; }

private:
  std::vector<index_t> list_;
};

/// The elements where a boolean mask is not zero. The mask is a tensor of any known type, with the
/// extents of the tensor that faults go to. O(n) time, 8 bytes for each chosen element.
template <class Mask>
element_list where(const Mask& mask) {
  const auto m = view(mask);
  std::vector<index_t> chosen;
  const index_t size = m.extents().size();
  // The sign does not count in a float: -0.0 is zero.
  constexpr code_layout l =
      element_traits<std::remove_const_t<typename decltype(m)::element_type>>::layout;
  constexpr std::uint64_t counted =
      detail::low_bits(l.exponent_bits > 0 ? l.bits - l.sign_bits : l.bits);
  for (index_t i = 0; i < size; ++i)
    if ((to_word(*m.address(i)) & counted) != 0)
      chosen.push_back(i);
  return element_list(std::move(chosen));
}

/// The elements at given coordinates, in any order; repeats count once. Throws `bitfault::error`
/// for coordinates outside the extents.
template <std::size_t Rank, std::size_t N>
element_list elements_at(const extents<Rank>& e, std::initializer_list<coordinates<N>> list) {
  std::vector<index_t> chosen;
  status state;
  for (const auto& c : list)
    chosen.push_back(detail::element_number(e, c, state));
  state.or_throw();
  std::sort(chosen.begin(), chosen.end());
  chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
  return element_list(std::move(chosen));
}

} // namespace bitfault
