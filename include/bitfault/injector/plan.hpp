// SPDX-License-Identifier: MIT
#pragma once

#include "../core/element.hpp"
#include "../core/extents.hpp"
#include "../core/serial.hpp"
#include "../core/status.hpp"
#include "../faults/fault_model.hpp"
#include "../random/fault_key.hpp"
#include "../random/source.hpp"
#include "../space/pattern.hpp"
#include "../views/view.hpp"
#include "observer.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

namespace bitfault {

/// What has to be kept to take faults back.
enum class undo : std::uint8_t {
  nothing, ///< flips: flip again
  bits,    ///< stuck-at of single bits: did the bit change
  masks,   ///< stuck-at of several bits: which ones changed
  words    ///< everything else: the word as it was
};

namespace detail {

/// Whether encoding a decoded code gives that code again. A codec whose element has too few digits
/// for that says so by `is_exact`.
template <class Codec>
consteval bool keeps_codes() {
  if constexpr (requires { Codec::is_exact; })
    return Codec::is_exact;
  else
    return true;
}

} // namespace detail

/// An injector bound to extents: all that is known before the key. Trivially copyable, may be
/// constexpr and lie in flash. Made by `injector::bind`.
///
/// A fault goes this way: the selector gives a site; `locate` turns it into an element of the
/// region and a mask; the pattern spreads it over cells; `hit` changes the word of each cell.
template <element T, std::size_t Capacity, class Selector, class Region, class Family,
          class Pattern, class Codec, class Fault, class Lifetime, class Observer>
class plan {
  using word = word_t<T>;
  using code = typename Codec::code;
  static constexpr bit_operation operation = detail::operation_of<Fault>();
  static constexpr bool owned_elements = detail::sets_value<Fault, T>();
  static constexpr bool one_mask_each = Selector::chooses_elements || Family::fixed_count == 1;

  /// Value faults act once in an element. Events meet in one only through patterns, several masks
  /// or a list that names it twice.
  static constexpr bool events_may_meet =
      !(Pattern::is_single && Selector::distinct && one_mask_each);

  /// Whether events may be applied in any order. Where they meet, they must commute: single
  /// operations on bits do, so do combinations of them where each event has a bit of its own; a
  /// user's own model, or a format that rounds its codes away, cannot be known to.
  static constexpr bool any_order =
      !events_may_meet || owned_elements ||
      (detail::keeps_codes<Codec>() && (operation != bit_operation::none ||
                                        (Family::single_bit && detail::stays_under_mask<Fault>())));

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

  BITFAULT_FN constexpr plan(const extents<Capacity>& e, const status& state,
                             const Selector& selector, const Region& region, const Family& family,
                             const Pattern& pattern, const Codec& codec, const Fault& fault,
                             const Lifetime& lifetime, const Observer& observer) noexcept
      : extents_(e), state_(state), selector_(selector), region_(region), family_(family),
        masks_(family.count() == 0 ? 1 : family.count()), pattern_(pattern), codec_(codec),
        fault_(fault), lifetime_(lifetime), observer_(observer) {}

  /// Whether the policies fit the extents.
  BITFAULT_FN constexpr const status& state() const noexcept { return state_; }
  BITFAULT_FN constexpr const extents<Capacity>& bound_extents() const noexcept { return extents_; }

  /// The number of cells that a key draws, clipped and inactive ones included. O(1), or O(faults)
  /// for rates.
  BITFAULT_FN constexpr index_t cells(const fault_key& key) const noexcept {
    if (!state_.ok())
      return 0;
    if constexpr (Selector::numbered)
      return selector_.units() * pattern_.cells();
    else
      return count_events(key, 0, selector_.units()) * pattern_.cells();
  }

  /// How many words of scratch `scoped` needs for a key.
  BITFAULT_FN constexpr index_t required_scratch(const fault_key& key) const noexcept {
    if constexpr (undo_kind == undo::nothing)
      return 0;
    else if constexpr (undo_kind == undo::bits)
      return (cells(key) + word_bits - 1) / word_bits;
    else
      return cells(key);
  }

