// SPDX-License-Identifier: MIT
#pragma once

#include "../core/element.hpp"
#include "../core/extents.hpp"
#include "../core/memory.hpp"
#include "../core/serial.hpp"
#include "../core/span.hpp"
#include "../core/status.hpp"
#include "../core/traits.hpp"
#include "../faults/fault_model.hpp"
#include "../formats/codec.hpp"
#include "../random/fault_key.hpp"
#include "../random/source.hpp"
#include "../views/view.hpp"
#include "dense.hpp"
#include "fault_cells.hpp"
#include "observer.hpp"
#include "undo.hpp"

#include <cstddef>
#include <cstdint>

namespace bitfault {

template <class Plan, class View, class Executor, class Scratch>
class fault_scope;
template <class Plan, class View, class Executor, class Scratch>
class checked_fault_scope;

/// An injector bound to extents: all that is known before the key. Trivially copyable, may be
/// constexpr and lie in flash. Made by `injector::bind`.
///
/// A fault goes this way: `fault_cells` gives the cells of a key, each an element and a mask; `hit`
/// changes the word of each; `undo_slots` keep what takes it back.
template <element T, std::size_t Capacity, class Selector, class Region, class Family,
          class Pattern, class Codec, class Fault, class Lifetime, class Observer>
class plan {
  using word = word_t<T>;
  using code = typename Codec::code;
  static constexpr index_t word_bits = 8 * sizeof(word);
  static constexpr bit_operation operation = detail::operation_of<Fault>();

  /// Value faults act once in an element.
  static constexpr bool owned_elements = detail::sets_value<Fault, T>();
  using cells_type =
      detail::fault_cells<Selector, Region, Family, Pattern, Lifetime, owned_elements>;

  /// Whether events may be applied in any order. Where they meet, they must commute: single
  /// operations on bits do, so do combinations of them where each event has a bit of its own; a
  /// user's own model, or a format that rounds its codes away, cannot be known to.
  static constexpr bool any_order =
      !cells_type::events_may_meet || owned_elements ||
      (detail::keeps_codes<Codec>() && (operation != bit_operation::none ||
                                        (Family::single_bit && detail::stays_under_mask<Fault>())));

  /// Given bits of given elements: nothing is drawn.
  static constexpr bool known_without_draw = requires(const Selector& selector) {
    selector.element(index_t{});
  }
  &&Family::fixed_count == 1 && Pattern::is_single&& Codec::is_own_bits&& Lifetime::always_active &&
      !Observer::records && operation != bit_operation::none;

public:
  using element_type = T;
  using extents_type = extents<Capacity>;
  static constexpr undo undo_kind = !Codec::is_own_bits || operation == bit_operation::none
                                        ? undo::words
                                    : operation == bit_operation::flip ? undo::nothing
                                    : Family::single_bit               ? undo::bits
                                                                       : undo::masks;

  /// For lists: the operation on the element's own bits, if it is one; and whether the word that a
  /// fault leaves is known without the word that was there.
  static constexpr bit_operation own_bits_operation =
      Codec::is_own_bits ? operation : bit_operation::none;
  static constexpr bool replaces_value = detail::replaces_value<Fault>();

  /// For backends that spread the work themselves: whether the events may come in any order; no two
  /// of them change one element; each site is a cell of the whole tensor; a log is kept.
  static constexpr bool events_in_any_order = any_order;
  static constexpr bool one_writer = !cells_type::events_may_meet || owned_elements;
  static constexpr bool sites_are_cells =
      Region::is_whole && Pattern::is_single && Lifetime::always_active;
  static constexpr bool records = Observer::records;

  BITFAULT_FN constexpr plan(const extents<Capacity>& e, const status& state,
                             const Selector& selector, const Region& region, const Family& family,
                             const Pattern& pattern, const Codec& codec, const Fault& fault,
                             const Lifetime& lifetime, const Observer& observer) noexcept
      : extents_(e), state_(state), cells_(selector, region, family, pattern, lifetime),
        codec_(codec), fault_(fault), observer_(observer) {}

