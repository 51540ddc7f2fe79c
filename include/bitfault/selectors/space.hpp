// SPDX-License-Identifier: MIT
#pragma once

#include "../core/bits.hpp"
#include "../core/status.hpp"

#include <cstdint>

/// A selector says which sites of a space are hit. Bound to a space it has
///   units()                       pieces of work: events, or blocks of trials
///   start(stream)                 the draw that belongs to a key, with
///     visit<Batch>(a, b, sink)      sink(sites, n, first_event) for the units [a, b)
///     find(site, event)             whether a site is hit, and the number of its event; where
///                                   sites may repeat (`distinct` is false) there is instead
///     find_next(site, event, end)   the first event of the site in [event, end)
/// and says of itself
///   chooses_elements              its sites are elements; each then gets one mask
///   gives_elements                its sites are element numbers of the tensor, not of the region
///   numbered                      events have the numbers 0, 1, 2 ...; else an event's number is
///                                 its site
namespace bitfault::detail {

/// The space a selector chooses from: elements of the region, times masks.
struct site_space {
  index_t elements = 0;
  index_t masks = 1;
  index_t entries = 1; ///< outermost indices of a box region; 0 where the region is no box

  /// Largest space that can be drawn from.
  static constexpr unsigned max_bits = sizeof(index_t) == 8 ? 62 : 31;

  BITFAULT_FN constexpr bool fits() const noexcept {
    index_t sites = 0;
    return multiply_fits(elements, masks, sites) && (sites >> max_bits) == 0;
  }
  BITFAULT_FN constexpr index_t size() const noexcept { return elements * masks; }
};

BITFAULT_FN constexpr status too_many(const char* place, std::uint64_t asked,
                                      index_t limit) noexcept {
  return {refusal::too_many_faults, 0, asked, limit, place};
}

} // namespace bitfault::detail
