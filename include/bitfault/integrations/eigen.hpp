// SPDX-License-Identifier: MIT
#pragma once

#include "../core/element.hpp"
#include "../core/error.hpp"
#include "../views/flat.hpp"
#include "../views/strided.hpp"

#include <Eigen/Core>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

/// `bitfault::view(x)` for Eigen's dense classes: Matrix, Array, Map, Block, Ref, and every other
/// expression that has memory of its own (transpose, row, column, diagonal, reshaped, array()).
/// The logical extents are {rows, columns}, whatever the storage order; vectors known as such at
/// compile time have one axis. Tensors are in `eigen_tensor.hpp`. Hosted.
namespace bitfault {

template <>
struct element_traits<Eigen::half> {
  using word = std::uint16_t;
  static constexpr code_layout layout{16, 1, 5, 10};
  static constexpr std::string_view name = "float16";
};

template <>
struct element_traits<Eigen::bfloat16> {
  using word = std::uint16_t;
  static constexpr code_layout layout{16, 1, 8, 7};
  static constexpr std::string_view name = "bfloat16";
};

namespace detail {

// Declared only. A base class is found by deduction, so that foreign types instantiate nothing.
template <class D>
D eigen_base(const Eigen::DenseBase<D>&);
template <class D>
std::true_type eigen_owns(const Eigen::PlainObjectBase<D>&);
std::false_type eigen_owns(...);

template <class X>
concept eigen_dense = requires(const X& x) {
  detail::eigen_base(x);
};

/// Temporaries of these die with their elements: Matrix and Array, and a Ref to const, which may
/// hold a copy of what it was made from.
template <class X>
inline constexpr bool eigen_owner = decltype(detail::eigen_owns(std::declval<const X&>()))::value;
template <class Plain, int Options, class Stride>
inline constexpr bool eigen_owner<Eigen::Ref<const Plain, Options, Stride>> = true;

/// Whether rows (of row-major types) follow each other without gaps, known from the type alone.
template <class X>
inline constexpr bool eigen_dense_rows = eigen_owner<X>;
template <class Plain, int Options>
inline constexpr bool eigen_dense_rows<Eigen::Map<Plain, Options, Eigen::Stride<0, 0>>> = true;
template <class Plain, int Options, class Stride>
inline constexpr bool eigen_dense_rows<Eigen::Ref<const Plain, Options, Stride>> = false;
template <class X>
inline constexpr bool eigen_dense_rows<Eigen::Transpose<X>> =
    eigen_dense_rows<std::remove_const_t<X>>;
template <class X>
inline constexpr bool eigen_dense_rows<Eigen::ArrayWrapper<X>> =
    eigen_dense_rows<std::remove_const_t<X>>;
template <class X>
inline constexpr bool eigen_dense_rows<Eigen::MatrixWrapper<X>> =
    eigen_dense_rows<std::remove_const_t<X>>;

template <class X>
inline constexpr bool eigen_flat = X::InnerStrideAtCompileTime == 1 &&
                                   (X::IsVectorAtCompileTime ||
                                    (X::IsRowMajor && eigen_dense_rows<X>));

} // namespace detail

template <detail::eigen_dense X>
struct view_of<X> {
  static constexpr bool has_memory = (X::Flags & Eigen::DirectAccessBit) != 0;
  static constexpr bool borrows = !detail::eigen_owner<X>;

  /// Throws `error` (unsupported_layout) if the strides of a Map make elements overlap.
  template <class Y>
  static constexpr auto make(Y& x) {
    static_assert(has_memory, "bitfault::view: this Eigen expression has no memory of its own, or "
                              "none that strides can describe (a sum, a product, a reversed, "
                              "replicated or reordered matrix); evaluate it into a Matrix or Array "
                              "and view that");
    if constexpr (has_memory)
      return of_memory(x);
  }

private:
  template <class Y>
  static constexpr auto of_memory(Y& x) {
    using value = std::remove_pointer_t<decltype(x.data())>;
    constexpr bool known = element<std::remove_const_t<value>>;
    static_assert(known, "bitfault::view: Eigen's scalar type is not known as an element (complex "
                         "numbers are viewed as .real() and .imag()); specialise "
                         "bitfault::element_traits for a type of your own");
    if constexpr (!known) {
      return;
    } else if constexpr (X::IsVectorAtCompileTime) {
      const extents<1> e(static_cast<index_t>(x.size()));
      if constexpr (detail::eigen_flat<X>)
        return flat_view<value, 1>(x.data(), e);
      else
        return strided_or_refused(x.data(), e, strides<1>(x.innerStride()));
    } else {
      const extents<2> e(static_cast<index_t>(x.rows()), static_cast<index_t>(x.cols()));
      if constexpr (detail::eigen_flat<X>)
        return flat_view<value, 2>(x.data(), e);
      else
        return strided_or_refused(x.data(), e, strides<2>(x.rowStride(), x.colStride()));
    }
  }

  template <class T, std::size_t Rank>
  static constexpr strided_view<T, Rank> strided_or_refused(T* first, const extents<Rank>& e,
                                                            const strides<Rank>& s) {
    check_distinct(e, s, "view(Eigen)", sizeof(T)).or_throw();
    return {first, e, s};
  }
};

} // namespace bitfault
