// SPDX-License-Identifier: MIT
#pragma once

#include "../core/extents.hpp"
#include "../core/policy.hpp"
#include "../random/fault_key.hpp"
#include "space.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

namespace bitfault {

/// The indices of one element, outermost axis first: `coordinates{3, 0, 1, 2}`.
template <std::size_t N>
struct coordinates {
  index_t index[N];
  template <std::integral... I>
    requires(sizeof...(I) == N)
  BITFAULT_FN constexpr coordinates(I... i) noexcept
      : index{(i < 0 ? ~index_t{0} : static_cast<index_t>(i))...} {}
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

  BITFAULT_FN constexpr index_t units() const noexcept { return count; }

  struct draw {
    const bound_list* self;
    template <unsigned Batch, class Sink>
    BITFAULT_FN constexpr void visit(index_t first, index_t last, Sink&& sink) const noexcept {
      for (; first < last; ++first) {
        const index_t site = self->list[first];
        sink(&site, 1u, first);
      }
    }
    BITFAULT_FN constexpr bool find(index_t site, std::uint64_t& event) const noexcept {
      for (event = 0; event < self->count; ++event)
        if (self->list[static_cast<index_t>(event)] == site)
          return true;
      return false;
    }
  };
  BITFAULT_FN constexpr draw start(const random_stream& /*stream*/) const noexcept {
    return {this};
  }
};

template <std::size_t N>
struct index_list {
  index_t values[N]{};
  BITFAULT_FN constexpr index_t operator[](index_t i) const noexcept { return values[i]; }
};

template <std::size_t Capacity, std::size_t N>
BITFAULT_FN constexpr index_t element_number(const extents<Capacity>& e, const coordinates<N>& c,
                                             status& state) noexcept {
  if (N != e.rank) {
    if (state.ok())
      state = {refusal::too_many_coordinates, 0, N, e.rank, "at"};
    return 0;
  }
  index_t flat = 0;
  for (std::size_t axis = 0; axis < N; ++axis) {
    if (c.index[axis] >= e[axis] && state.ok())
      state = {refusal::coordinate_outside, static_cast<std::uint32_t>(axis), c.index[axis],
               e[axis], "at"};
    flat = flat * e[axis] + c.index[axis];
  }
  return flat;
}

template <std::size_t Capacity, std::integral I>
BITFAULT_FN constexpr index_t element_number(const extents<Capacity>&, I i, status&) noexcept {
  return i < 0 ? ~index_t{0} : static_cast<index_t>(i);
}

template <class Region>
BITFAULT_FN constexpr void check_listed(const Region& region, index_t element, index_t total,
                                        index_t place, status& state) noexcept {
  if (state.ok() && (element >= total || !region.contains(element)))
    state = {refusal::element_outside, static_cast<std::uint32_t>(place), element,
             element >= total ? total : region.size(), "at"};
}

} // namespace detail

/// Given elements: coordinates or row-major numbers, `at{coordinates{3, 0, 1, 2}}`, `at{17, 99}`.
/// They are events in this order. An element that is given twice is hit twice.
template <class Item, std::size_t N>
struct at {
  static constexpr kind policy_kind = kind::selector;
  static constexpr bool needs_single_bits = false;
  Item item[N];

  template <class... I>
    requires(sizeof...(I) == N && (std::convertible_to<I, Item> && ...))
  BITFAULT_FN constexpr at(I... i) noexcept : item{static_cast<Item>(i)...} {}

  template <std::size_t Capacity, class Region>
  BITFAULT_FN constexpr auto bind(const detail::site_space&, const extents<Capacity>& e,
                                  const Region& region, status& state) const noexcept {
    detail::bound_list<detail::index_list<N>> bound;
    bound.count = N;
    for (std::size_t i = 0; i < N; ++i) {
      bound.list.values[i] = detail::element_number(e, item[i], state);
      detail::check_listed(region, bound.list.values[i], e.size(), i, state);
    }
    return bound;
  }
};

/// Row-major numbers in memory of the caller: `at{std::span<const index_t>(list)}`.
template <>
struct at<std::span<const index_t>, 1> {
  static constexpr kind policy_kind = kind::selector;
  static constexpr bool needs_single_bits = false;
  std::span<const index_t> list;

  BITFAULT_FN constexpr at(std::span<const index_t> numbers) noexcept : list(numbers) {}

  template <std::size_t Capacity, class Region>
  BITFAULT_FN constexpr auto bind(const detail::site_space&, const extents<Capacity>& e,
                                  const Region& region, status& state) const noexcept {
    for (index_t i = 0; i < list.size(); ++i)
      detail::check_listed(region, list[i], e.size(), i, state);
    return detail::bound_list<std::span<const index_t>>{list, list.size()};
  }
};

template <std::integral... I>
at(I...) -> at<std::int64_t, sizeof...(I)>;
template <std::size_t N, std::same_as<coordinates<N>>... C>
at(coordinates<N>, C...) -> at<coordinates<N>, 1 + sizeof...(C)>;
at(std::span<const index_t>)->at<std::span<const index_t>, 1>;

} // namespace bitfault
