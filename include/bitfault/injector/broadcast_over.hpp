// SPDX-License-Identifier: MIT
#pragma once

#include "../core/extents.hpp"
#include "../core/policy.hpp"
#include "../core/serial.hpp"
#include "../core/status.hpp"
#include "../core/traits.hpp"
#include "../random/fault_key.hpp"
#include "../views/view.hpp"
#include "composition.hpp"

#include <cstddef>
#include <cstdint>

namespace bitfault {

/// Some axes of a tensor, counted from the outermost.
template <std::size_t N>
struct axes {
  static_assert(N > 0, "bitfault: axes: no axis given; name at least one, as in axes{0, 1}");
  /// One that does not exist is refused where faults are injected.
  std::int64_t axis[N > 0 ? N : 1];

  template <detail::integral... I>
    requires(sizeof...(I) == N)
  BITFAULT_FN constexpr axes(I... a) noexcept : axis{static_cast<std::int64_t>(a)...} {}
};
template <class... I>
axes(I...) -> axes<sizeof...(I)>;

namespace detail {

/// The elements of a tensor that have given indices on some axes: a tensor of the other axes.
template <class View, std::size_t Capacity>
class slice_view {
public:
  using element_type = typename View::element_type;
  static constexpr bool contiguous = false;

  BITFAULT_FN constexpr slice_view(const View& whole, const extents<Capacity>& e,
                                   const per_axis<index_t, Capacity>& distances) noexcept
      : whole_(whole), extents_(e), order_(e), distances_(distances) {}

  BITFAULT_FN constexpr const bitfault::extents<Capacity>& extents() const noexcept {
    return extents_;
  }
  BITFAULT_FN constexpr element_type* address(index_t flat) const noexcept {
    const auto at = order_.coordinates(flat);
    index_t element = first_;
    for (std::size_t axis = 0; axis < extents_.rank; ++axis)
      element += at[axis] * distances_[axis];
    return whole_.address(element);
  }
  /// Where in the whole tensor the first element of the slice lies.
  BITFAULT_FN constexpr void start_at(index_t element) noexcept { first_ = element; }

private:
  View whole_;
  bitfault::extents<Capacity> extents_;
  row_major<Capacity> order_;
  per_axis<index_t, Capacity> distances_;
  index_t first_ = 0;
};

template <class Injector>
consteval bool records_faults() {
  if constexpr (requires { typename composition<Injector>::observer; })
    return composition<Injector>::observer::records;
  else
    return false;
}

} // namespace detail

/// An injector whose faults repeat along some axes. Made by `broadcast_over`.
template <std::size_t N, class Injector>
class broadcast_injector {
public:
  BITFAULT_FN constexpr broadcast_injector(const axes<N>& over, const Injector& inner) noexcept
      : over_(over), inner_(inner) {}

  /// Injects the faults of `key` into each slice. O(slices * faults). A call that is refused
  /// changes nothing.
  template <class X>
  BITFAULT_FN constexpr status apply(X&& x, const fault_key& key) const
      noexcept(detail::is_view<X>) {
    return apply(serial{}, static_cast<X&&>(x), key);
  }
  template <class Executor, class X>
  BITFAULT_FN constexpr status apply(const Executor& executor, X&& x, const fault_key& key) const
      noexcept(detail::is_view<X>) {
    if constexpr (on_the_host<Executor>())
      return for_each_slice(detail::as_view(static_cast<X&&>(x)),
                            [&](const auto& slice) { return inner_.apply(executor, slice, key); });
    else
      return {};
  }

  /// The same for lasting faults; see `injector::reapply`.
  template <class X>
  BITFAULT_FN constexpr status reapply(X&& x, const fault_key& key) const
      noexcept(detail::is_view<X>) {
    return reapply(serial{}, static_cast<X&&>(x), key);
  }
  template <class Executor, class X>
  BITFAULT_FN constexpr status reapply(const Executor& executor, X&& x, const fault_key& key) const
      noexcept(detail::is_view<X>) {
    if constexpr (on_the_host<Executor>())
      return for_each_slice(detail::as_view(static_cast<X&&>(x)), [&](const auto& slice) {
        return inner_.reapply(executor, slice, key);
      });
    else
      return {};
  }

