// SPDX-License-Identifier: MIT
#pragma once

#include "../core/element.hpp"
#include "../core/extents.hpp"
#include "../injector/fault_span.hpp"
#include "../injector/observer.hpp"
#include "../random/fault_key.hpp"
#include "fault_list.hpp"
#include "header.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace bitfault {

/// What an injector did: the faults, and the word that each of them met. `faults` replays the words
/// that were left; `faults.save_csv(path, before)` writes both words beside each fault.
struct recorded_faults {
  fault_list faults;
  std::vector<std::uint64_t> before;
};

/// The log of a `record_to` observer as a list: each record becomes a write of the word that it
/// left; records with mask 0 (nothing happened) are dropped. Throws `error` for a record outside
/// the extents. O(records).
///
/// Take the log from a run in one thread: several threads may carry out two events on one word in
/// another order than the log's, and the list would end with the wrong one of their words.
template <element T, std::size_t Capacity>
recorded_faults recorded(std::span<const fault_record> log, const extents<Capacity>& e,
                         const fault_key& key = {}) {
  std::vector<listed_fault> faults;
  std::vector<std::uint64_t> before;
  for (const fault_record& r : log) {
    if (r.mask == 0)
      continue;
    faults.push_back({r.element, detail::low_bits(element_traits<T>::layout.bits), r.after,
                      fault_action::write});
    before.push_back(r.before);
  }
  return {fault_list(header_of<T>(e, key), std::move(faults)), std::move(before)};
}

} // namespace bitfault
