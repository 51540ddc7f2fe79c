// SPDX-License-Identifier: MIT
#pragma once

#include "../core/policy.hpp"
#include "../random/fault_key.hpp"
#include "space.hpp"

#include <cstdint>

namespace bitfault {

namespace detail {

struct bound_every {
  static constexpr bool chooses_elements = true;
  static constexpr bool gives_elements = false;
  static constexpr bool numbered = true;
  static constexpr bool distinct = true;
  static constexpr bool takes_all = true;

  index_t count = 0;
  BITFAULT_FN constexpr index_t units() const noexcept { return count; }

  struct draw {
    index_t count;
    template <unsigned Batch, class Sink>
    BITFAULT_FN constexpr void visit(index_t first, index_t last, Sink&& sink) const noexcept {
      for (; first < last; ++first)
        sink(&first, 1u, first);
    }
    BITFAULT_FN constexpr bool find(index_t site, std::uint64_t& event) const noexcept {
      event = site;
      return site < count;
    }
  };
  BITFAULT_FN constexpr draw start(const random_stream& /*stream*/) const noexcept {
    return {count};
  }
};

} // namespace detail

/// Every element of the region. It needs one mask per element (`bits::all`, `bits::as_one`, a given
/// bit) or a value fault.
struct every {
  static constexpr kind policy_kind = kind::selector;
  static constexpr bool needs_single_bits = false;

  template <class Extents, class Region>
  BITFAULT_FN constexpr auto bind(const detail::site_space& space, const Extents&, const Region&,
                                  status& state) const noexcept {
    if (space.masks != 1 && state.ok())
      state = {refusal::several_masks, 0, space.masks, 1, "every"};
    return detail::bound_every{space.elements};
  }
};

} // namespace bitfault
