// SPDX-License-Identifier: MIT
#pragma once

#include "../core/policy.hpp"
#include "exactly.hpp"

#include <cstdint>

namespace bitfault {

namespace detail {

/// The same selector for each outermost index, with a draw of its own.
template <class Inner>
struct bound_each_entry {
  static constexpr bool chooses_elements = Inner::chooses_elements;
  static constexpr bool gives_elements = false;
  static constexpr bool numbered = true;
  static constexpr bool distinct = true;

  Inner inner{};
  index_t entries = 0;
  index_t sites_per_entry = 1;

  BITFAULT_FN constexpr index_t units() const noexcept { return entries * inner.units(); }

  struct draw {
    const bound_each_entry* self;
    random_stream stream;

    template <unsigned Batch, class Sink>
    BITFAULT_FN constexpr void visit(index_t first, index_t last, Sink&& sink) const noexcept {
      const index_t k = self->inner.units();
      while (first < last) {
        const index_t entry = first / k;
        const index_t begin = first - entry * k;
        const index_t end = last - entry * k < k ? last - entry * k : k;
        const index_t offset = entry * self->sites_per_entry;
        const auto one = self->inner.start(stream.child(entry));
        one.template visit<Batch>(begin, end, [&](const index_t* sites, unsigned n, index_t event) {
          index_t moved[Batch]{};
          for (unsigned i = 0; i < n; ++i)
            moved[i] = sites[i] + offset;
          sink(static_cast<const index_t*>(moved), n, entry * k + event);
        });
        first += end - begin;
      }
    }
    BITFAULT_FN constexpr bool find(index_t site, std::uint64_t& event) const noexcept {
      const index_t entry = site / self->sites_per_entry;
      const auto one = self->inner.start(stream.child(entry));
      const bool found = one.find(site - entry * self->sites_per_entry, event);
      event += entry * self->inner.units();
      return found;
    }
  };
  BITFAULT_FN constexpr draw start(const random_stream& stream) const noexcept {
    return {this, stream};
  }
};

} // namespace detail

/// A different draw for each batch entry: `each_entry{exactly{3}}` hits 3 sites in every index of
/// the outermost axis of the region. For `exactly`, `exactly_elements` and `fraction`; rates draw
/// each entry on its own anyway.
template <class Selector>
struct each_entry {
  static constexpr kind policy_kind = kind::selector;
  static constexpr bool needs_single_bits = false;
  static_assert(
      requires(Selector s) { s.k; } || requires(Selector s) { s.q; },
      "bitfault: each_entry: it repeats exactly, exactly_elements or fraction for each "
      "batch entry; a rate draws each entry on its own anyway");
  Selector selector;

  template <class Extents, class Region>
  BITFAULT_FN constexpr auto bind(const detail::site_space& space, const Extents& e,
                                  const Region& region, status& state) const noexcept {
    static_assert(Region::is_box, "bitfault: each_entry: the region must be the whole tensor or a "
                                  "box, because entries are its outermost indices");
    const index_t entries = space.entries == 0 ? 1 : space.entries;
    const detail::site_space one{space.elements / entries, space.masks, 1};
    status inside;
    auto inner = selector.bind(one, e, region, inside);
    if (inside.reason == refusal::too_many_faults)
      inside.place = "each_entry (in each entry)";
    state = detail::first_refusal(state, inside);
    index_t events = 0;
    if (!detail::multiply_fits(space.entries, inner.units(), events) && state.ok())
      state = detail::too_many("each_entry", inner.units(), one.size());
    return detail::bound_each_entry<decltype(inner)>{
        inner, space.entries, inner.chooses_elements ? one.elements : one.size()};
  }
};
template <class S>
each_entry(S) -> each_entry<S>;

} // namespace bitfault