  /// Whether the policies fit the extents.
  BITFAULT_FN constexpr const status& state() const noexcept { return state_; }
  BITFAULT_FN constexpr const extents<Capacity>& bound_extents() const noexcept { return extents_; }
  BITFAULT_FN constexpr const cells_type& drawn_cells() const noexcept { return cells_; }
  BITFAULT_FN constexpr const Fault& fault() const noexcept { return fault_; }

  /// The number of cells that a key draws, clipped and inactive ones included. O(1), or O(faults)
  /// for rates.
  BITFAULT_FN constexpr index_t cells(const fault_key& key) const noexcept {
    return state_.ok() ? cells_.count(key) : 0;
  }

  /// How many words of scratch `scoped` needs for a key.
  BITFAULT_FN constexpr index_t required_scratch(const fault_key& key) const noexcept {
    if constexpr (undo_kind == undo::nothing)
      return 0;
    else
      return slots::words_for(cells(key));
  }

  /// Everything that could be wrong with a call; found before the first write.
  template <class View>
  BITFAULT_FN BITFAULT_INLINE constexpr status check(const View& view) const noexcept {
    if constexpr (takes<View>()) {
      if (!state_.ok())
        return state_;
      if (!(view.extents() == extents_))
        return detail::check_extents(view.extents(), extents_, extents_.rank, "apply");
      if (extents_.size() != 0 && view.address(0) == nullptr)
        return {refusal::null_data, 0, extents_.size(), 0, "apply"};
    }
    return {};
  }

  /// Injects the faults of a key. With scratch (`required_scratch` words) it keeps what `restore`
  /// needs. A call that is refused changes nothing, not even the log of an observer. Inlined, so
  /// that faults at given places become the instructions that one would write.
  BITFAULT_CALLS_GIVEN
  template <class Executor, class View>
  BITFAULT_FN BITFAULT_INLINE constexpr status apply(const Executor& executor, const View& view,
                                                     const fault_key& key,
                                                     span<word> scratch = {}) const noexcept {
    if constexpr (requires { Executor::on_device; })
      return executor.apply(*this, view, key);
    else
      return apply_on_host(executor, view, key, scratch);
  }

  /// Takes back what `apply` with the same view, key and scratch did. A call that is refused
  /// changes nothing.
  template <class Executor, class View>
  BITFAULT_FN constexpr status restore(const Executor& executor, const View& view,
                                       const fault_key& key,
                                       span<word> scratch = {}) const noexcept {
    status s = check(view);
    if (s.ok())
      s = check_scratch(key, scratch, "restore");
    if (s.ok())
      take_back(executor, view, key, scratch);
    return s;
  }

  /// Calls f(cell, mask number, event, slot, stream) for each cell of a key that acts, in the order
  /// of the draw; for none where the policies do not fit the extents.
  template <class F>
  BITFAULT_FN constexpr void for_each_fault(const fault_key& key, F&& f) const noexcept {
    if (!state_.ok())
      return;
    cells_.for_each(serial_executor<1>{}, 1, no_view{}, key, true,
                    [&](const detail::cell& cell, unsigned mask_number, std::uint64_t event,
                        index_t slot,
                        const auto& stream) { f(cell, mask_number, event, slot, stream); });
  }

  /// The word that a fault turns `before` into.
  BITFAULT_FN constexpr word changed(word before, const detail::cell& cell, unsigned mask_number,
                                     std::uint64_t event,
                                     const random_stream& stream) const noexcept {
    random_source random(stream, cell.element, mask_number, event);
    const auto mask = static_cast<code>(cell.mask);
    if constexpr (Codec::is_own_bits)
      return detail::faulty_word<T, word>(fault_, before, mask, random);
    else
      return codec_.decode(
          detail::faulty_word<T, code>(fault_, codec_.encode(before), mask, random));
  }

private:
  template <class Plan, class View, class Executor, class Scratch>
  friend class fault_scope;
  template <class Plan, class View, class Executor, class Scratch>
  friend class checked_fault_scope;

  using slots = detail::undo_slots<undo_kind, operation, T>;
  struct no_view {
    static constexpr bool contiguous = false;
  };

