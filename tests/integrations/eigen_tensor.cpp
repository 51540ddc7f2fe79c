// SPDX-License-Identifier: MIT
#include "../views/odometer.hpp"
#include "catch.hpp"

#include <bitfault/integrations/eigen_tensor.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using bitfault::view;
using bitfault::view_of;
using Eigen::Index;

/// Eigen's own address of an element is the oracle.
template <class X>
bool viewed(X& x) {
  constexpr auto rank = static_cast<std::size_t>(X::NumIndices);
  const auto v = view(x);
  static_assert(bitfault::tensor_view<std::remove_cvref_t<decltype(v)>>);
  bool same = v.extents().rank == rank;
  [&]<std::size_t... axis>(std::index_sequence<axis...>) {
    same = same && ((v.extents()[axis] == static_cast<std::size_t>(x.dimension(axis))) && ...);
  }
  (std::make_index_sequence<rank>());
  return same && matches(v, [&x](const std::vector<std::size_t>& at) {
           std::array<Index, rank> index{};
           for (std::size_t axis = 0; axis < rank; ++axis)
             index[axis] = static_cast<Index>(at[axis]);
           return &x(index);
         });
}

template <class X>
constexpr bool flat = decltype(view(std::declval<X&>()))::contiguous;
template <class X>
using viewed_element = typename decltype(view(std::declval<X&>()))::element_type;

template <int Layout>
void check_layout() {
  Eigen::Tensor<float, 1, Layout> a1(5);
  CHECK(viewed(a1));
  Eigen::Tensor<float, 2, Layout> a2(3, 4);
  CHECK(viewed(a2));
  Eigen::Tensor<double, 3, Layout> a3(2, 3, 4);
  CHECK(viewed(a3));
  Eigen::Tensor<std::int8_t, 4, Layout> a4(2, 3, 4, 5);
  CHECK(viewed(a4));
  Eigen::Tensor<float, 5, Layout> a5(2, 3, 1, 3, 2);
  CHECK(viewed(a5));
  Eigen::Tensor<float, 6, Layout> a6(2, 1, 3, 2, 3, 2);
  CHECK(viewed(a6));
  Eigen::Tensor<float, 3, Layout> none(2, 0, 4);
  CHECK(viewed(none));
  CHECK(view(none).extents().size() == 0);
  Eigen::TensorFixedSize<float, Eigen::Sizes<2, 3, 4>, Layout> fixed;
  CHECK(viewed(fixed));
  Eigen::TensorMap<Eigen::Tensor<double, 3, Layout>> map(a3.data(), 4, 3, 2);
  CHECK(viewed(map));
  Eigen::TensorMap<Eigen::Tensor<const double, 2, Layout>> reader(a3.data(), 4, 6);
  CHECK(viewed(reader));
  const auto& constant = a3;
  CHECK(viewed(constant));
}

} // namespace

TEST_CASE("Eigen tensors, column-major: element i has the i-th coordinates in row-major order") {
  check_layout<Eigen::ColMajor>();
}
TEST_CASE("Eigen tensors, row-major: element i has the i-th coordinates in row-major order") {
  check_layout<Eigen::RowMajor>();
}

TEST_CASE("Eigen tensors of rank 0 have one element") {
  Eigen::Tensor<float, 0> scalar;
  CHECK(view(scalar).extents().rank == 0);
  CHECK(view(scalar).extents().size() == 1);
  CHECK(view(scalar).address(0) == scalar.data());
}

TEST_CASE("Eigen tensors: row-major ones are flat, column-major ones of several axes are not") {
  STATIC_REQUIRE(flat<Eigen::Tensor<float, 3, Eigen::RowMajor>>);
  STATIC_REQUIRE(flat<Eigen::TensorMap<Eigen::Tensor<float, 3, Eigen::RowMajor>>>);
  STATIC_REQUIRE(!flat<Eigen::Tensor<float, 3>>);
  STATIC_REQUIRE(!flat<Eigen::TensorMap<Eigen::Tensor<float, 2>>>);
  STATIC_REQUIRE(flat<Eigen::Tensor<float, 1>>);
  Eigen::Tensor<float, 3, Eigen::RowMajor> t(2, 3, 4);
  CHECK(view(t).data() == t.data());
}

TEST_CASE("Eigen tensors: constness is kept") {
  using tensor = Eigen::Tensor<float, 2>;
  STATIC_REQUIRE(std::is_same_v<viewed_element<tensor>, float>);
  STATIC_REQUIRE(std::is_same_v<viewed_element<const tensor>, const float>);
  STATIC_REQUIRE(std::is_same_v<viewed_element<Eigen::TensorMap<tensor>>, float>);
  STATIC_REQUIRE(
      std::is_same_v<viewed_element<Eigen::TensorMap<Eigen::Tensor<const float, 2>>>, const float>);
  STATIC_REQUIRE(
      std::is_same_v<viewed_element<Eigen::TensorMap<const Eigen::Tensor<float, 2>>>, const float>);
  std::vector<float> memory(6);
  CHECK(view(Eigen::TensorMap<tensor>(memory.data(), 2, 3)).address(1) == &memory[2]);
}

TEST_CASE("Eigen tensors: maps may be temporaries, tensors may not, expressions say why not") {
  using tensor = Eigen::Tensor<float, 2>;
  STATIC_REQUIRE(!view_of<tensor>::borrows);
  STATIC_REQUIRE(!view_of<Eigen::TensorFixedSize<float, Eigen::Sizes<2, 2>>>::borrows);
  STATIC_REQUIRE(view_of<Eigen::TensorMap<tensor>>::borrows);
  tensor a(2, 2), b(2, 2);
  STATIC_REQUIRE(!view_of<decltype(a + b)>::has_memory);
  CHECK(view_of<tensor>::has_memory);
}
