// SPDX-License-Identifier: MIT
#pragma once

#include "../core/bits.hpp"
#include "../core/element.hpp"
#include "../core/span.hpp"
#include "../faults/fault_model.hpp"

#include <cstdint>

namespace bitfault {

/// What has to be kept to take faults back.
enum class undo : std::uint8_t {
  nothing, ///< flips: flip again
  bits,    ///< stuck-at of single bits: did the bit change
  masks,   ///< stuck-at of several bits: which ones changed
  words    ///< everything else: the word as it was
};

namespace detail {

/// What is kept of the faults of one call, in scratch of the caller: one slot for each cell.
template <undo Kind, bit_operation Operation, element T>
struct undo_slots {
  using word = word_t<T>;
  static constexpr index_t word_bits = 8 * sizeof(word);

  span<word> scratch{};

  /// How many words the slots take.
  BITFAULT_FN static constexpr index_t words_for(index_t cells) noexcept {
    if constexpr (Kind == undo::nothing)
      return 0;
    else if constexpr (Kind == undo::bits)
      return cells == uncountable ? cells : cells / word_bits + (cells % word_bits != 0 ? 1 : 0);
    else
      return cells;
  }

  /// Before the first `keep`.
  BITFAULT_FN constexpr void clear() const noexcept {
    if constexpr (Kind == undo::bits)
      for (word& w : scratch)
        w = 0;
  }

  /// Keeps what a fault did to a word, once for each slot. Memory: how threads share the scratch.
  template <class Memory>
  BITFAULT_FN constexpr void keep(index_t slot, std::uint64_t cell_mask,
                                  word before) const noexcept {
    if constexpr (Kind == undo::words) {
      scratch[slot] = before;
    } else if constexpr (Kind != undo::nothing) {
      const auto mask = static_cast<word>(cell_mask);
      const auto moved =
          static_cast<word>(Operation == bit_operation::set ? mask & ~before : mask & before);
      if constexpr (Kind == undo::masks)
        scratch[slot] = moved;
      else if (moved != 0)
        Memory::set(&scratch[slot / word_bits], static_cast<word>(word{1} << (slot % word_bits)));
    }
  }

  /// Undoes the fault of a slot. U is T, or volatile T.
  template <class Memory, class U>
  BITFAULT_FN BITFAULT_INLINE constexpr void take_back(U* p, index_t slot,
                                                       std::uint64_t cell_mask) const noexcept {
    if constexpr (Kind == undo::nothing) {
      Memory::flip(p, static_cast<word>(cell_mask));
    } else if constexpr (Kind == undo::bits) {
      if (((scratch[slot / word_bits] >> (slot % word_bits)) & 1u) != 0)
        Memory::flip(p, static_cast<word>(cell_mask));
    } else if constexpr (Kind == undo::masks) {
      Memory::flip(p, scratch[slot]);
    } else {
      Memory::store(p, scratch[slot]);
    }
  }
};

} // namespace detail
} // namespace bitfault
