// SPDX-License-Identifier: MIT
#pragma once

#include "../core/extents.hpp"
#include "../core/serial.hpp"
#include "../random/fault_key.hpp"
#include "../space/cell.hpp"

#include <cstdint>

namespace bitfault::detail {

/// The cells that a key draws: where faults lie, not what they do. The selector gives a site;
/// `locate` turns it into an element of the region and a mask; the pattern spreads it over cells,
/// and the region clips them. Where `Owned`, a cell belongs to the lowest active event that covers
/// its element, and to no other.
///
/// Ownership takes no memory. For k events of L cells it costs at most O(k L) inverse draws where
/// events cover lines or channels (each with all of its cells or none); for bursts and tiles at
/// most O(k L^2) of them, and O(k^2) draws where that is less and the events are numbered.
template <class Selector, class Region, class Family, class Pattern, class Lifetime, bool Owned>
class fault_cells {
  static constexpr bool one_mask_each = Selector::chooses_elements || Family::fixed_count == 1;

public:
  /// Events meet in one element only through patterns, several masks or a list that names it
  /// twice.
  static constexpr bool events_may_meet =
      !(Pattern::is_single && Selector::distinct && one_mask_each);

  BITFAULT_FN constexpr fault_cells(const Selector& selector, const Region& region,
                                    const Family& family, const Pattern& pattern,
                                    const Lifetime& lifetime) noexcept
      : selector_(selector), region_(region), family_(family),
        masks_(family.count() == 0 ? 1 : family.count()), pattern_(pattern), lifetime_(lifetime) {}

  BITFAULT_FN constexpr const Selector& selector() const noexcept { return selector_; }
  BITFAULT_FN constexpr const Family& family() const noexcept { return family_; }
  BITFAULT_FN constexpr const Region& region() const noexcept { return region_; }
  BITFAULT_FN constexpr index_t cells_per_event() const noexcept { return pattern_.cells(); }

  /// The random numbers of a key, for these lifetimes.
  BITFAULT_FN constexpr random_stream stream_of(const fault_key& key) const noexcept {
    return random_stream(lifetime_.site_key(key));
  }

  /// How many cells a key draws, clipped, inactive and foreign ones included; `uncountable` where
  /// that is no index_t. O(1), or O(faults) for rates.
  BITFAULT_FN constexpr index_t count(const fault_key& key) const noexcept {
    if constexpr (Selector::numbered) {
      return selector_.units() * pattern_.cells(); // `bind` has seen that this fits
    } else {
      const index_t events = count_events(key, 0, selector_.units());
      index_t cells = events;
      if constexpr (!Pattern::is_single)
        if (!multiply_fits(events, pattern_.cells(), cells))
          cells = uncountable;
      return cells;
    }
  }

  /// Calls body(cell, mask number, event, slot, stream) for each cell that acts, in `pieces` pieces
  /// of work. Slots are the numbers of the cells in the order of the draw; they are right if
  /// `needs_slots` says so. The view is for prefetching.
  template <class Executor, class View, class Body>
  BITFAULT_FN constexpr void for_each(const Executor& executor, unsigned pieces, const View& view,
                                      const fault_key& key, bool needs_slots,
                                      Body body) const noexcept {
    const index_t units = selector_.units();
    const random_stream numbers = stream_of(key);
    const auto draw = selector_.start(numbers);

    index_t first_slot[Executor::max_pieces]{};
    if constexpr (!Selector::numbered)
      if (needs_slots && pieces > 1) {
        executor.run(pieces, [&](unsigned piece) {
          first_slot[piece] = count_events(key, piece_begin(units, pieces, piece),
                                           piece_begin(units, pieces, piece + 1));
        });
        index_t before = 0;
        for (unsigned piece = 0; piece < pieces; ++piece) {
          const index_t here = first_slot[piece];
          first_slot[piece] = before;
          before += here * pattern_.cells();
        }
      }

    executor.run(pieces, [&](unsigned piece) {
      const index_t begin = piece_begin(units, pieces, piece);
      index_t slot = Selector::numbered ? begin * pattern_.cells() : first_slot[piece];
      const index_t end = piece_begin(units, pieces, piece + 1);
      const auto act = [&](const index_t* sites, unsigned n, index_t first_event) {
        for (unsigned i = 0; i < n; ++i) {
          const std::uint64_t event = Selector::numbered ? first_event + i : sites[i];
          spread(draw, numbers, key.step, sites[i], event, slot, body);
          slot += pattern_.cells();
        }
      };
      if constexpr (Executor::batch > 1 && prefetches<View> && scattered) {
        // A batch acts once the next one is drawn: meanwhile its words come from memory. Sites of
        // rates are ascending; for them this was measured to be slower.
        index_t waiting[Executor::batch]{};
        unsigned count = 0;
        index_t first = begin;
        draw.template visit<Executor::batch>(
            begin, end, [&](const index_t* sites, unsigned n, index_t first_event) {
              prefetch(view, sites, n);
              act(waiting, count, first);
              for (unsigned i = 0; i < n; ++i)
                waiting[i] = sites[i];
              count = n;
              first = first_event;
            });
        act(waiting, count, first);
      } else {
        draw.template visit<Executor::batch>(
            begin, end, [&](const index_t* sites, unsigned n, index_t first_event) {
              if constexpr (Executor::batch > 1 && prefetches<View>)
                prefetch(view, sites, n);
              act(sites, n, first_event);
            });
      }
    });
  }