  /// Everything that could be wrong with a call; found before the first write.
  template <class View>
  BITFAULT_FN constexpr status check(const View& view) const noexcept {
    if constexpr (takes<View>()) {
      if (!state_.ok())
        return state_;
      if (!(view.extents() == extents_))
        return {refusal::extents_differ, 0, view.extents().size(), extents_.size(), "apply"};
      if (extents_.size() != 0 && view.address(0) == nullptr)
        return {refusal::null_data, 0, extents_.size(), 0, "apply"};
    }
    return {};
  }

  /// Injects the faults of a key. With scratch (`required_scratch` words) it keeps what `restore`
  /// needs.
  template <class Executor, class View>
  BITFAULT_FN constexpr status apply(const Executor& executor, const View& view,
                                     const fault_key& key,
                                     std::span<word> scratch = {}) const noexcept {
    if (const status s = check(view); !s.ok())
      return s;
    if constexpr (Observer::records)
      if (const status s = observer_.begin(cells(key)); !s.ok())
        return s;
    if (selector_.units() == 0)
      return {};
    using memory = typename Executor::memory;
    if (scratch.data() != nullptr)
      if (const index_t needed = required_scratch(key); scratch.size() < needed)
        return {refusal::scratch_too_small, 0, scratch.size(), needed, "scoped"};

    const bool keep = undo_kind != undo::nothing && scratch.data() != nullptr;
    if (keep && undo_kind == undo::bits)
      for (word& w : scratch)
        w = 0;
    // Where several events may change one word, all words are kept before the first change.
    constexpr bool keep_first = undo_kind == undo::words && (events_may_meet || !owned_elements);
    if (keep && keep_first)
      save(executor, view, key, scratch);

    if (!keep && apply_dense(executor, view, key))
      return {};
    for_each_cell(executor, view, key, Observer::records || keep,
                  [&](const detail::cell& cell, unsigned mask_number, std::uint64_t event,
                      index_t slot, const auto& stream) {
                    T* const p = word_at(view, cell.element);
                    const word before = hit<memory>(p, cell, mask_number, event, stream);
                    if constexpr (Observer::records)
                      observer_.record(slot, {cell.element, event, cell.mask, before,
                                              changed(before, cell, mask_number, event, stream)});
                    if constexpr (undo_kind != undo::nothing)
                      if (keep && !keep_first)
                        keep_undo<memory>(scratch, slot, cell, before);
                  });
    return {};
  }

  /// Takes back what `apply` with the same key and scratch did.
  template <class Executor, class View>
  BITFAULT_FN constexpr void restore(const Executor& executor, const View& view,
                                     const fault_key& key, std::span<word> scratch) const noexcept {
    using memory [[maybe_unused]] = typename Executor::memory;
    if (selector_.units() == 0)
      return;
    if constexpr (undo_kind == undo::nothing)
      if (apply_dense(executor, view, key))
        return;
    for_each_cell(
        executor, view, key, undo_kind != undo::nothing,
        [&](const detail::cell& cell, unsigned, std::uint64_t, index_t slot, const auto&) {
          T* const p = word_at(view, cell.element);
          if constexpr (undo_kind == undo::nothing) {
            memory::flip(p, static_cast<word>(cell.mask));
          } else if constexpr (undo_kind == undo::bits) {
            if (((scratch[slot / word_bits] >> (slot % word_bits)) & 1u) != 0)
              memory::flip(p, static_cast<word>(cell.mask));
          } else if constexpr (undo_kind == undo::masks) {
            memory::flip(p, scratch[slot]);
          } else {
            memory::store(p, scratch[slot]);
          }
        });
  }

  /// Copies the words that a key hits into `words`, one for each cell.
  template <class Executor, class View>
  BITFAULT_FN constexpr void save(const Executor& executor, const View& view, const fault_key& key,
                                  std::span<word> words) const noexcept {
    for_each_cell(executor, view, key, true,
                  [&](const detail::cell& cell, unsigned, std::uint64_t, index_t slot,
                      const auto&) { words[slot] = to_word(*view.address(cell.element)); });
  }

