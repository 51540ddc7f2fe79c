// SPDX-License-Identifier: MIT
#pragma once

#include "../core/element.hpp"
#include "../core/extents.hpp"
#include "../core/policy.hpp"
#include "../core/traits.hpp"

#include <cstddef>

namespace bitfault {

/// What the library asks of a tensor: its logical extents, and where in memory the element with a
/// given row-major number lies. `contiguous` promises that element i is data()[i].
template <class V>
concept tensor_view = requires(const V& v, index_t flat) {
  typename V::element_type;
  { V::contiguous } -> detail::convertible_to<bool>;
  v.extents().size();
  { v.address(flat) } -> detail::same_as<typename V::element_type*>;
};

/// The one customization point: specialise it to teach the library a tensor type. It needs
///   static constexpr bool borrows;                  // may a temporary of this type be viewed?
///   static constexpr auto make(X& x);               // returns a tensor_view
/// where X may be const. Errors of `make` are thrown by hosted integrations.
template <class X>
struct view_of;

namespace detail {

/// What a wrong view is after the sentence that says so: it takes every verb, so that the sentence
/// stays the only error.
struct no_view_at_all {
  using element_type = unsigned char;
  static constexpr bool contiguous = true;
  BITFAULT_FN constexpr bitfault::extents<1> extents() const noexcept { return {index_t{0}}; }
  BITFAULT_FN constexpr unsigned char* data() const noexcept { return nullptr; }
  BITFAULT_FN constexpr unsigned char* address(index_t) const noexcept { return nullptr; }
};

} // namespace detail

/// A tensor_view over x: its memory, its extents, no copy. Integrations add Eigen, xtensor, DLPack
/// and others. Requires that x outlives the view.
template <class X>
BITFAULT_FN constexpr auto view(X&& x) {
  using plain = detail::remove_cvref_t<X>;
  if constexpr (tensor_view<plain>) {
    return plain(x);
  } else if constexpr (requires { view_of<plain>::borrows; }) {
    static_assert(detail::is_lvalue_reference_v<X> || view_of<plain>::borrows,
                  "bitfault::view: the argument is a temporary that owns its data; the view would "
                  "outlive it");
    return view_of<plain>::make(x);
  } else {
    static_assert(detail::always_false<plain>,
                  "bitfault::view: this type is not known; include its integration "
                  "(bitfault/integrations/...), pass pointer and extents, or specialise "
                  "bitfault::view_of");
    return detail::no_view_at_all{};
  }
}

namespace detail {

template <class X>
inline constexpr bool is_view = tensor_view<detail::remove_cvref_t<X>>;
/// A view as it is, or the view over something else.
template <class X>
BITFAULT_FN BITFAULT_INLINE constexpr decltype(auto) as_view(X&& x) noexcept(is_view<X>) {
  if constexpr (is_view<X>)
    return static_cast<const detail::remove_cvref_t<X>&>(x);
  else
    return bitfault::view(static_cast<X&&>(x));
}

} // namespace detail

} // namespace bitfault