  template <class... Unused>
  constexpr void scoped(Unused&&...) const {
    static_assert(detail::always_false<Unused...>,
                  "bitfault: broadcast_over: it has no scope; it is for activations and state, "
                  "which inference rewrites: use apply");
  }

private:
  template <class Executor>
  static consteval bool on_the_host() {
    constexpr bool on_device = requires { Executor::on_device; };
    static_assert(!on_device,
                  "bitfault: broadcast_over: it does not inject on devices; inject into "
                  "each slice, a strided_device_view, with the same key");
    return !on_device;
  }

  template <class View, class Inject>
  BITFAULT_FN constexpr status for_each_slice(const View& view, Inject inject) const noexcept {
    if constexpr (requires { View::on_device; })
      return inject(view); // the sentence that says so
    else
      return for_each_slice_of(view, view.extents(), inject);
  }

  template <class View, std::size_t Capacity, class Inject>
  BITFAULT_FN constexpr status for_each_slice_of(const View& view, const extents<Capacity>& e,
                                                 Inject& inject) const noexcept {
    if (const status s = detail::check_sizes(e); !s.ok())
      return s;
    per_axis<bool, Capacity> repeated;
    for (const std::int64_t axis : over_.axis) {
      if (axis < 0 || static_cast<std::uint64_t>(axis) >= e.rank)
        return {refusal::axis_outside, 0, static_cast<std::uint64_t>(axis), e.rank,
                "broadcast_over"};
      if (repeated[static_cast<std::size_t>(axis)])
        return {refusal::bad_parameter, 0,
                detail::bit_cast<std::uint64_t>(static_cast<double>(axis)), 0,
                "broadcast_over: axis given twice"};
      repeated[static_cast<std::size_t>(axis)] = true;
    }

    // The other axes make up a slice, the repeated ones number the slices.
    extents<Capacity> inside, outside;
    per_axis<index_t, Capacity> inside_distance, outside_distance;
    index_t distance = e.size();
    for (std::size_t axis = 0; axis < e.rank; ++axis) {
      distance = e[axis] == 0 ? 0 : distance / e[axis];
      extents<Capacity>& part = repeated[axis] ? outside : inside;
      (repeated[axis] ? outside_distance : inside_distance)[part.rank] = distance;
      part.sizes[part.rank++] = e[axis];
    }

    detail::slice_view<View, Capacity> slice(view, inside, inside_distance);
    const row_major<Capacity> order(outside);
    const index_t slices = outside.size();
    for (index_t i = 0; i < slices; ++i) {
      const auto at = order.coordinates(i);
      index_t first = 0;
      for (std::size_t axis = 0; axis < outside.rank; ++axis)
        first += at[axis] * outside_distance[axis];
      slice.start_at(first);
      // The first slice is refused or none: they have the same extents.
      if (const status s = inject(slice); !s.ok())
        return s;
    }
    return {};
  }

  axes<N> over_;
  BITFAULT_NO_UNIQUE_ADDRESS Injector inner_;
};

/// One set of positions for all indices of some axes: the injector sees the tensor without these
/// axes, and what it does there happens at each index of them, with the same bits and the same
/// random values. `broadcast_over(axes{0, 1}, injector)` hits a position in every channel of every
/// batch entry of (batch, channel, height, width), as enpheeph's spiking faults do; and with
/// `axes{0}` a neuron is faulty whatever the batch entry. Without it, each element is a site of its
/// own. The injector may be one of `during`. Host, device, freestanding.
template <std::size_t N, class Injector>
BITFAULT_FN constexpr broadcast_injector<N, Injector>
broadcast_over(const axes<N>& over, const Injector& injector) noexcept {
  static_assert(!detail::records_faults<Injector>(),
                "bitfault: broadcast_over: an observer keeps the faults of one slice only; log "
                "without it, and repeat the log's faults in each slice");
  return {over, injector};
}

} // namespace bitfault