  /// Calls body for the cells of one event, as `for_each` does: for backends that spread the events
  /// themselves. Slots are counted from `slot` on.
  template <class Draw, class Body>
  BITFAULT_FN BITFAULT_INLINE constexpr void
  spread(const Draw& draw, const random_stream& stream, std::uint32_t step, index_t site,
         std::uint64_t event, index_t slot, Body& body) const noexcept {
    if (!lifetime_.active(stream, step, event))
      return;
    cell anchor;
    const unsigned mask_number = locate(stream, site, anchor);
    if constexpr (Pattern::is_single) {
      if constexpr (Owned && events_may_meet)
        if (!owns(draw, stream, step, event, anchor.element))
          return;
      body(static_cast<const cell&>(anchor), mask_number, event, slot, stream);
    } else {
      bool partition = false;
      earlier_anchors earlier;
      if constexpr (Owned) {
        partition = pattern_.is_partition();
        if (partition && !owns(draw, stream, step, event, anchor.element))
          return;
        if constexpr (Selector::numbered)
          if (!partition)
            earlier = anchors_before(draw, stream, step, event, anchor.element);
      }
      const index_t count = pattern_.cells();
      for (index_t i = 0; i < count; ++i) {
        cell here;
        if (!pattern_.cell_at(anchor, i, here) || !region_.contains(here.element))
          continue;
        if constexpr (Owned)
          if (!partition && (earlier.complete ? covers(earlier, here.element)
                                              : !owns(draw, stream, step, event, here.element)))
            continue;
        const unsigned number = Pattern::moves_bits ? family_.index_of(here.mask) : mask_number;
        body(static_cast<const cell&>(here), number, event, slot + i, stream);
      }
    }
  }

private:
  /// Whether sites are drawn in an order that jumps about in the tensor.
  static constexpr bool scattered = Selector::numbered && !Selector::gives_elements && !requires {
    Selector::takes_all;
  };

  /// Whether the address of a site is known before its event acts.
  template <class View>
  static constexpr bool prefetches = View::contiguous&& Pattern::is_single&& Region::is_whole &&
                                     (Selector::chooses_elements || Family::fixed_count != 0);

  /// The element and the mask of a site; returns the number of the mask.
  BITFAULT_FN BITFAULT_INLINE constexpr unsigned locate(const random_stream& stream, index_t site,
                                                        cell& out) const noexcept {
    unsigned number = 0;
    if constexpr (Selector::chooses_elements) {
      out.element = Selector::gives_elements ? site : region_.element(site);
      if constexpr (Family::fixed_count != 1)
        number = mul_high(stream.block(purpose::mask, out.element).word[0], family_.count());
    } else if constexpr (Family::fixed_count != 0) {
      out.element = region_.element(site / Family::fixed_count);
      number = static_cast<unsigned>(site % Family::fixed_count);
    } else {
      const index_t rank = masks_.quotient(site);
      out.element = region_.element(rank);
      number = static_cast<unsigned>(site - rank * masks_.divisor());
    }
    out.mask = family_.mask(number);
    return number;
  }

