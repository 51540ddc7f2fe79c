// SPDX-License-Identifier: MIT
#pragma once

#include "../core/bits.hpp"
#include "../core/policy.hpp"
#include "../core/span.hpp"
#include "../core/status.hpp"

#include <cstdint>

namespace bitfault {

/// What happened at one cell. Words are the element's own bits, widened.
struct fault_record {
  index_t element = 0;     ///< row-major number
  std::uint64_t event = 0; ///< number of the event (the anchor's site for rates)
  std::uint64_t mask = 0;  ///< bits that were aimed at, in the format's code; 0: nothing happened
  std::uint64_t before = 0;
  std::uint64_t after = 0;

  friend constexpr bool operator==(const fault_record&, const fault_record&) = default;
};

/// Nobody watches. The default; it leaves no instruction.
struct no_observer {
  static constexpr kind policy_kind = kind::observer;
  static constexpr bool records = false;
};

/// Keeps a record for each cell in memory of the caller, in the order of the draw, whatever the
/// number of threads. `*count` becomes the number of records in use; cells that were clipped,
/// inactive or owned by an earlier event keep mask 0. A log that is too small is refused before
/// anything is changed.
struct record_to {
  static constexpr kind policy_kind = kind::observer;
  static constexpr bool records = true;
  span<fault_record> log;
  index_t* count;

  BITFAULT_FN constexpr status begin(index_t cells) const noexcept {
    if (count == nullptr)
      return {refusal::null_data, 0, cells, 0, "record_to: count"};
    if (log.size() < cells)
      return {refusal::log_too_small, 0, log.size(), cells, "record_to"};
    for (index_t i = 0; i < cells; ++i)
      log[i] = {};
    *count = cells;
    return {};
  }
  BITFAULT_FN constexpr void record(index_t slot, const fault_record& r) const noexcept {
    log[slot] = r;
  }
};

/// Switches an injector on or off at compile time: with `enable<false>{}` every call does nothing
/// and leaves no instruction, `bind` gives a `disabled_plan`, and `draw` an empty list. What stays
/// is what a policy does when it is written down: the tables of a rate whose p is not known at
/// compile time.
template <bool On>
struct enable {
  static constexpr kind policy_kind = kind::enable;
  static constexpr bool on = On;
};

} // namespace bitfault
