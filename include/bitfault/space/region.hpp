// SPDX-License-Identifier: MIT
#pragma once

#include "../core/extents.hpp"
#include "../core/policy.hpp"
#include "../core/status.hpp"
#include "../core/traits.hpp"

#include <cstddef>

/// Which elements may be hit. A region policy is bound to extents and then counts its elements:
///   size()            how many there are
///   element(rank)     the row-major number of element `rank` of the region, ascending
///   contains(e)       whether element e is one of them
///   count_below(e)    how many of them have a number below e; the rank of e if it is contained
namespace bitfault {

/// A range of indices along one axis, half-open, with a step: `range{2, 10}`, `range{0, 32, 4}`.
struct range {
  index_t begin = 0;
  index_t end = 0;
  index_t step = 1;

  constexpr range() = default;
  /// Negative numbers are refused by `bind`.
  template <detail::integral B, detail::integral E, detail::integral S = int>
  BITFAULT_FN constexpr range(B from, E to, S by = 1) noexcept
      : begin(static_cast<index_t>(from)), end(static_cast<index_t>(to)),
        step(static_cast<index_t>(by)) {}
};

/// Every index of an axis.
struct all_t {};
inline constexpr all_t all{};

namespace detail {

/// What is chosen on one axis: all of it, one index, or a range.
struct axis_choice {
  range indices{};
  bool everything = true;

  constexpr axis_choice() = default;
  BITFAULT_FN constexpr axis_choice(all_t) noexcept {}
  BITFAULT_FN constexpr axis_choice(range r) noexcept : indices(r), everything(false) {}
  template <detail::integral I>
  BITFAULT_FN constexpr axis_choice(I index) noexcept
      : indices{static_cast<index_t>(index), static_cast<index_t>(index) + 1, 1},
        everything(false) {}
};

struct bound_whole {
  static constexpr bool is_whole = true;
  static constexpr bool is_box = true;
  index_t elements = 0;
  BITFAULT_FN constexpr index_t size() const noexcept { return elements; }
  BITFAULT_FN constexpr index_t element(index_t rank) const noexcept { return rank; }
  BITFAULT_FN constexpr bool contains(index_t e) const noexcept { return e < elements; }
  BITFAULT_FN constexpr index_t count_below(index_t e) const noexcept { return e; }
};

template <std::size_t Capacity>
class bound_box {
public:
  static constexpr bool is_whole = false;
  static constexpr bool is_box = true;

  constexpr bound_box() = default;
  BITFAULT_FN constexpr bound_box(const extents<Capacity>& e) noexcept : tensor_(e) {
    for (std::size_t axis = 0; axis < e.rank; ++axis) {
      begin_[axis] = 0;
      step_[axis] = divider(1);
      counts_.sizes[axis] = e[axis];
    }
    counts_.rank = e.rank;
    finish();
  }

  /// Restricts one axis; requires a range inside the extents.
  BITFAULT_FN constexpr void narrow(std::size_t axis, const range& r) noexcept {
    begin_[axis] = r.begin;
    step_[axis] = divider(r.step);
    counts_.sizes[axis] = r.begin == r.end ? 0 : (r.end - r.begin - 1) / r.step + 1;
    finish();
  }

  BITFAULT_FN constexpr index_t size() const noexcept { return size_; }
  BITFAULT_FN constexpr index_t outermost_count() const noexcept {
    return counts_.rank == 0 ? 1 : counts_[0];
  }

  BITFAULT_FN constexpr index_t element(index_t rank) const noexcept {
    auto at = order_.coordinates(rank);
    for (std::size_t axis = 0; axis < counts_.rank; ++axis)
      at[axis] = begin_[axis] + at[axis] * step_[axis].divisor();
    return tensor_.flat(at);
  }

  BITFAULT_FN constexpr bool contains(index_t e) const noexcept {
    const auto at = tensor_.coordinates(e);
    for (std::size_t axis = 0; axis < counts_.rank; ++axis)
      if (!on_grid(axis, at[axis]))
        return false;
    return true;
  }

  BITFAULT_FN constexpr index_t count_below(index_t e) const noexcept {
    const auto at = tensor_.coordinates(e);
    index_t below = 0;
    bool same_prefix = true;
    for (std::size_t axis = 0; axis < counts_.rank; ++axis) {
      index_t here = 0;
      if (same_prefix && at[axis] > begin_[axis]) {
        here = step_[axis].quotient(at[axis] - begin_[axis] - 1) + 1;
        if (here > counts_[axis])
          here = counts_[axis];
      }
      below = below * counts_[axis] + here;
      same_prefix = same_prefix && on_grid(axis, at[axis]);
    }
    return below;
  }

private:
  BITFAULT_FN constexpr bool on_grid(std::size_t axis, index_t index) const noexcept {
    if (index < begin_[axis])
      return false;
    const index_t distance = index - begin_[axis];
    const index_t steps = step_[axis].quotient(distance);
    return steps * step_[axis].divisor() == distance && steps < counts_[axis];
  }
  BITFAULT_FN constexpr void finish() noexcept {
    size_ = counts_.size();
    order_ = row_major<Capacity>(counts_);
  }

