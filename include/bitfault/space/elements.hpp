// SPDX-License-Identifier: MIT
#pragma once

#include "../core/extents.hpp"
#include "../core/policy.hpp"
#include "../core/span.hpp"
#include "../core/status.hpp"

#include <cstddef>
#include <cstdint>

namespace bitfault {

namespace detail {

struct bound_elements {
  static constexpr bool is_whole = false;
  static constexpr bool is_box = false;
  const index_t* first = nullptr;
  index_t count = 0;

  BITFAULT_FN constexpr index_t size() const noexcept { return count; }
  BITFAULT_FN constexpr index_t element(index_t rank) const noexcept { return first[rank]; }
  BITFAULT_FN constexpr index_t count_below(index_t e) const noexcept {
    index_t low = 0, high = count;
    while (low < high) {
      const index_t middle = low + (high - low) / 2;
      if (first[middle] < e)
        low = middle + 1;
      else
        high = middle;
    }
    return low;
  }
  BITFAULT_FN constexpr bool contains(index_t e) const noexcept {
    const index_t at = count_below(e);
    return at < count && first[at] == e;
  }
};

} // namespace detail

/// A list of elements by row-major number, sorted and without repeats (checked by `bind`, O(n)). It
/// refers to the list and does not own it. `where(mask)` makes such a list from a boolean mask,
/// `elements_at` from coordinates (hosted: backends/host/where.hpp).
struct elements {
  static constexpr kind policy_kind = kind::region;
  span<const index_t> list;
  span<const index_t> sizes{}; ///< the extents that the list is for; empty: any

  template <std::size_t Capacity>
  BITFAULT_FN constexpr auto bind(const extents<Capacity>& e, status& state) const noexcept {
    const index_t total = e.size();
    if (!sizes.empty())
      state =
          detail::first_refusal(state, detail::check_extents(e, sizes, sizes.size(), "elements"));
    for (index_t i = 0; i < list.size() && state.ok(); ++i) {
      if (list[i] >= total)
        state = {refusal::element_outside, static_cast<std::uint32_t>(i), detail::as_given(list[i]),
                 total, "elements"};
      else if (i > 0 && list[i] <= list[i - 1])
        state = {refusal::list_not_sorted, static_cast<std::uint32_t>(i), list[i], list[i - 1],
                 "elements"};
    }
    return detail::bound_elements{list.data(), list.size()};
  }
};

} // namespace bitfault