  /// Calls f(element, mask, event, slot) for each cell of a key that acts, in the order of the
  /// draw.
  template <class F>
  BITFAULT_FN constexpr void for_each_fault(const fault_key& key, F&& f) const noexcept {
    for_each_cell(serial_executor<1>{}, no_view{}, key, true,
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
  static constexpr index_t word_bits = 8 * sizeof(word);
  struct no_view {
    static constexpr bool contiguous = false;
  };

  /// Whether faults can go to a view of this type. One question after the other, so that a wrong
  /// view is one sentence.
  template <class View>
  static consteval bool takes() {
    using given = typename View::element_type;
    if constexpr (std::is_const_v<given>)
      static_assert(detail::always_false<View>,
                    "bitfault: the view is of const data; faults cannot be injected into it");
    else if constexpr (requires { View::on_device; })
      static_assert(detail::always_false<View>, "bitfault: a device view needs a device executor; "
                                                "the host must not write there");
    else if constexpr (!std::is_same_v<given, T>)
      static_assert(detail::always_false<View>,
                    "bitfault: the plan is bound to another element type than the view's");
    else
      return true;
    return false;
  }

  /// An element's address; null where `takes` has said why there is none.
  template <class View>
  BITFAULT_FN BITFAULT_INLINE static constexpr T* word_at(const View& view,
                                                          index_t element) noexcept {
    if constexpr (std::is_same_v<typename View::element_type, T>)
      return view.address(element);
    else
      return nullptr;
  }

  template <class Memory>
  BITFAULT_FN BITFAULT_INLINE constexpr word hit(T* p, const detail::cell& cell,
                                                 unsigned mask_number, std::uint64_t event,
                                                 const random_stream& stream) const noexcept {
    const auto mask = static_cast<word>(cell.mask);
    if constexpr (Codec::is_own_bits && operation == bit_operation::flip)
      return Memory::flip(p, mask);
    else if constexpr (Codec::is_own_bits && operation == bit_operation::set)
      return Memory::set(p, mask);
    else if constexpr (Codec::is_own_bits && operation == bit_operation::clear)
      return Memory::clear(p, mask);
    else
      return Memory::update(
          p, [&](word before) { return changed(before, cell, mask_number, event, stream); });
  }

  template <class Memory>
  BITFAULT_FN constexpr void keep_undo(std::span<word> scratch, index_t slot,
                                       const detail::cell& cell, word before) const noexcept {
    if constexpr (undo_kind == undo::words) {
      scratch[slot] = before;
    } else {
      const auto mask = static_cast<word>(cell.mask);
      const auto moved =
          static_cast<word>(operation == bit_operation::set ? mask & ~before : mask & before);
      if constexpr (undo_kind == undo::masks)
        scratch[slot] = moved;
      else if (moved != 0)
        Memory::set(&scratch[slot / word_bits], static_cast<word>(word{1} << (slot % word_bits)));
    }
  }

  /// Calls body(cell, mask number, event, slot, stream) for each cell that acts.
  template <class Executor, class View, class Body>
  BITFAULT_FN constexpr void for_each_cell(const Executor& executor, const View& view,
                                           const fault_key& key, bool needs_slots,
                                           Body body) const noexcept {
    const index_t units = selector_.units();
    const unsigned pieces = any_order ? executor.pieces(units) : 1;
    const random_stream stream(lifetime_.site_key(key));
    const auto draw = selector_.start(stream);

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
      draw.template visit<Executor::batch>(
          begin, piece_begin(units, pieces, piece + 1),
          [&](const index_t* sites, unsigned n, index_t first_event) {
            if constexpr (Executor::batch > 1 && View::contiguous && Pattern::is_single)
              if (n > 1)
                prefetch(view, sites, n);
            for (unsigned i = 0; i < n; ++i) {
              const std::uint64_t event = Selector::numbered ? first_event + i : sites[i];
              spread(draw, stream, key.step, sites[i], event, slot, body);
              slot += pattern_.cells();
            }
          });
    });
  }

