// SPDX-License-Identifier: MIT
#pragma once

#include "../core/extents.hpp"
#include "../core/policy.hpp"
#include "../core/status.hpp"
#include "../core/traits.hpp"
#include "cell.hpp"

#include <cstddef>
#include <cstdint>

/// How one event spreads over neighbouring elements. A pattern is bound to extents; for an event
/// anchored at an element it gives cells:
///   cells()              the most cells of one event
///   cell_at(anchor, i, c)  cell number i; false where the border of the tensor clips it
///   anchor_of(e, i, a)   as i runs over the cells, each anchor whose event covers element e, once;
///                        false where there is none for this i
///   is_partition()       events either cover the same cells or none in common
/// and, unless it is a partition always,
///   covers(a, e)         whether the event anchored at a covers element e
///   may_meet(a, b)       false only if events anchored at a and b have no cell in common
/// Anchors lie in the region, and the injector drops cells outside it.
namespace bitfault {

namespace detail {

struct bound_single {
  static constexpr bool is_single = true;
  static constexpr bool moves_bits = false;
  BITFAULT_FN constexpr bool is_partition() const noexcept { return true; }
  BITFAULT_FN constexpr index_t cells() const noexcept { return 1; }
  BITFAULT_FN constexpr bool cell_at(const cell& anchor, index_t /*i*/, cell& out) const noexcept {
    out = anchor;
    return true;
  }
  BITFAULT_FN constexpr bool anchor_of(index_t element, index_t /*i*/,
                                       index_t& anchor) const noexcept {
    anchor = element;
    return true;
  }
};

struct bound_burst {
  static constexpr bool is_single = false;
  static constexpr bool moves_bits = false;
  index_t length = 1;
  index_t elements = 0;
  BITFAULT_FN constexpr bool is_partition() const noexcept { return length == 1; }
  BITFAULT_FN constexpr index_t cells() const noexcept { return length; }
  BITFAULT_FN constexpr bool cell_at(const cell& anchor, index_t i, cell& out) const noexcept {
    out = {anchor.element + i, anchor.mask};
    return i < elements - anchor.element;
  }
  BITFAULT_FN constexpr bool anchor_of(index_t element, index_t i, index_t& anchor) const noexcept {
    anchor = element - i;
    return i <= element;
  }
  BITFAULT_FN constexpr bool covers(index_t anchor, index_t element) const noexcept {
    return element >= anchor && element - anchor < length;
  }
  BITFAULT_FN constexpr bool may_meet(index_t a, index_t b) const noexcept {
    return covers(a, b) || covers(b, a);
  }
};

/// A box of cells: on each axis either all indices (whole) or `length` ones from the anchor on.
template <std::size_t Capacity>
class bound_block {
public:
  static constexpr bool is_single = false;
  static constexpr bool moves_bits = false;

  constexpr bound_block() = default;
  BITFAULT_FN constexpr explicit bound_block(const extents<Capacity>& e) noexcept
      : tensor_(e), lengths_(e) {
    for (std::size_t axis = 0; axis < e.rank; ++axis)
      lengths_.sizes[axis] = 1;
    finish();
  }
  BITFAULT_FN constexpr void whole_axis(std::size_t axis) noexcept {
    lengths_.sizes[axis] = tensor_.size_of(axis);
    whole_[axis] = true;
    finish();
  }
  BITFAULT_FN constexpr void length_on(std::size_t axis, index_t length) noexcept {
    lengths_.sizes[axis] = length;
    finish();
  }

  BITFAULT_FN constexpr index_t cells() const noexcept { return cells_; }
  BITFAULT_FN constexpr bool is_partition() const noexcept {
    for (std::size_t axis = 0; axis < lengths_.rank; ++axis)
      if (!whole_[axis] && lengths_[axis] != 1)
        return false;
    return true;
  }

