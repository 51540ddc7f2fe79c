// SPDX-License-Identifier: MIT
#pragma once

#include "../../core/element.hpp"
#include "../../core/memory.hpp"
#include "../../core/span.hpp"
#include "../../injector/undo.hpp"
#include "device_memory.hpp"
#include "fault_work.hpp"

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace bitfault::detail {

/// What takes a fault back: its element and the word that was there, or the bits that moved.
template <element T>
struct kept_word {
  std::uint64_t element_plus_one; ///< 0: nothing was kept here
  word_t<T> word;
};

/// Room in device memory for what several threads keep. Cells of numbered events have places of
/// their own; those of a rate take the next one that is free. To be filled with zeros first.
template <class Entry>
struct journal {
  std::uint64_t* used = nullptr;
  Entry* entries = nullptr;
  index_t room = 0;

  /// How many bytes `entries` of them take; `uncountable` where no memory holds them.
  BITFAULT_FN static constexpr index_t bytes_for(index_t entries) noexcept {
    index_t bytes = 0;
    if (!multiply_fits(entries, sizeof(Entry), bytes) || bytes > uncountable - 16)
      return uncountable;
    return 16 + bytes;
  }
  /// Requires `bytes_for(room)` bytes, aligned for 16.
  static journal in(void* memory, index_t room) noexcept {
    return {static_cast<std::uint64_t*>(memory),
            reinterpret_cast<Entry*>(static_cast<std::byte*>(memory) + 16), room};
  }
  template <class Plan>
  BITFAULT_FN Entry* place_for(const Plan& plan, const cell_place& place) const noexcept {
    using selector = std::remove_cvref_t<decltype(plan.drawn_cells().selector())>;
    index_t slot = 0;
    if constexpr (selector::numbered)
      slot = place.item * plan.drawn_cells().cells_per_event() + place.number;
    else
      slot = static_cast<index_t>(atomic_word<std::uint64_t>::add(used, 1));
    return slot < room ? entries + slot : nullptr; // there is room for all cells of the key
  }
};

/// The action of `scoped` where faults have to keep something. ChangeNow: false where all words are
/// kept before the first of them is changed.
template <class Memory, element T, bool ChangeNow>
struct keep_word {
  static constexpr bool may_sweep = false;
  change_word<Memory> change;
  journal<kept_word<T>> kept;

  template <class Plan>
  BITFAULT_FN BITFAULT_INLINE void
  operator()(const Plan& plan, T* p, const cell& c, unsigned mask_number, std::uint64_t event,
             const cell_place& place, const random_stream& stream) const noexcept {
    word_t<T> before{};
    if constexpr (ChangeNow)
      before = change(plan, p, c, mask_number, event, place, stream);
    else
      before = load(p);
    const auto mask = static_cast<word_t<T>>(c.mask);
    if constexpr (Plan::undo_kind != undo::words)
      before = static_cast<word_t<T>>(
          Plan::own_bits_operation == bit_operation::set ? mask & ~before : mask & before);
    if (kept_word<T>* const entry = kept.place_for(plan, place))
      *entry = {std::uint64_t{c.element} + 1, before};
  }
};

/// Takes back what `keep_word` kept, in any order.
template <undo Kind, class View, class Memory, element T>
struct take_back_words {
  View view;
  Memory memory;
  journal<kept_word<T>> kept;

  BITFAULT_FN void operator()(index_t i) const noexcept {
    const kept_word<T>& k = kept.entries[i];
    if (k.element_plus_one == 0)
      return;
    T* const p = view.address(static_cast<index_t>(k.element_plus_one - 1));
    if constexpr (Kind == undo::words)
      plain_memory::store(p, k.word); // several of one element keep the same word
    else
      memory.flip(p, k.word);
  }
};

/// One drawn fault in device memory. `item` and `number` give its place in the order of the draw.
struct drawn_fault {
  std::uint64_t element;
  std::uint64_t mask; ///< 0: no fault here
  std::uint64_t value;
  std::uint64_t item;
  std::uint64_t number;
};

/// The action of `draw`.
struct list_fault {
  static constexpr bool may_sweep = false;
  journal<drawn_fault> list;

  template <class Plan, class T>
  BITFAULT_FN BITFAULT_INLINE void
  operator()(const Plan& plan, T* p, const cell& c, unsigned mask_number, std::uint64_t event,
             const cell_place& place, const random_stream& stream) const noexcept {
    drawn_fault f{c.element, c.mask, 0, place.item, place.number};
    if constexpr (Plan::own_bits_operation == bit_operation::none) {
      f.mask = low_bits(element_traits<T>::layout.bits);
      f.value = plan.changed(load(p), c, mask_number, event, stream);
    }
    if (drawn_fault* const entry = list.place_for(plan, place))
      *entry = f;
  }
};

/// Applies drawn faults of one kind.
template <bit_operation Operation, class View, class Memory>
struct apply_listed {
  View view;
  Memory memory;
  const drawn_fault* faults;

  BITFAULT_FN void operator()(index_t i) const noexcept {
    using T = typename View::element_type;
    const drawn_fault& f = faults[i];
    if (f.mask == 0)
      return;
    T* const p = view.address(static_cast<index_t>(f.element));
    const auto mask = static_cast<word_t<T>>(f.mask);
    if constexpr (Operation == bit_operation::flip)
      memory.flip(p, mask);
    else if constexpr (Operation == bit_operation::set)
      memory.set(p, mask);
    else if constexpr (Operation == bit_operation::clear)
      memory.clear(p, mask);
    else
      plain_memory::store(p, static_cast<word_t<T>>(f.value));
  }
};

} // namespace bitfault::detail