  row_major<Capacity> tensor_{};
  row_major<Capacity> order_{};
  per_axis<index_t, Capacity> begin_{};
  per_axis<divider, Capacity> step_{};
  extents<Capacity> counts_{};
  index_t size_ = 0;
};

/// Checks a range on an axis and restricts the box by it.
template <std::size_t Capacity>
BITFAULT_FN constexpr void restrict_axis(bound_box<Capacity>& box, const extents<Capacity>& e,
                                         std::size_t axis, const range& r, const char* place,
                                         status& state) noexcept {
  if (!state.ok())
    return;
  if (axis >= e.rank)
    state = axis_refused(place, axis, e.rank);
  else if (r.end == static_cast<index_t>(r.begin + 1) && r.begin >= e[axis])
    // One index; a negative one has wrapped, and its range only looks reversed.
    state = {refusal::coordinate_outside, static_cast<std::uint32_t>(axis), as_given(r.begin),
             e[axis], place};
  else if (static_cast<std::ptrdiff_t>(r.step) < 1 || r.begin > r.end ||
           static_cast<std::ptrdiff_t>(r.begin) > static_cast<std::ptrdiff_t>(r.end))
    state = {refusal::range_reversed, static_cast<std::uint32_t>(axis), as_given(r.begin),
             as_given(r.end), place};
  else if (r.end > e[axis])
    state = {refusal::coordinate_outside, static_cast<std::uint32_t>(axis), as_given(r.end - 1),
             e[axis], place};
  else
    box.narrow(axis, r);
}

} // namespace detail

/// Every element. The default.
struct whole_tensor {
  static constexpr kind policy_kind = kind::region;
  template <std::size_t Capacity>
  BITFAULT_FN constexpr auto bind(const extents<Capacity>& e, status& /*state*/) const noexcept {
    return detail::bound_whole{e.size()};
  }
};

/// A box: for each axis from the outermost `all`, an index, or a range; axes left out count as
/// `all`. `region{all, 3}` is channel 3 of every batch entry.
template <std::size_t N>
struct region {
  static constexpr kind policy_kind = kind::region;
  detail::axis_choice axis[N];

  template <class... A>
    requires(sizeof...(A) == N && (detail::convertible_to<A, detail::axis_choice> && ...))
  BITFAULT_FN constexpr region(A... choice) noexcept : axis{detail::axis_choice(choice)...} {}

  template <std::size_t Capacity>
  BITFAULT_FN constexpr auto bind(const extents<Capacity>& e, status& state) const noexcept {
    detail::bound_box<Capacity> box(e);
    if (N > e.rank && state.ok())
      state = {refusal::wrong_number_of_coordinates, 0, N, e.rank, "region"};
    for (std::size_t i = 0; i < N; ++i)
      if (!axis[i].everything)
        detail::restrict_axis(box, e, i, axis[i].indices, "region", state);
    return box;
  }
};
template <class... A>
region(A...) -> region<sizeof...(A)>;

/// Some indices of one axis, counted from the outermost; all of the other axes.
struct axis_region {
  static constexpr kind policy_kind = kind::region;
  std::size_t axis;
  range indices;
  const char* name = "axis_region";

  template <std::size_t Capacity>
  BITFAULT_FN constexpr auto bind(const extents<Capacity>& e, status& state) const noexcept {
    detail::bound_box<Capacity> box(e);
    detail::restrict_axis(box, e, axis, indices, name, state);
    return box;
  }
};

/// One channel: axis 1 of (batch, channel, height, width), or another axis.
BITFAULT_FN constexpr axis_region channel(index_t index, std::size_t axis = 1) noexcept {
  return {axis, {index, index + 1, 1}, "channel"};
}
/// One batch entry: axis 0, or another axis.
BITFAULT_FN constexpr axis_region batch_entry(index_t index, std::size_t axis = 0) noexcept {
  return {axis, {index, index + 1, 1}, "batch_entry"};
}
/// One time step of a recorded or unrolled tensor: axis 0, or another axis.
BITFAULT_FN constexpr axis_region time_step(index_t index, std::size_t axis = 0) noexcept {
  return {axis, {index, index + 1, 1}, "time_step"};
}
/// A range of indices on one axis: `slice(1, {0, 64, 2})`.
BITFAULT_FN constexpr axis_region slice(std::size_t axis, range indices) noexcept {
  return {axis, indices, "slice"};
}

} // namespace bitfault