  /// The cells of one event.
  template <class Draw, class Body>
  BITFAULT_FN BITFAULT_INLINE constexpr void
  spread(const Draw& draw, const random_stream& stream, std::uint32_t step, index_t site,
         std::uint64_t event, index_t slot, Body& body) const noexcept {
    if (!lifetime_.active(stream, step, event))
      return;
    detail::cell anchor;
    const unsigned mask_number = locate(stream, site, anchor);
    if constexpr (Pattern::is_single) {
      if constexpr (owned_elements && events_may_meet)
        if (!owns(draw, stream, step, event, anchor.element))
          return;
      body(static_cast<const detail::cell&>(anchor), mask_number, event, slot, stream);
    } else {
      bool partition = false;
      if constexpr (owned_elements) {
        partition = pattern_.is_partition();
        if (partition && !owns(draw, stream, step, event, anchor.element))
          return;
      }
      const index_t count = pattern_.cells();
      for (index_t i = 0; i < count; ++i) {
        detail::cell cell;
        if (!pattern_.cell_at(anchor, i, cell) || !region_.contains(cell.element))
          continue;
        if constexpr (owned_elements)
          if (!partition && !owns(draw, stream, step, event, cell.element))
            continue;
        const unsigned number = Pattern::moves_bits ? family_.index_of(cell.mask) : mask_number;
        body(static_cast<const detail::cell&>(cell), number, event, slot + i, stream);
      }
    }
  }

  /// The element and the mask of a site; returns the number of the mask.
  BITFAULT_FN BITFAULT_INLINE constexpr unsigned locate(const random_stream& stream, index_t site,
                                                        detail::cell& out) const noexcept {
    unsigned number = 0;
    if constexpr (Selector::chooses_elements) {
      out.element = Selector::gives_elements ? site : region_.element(site);
      if constexpr (Family::fixed_count != 1)
        number =
            detail::mul_high(stream.block(purpose::mask, out.element).word[0], family_.count());
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
      for (index_t m = 0; m < masks; ++m) {
        std::uint64_t other = 0;
        if (draw.find(base + m, other) && other < event && lifetime_.active(stream, step, other))
          return false;
      }
    }
    return true;
  }

  /// Work that touches every word, or so many that a sweep in address order is cheaper; false where
  /// it is neither. Needs no undo. Pieces own whole elements, so plain memory does for any number
  /// of threads.
  template <class Executor, class View>
  BITFAULT_FN constexpr bool apply_dense(const Executor& executor, const View& view,
                                         const fault_key& key) const noexcept {
    constexpr bool plain = Region::is_whole && View::contiguous && Pattern::is_single &&
                           Lifetime::always_active && !Observer::records;
    if constexpr (plain && requires { Selector::takes_all; }) {
      sweep(executor, view, key);
      return true;
    } else if constexpr (plain && requires { Selector::has_bitmaps; } &&
                         !Selector::chooses_elements && Codec::is_own_bits &&
                         operation != bit_operation::none && Family::fixed_count == word_bits) {
      if (!selector_.has_tiles())
        return false;
      apply_tiles(executor, view, key);
      return true;
    } else {
      return false;
    }
  }

  /// `every`: one loop over the words.
  template <class Executor, class View>
  BITFAULT_FN constexpr void sweep(const Executor& executor, const View& view,
                                   const fault_key& key) const noexcept {
    const random_stream stream(lifetime_.site_key(key));
    const index_t size = extents_.size();
    const unsigned pieces = executor.pieces(size);
    const std::uint64_t mask = family_.mask(0);
    T* const data = word_at(view, 0);
    executor.run(pieces, [&](unsigned piece) {
      const index_t end = piece_begin(size, pieces, piece + 1);
      for (index_t i = piece_begin(size, pieces, piece); i < end; ++i)
        hit<plain_memory>(data + i, {i, mask}, 0, i, stream);
    });
  }