  /// Whether no earlier event covers the element: asked of the draw itself, without memory.
  template <class Draw>
  BITFAULT_FN constexpr bool owns(const Draw& draw, const random_stream& stream, std::uint32_t step,
                                  std::uint64_t event, index_t element) const noexcept {
    const index_t masks = Selector::chooses_elements ? 1 : family_.count();
    for (index_t i = 0; i < pattern_.cells(); ++i) {
      index_t anchor = 0;
      if (!pattern_.anchor_of(element, i, anchor) || !region_.contains(anchor))
        continue;
      const index_t base = Selector::gives_elements ? anchor : region_.count_below(anchor) * masks;
      for (index_t m = 0; m < masks; ++m)
        if (hit_before(draw, stream, step, event, base + m))
          return false;
    }
    return true;
  }

  /// Whether an earlier event that is active lies at a site.
  template <class Draw>
  BITFAULT_FN constexpr bool hit_before(const Draw& draw, const random_stream& stream,
                                        std::uint32_t step, std::uint64_t event,
                                        index_t site) const noexcept {
    std::uint64_t other = 0;
    if constexpr (Selector::distinct) {
      return draw.find(site, other) && other < event && lifetime_.active(stream, step, other);
    } else {
      for (; draw.find_next(site, other, event); ++other)
        if (lifetime_.active(stream, step, other))
          return true;
      return false;
    }
  }

  /// The anchors of the earlier active events that may share cells with an event, if they are few.
  struct earlier_anchors {
    static constexpr unsigned room = 16;
    index_t element[room]{};
    unsigned count = 0;
    bool complete = false;
  };

  /// Draws all earlier events, unless `owns` is cheaper for the cells of this one.
  template <class Draw>
  BITFAULT_FN constexpr earlier_anchors
  anchors_before(const Draw& draw, const random_stream& stream, std::uint32_t step,
                 std::uint64_t event, index_t anchor) const noexcept {
    earlier_anchors result;
    const index_t cells = pattern_.cells();
    if (event / cells >= cells)
      return result;
    result.complete = true;
    draw.template visit<32>(
        0, static_cast<index_t>(event), [&](const index_t* sites, unsigned n, index_t first) {
          for (unsigned i = 0; i < n && result.complete; ++i) {
            const index_t other = element_of(sites[i]);
            if (!pattern_.may_meet(anchor, other) || !lifetime_.active(stream, step, first + i))
              continue;
            if (result.count < earlier_anchors::room)
              result.element[result.count++] = other;
            else
              result.complete = false;
          }
        });
    return result;
  }

  BITFAULT_FN constexpr bool covers(const earlier_anchors& earlier,
                                    index_t element) const noexcept {
    for (unsigned i = 0; i < earlier.count; ++i)
      if (pattern_.covers(earlier.element[i], element))
        return true;
    return false;
  }

  /// The element of a site.
  BITFAULT_FN constexpr index_t element_of(index_t site) const noexcept {
    if constexpr (Selector::gives_elements)
      return site;
    else if constexpr (Selector::chooses_elements)
      return region_.element(site);
    else
      return region_.element(masks_.quotient(site));
  }

  template <class View>
  BITFAULT_FN constexpr void prefetch(const View& view, const index_t* sites,
                                      unsigned n) const noexcept {
    if (__builtin_is_constant_evaluated() || n < 4)
      return; // few: nothing to overlap
    constexpr index_t masks = Selector::chooses_elements ? 1 : Family::fixed_count;
#if !defined(__CUDA_ARCH__) // in a kernel `batch` is 1, and there is no such builtin
    for (unsigned i = 0; i < n; ++i)
      __builtin_prefetch(view.address(sites[i] / masks), 1);
#endif
  }

  BITFAULT_FN constexpr index_t count_events(const fault_key& key, index_t first,
                                             index_t last) const noexcept {
    const random_stream numbers = stream_of(key);
    const auto draw = selector_.start(numbers);
    index_t events = 0;
    draw.template visit<32>(first, last, [&](const index_t*, unsigned n, index_t) { events += n; });
    return events;
  }

  Selector selector_;
  Region region_;
  BITFAULT_NO_UNIQUE_ADDRESS Family family_;
  divider masks_;
  BITFAULT_NO_UNIQUE_ADDRESS Pattern pattern_;
  BITFAULT_NO_UNIQUE_ADDRESS Lifetime lifetime_;
};

} // namespace bitfault::detail
