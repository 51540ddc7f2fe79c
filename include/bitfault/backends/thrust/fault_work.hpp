// SPDX-License-Identifier: MIT
#pragma once

#include "../../core/element.hpp"
#include "../../core/memory.hpp"
#include "../../faults/fault_model.hpp"
#include "../../injector/dense.hpp"
#include "../../injector/plan.hpp"
#include "../../random/fault_key.hpp"
#include "../../random/permutation.hpp"
#include "../../space/cell.hpp"
#include "rate_unit.hpp"

#include <cstdint>
#include <type_traits>

/// The bodies of the kernels: functions of the launch index that run anywhere, in a constant
/// expression too.
namespace bitfault::detail {

/// What all threads of a call share: the random numbers of its key, and the draw.
template <class Draw>
struct started_draw {
  fault_key key;
  random_stream stream;
  Draw draw;
};

/// Where in a draw a cell stands: the item of work that gave it, and its number there.
struct cell_place {
  index_t item;
  index_t number;
};

/// Into what the work of a plan is cut. Items are independent, but for `in_order`, where one item
/// does it all, because the order of the events matters.
enum class work_shape : std::uint8_t { in_order, sweep, events, rate };

template <class Plan, class View>
consteval work_shape shape_of_work(bool may_sweep) {
  using selector = std::remove_cvref_t<decltype(std::declval<Plan>().drawn_cells().selector())>;
  if (!Plan::events_in_any_order)
    return work_shape::in_order;
  if (may_sweep && View::contiguous && Plan::sites_are_cells && requires { selector::takes_all; })
    return work_shape::sweep;
  return requires { selector::has_bitmaps; }
  ? work_shape::rate : work_shape::events;
}

/// The faults of one key, spread over launch indices. `Action` says what happens at a cell:
/// act(plan, address, cell, mask number, event, place, stream).
template <class Plan, class View, class Action>
struct fault_work {
  using element_type = typename Plan::element_type;
  using word = word_t<element_type>;
  using selector_type =
      std::remove_cvref_t<decltype(std::declval<Plan>().drawn_cells().selector())>;
  using draw_type =
      decltype(std::declval<selector_type>().start(std::declval<const random_stream&>()));
  using started = started_draw<draw_type>;
  static constexpr work_shape shape = shape_of_work<Plan, View>(Action::may_sweep);

  Plan plan;
  View view;
  Action act;

  /// How many items there are; known before the key.
  BITFAULT_FN constexpr index_t items() const noexcept {
    const selector_type& selector = plan.drawn_cells().selector();
    const index_t units = selector.units();
    if constexpr (shape == work_shape::in_order)
      return units == 0 ? 0 : 1;
    else if constexpr (shape == work_shape::sweep)
      return units / elements_per_item + (units % elements_per_item != 0 ? 1 : 0);
    else if constexpr (shape == work_shape::rate)
      return units == 0 ? 0 : rate_items(selector);
    else
      return units;
  }

  /// To be made once for each key, in place: a draw refers to the plan inside of this object.
  BITFAULT_FN constexpr started start(const fault_key& key) const noexcept {
    const random_stream stream = plan.drawn_cells().stream_of(key);
    return {key, stream, plan.drawn_cells().selector().start(stream)};
  }

  /// The same in two steps, so that the threads of a block share it: one of them begins, then each
  /// of the first `helpers` does its part.
  static constexpr unsigned helpers = requires(const selector_type& s) { s.start_without_keys(); }
  ? permutation_shape::max_rounds / 4 : 0;
  BITFAULT_FN started begin(const fault_key& key) const noexcept {
    if constexpr (helpers == 0) {
      return start(key);
    } else {
      const random_stream stream = plan.drawn_cells().stream_of(key);
      return {key, stream, plan.drawn_cells().selector().start_without_keys()};
    }
  }
  BITFAULT_FN static void help(started& s, unsigned thread) noexcept {
    if constexpr (helpers != 0)
      s.draw.order.make_round_keys(s.stream, 4 * thread);
  }

  /// Does item `item` of the work.
  BITFAULT_FN constexpr void operator()(index_t item, const started& s) const noexcept {
    if constexpr (shape == work_shape::in_order) {
      do_all(s);
    } else if constexpr (shape == work_shape::sweep) {
      do_elements(item, s);
    } else if constexpr (shape == work_shape::rate) {
      if constexpr (bitmaps_are_words)
        if (plan.drawn_cells().selector().tables.draw == rate_draw::slices) {
          do_quad(item, s);
          return;
        }
      visit_rate_item(s.draw, item, [&](index_t site, unsigned number) {
        spread(s, site, site, item, number * plan.drawn_cells().cells_per_event());
      });
    } else {
      s.draw.template visit<1>(item, item + 1, [&](const index_t* site, unsigned, index_t event) {
        spread(s, *site, event, item, 0);
      });
    }
  }

private:
  static constexpr index_t elements_per_item = 16 / sizeof(element_type);
  static constexpr bit_operation operation = Plan::own_bits_operation;
  using family = std::remove_cvref_t<decltype(std::declval<Plan>().drawn_cells().family())>;

