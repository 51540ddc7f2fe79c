// SPDX-License-Identifier: MIT
#pragma once

#include "../core/element.hpp"
#include "../core/extents.hpp"
#include "../injector/fault_span.hpp"
#include "../injector/plan.hpp"
#include "../random/fault_key.hpp"
#include "../space/cell.hpp"
#include "../views/view.hpp"
#include "fault_list.hpp"
#include "header.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <unordered_map>
#include <vector>

/// Fault lists of injectors: what `injector::draw` calls. Hosted.
namespace bitfault {

namespace detail {

struct drawn_cell {
  cell where;
  unsigned mask_number;
  std::uint64_t event;
};

/// The cells of a key in order, and the stream that their models draw from. Room comes first:
/// `for_each_fault` must not throw.
template <class Plan>
std::optional<random_stream> drawn_cells(const Plan& plan, const fault_key& key,
                                         std::vector<drawn_cell>& cells) {
  std::optional<random_stream> models;
  cells.reserve(plan.cells(key));
  plan.for_each_fault(key, [&](const cell& c, unsigned mask_number, std::uint64_t event, index_t,
                               const random_stream& stream) {
    cells.push_back({c, mask_number, event});
    models = stream;
  });
  return models;
}

/// `word_before` gives a place for the word of an element: what the fault meets, and what it
/// leaves.
template <class Plan, class Words>
fault_list list_faults(const Plan& plan, const fault_key& key, Words word_of) {
  using T = typename Plan::element_type;
  constexpr bit_operation operation = Plan::own_bits_operation;
  std::vector<drawn_cell> cells;
  const std::optional<random_stream> models = drawn_cells(plan, key, cells);
  std::vector<listed_fault> faults;
  faults.reserve(cells.size());
  for (const drawn_cell& c : cells) {
    if constexpr (operation == bit_operation::flip) {
      faults.push_back({c.where.element, c.where.mask, 0, fault_action::flip});
    } else if constexpr (operation == bit_operation::clear) {
      faults.push_back({c.where.element, c.where.mask, 0, fault_action::stuck_at_0});
    } else if constexpr (operation == bit_operation::set) {
      faults.push_back({c.where.element, c.where.mask, 0, fault_action::stuck_at_1});
    } else {
      auto& word = word_of(c.where.element);
      word = plan.changed(word, c.where, c.mask_number, c.event, *models);
      faults.push_back(
          {c.where.element, low_bits(element_traits<T>::layout.bits), word, fault_action::write});
    }
  }
  return fault_list(header_of<T>(plan.bound_extents(), key), std::move(faults));
}

} // namespace detail

/// The faults of a key, where they do not depend on the data: bit flips and stuck-at faults on own
/// bits, and models that replace a value. Throws `error` for a plan whose state is not ok.
/// O(faults). Found by `injector::draw<T>(extents, key)`.
template <class Plan>
  requires requires { Plan::own_bits_operation; }
fault_list draw_faults(const Plan& plan, const fault_key& key) {
  static_assert(Plan::own_bits_operation != bit_operation::none || Plan::replaces_value,
                "bitfault: draw: what this fault does depends on the data; use draw(view, key)");
  plan.state().or_throw();
  word_t<typename Plan::element_type> word{};
  return detail::list_faults(
      plan, key, [&](index_t) -> auto& { return word = {}; });
}

/// The list of an injector that is switched off: of these extents, without a fault. Throws `error`
/// for extents that cannot be counted. Found by `injector::draw`.
template <element T, std::size_t Capacity>
fault_list draw_nothing(detail::type_identity<T> /*type*/, const extents<Capacity>& e,
                        const fault_key& key) {
  return fault_list(header_of<T>(e, key), {});
}

/// The faults of a key in this tensor, which does not change. What depends on the data becomes a
/// write of the word that `apply` would leave there. Throws `error` for a plan whose state is not
/// ok and for a view with other extents. O(faults). Found by `injector::draw(view, key)`.
template <class Plan, tensor_view View>
  requires requires { Plan::own_bits_operation; }
fault_list draw_faults(const Plan& plan, const View& view, const fault_key& key) {
  using T = std::remove_const_t<typename View::element_type>;
  static_assert(std::is_same_v<T, typename Plan::element_type>,
                "bitfault: the plan is bound to another element type than the view's");
  plan.state().or_throw();
  fault_list(header_of<T>(plan.bound_extents()), {}).check(view).or_throw();
  // Several events on one word compose, so each meets what the one before it has left.
  std::unordered_map<std::uint64_t, word_t<T>> words;
  return detail::list_faults(
      plan, key, [&](index_t element) -> auto& {
        return words.try_emplace(element, to_word(*view.address(element))).first->second;
      });
}

} // namespace bitfault