  BITFAULT_FN constexpr bool cell_at(const cell& anchor, index_t i, cell& out) const noexcept {
    const auto offset = order_.coordinates(i);
    auto at = tensor_.coordinates(anchor.element);
    for (std::size_t axis = 0; axis < lengths_.rank; ++axis) {
      at[axis] = whole_[axis] ? offset[axis] : at[axis] + offset[axis];
      if (at[axis] >= tensor_.size_of(axis))
        return false;
    }
    out = {tensor_.flat(at), anchor.mask};
    return true;
  }

  /// Anchors on a whole axis may lie anywhere along it, so they are numbered like the cells.
  BITFAULT_FN constexpr bool anchor_of(index_t element, index_t i, index_t& anchor) const noexcept {
    const auto offset = order_.coordinates(i);
    auto at = tensor_.coordinates(element);
    for (std::size_t axis = 0; axis < lengths_.rank; ++axis) {
      if (whole_[axis])
        at[axis] = offset[axis];
      else if (offset[axis] > at[axis])
        return false;
      else
        at[axis] -= offset[axis];
    }
    anchor = tensor_.flat(at);
    return true;
  }

  BITFAULT_FN constexpr bool covers(index_t anchor, index_t element) const noexcept {
    const auto a = tensor_.coordinates(anchor), e = tensor_.coordinates(element);
    for (std::size_t axis = 0; axis < lengths_.rank; ++axis)
      if (!whole_[axis] && (e[axis] < a[axis] || e[axis] - a[axis] >= lengths_[axis]))
        return false;
    return true;
  }
  BITFAULT_FN constexpr bool may_meet(index_t first, index_t second) const noexcept {
    const auto a = tensor_.coordinates(first), b = tensor_.coordinates(second);
    for (std::size_t axis = 0; axis < lengths_.rank; ++axis)
      if (!whole_[axis] &&
          (a[axis] < b[axis] ? b[axis] - a[axis] : a[axis] - b[axis]) >= lengths_[axis])
        return false;
    return true;
  }

private:
  BITFAULT_FN constexpr void finish() noexcept {
    cells_ = lengths_.size();
    order_ = row_major<Capacity>(lengths_);
  }
  row_major<Capacity> tensor_{};
  row_major<Capacity> order_{};
  extents<Capacity> lengths_{};
  per_axis<bool, Capacity> whole_{};
  index_t cells_ = 1;
};

/// A size below 1; `place` names the member and says so.
BITFAULT_FN constexpr status size_refused(const char* place, std::size_t member = 0,
                                          std::int64_t size = 0) noexcept {
  return {refusal::bad_parameter, static_cast<std::uint32_t>(member),
          bit_cast<std::uint64_t>(static_cast<double>(size)), 1, place};
}

/// The anchor's whole line along an axis, which is called `named` where the tensor has none.
template <std::size_t Capacity>
BITFAULT_FN constexpr bound_block<Capacity> bound_line(const char* place,
                                                       const extents<Capacity>& e, std::size_t axis,
                                                       std::size_t named, status& state) noexcept {
  bound_block<Capacity> block(e);
  if (axis < e.rank)
    block.whole_axis(axis);
  else if (state.ok())
    state = axis_refused(place, named, e.rank);
  return block;
}

} // namespace detail

/// An event hits its own element only. The default.
struct single {
  static constexpr kind policy_kind = kind::pattern;
  template <std::size_t Capacity>
  BITFAULT_FN constexpr auto bind(const extents<Capacity>&, unsigned, status&) const noexcept {
    return detail::bound_single{};
  }
};

/// `length` consecutive elements in row-major order from the anchor on, clipped at the end of the
/// tensor: a damaged cache line or bus transfer.
struct burst {
  static constexpr kind policy_kind = kind::pattern;
  std::int64_t length; ///< less than 1 is refused by `bind`

  template <detail::integral I>
  BITFAULT_FN constexpr explicit burst(I n) noexcept : length(detail::as_signed(n)) {}

