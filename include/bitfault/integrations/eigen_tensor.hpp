// SPDX-License-Identifier: MIT
#pragma once

#include "eigen.hpp"

#include <unsupported/Eigen/CXX11/Tensor>

#include <cstddef>
#include <type_traits>
#include <utility>

/// `bitfault::view(x)` for Tensor, TensorFixedSize and TensorMap of Eigen's unsupported Tensor
/// module, column-major (the module's default) and row-major. The logical extents are the
/// dimensions in their order; the faults do not depend on the layout. Hosted.
namespace bitfault {

namespace detail {

template <class D>
D eigen_tensor_base(const Eigen::TensorBase<D, Eigen::ReadOnlyAccessors>&);

template <class X>
concept eigen_tensor = requires(const X& x) {
  detail::eigen_tensor_base(x);
};

template <class X>
inline constexpr bool eigen_tensor_map = false;
template <class Plain, int Options, template <class> class Pointer>
inline constexpr bool eigen_tensor_map<Eigen::TensorMap<Plain, Options, Pointer>> = true;

} // namespace detail

template <detail::eigen_tensor X>
struct view_of<X> {
  static constexpr bool has_memory = requires(X & x) {
    x.data();
    x.dimensions();
  };
  static constexpr bool borrows = detail::eigen_tensor_map<X> || !has_memory;

  template <class Y>
  static constexpr auto make(Y& x) {
    static_assert(has_memory, "bitfault::view: this Eigen tensor expression has no memory of its "
                              "own; assign it to a Tensor and view that");
    if constexpr (has_memory)
      return of_memory(x);
  }

private:
  template <class Y>
  static constexpr auto of_memory(Y& x) {
    using value = std::remove_pointer_t<decltype(x.data())>;
    constexpr bool known = element<std::remove_const_t<value>>;
    static_assert(known, "bitfault::view: the tensor's scalar type is not known as an element; "
                         "specialise bitfault::element_traits for a type of your own");
    if constexpr (known) {
      constexpr auto rank = static_cast<std::size_t>(X::NumIndices);
      const auto dimensions = x.dimensions();
      extents<rank> e;
      e.rank = rank;
      // Constant numbers of axes, because dimensions are numbered with and without a sign.
      [&]<std::size_t... axis>(std::index_sequence<axis...>) {
        ((e.sizes[axis] = static_cast<index_t>(dimensions[axis])), ...);
      }
      (std::make_index_sequence<rank>());
      if constexpr (rank <= 1 || static_cast<int>(X::Layout) == static_cast<int>(Eigen::RowMajor))
        return flat_view<value, rank>(x.data(), e);
      else
        return strided_view<value, rank>(x.data(), e, column_major_strides(e));
    }
  }
};

} // namespace bitfault
