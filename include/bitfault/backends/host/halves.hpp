// SPDX-License-Identifier: MIT
#pragma once

#include "../../core/bits.hpp"
#include "../../core/memory.hpp"
#include "../../core/serial.hpp"
#include "../../core/status.hpp"
#include "../../faults/fault_model.hpp"
#include "../../random/fault_key.hpp"

#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace bitfault::detail {

template <class Plan>
using selector_of = std::remove_cvref_t<decltype(std::declval<Plan>().drawn_cells().selector())>;
template <class Plan>
using family_of = std::remove_cvref_t<decltype(std::declval<Plan>().drawn_cells().family())>;

/// Whether a plan's events can be sorted into two halves of memory: each is one operation on the
/// bits of one element anywhere in the tensor, and no log is kept.
template <class Plan, class View>
concept splits_into_halves =
    View::contiguous && Plan::sites_are_cells && !Plan::records &&
    Plan::own_bits_operation != bit_operation::none && selector_of<Plan>::numbered &&
    !selector_of<Plan>::chooses_elements && family_of<Plan>::fixed_count != 0;

/// Does what `plan.apply(executor, view, key)` does, to the bit, in two threads that write plainly:
/// atomic writes take two to three times as long. Each thread owns one half of the tensor; what it
/// draws for the other half waits in a list until both have drawn. Requires that `plan.check(view)`
/// has passed. Does nothing and returns false where the executor wants another number of threads,
/// there are more than 2^32 sites, or no memory for the lists (4 bytes for each fault). Hosted.
template <class Plan, class Executor, class View>
  requires splits_into_halves<Plan, View>
bool apply_in_halves(const Plan& plan, const Executor& executor, const View& view,
                     const fault_key& key) {
  using word = word_t<typename Plan::element_type>;
  constexpr unsigned batch = 256, ahead = 64;
  constexpr index_t masks = family_of<Plan>::fixed_count;
  const auto& cells = plan.drawn_cells();
  const index_t events = cells.selector().units(), size = plan.bound_extents().size();
  if (executor.pieces(events) != 2 || std::uint64_t{size} * masks > std::uint64_t{1} << 32)
    return false;
  const index_t room = events / 2 + 2; // one more than a thread draws: see `foreign`
  const std::unique_ptr<std::uint32_t[]> lists(new (std::nothrow) std::uint32_t[2 * room]);
  if (lists == nullptr)
    return false;

  const auto prefetch = [&](std::uint32_t site) {
    __builtin_prefetch(view.address(site / masks), 1);
  };
  const auto hit = [&](std::uint32_t site) {
    auto* const p = view.address(site / masks);
    const auto mask = static_cast<word>(cells.family().mask(static_cast<unsigned>(site % masks)));
    if constexpr (Plan::own_bits_operation == bit_operation::flip)
      plain_memory::flip(p, mask);
    else if constexpr (Plan::own_bits_operation == bit_operation::set)
      plain_memory::set(p, mask);
    else
      plain_memory::clear(p, mask);
  };

  const auto draw = cells.selector().start(cells.stream_of(key));
  const auto middle = static_cast<std::uint32_t>(size / 2 * masks);
  index_t listed[2]{};
  executor.run(2, [&](unsigned piece) {
    const std::uint32_t first = piece == 0 ? 0 : middle;
    const std::uint32_t count =
        piece == 0 ? middle : static_cast<std::uint32_t>(size * masks - middle);
    std::uint32_t* foreign = lists.get() + piece * room;
    draw.template visit<batch>(piece_begin(events, 2, piece), piece_begin(events, 2, piece + 1),
                               [&](const index_t* sites, unsigned n, index_t) {
                                 std::uint32_t own[batch];
                                 index_t mine = 0;
                                 // A site goes to both; the next one overwrites it where it does
                                 // not belong. A branch would be guessed wrong every other time.
                                 for (index_t i = 0; i < n; ++i) {
                                   const auto site = static_cast<std::uint32_t>(sites[i]);
                                   own[mine] = site;
                                   foreign[i - mine] = site;
                                   mine += static_cast<index_t>(site - first < count);
                                 }
                                 foreign += n - mine;
                                 for (index_t i = 0; i < mine; ++i)
                                   prefetch(own[i]);
                                 for (index_t i = 0; i < mine; ++i)
                                   hit(own[i]);
                               });
    listed[piece] = static_cast<index_t>(foreign - (lists.get() + piece * room));
  });
  executor.run(2, [&](unsigned piece) {
    const unsigned other = 1 - piece;
    const std::uint32_t* const waiting = lists.get() + other * room;
    for (index_t i = 0; i < listed[other]; ++i) {
      if (i + ahead < listed[other])
        prefetch(waiting[i + ahead]);
      hit(waiting[i]);
    }
  });
  return true;
}

} // namespace bitfault::detail
