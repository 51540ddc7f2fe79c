// SPDX-License-Identifier: MIT
#pragma once

#include "../../core/element.hpp"
#include "../../core/error.hpp"
#include "../../core/extents.hpp"
#include "../../core/policy.hpp"
#include "../../core/status.hpp"
#include "../../selectors/at.hpp"
#include "../../space/elements.hpp"
#include "../../views/view.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace bitfault {

namespace detail {

/// `in_host_memory` tells device backends that no kernel can follow the list.
struct bound_element_list : bound_elements {
  static constexpr bool in_host_memory = true;
};

} // namespace detail

/// The region of an `element_list`: `elements` whose list lies in the host's memory.
struct listed_elements : elements {
  template <std::size_t Capacity>
  BITFAULT_FN constexpr auto bind(const extents<Capacity>& e, status& state) const noexcept {
    return detail::bound_element_list{elements::bind(e, state)};
  }
};

/// An owned list of elements. `chosen.region()` is the region policy: it refers to the list and
/// must not outlive it, so the list needs a name. A list that ends with its expression, or one that
/// is given to an injector itself, does not compile.
class element_list {
public:
  static constexpr kind policy_kind = kind::region;

  /// `sizes`: the extents that the list is for; empty: any.
  explicit element_list(std::vector<index_t> sorted, std::vector<index_t> sizes = {}) noexcept
      : list_(std::move(sorted)), sizes_(std::move(sizes)) {}
  listed_elements region() const& noexcept { return {{list_, sizes_}}; }
  template <class Never = void>
  listed_elements region() const&& noexcept {
    static_assert(detail::always_false<Never>,
                  "bitfault: where: the list ends before its region; name the list, then call "
                  ".region()");
    return {{list_}};
  }
  std::span<const index_t> numbers() const noexcept { return list_; }

  /// Refuses in one sentence to be a region itself: an injector owns no memory.
  template <class Extents>
  constexpr auto bind(const Extents& /*extents*/, status& /*state*/) const noexcept {
    static_assert(detail::always_false<Extents>,
                  "bitfault: where: an injector does not own the list; name the list and pass "
                  ".region()");
    return detail::bound_elements{};
  }

private:
  std::vector<index_t> list_;
  std::vector<index_t> sizes_;
};

/// The elements where a boolean mask is not zero. The mask is a tensor of any known type, with the
/// extents of the tensor that faults go to (others are refused). O(n) time, 8 bytes for each chosen
/// element.
template <class Mask>
element_list where(const Mask& mask) {
  const auto m = bitfault::view(mask);
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
  std::vector<index_t> sizes;
  for (std::size_t axis = 0; axis < m.extents().rank; ++axis)
    sizes.push_back(m.extents()[axis]);
  return element_list(std::move(chosen), std::move(sizes));
}

/// The elements at given coordinates, in any order; repeats count once. Throws `bitfault::error`
/// for coordinates outside the extents.
template <std::size_t Rank, std::size_t N>
element_list elements_at(const extents<Rank>& e, std::initializer_list<coordinates<N>> list) {
  std::vector<index_t> chosen;
  status state;
  for (const auto& c : list)
    chosen.push_back(static_cast<index_t>(detail::element_number(e, c, state)));
  state.or_throw();
  std::sort(chosen.begin(), chosen.end());
  chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
  return element_list(std::move(chosen));
}

} // namespace bitfault