  /// Whether faults can go to a view of this type. One question after the other, so that a wrong
  /// view is one sentence.
  template <class View>
  static consteval bool takes() {
    using given = typename View::element_type;
    if constexpr (detail::is_const_v<given>)
      static_assert(detail::always_false<View>,
                    "bitfault: the view is of const data; faults cannot be injected into it");
    else if constexpr (requires { View::on_device; })
      static_assert(detail::always_false<View>, "bitfault: a device view needs a device executor; "
                                                "the host must not write there");
    else if constexpr (!detail::is_same_v<detail::remove_volatile_t<given>, T>)
      static_assert(detail::always_false<View>,
                    "bitfault: the plan is bound to another element type than the view's");
    else
      return true;
    return false;
  }

  /// An element's address; null where `takes` has said why there is none.
  template <class View>
  BITFAULT_FN BITFAULT_INLINE static constexpr auto* word_at(const View& view,
                                                             index_t element) noexcept {
    if constexpr (detail::is_same_v<detail::remove_volatile_t<typename View::element_type>, T>)
      return view.address(element);
    else
      return static_cast<T*>(nullptr);
  }

  template <class Executor, class View>
  BITFAULT_FN BITFAULT_INLINE constexpr status apply_on_host(const Executor& executor,
                                                             const View& view, const fault_key& key,
                                                             span<word> scratch) const noexcept {
    if (const status s = check(view); !s.ok())
      return s;
    if constexpr (known_without_draw && Executor::max_pieces == 1)
      if (scratch.data() == nullptr) {
        const Selector& selector = cells_.selector();
        for (index_t i = 0; i < selector.units(); ++i)
          change_bits<typename Executor::memory>(word_at(view, selector.element(i)),
                                                 static_cast<word>(cells_.family().mask(0)));
        return {};
      }
    return apply_drawn(executor, view, key, scratch);
  }

  BITFAULT_FN constexpr status check_scratch(const fault_key& key, const span<word>& scratch,
                                             const char* place) const noexcept {
    if constexpr (undo_kind != undo::nothing)
      if (const index_t needed = required_scratch(key); scratch.size() < needed)
        return {refusal::scratch_too_small, 0, scratch.size(), needed, place};
    return {};
  }

  /// `restore`, once view and scratch were found to fit.
  template <class Executor, class View>
  BITFAULT_FN constexpr void take_back(const Executor& executor, const View& view,
                                       const fault_key& key, span<word> scratch) const noexcept {
    using memory [[maybe_unused]] = typename Executor::memory;
    if (cells_.selector().units() == 0)
      return;
    if constexpr (undo_kind == undo::nothing)
      if (apply_dense(executor, view, key))
        return;
    const slots kept{scratch};
    for_each_cell(
        executor, view, key, undo_kind != undo::nothing,
        [&](const detail::cell& cell, unsigned, std::uint64_t, index_t slot, const auto&) {
          kept.template take_back<memory>(word_at(view, cell.element), slot, cell.mask);
        });
  }

  /// Copies the words that a key hits into `words`, one for each cell. Requires a view that fits
  /// and room for all cells.
  template <class Executor, class View>
  BITFAULT_FN constexpr void save(const Executor& executor, const View& view, const fault_key& key,
                                  span<word> words) const noexcept {
    for_each_cell(executor, view, key, true,
                  [&](const detail::cell& cell, unsigned, std::uint64_t, index_t slot,
                      const auto&) { words[slot] = detail::load(word_at(view, cell.element)); });
  }