  template <std::size_t Capacity>
  BITFAULT_FN constexpr auto bind(const extents<Capacity>& e, unsigned,
                                  status& state) const noexcept {
    if (length < 1 && state.ok())
      state = detail::size_refused("burst: length (at least 1)", 0, length);
    const auto wanted = static_cast<std::uint64_t>(length);
    return detail::bound_burst{wanted < e.size() ? static_cast<index_t>(wanted) : e.size(),
                               e.size()};
  }
};

/// The anchor's whole line along one axis. `line{0}` repeats a fault over the batch.
struct line {
  static constexpr kind policy_kind = kind::pattern;
  std::size_t axis;
  template <std::size_t Capacity>
  BITFAULT_FN constexpr auto bind(const extents<Capacity>& e, unsigned,
                                  status& state) const noexcept {
    return detail::bound_line("line", e, axis, axis, state);
  }
};

/// The anchor's row: all elements along the last axis.
struct row {
  static constexpr kind policy_kind = kind::pattern;
  template <std::size_t Capacity>
  BITFAULT_FN constexpr auto bind(const extents<Capacity>& e, unsigned,
                                  status& state) const noexcept {
    return detail::bound_line("row", e, e.rank - 1, 0, state);
  }
};

/// The anchor's column: all elements along the last axis but one.
struct column {
  static constexpr kind policy_kind = kind::pattern;
  template <std::size_t Capacity>
  BITFAULT_FN constexpr auto bind(const extents<Capacity>& e, unsigned,
                                  status& state) const noexcept {
    return detail::bound_line("column", e, e.rank - 2, 1, state);
  }
};

/// The anchor's channel: every element that shares its indices up to and including `axis`. With
/// axis 1 that is one channel of one batch entry of (batch, channel, height, width).
struct whole_channel {
  static constexpr kind policy_kind = kind::pattern;
  std::size_t axis = 1;
  template <std::size_t Capacity>
  BITFAULT_FN constexpr auto bind(const extents<Capacity>& e, unsigned,
                                  status& state) const noexcept {
    detail::bound_block<Capacity> block(e);
    if (axis >= e.rank && state.ok())
      state = detail::axis_refused("whole_channel", axis, e.rank);
    for (std::size_t inner = axis + 1; inner < e.rank; ++inner)
      block.whole_axis(inner);
    return block;
  }
};

/// A box of elements on the last axes with the anchor in its first corner, clipped at the border:
/// `tile{2, 4}` is 2 rows of 4.
template <std::size_t N>
struct tile {
  static_assert(N > 0, "bitfault: tile: no length given; name at least one, as in tile{2, 4}");
  static constexpr kind policy_kind = kind::pattern;
  std::int64_t length[N > 0 ? N : 1]; ///< less than 1 is refused by `bind`

  template <detail::integral... I>
    requires(sizeof...(I) == N)
  BITFAULT_FN constexpr tile(I... l) noexcept : length{static_cast<std::int64_t>(l)...} {}

  template <std::size_t Capacity>
  BITFAULT_FN constexpr auto bind(const extents<Capacity>& e, unsigned,
                                  status& state) const noexcept {
    detail::bound_block<Capacity> block(e);
    if (N > e.rank) {
      if (state.ok())
        state = {refusal::wrong_number_of_coordinates, 0, N, e.rank, "tile"};
      return block;
    }
    for (std::size_t i = 0; i < N; ++i) {
      const std::size_t axis = e.rank - N + i;
      if (length[i] < 1 && state.ok())
        state = detail::size_refused("tile: length (at least 1)", i, length[i]);
      const auto wanted = static_cast<std::uint64_t>(length[i]);
      block.length_on(axis, wanted > e[axis] ? e[axis] : static_cast<index_t>(wanted));
    }
    return block;
  }
};
template <class... I>
tile(I...) -> tile<sizeof...(I)>;

} // namespace bitfault
