// SPDX-License-Identifier: MIT
#pragma once

#include "../core/extents.hpp"
#include "../core/policy.hpp"
#include "../core/status.hpp"

#include <cstddef>

namespace bitfault {

namespace detail {

template <class Inner>
struct bound_complement {
  static constexpr bool is_whole = false;
  static constexpr bool is_box = false;
  Inner inner;
  index_t total = 0;

  BITFAULT_FN constexpr index_t size() const noexcept { return total - inner.size(); }
  BITFAULT_FN constexpr bool contains(index_t e) const noexcept {
    return e < total && !inner.contains(e);
  }
  BITFAULT_FN constexpr index_t count_below(index_t e) const noexcept {
    return e - inner.count_below(e);
  }
  /// The largest e with count_below(e) <= rank: bisection, because count_below never falls.
  BITFAULT_FN constexpr index_t element(index_t rank) const noexcept {
    index_t low = rank, high = total;
    while (high - low > 1) {
      const index_t middle = low + (high - low) / 2;
      if (count_below(middle) <= rank)
        low = middle;
      else
        high = middle;
    }
    return low;
  }
};

} // namespace detail

/// Every element that another region leaves out: `complement{channel(3)}`. Finding a site takes
/// O(log n) steps, no list is made.
template <class Region>
struct complement {
  static constexpr kind policy_kind = kind::region;
  Region without;

  template <std::size_t Capacity>
  BITFAULT_FN constexpr auto bind(const extents<Capacity>& e, status& state) const noexcept {
    return detail::bound_complement<decltype(without.bind(e, state))>{without.bind(e, state),
                                                                      e.size()};
  }
};
template <class R>
complement(R) -> complement<R>;
// A complement of a complement is the region itself; without this guide it would be a copy.
template <class R>
complement(complement<R>) -> complement<complement<R>>;

} // namespace bitfault
