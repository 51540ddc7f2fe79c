// SPDX-License-Identifier: MIT
#pragma once

#include "../core/error.hpp"
#include "../core/span.hpp"
#include "../core/traits.hpp"
#include "view.hpp"

#include <cstddef>

namespace bitfault {

/// Contiguous row-major memory with logical extents. Does not own. T may be const: such a view can
/// be read (`draw`, masks) but not injected into.
template <class T, std::size_t Rank = 1>
class flat_view {
public:
  using element_type = T;
  static constexpr bool contiguous = true;

  BITFAULT_FN constexpr flat_view(T* data, const extents<Rank>& e) noexcept
      : data_(data), extents_(e) {}

  BITFAULT_FN constexpr const bitfault::extents<Rank>& extents() const noexcept { return extents_; }
  BITFAULT_FN constexpr T* data() const noexcept { return data_; }
  BITFAULT_FN BITFAULT_INLINE constexpr T* address(index_t flat) const noexcept {
    return data_ + flat;
  }

private:
  T* data_;
  bitfault::extents<Rank> extents_;
};

/// `view(pointer, size)`: a vector in memory.
template <class T>
  requires(element<detail::remove_const_t<T>>)
BITFAULT_FN constexpr flat_view<T, 1> view(T* data, index_t size) noexcept {
  return {data, extents<1>(size)};
}

/// `view(pointer, extents{64, 3, 32, 32})`: a dense row-major tensor in memory.
template <class T, std::size_t Rank>
  requires(element<detail::remove_const_t<T>>)
BITFAULT_FN constexpr flat_view<T, Rank> view(T* data, const extents<Rank>& e) noexcept {
  return {data, e};
}

namespace detail {

/// The names that matrix and tensor classes have and sequences have not.
// clang-format off
template <class X>
concept has_several_axes = requires(X& x) { x.rows(); } ||
                           requires(X& x) { x.strides(); } ||
                           requires(X& x) { x.shape(); } ||
                           requires(X& x) { x.dimensions(); } ||
                           requires(X& x) { x.sizes(); } ||
                           requires(X& x) { x.extents(); } ||
                           requires(X& x) { x.extent(0); } ||
                           requires(X& x) { x.rank(); };
// clang-format on

/// std::vector, std::array, std::span and their like: one axis, contiguous. Matrix classes have
/// data() and size() too, but their memory order is their own, so they need an integration.
template <class X>
concept contiguous_sequence = requires(X& x) {
  requires !has_several_axes<X>;
  requires detail::is_pointer_v<decltype(x.data())>;
  { x.size() } -> detail::convertible_to<std::size_t>;
  x[0];
};

/// A sequence that does not own: a temporary of it can be viewed.
template <class X>
concept borrowing_sequence = contiguous_sequence<X> && borrowing<X>;

} // namespace detail

template <detail::contiguous_sequence X>
struct view_of<X> {
  static constexpr bool borrows = detail::borrowing_sequence<X>;
  BITFAULT_CALLS_GIVEN
  template <class Y>
  BITFAULT_FN static constexpr auto make(Y& x) noexcept {
    using value = detail::remove_cv_t<detail::remove_pointer_t<decltype(x.data())>>;
    static_assert(element<value>, "bitfault::view: the sequence's value type is not known as an "
                                  "element; specialise bitfault::element_traits for it");
    if constexpr (element<value>)
      return bitfault::view(x.data(), static_cast<index_t>(x.size()));
    else
      return detail::no_view_at_all{};
  }
};

#if BITFAULT_EXCEPTIONS
/// `view(vector, extents{64, 3, 32, 32})`: a dense row-major tensor in a sequence. Throws `error`
/// unless the sequence has as many elements as the extents. Requires that the sequence outlives the
/// view. Hosted.
template <class X, std::size_t Rank>
  requires(detail::contiguous_sequence<detail::remove_reference_t<X>>)
constexpr auto view(X&& x, const extents<Rank>& e) {
  static_assert(detail::is_lvalue_reference_v<X> ||
                    detail::borrowing_sequence<detail::remove_cvref_t<X>>,
                "bitfault::view: the argument is a temporary that owns its data; the view would "
                "outlive it");
  if (const auto size = static_cast<index_t>(x.size()); !e.size_fits() || size != e.size())
    status{refusal::sizes_differ, 0, size, e.size(), "view"}.or_throw();
  return bitfault::view(x.data(), e);
}
#endif

template <element T, std::size_t N>
struct view_of<T[N]> {
  static constexpr bool borrows = false;
  template <class Y>
  BITFAULT_FN static constexpr auto make(Y& x) noexcept {
    return bitfault::view(&x[0], index_t{N});
  }
};

} // namespace bitfault
