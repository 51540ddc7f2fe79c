// SPDX-License-Identifier: MIT
#pragma once

#include "../core/element.hpp"
#include "../core/error.hpp"
#include "../views/flat.hpp"
#include "../views/strided.hpp"

#if __has_include(<xtensor/xtensor_forward.hpp>)
#include <xtensor/xbuffer_adaptor.hpp>
#include <xtensor/xcontainer.hpp>
#include <xtensor/xstrided_view.hpp>
#include <xtensor/xview.hpp>
#else // since 0.26
#include <xtensor/containers/xbuffer_adaptor.hpp>
#include <xtensor/containers/xcontainer.hpp>
#include <xtensor/views/xstrided_view.hpp>
#include <xtensor/views/xview.hpp>
#endif

#include <cstddef>
#include <type_traits>
#include <utility>

/// `bitfault::view(x)` for xtensor: xarray, xtensor, xtensor_fixed, xt::adapt, and views that have
/// strides (xt::strided_view, xt::transpose, xt::view without keep, drop or index lists). The rank
/// of an xarray is known at run time only; it may have `max_dynamic_rank` axes. Hosted.
namespace bitfault {

namespace detail {

template <class D>
D xtensor_base(const xt::xexpression<D>&);
template <class D>
std::true_type xtensor_contains(const xt::xcontainer<D>&);
std::false_type xtensor_contains(...);

template <class X>
concept xtensor_expression = requires(const X& x) {
  detail::xtensor_base(x);
};

template <class X>
concept xtensor_memory = requires(X& x) {
  requires std::is_pointer_v<decltype(x.data())>;
  x.data_offset();
  x.strides()[0];
  x.shape()[0];
};

// What refers to elements that live elsewhere: adaptors of a buffer by reference or by pointer,
// and views of an lvalue or of something that borrows in its turn.
template <class X>
inline constexpr bool xtensor_borrows = false;
template <class X>
inline constexpr bool xtensor_borrows<const X> = xtensor_borrows<X>;
template <class X>
inline constexpr bool xtensor_borrows<X&> = true;
template <class P, class A>
inline constexpr bool xtensor_borrows<xt::xbuffer_adaptor<P, xt::no_ownership, A>> = true;
template <class C, xt::layout_type L, class S, class Tag>
inline constexpr bool xtensor_borrows<xt::xarray_adaptor<C, L, S, Tag>> = xtensor_borrows<C>;
template <class C, std::size_t N, xt::layout_type L, class Tag>
inline constexpr bool xtensor_borrows<xt::xtensor_adaptor<C, N, L, Tag>> = xtensor_borrows<C>;
template <class C, class S, xt::layout_type L, bool P, class Tag>
inline constexpr bool xtensor_borrows<xt::xfixed_adaptor<C, S, L, P, Tag>> = xtensor_borrows<C>;
template <class C, class... S>
inline constexpr bool xtensor_borrows<xt::xview<C, S...>> = xtensor_borrows<C>;
template <class C, class S, xt::layout_type L, class F>
inline constexpr bool xtensor_borrows<xt::xstrided_view<C, S, L, F>> = xtensor_borrows<C>;

/// Containers and adaptors whose type says that they are dense and row-major.
template <class X>
inline constexpr bool xtensor_flat =
    X::static_layout == xt::layout_type::row_major&& decltype(detail::xtensor_contains(
                            std::declval<const X&>()))::value;

} // namespace detail

template <detail::xtensor_expression X>
struct view_of<X> {
  static constexpr bool has_memory = detail::xtensor_memory<X>;
  static constexpr bool borrows = detail::xtensor_borrows<X> || !has_memory;

  /// Throws `error` (unsupported_layout) if there are more than `max_dynamic_rank` axes, or if
  /// strides make elements overlap (broadcast axes).
  template <class Y>
  static auto make(Y& x) {
    static_assert(has_memory, "bitfault::view: this xtensor expression has no memory of its own, "
                              "or no strides (a function, a broadcast, a view through keep, drop "
                              "or an index list); evaluate it with xt::eval and view that");
    if constexpr (has_memory)
      return of_memory(x);
  }

private:
  template <class Y>
  static auto of_memory(Y& x) {
    using value = std::remove_pointer_t<decltype(x.data())>;
    constexpr bool known = element<std::remove_const_t<value>>;
    static_assert(known, "bitfault::view: xtensor's value type is not known as an element; "
                         "specialise bitfault::element_traits for a type of your own");
    if constexpr (known) {
      constexpr std::ptrdiff_t fixed = xt::static_dimension<typename X::shape_type>::value;
      constexpr auto capacity = fixed < 0 ? max_dynamic_rank : static_cast<std::size_t>(fixed);
      const std::size_t rank = x.dimension();
      if (rank > capacity)
        status{refusal::unsupported_layout, 0, rank, capacity, "view(xtensor), number of axes"}
            .or_throw();
      extents<capacity> e;
      strides<capacity> s;
      e.rank = rank;
      for (std::size_t axis = 0; axis < rank; ++axis) {
        e.sizes[axis] = static_cast<index_t>(x.shape()[axis]);
        s[axis] = static_cast<std::ptrdiff_t>(x.strides()[axis]);
      }
      value* const first = x.data() + static_cast<std::ptrdiff_t>(x.data_offset());
      if constexpr (detail::xtensor_flat<X>) {
        return flat_view<value, capacity>(first, e);
      } else {
        check_distinct(e, s, "view(xtensor)", sizeof(value)).or_throw();
        return strided_view<value, capacity>(first, e, s);
      }
    }
  }
};

} // namespace bitfault