  /// Whether 128 trials in a row are the bits of 16 bytes of the tensor.
  static constexpr bool bitmaps_are_words = [] {
    if constexpr (shape == work_shape::rate)
      return Action::may_sweep && View::contiguous && Plan::sites_are_cells &&
             !selector_type::chooses_elements && operation != bit_operation::none &&
             family::fixed_count == 8 * sizeof(word);
    else
      return false;
  }();

  BITFAULT_FN constexpr void do_all(const started& s) const noexcept {
    constexpr bool numbered = selector_type::numbered;
    const index_t each = plan.drawn_cells().cells_per_event();
    index_t slot = 0;
    s.draw.template visit<1>(0, plan.drawn_cells().selector().units(),
                             [&](const index_t* sites, unsigned n, index_t first) {
                               for (unsigned i = 0; i < n; ++i, slot += each)
                                 spread(s, sites[i], numbered ? std::uint64_t{first} + i : sites[i],
                                        0, slot);
                             });
  }

  BITFAULT_FN constexpr void do_elements(index_t item, const started& s) const noexcept {
    const index_t first = item * elements_per_item;
    const index_t rest = plan.drawn_cells().selector().units() - first;
    const std::uint64_t mask = plan.drawn_cells().family().mask(0);
    change_16_bytes(first, rest, [&](word before, index_t i) {
      if constexpr (operation == bit_operation::flip)
        return static_cast<word>(before ^ static_cast<word>(mask));
      else if constexpr (operation == bit_operation::set)
        return static_cast<word>(before | static_cast<word>(mask));
      else if constexpr (operation == bit_operation::clear)
        return static_cast<word>(before & ~static_cast<word>(mask));
      else
        return plan.changed(before, {first + i, mask}, 0, first + i, s.stream);
    });
  }

  BITFAULT_FN constexpr void do_quad(index_t item, const started& s) const noexcept {
    std::uint32_t bits[4]{};
    plan.drawn_cells().selector().tables.slices.quad(s.stream, item, bits);
    const index_t first = item * elements_per_item;
    change_16_bytes(first, plan.bound_extents().size() - first, [&](word before, index_t i) {
      constexpr index_t width = 8 * sizeof(word);
      word mask{};
      if constexpr (width == 64)
        mask = static_cast<word>(bits[2 * i] | (std::uint64_t{bits[2 * i + 1]} << 32));
      else
        mask = static_cast<word>(bits[i * width / 32] >> (i * width % 32));
      if constexpr (operation == bit_operation::flip)
        return static_cast<word>(before ^ mask);
      else if constexpr (operation == bit_operation::set)
        return static_cast<word>(before | mask);
      else
        return static_cast<word>(before & ~mask);
    });
  }

  struct alignas(16) sixteen_bytes {
    word words[elements_per_item];
  };

  /// Replaces each of the (at most) 16 bytes' words by change(word, i): nobody else writes them in
  /// this call. One load and one store where the memory is aligned.
  template <class Change>
  BITFAULT_FN constexpr void change_16_bytes(index_t first, index_t rest,
                                             Change change) const noexcept {
    element_type* const p = view.address(first);
#if defined(__CUDA_ARCH__)
    if (rest >= elements_per_item && reinterpret_cast<std::uintptr_t>(p) % 16 == 0) {
      sixteen_bytes all = *reinterpret_cast<const sixteen_bytes*>(p);
#pragma unroll
      for (index_t i = 0; i < elements_per_item; ++i)
        all.words[i] = change(all.words[i], i);
      *reinterpret_cast<sixteen_bytes*>(p) = all;
      return;
    }
#endif
    for (index_t i = 0; i < elements_per_item; ++i)
      if (i < rest)
        plain_memory::update(p + i, [&](word before) { return change(before, i); });
  }

  BITFAULT_FN BITFAULT_INLINE constexpr void spread(const started& s, index_t site,
                                                    std::uint64_t event, index_t item,
                                                    index_t number) const noexcept {
    const auto body = [&](const cell& c, unsigned mask_number, std::uint64_t which, index_t slot,
                          const random_stream& stream) {
      act(plan, view.address(c.element), c, mask_number, which, cell_place{item, slot}, stream);
    };
    plan.drawn_cells().spread(s.draw, s.stream, s.key.step, site, event, number, body);
  }
};

/// The action of `apply`.
template <class Memory>
struct change_word {
  static constexpr bool may_sweep = true;
  BITFAULT_NO_UNIQUE_ADDRESS Memory memory;

  template <class Plan, class T>
  BITFAULT_FN BITFAULT_INLINE constexpr word_t<T>
  operator()(const Plan& plan, T* p, const cell& c, unsigned mask_number, std::uint64_t event,
             const cell_place&, const random_stream& stream) const noexcept {
    constexpr bit_operation operation = Plan::own_bits_operation;
    const auto mask = static_cast<word_t<T>>(c.mask);
    const auto changed = [&](word_t<T> before) {
      return plan.changed(before, c, mask_number, event, stream);
    };
    if constexpr (operation == bit_operation::flip)
      return memory.flip(p, mask);
    else if constexpr (operation == bit_operation::set)
      return memory.set(p, mask);
    else if constexpr (operation == bit_operation::clear)
      return memory.clear(p, mask);
    else if constexpr (Plan::one_writer || !Plan::events_in_any_order)
      return plain_memory::update(p, changed);
    else
      return memory.update(p, changed);
  }
};

} // namespace bitfault::detail