  /// Rates so high that each unit comes as a bitmap: whole words of faults at a time.
  template <class Executor, class View>
  BITFAULT_FN constexpr void apply_tiles(const Executor& executor, const View& view,
                                         const fault_key& key) const noexcept {
    const random_stream stream(lifetime_.site_key(key));
    const auto draw = selector_.start(stream);
    const index_t units = selector_.units();
    const unsigned pieces = executor.pieces(units);
    const index_t elements_per_tile = index_t{selector_.tile_words()} * 32 / word_bits;
    const index_t size = extents_.size();
    T* const data = word_at(view, 0);
    executor.run(pieces, [&](unsigned piece) {
      draw.tiles(piece_begin(units, pieces, piece), piece_begin(units, pieces, piece + 1),
                 [&](index_t unit, const std::uint32_t* words) {
                   const index_t first = unit * elements_per_tile;
                   const index_t rest = size - first;
                   hit_bitmap(data + first, rest < elements_per_tile ? rest : elements_per_tile,
                              words);
                 });
    });
  }

  /// Applies bit i of a bitmap to bit i % w of element i / w.
  BITFAULT_FN static constexpr void hit_bitmap(T* p, index_t elements,
                                               const std::uint32_t* words) noexcept {
    for (index_t i = 0; i < elements; ++i) {
      word mask{};
      if constexpr (word_bits == 64)
        mask = static_cast<word>(words[2 * i] | (std::uint64_t{words[2 * i + 1]} << 32));
      else if constexpr (word_bits == 32)
        mask = static_cast<word>(words[i]);
      else
        mask = static_cast<word>(words[i * word_bits / 32] >> (i * word_bits % 32));
      if constexpr (operation == bit_operation::flip)
        plain_memory::flip(p + i, mask);
      else if constexpr (operation == bit_operation::set)
        plain_memory::set(p + i, mask);
      else
        plain_memory::clear(p + i, mask);
    }
  }

  template <class View>
  BITFAULT_FN constexpr void prefetch(const View& view, const index_t* sites,
                                      unsigned n) const noexcept {
    if constexpr (Region::is_whole && (Selector::chooses_elements || Family::fixed_count != 0)) {
      if (__builtin_is_constant_evaluated() || n < 4)
        return; // few: nothing to overlap
      constexpr index_t masks = Selector::chooses_elements ? 1 : Family::fixed_count;
      for (unsigned i = 0; i < n; ++i)
        __builtin_prefetch(view.address(sites[i] / masks), 1);
    }
  }

  BITFAULT_FN constexpr index_t count_events(const fault_key& key, index_t first,
                                             index_t last) const noexcept {
    const random_stream stream(lifetime_.site_key(key));
    const auto draw = selector_.start(stream);
    index_t events = 0;
    draw.template visit<32>(first, last, [&](const index_t*, unsigned n, index_t) { events += n; });
    return events;
  }

  BITFAULT_FN static constexpr index_t piece_begin(index_t units, unsigned pieces,
                                                   unsigned piece) noexcept {
    const index_t each = units / pieces, rest = units % pieces;
    return each * piece + (piece < rest ? piece : rest);
  }

  extents<Capacity> extents_;
  status state_;
  Selector selector_;
  Region region_;
  BITFAULT_NO_UNIQUE_ADDRESS Family family_;
  divider masks_;
  BITFAULT_NO_UNIQUE_ADDRESS Pattern pattern_;
  BITFAULT_NO_UNIQUE_ADDRESS Codec codec_;
  BITFAULT_NO_UNIQUE_ADDRESS Fault fault_;
  BITFAULT_NO_UNIQUE_ADDRESS Lifetime lifetime_;
  BITFAULT_NO_UNIQUE_ADDRESS Observer observer_;
};

} // namespace bitfault
