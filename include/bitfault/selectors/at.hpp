// SPDX-License-Identifier: MIT
#pragma once

#include "../core/extents.hpp"
#include "../core/policy.hpp"
#include "../core/span.hpp"
#include "../core/traits.hpp"
#include "../random/fault_key.hpp"
#include "space.hpp"

#include <cstddef>
#include <cstdint>

namespace bitfault {

/// The indices of one element, outermost axis first: `coordinates{3, 0, 1, 2}`.
template <std::size_t N>
struct coordinates {
  std::int64_t index[N]; ///< negative ones are refused by `bind`
  template <detail::integral... I>
    requires(sizeof...(I) == N)
  BITFAULT_FN constexpr coordinates(I... i) noexcept : index{static_cast<std::int64_t>(i)...} {}
};
template <class... I>
coordinates(I...) -> coordinates<sizeof...(I)>;

namespace detail {

/// Given elements, in the order they were given.
template <class List>
struct bound_list {
  static constexpr bool chooses_elements = true;
  static constexpr bool gives_elements = true;
  static constexpr bool numbered = true;
  static constexpr bool distinct = false;

  List list{};
  index_t count = 0;
  bool ascending = false; ///< no entry is below the one before it

  BITFAULT_FN constexpr index_t units() const noexcept { return count; }

  /// The element of event i, known without a draw.
  BITFAULT_FN constexpr index_t element(index_t i) const noexcept { return list[i]; }

  struct draw {
    const bound_list* self;
    template <unsigned Batch, class Sink>
    BITFAULT_FN constexpr void visit(index_t first, index_t last, Sink&& sink) const noexcept {
      for (; first < last; ++first) {
        const index_t site = self->list[first];
        sink(&site, 1u, first);
      }
    }
    /// The first entry from `event` on that names the site, if it comes before `end`. O(log n) in
    /// an ascending list, else O(n).
    BITFAULT_FN constexpr bool find_next(index_t site, std::uint64_t& event,
                                         std::uint64_t end) const noexcept {
      auto low = static_cast<index_t>(event);
      const auto last = static_cast<index_t>(end);
      if (self->ascending) {
        for (index_t high = last; low < high;) {
          const index_t middle = low + (high - low) / 2;
          if (self->list[middle] < site)
            low = middle + 1;
          else
            high = middle;
        }
      } else {
        while (low < last && self->list[low] != site)
          ++low;
      }
      event = low;
      return low < last && self->list[low] == site;
    }
  };
  BITFAULT_FN constexpr draw start(const random_stream& /*stream*/) const noexcept {
    return {this};
  }
};

template <class List>
BITFAULT_FN constexpr bool is_ascending(const List& list, index_t count) noexcept {
  for (index_t i = 1; i < count; ++i)
    if (list[i] < list[i - 1])
      return false;
  return true;
}

template <std::size_t N>
struct index_list {
  index_t values[N]{};
  BITFAULT_FN constexpr index_t operator[](index_t i) const noexcept { return values[i]; }
};

template <std::size_t Capacity, std::size_t N>
BITFAULT_FN constexpr std::uint64_t
element_number(const extents<Capacity>& e, const coordinates<N>& c, status& state) noexcept {
  if (N != e.rank) {
    if (state.ok())
      state = {refusal::wrong_number_of_coordinates, 0, N, e.rank, "at"};
    return 0;
  }
  index_t flat = 0;
  for (std::size_t axis = 0; axis < N; ++axis) {
    const auto index = static_cast<std::uint64_t>(c.index[axis]);
    if (index >= e[axis] && state.ok())
      state = {refusal::coordinate_outside, static_cast<std::uint32_t>(axis), index, e[axis], "at"};
    flat = flat * e[axis] + static_cast<index_t>(index);
  }
  return flat;
}

template <std::size_t Capacity, detail::integral I>
BITFAULT_FN constexpr std::uint64_t element_number(const extents<Capacity>&, I i,
                                                   status&) noexcept {
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(i));
}

template <class Region>
BITFAULT_FN constexpr void check_listed(const Region& region, std::uint64_t element, index_t total,
                                        index_t place, status& state) noexcept {
  if (!state.ok())
    return;
  const auto entry = static_cast<std::uint32_t>(place);
  if (element >= total)
    state = {refusal::element_outside, entry, element, total, "at"};
  else if (!region.contains(static_cast<index_t>(element)))
    state = {refusal::element_not_in_region, entry, element, region.size(), "at"};
}

} // namespace detail

