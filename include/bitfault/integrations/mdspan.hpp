// SPDX-License-Identifier: MIT
#pragma once

#include "../core/element.hpp"
#include "../core/error.hpp"
#include "../views/flat.hpp"
#include "../views/strided.hpp"

#if __has_include(<mdspan>)
#include <mdspan>
#endif

#include <concepts>
#include <cstddef>
#include <type_traits>

/// `bitfault::view(x)` for std::mdspan and for classes with its members, such as the reference
/// implementation of Kokkos for compilers that have no <mdspan> yet. Any layout that is always
/// strided; elements must be reached through a plain pointer, as with std::default_accessor.
/// Hosted.
namespace bitfault {

namespace detail {

template <class X>
concept mdspan_like = requires(const X& x) {
  typename X::element_type;
  typename X::layout_type;
  typename X::mapping_type;
  typename X::accessor_type;
  { X::rank() } -> std::convertible_to<std::size_t>;
  x.data_handle();
  x.extents();
  { X::is_always_strided() } -> std::convertible_to<bool>;
};

template <class Layout>
inline constexpr bool mdspan_row_major = false;
#if defined(__cpp_lib_mdspan)
template <>
inline constexpr bool mdspan_row_major<std::layout_right> = true;
#endif

} // namespace detail

template <detail::mdspan_like X>
struct view_of<X> {
  static constexpr bool borrows = true;
  static constexpr bool strided = X::is_always_strided();
  static constexpr bool plain_elements =
      std::is_same_v<typename X::data_handle_type, typename X::element_type*> &&
      std::is_same_v<typename X::reference, typename X::element_type&>;

  /// Throws `error` (unsupported_layout) if the mapping may repeat elements and does.
  template <class Y>
  static constexpr auto make(Y& x) {
    static_assert(strided, "bitfault::view: the layout of this mdspan has no strides");
    static_assert(plain_elements, "bitfault::view: this mdspan reaches its elements through an "
                                  "accessor that is not a plain pointer");
    using value = typename X::element_type;
    constexpr bool known = element<std::remove_const_t<value>>;
    static_assert(known, "bitfault::view: the mdspan's value type is not known as an element; "
                         "specialise bitfault::element_traits for it");
    if constexpr (strided && plain_elements && known) {
      constexpr std::size_t rank = X::rank();
      extents<rank> e;
      e.rank = rank;
      for (std::size_t axis = 0; axis < rank; ++axis)
        e.sizes[axis] = static_cast<index_t>(x.extent(axis));
      if constexpr (rank == 0 || detail::mdspan_row_major<typename X::layout_type>) {
        return flat_view<value, rank>(x.data_handle(), e);
      } else {
        strides<rank> s;
        for (std::size_t axis = 0; axis < rank; ++axis)
          s[axis] = static_cast<std::ptrdiff_t>(x.stride(axis));
        if constexpr (!X::is_always_unique())
          check_distinct(e, s, "view(mdspan)", sizeof(value)).or_throw();
        return strided_view<value, rank>(x.data_handle(), e, s);
      }
    }
  }
};

} // namespace bitfault