  /// What is left of `apply` once the view was found to fit.
  template <class Executor, class View>
  BITFAULT_FN constexpr status apply_drawn(const Executor& executor, const View& view,
                                           const fault_key& key,
                                           span<word> scratch) const noexcept {
    if (scratch.data() != nullptr)
      if (const status s = check_scratch(key, scratch, "scoped"); !s.ok())
        return s;
    if constexpr (Observer::records)
      if (const status s = observer_.begin(cells(key)); !s.ok())
        return s;
    if (cells_.selector().units() == 0)
      return {};

    using memory = typename Executor::memory;
    const bool keep = undo_kind != undo::nothing && scratch.data() != nullptr;
    if (!keep && apply_dense(executor, view, key))
      return {};
    const slots kept{scratch};
    if (keep)
      kept.clear();
    // Where several events may change one word, all words are kept before the first change.
    constexpr bool keep_first =
        undo_kind == undo::words && (cells_type::events_may_meet || !owned_elements);
    if (keep && keep_first)
      save(executor, view, key, scratch);

    for_each_cell(executor, view, key, Observer::records || keep,
                  [&](const detail::cell& cell, unsigned mask_number, std::uint64_t event,
                      index_t slot, const auto& stream) {
                    auto* const p = word_at(view, cell.element);
                    word before{};
                    if constexpr (Observer::records) {
                      word after{}; // a user's model is asked once for each write
                      before = memory::update(p, [&](word w) {
                        return after = changed(w, cell, mask_number, event, stream);
                      });
                      observer_.record(slot, {cell.element, event, cell.mask, before, after});
                    } else {
                      before = hit<memory>(p, cell, mask_number, event, stream);
                    }
                    if constexpr (undo_kind != undo::nothing && !keep_first)
                      if (keep)
                        kept.template keep<memory>(slot, cell.mask, before);
                  });
    return {};
  }

  template <class Memory, class U>
  BITFAULT_FN BITFAULT_INLINE static constexpr word change_bits(U* p, word mask) noexcept {
    if constexpr (operation == bit_operation::flip)
      return Memory::flip(p, mask);
    else if constexpr (operation == bit_operation::set)
      return Memory::set(p, mask);
    else
      return Memory::clear(p, mask);
  }

  template <class Memory, class U>
  BITFAULT_FN BITFAULT_INLINE constexpr word hit(U* p, const detail::cell& cell,
                                                 unsigned mask_number, std::uint64_t event,
                                                 const random_stream& stream) const noexcept {
    if constexpr (Codec::is_own_bits && operation != bit_operation::none)
      return change_bits<Memory>(p, static_cast<word>(cell.mask));
    else
      return Memory::update(
          p, [&](word before) { return changed(before, cell, mask_number, event, stream); });
  }

  template <class Executor, class View, class Body>
  BITFAULT_FN constexpr void for_each_cell(const Executor& executor, const View& view,
                                           const fault_key& key, bool needs_slots,
                                           Body body) const noexcept {
    const unsigned pieces = any_order ? executor.pieces(cells_.selector().units()) : 1;
    cells_.for_each(executor, pieces, view, key, needs_slots, body);
  }

  /// Work that touches every word, or so many that a sweep in address order is cheaper; false where
  /// it is neither. Needs no undo.
  template <class Executor, class View>
  BITFAULT_FN constexpr bool apply_dense(const Executor& executor, const View& view,
                                         const fault_key& key) const noexcept {
    constexpr bool plain = sites_are_cells && View::contiguous && !records;
    if constexpr (plain && requires { Selector::takes_all; }) {
      const random_stream stream = cells_.stream_of(key);
      const std::uint64_t mask = cells_.family().mask(0);
      T* const data = word_at(view, 0);
      detail::sweep(executor, extents_.size(), [&](index_t i) {
        hit<plain_memory>(data + i, {i, mask}, 0, i, stream);
      });
      return true;
    } else if constexpr (plain && requires { Selector::has_bitmaps; } &&
                         !Selector::chooses_elements && Codec::is_own_bits &&
                         operation != bit_operation::none && Family::fixed_count == word_bits) {
      const Selector& selector = cells_.selector();
      if (!selector.has_tiles())
        return false;
      const random_stream stream = cells_.stream_of(key);
      detail::hit_tiles<operation>(executor, selector.start(stream), selector.units(),
                                   selector.tile_words(), word_at(view, 0), extents_.size());
      return true;
    } else {
      return false;
    }
  }

  extents<Capacity> extents_;
  status state_;
  cells_type cells_;
  BITFAULT_NO_UNIQUE_ADDRESS Codec codec_;
  BITFAULT_NO_UNIQUE_ADDRESS Fault fault_;
  BITFAULT_NO_UNIQUE_ADDRESS Observer observer_;
};

} // namespace bitfault