/// Given elements: coordinates or row-major numbers, `at{coordinates{3, 0, 1, 2}}`, `at{17, 99}`.
/// They are events in this order. An element that is given twice is hit twice, in the same bits:
/// the mask that an element gets depends on key and element, not on the event. So `at{17, 17}` with
/// `bit_flip` and any one bit changes nothing. A value fault acts once in an element; to see
/// whether an entry is a repeat takes O(log n) in an ascending list and O(n) in another.
template <class Item, std::size_t N>
struct at {
  static_assert(N > 0, "bitfault: at: no element given; name at least one, as in at{17}");
  static constexpr kind policy_kind = kind::selector;
  static constexpr bool needs_single_bits = false;
  Item item[N > 0 ? N : 1];

  template <class... I>
    requires(sizeof...(I) == N && (detail::convertible_to<I, Item> && ...))
  BITFAULT_FN constexpr at(I... i) noexcept : item{static_cast<Item>(i)...} {}

  template <std::size_t Capacity, class Region>
  BITFAULT_FN constexpr auto bind(const detail::site_space&, const extents<Capacity>& e,
                                  const Region& region, status& state) const noexcept {
    detail::bound_list<detail::index_list<N>> bound;
    bound.count = N;
    for (std::size_t i = 0; i < N; ++i) {
      const std::uint64_t element = detail::element_number(e, item[i], state);
      detail::check_listed(region, element, e.size(), i, state);
      bound.list.values[i] = static_cast<index_t>(element);
    }
    bound.ascending = detail::is_ascending(bound.list, N);
    return bound;
  }
};

/// Row-major numbers in memory of the caller: `at{list}` for a std::vector, std::span or array of
/// index_t. It refers to the list and does not own it.
template <>
struct at<span<const index_t>, 1> {
  static constexpr kind policy_kind = kind::selector;
  static constexpr bool needs_single_bits = false;
  span<const index_t> list;

  BITFAULT_FN constexpr at(span<const index_t> numbers) noexcept : list(numbers) {}

  template <std::size_t Capacity, class Region>
  BITFAULT_FN constexpr auto bind(const detail::site_space&, const extents<Capacity>& e,
                                  const Region& region, status& state) const noexcept {
    for (index_t i = 0; i < list.size(); ++i)
      detail::check_listed(region, detail::as_given(list[i]), e.size(), i, state);
    return detail::bound_list<span<const index_t>>{list, list.size(),
                                                   detail::is_ascending(list, list.size())};
  }
};

namespace detail {

struct no_elements {};
template <class X>
inline constexpr bool is_coordinates = false;
template <std::size_t N>
inline constexpr bool is_coordinates<coordinates<N>> = true;

} // namespace detail

/// Anything else: one sentence says what is right.
template <std::size_t N>
struct at<detail::no_elements, N> : at<std::int64_t, 1> {
  template <class... Wrong>
  constexpr at(const Wrong&...) noexcept : at<std::int64_t, 1>(0) {
    static_assert(detail::always_false<Wrong...>,
                  "bitfault: at: elements are whole numbers, coordinates of one rank, or a vector, "
                  "array or span of index_t (std::size_t) that has a name");
  }
};

template <class... X>
  requires(!(detail::integral<detail::remove_cvref_t<X>> && ...) &&
           !(detail::is_coordinates<detail::remove_cvref_t<X>> && ...) &&
           !(sizeof...(X) == 1 && (detail::convertible_to<X, span<const index_t>> && ...)))
at(X&&...)
->at<detail::no_elements, sizeof...(X)>;
template <detail::integral... I>
at(I...) -> at<std::int64_t, sizeof...(I)>;
template <std::size_t N, detail::same_as<coordinates<N>>... C>
at(coordinates<N>, C...) -> at<coordinates<N>, 1 + sizeof...(C)>;
at(span<const index_t>)->at<span<const index_t>, 1>;

} // namespace bitfault
