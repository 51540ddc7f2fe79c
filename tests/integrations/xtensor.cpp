// SPDX-License-Identifier: MIT
#include "../views/odometer.hpp"
#include "catch.hpp"

#include <bitfault/integrations/xtensor.hpp>

#include <xtensor/xadapt.hpp>
#include <xtensor/xarray.hpp>
#include <xtensor/xbroadcast.hpp>
#include <xtensor/xfixed.hpp>
#include <xtensor/xmanipulation.hpp>
#include <xtensor/xstrided_view.hpp>
#include <xtensor/xtensor.hpp>
#include <xtensor/xview.hpp>

#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using bitfault::view;
using bitfault::view_of;
using xt::layout_type;

/// xtensor's own address of an element is the oracle.
template <class X>
bool viewed(X&& x) {
  const auto v = view(std::forward<X>(x));
  static_assert(bitfault::tensor_view<std::remove_cvref_t<decltype(v)>>);
  bool same = v.extents().rank == x.dimension();
  for (std::size_t axis = 0; axis < x.dimension(); ++axis)
    same = same && v.extents()[axis] == static_cast<std::size_t>(x.shape()[axis]);
  return same && matches(v, [&x](const std::vector<std::size_t>& at) {
           return &x.element(at.begin(), at.end());
         });
}

template <class X>
constexpr bool flat = decltype(view(std::declval<X&>()))::contiguous;
template <class X>
using viewed_element = typename decltype(view(std::declval<X&>()))::element_type;

template <class X>
concept has_memory = view_of<std::remove_cvref_t<X>>::has_memory;
template <class X>
concept borrows = view_of<std::remove_cvref_t<X>>::borrows;

template <layout_type L>
void check_containers() {
  for (const std::vector<std::size_t>& shape : {std::vector<std::size_t>{},
                                                {5},
                                                {3, 4},
                                                {2, 3, 4},
                                                {2, 1, 3, 2},
                                                {1, 1, 1},
                                                {2, 3, 1, 2, 2},
                                                {2, 2, 1, 3, 2, 2},
                                                {2, 0, 3},
                                                {0}}) {
    xt::xarray<float, L> a(shape);
    CHECK(viewed(a));
    CHECK(view(a).extents().rank == shape.size());
  }
  xt::xtensor<double, 3, L> tensor({2, 3, 4});
  CHECK(viewed(tensor));
  xt::xtensor<std::int8_t, 1, L> vector({5});
  CHECK(viewed(vector));
  xt::xtensor<float, 0, L> scalar;
  CHECK(view(scalar).extents().size() == 1);
  CHECK(view(scalar).address(0) == scalar.data());
  xt::xtensor_fixed<float, xt::xshape<2, 3, 4>, L> fixed;
  CHECK(viewed(fixed));
  xt::xarray<bool, L> truth(std::vector<std::size_t>{3, 2});
  CHECK(viewed(truth));
}

template <layout_type L>
void check_slices() {
  using xt::all;
  using xt::range;
  xt::xtensor<float, 3, L> t({4, 5, 6});
  CHECK(viewed(xt::view(t, 2)));
  CHECK(viewed(xt::view(t, range(1, 3))));
  CHECK(viewed(xt::view(t, all(), 2)));
  CHECK(viewed(xt::view(t, all(), all(), 2)));
  CHECK(viewed(xt::view(t, 1, all(), 2)));
  CHECK(viewed(xt::view(t, range(1, 3), range(2, 5), range(1, 4))));
  CHECK(viewed(xt::view(t, range(0, 4, 2), all(), range(1, 6, 3))));
  CHECK(viewed(xt::view(t, all(), range(4, 0, -1))));
  CHECK(viewed(xt::view(xt::view(t, range(1, 4)), all(), range(1, 3))));
  CHECK(viewed(xt::view(t, range(2, 3), all(), range(1, 2))));
  CHECK(viewed(xt::view(t, range(2, 2))));
  CHECK(viewed(xt::strided_view(t, {range(1, 3), all(), 2})));
  CHECK(viewed(xt::strided_view(t, {range(3, 0, -2), 1, xt::ellipsis()})));
  CHECK(viewed(xt::strided_view(t, {xt::ellipsis(), xt::newaxis(), range(4, 0, -1)})));
  CHECK(viewed(xt::transpose(t)));
  CHECK(viewed(xt::transpose(t, {1, 2, 0})));
  CHECK(viewed(xt::flip(t, 1)));
  CHECK(viewed(xt::strided_view(xt::transpose(t), {range(1, 4), xt::ellipsis()})));
  xt::xarray<double, L> a(std::vector<std::size_t>{4, 5, 6});
  CHECK(viewed(xt::view(a, range(1, 3), 2)));
  CHECK(viewed(xt::view(a, 3)));
  CHECK(viewed(xt::strided_view(a, {range(0, 4, 2), all(), range(5, 1, -1)})));
  CHECK(viewed(xt::transpose(a)));
}

} // namespace

TEST_CASE("xtensor: element i of a row-major container is the element with these coordinates") {
  check_containers<layout_type::row_major>();
}
TEST_CASE("xtensor: element i of a column-major container is the element with these coordinates") {
  check_containers<layout_type::column_major>();
}
TEST_CASE("xtensor: element i of a view of a row-major tensor") {
  check_slices<layout_type::row_major>();
}
TEST_CASE("xtensor: element i of a view of a column-major tensor") {
  check_slices<layout_type::column_major>();
}

TEST_CASE("xtensor: containers whose layout is known at run time only") {
  const std::vector<std::size_t> shape{2, 3, 4};
  xt::xarray<float, layout_type::dynamic> a(shape, layout_type::column_major);
  CHECK(viewed(a));
  xt::xarray<float, layout_type::dynamic> b(shape, layout_type::row_major);
  CHECK(viewed(b));
}

TEST_CASE("xtensor: adapted memory, by pointer and by container") {
  std::vector<float> memory(24);
  const std::vector<std::size_t> shape{2, 3, 4};
  auto by_container = xt::adapt(memory, shape);
  CHECK(viewed(by_container));
  CHECK(view(by_container).data() == memory.data());
  auto columns = xt::adapt<layout_type::column_major>(memory, shape);
  CHECK(viewed(columns));
  float* pointer = memory.data();
  auto by_pointer = xt::adapt(pointer, memory.size(), xt::no_ownership(), shape);
  CHECK(viewed(by_pointer));
  CHECK(view(by_pointer).address(0) == memory.data());
  const std::vector<std::ptrdiff_t> strides{1, 2, 6};
  auto strided = xt::adapt(memory, shape, strides);
  CHECK(viewed(strided));
  CHECK(view(strided).address(1) == &memory[6]);
  auto tensor = xt::adapt(memory, std::array<std::size_t, 2>{6, 4});
  CHECK(viewed(tensor));
  CHECK(viewed(xt::adapt(memory, shape))); // a temporary that refers to memory elsewhere
}

TEST_CASE("xtensor: what owns its elements may not be viewed as a temporary") {
  std::vector<float> memory(6);
  float* pointer = memory.data();
  const std::vector<std::size_t> shape{2, 3};
  xt::xarray<float> a(shape);
  xt::xtensor<float, 2> t({2, 3});
  STATIC_REQUIRE(!borrows<decltype(a)>);
  STATIC_REQUIRE(!borrows<decltype(t)>);
  STATIC_REQUIRE(!borrows<xt::xtensor_fixed<float, xt::xshape<2, 3>>>);
  STATIC_REQUIRE(borrows<decltype(xt::adapt(memory, shape))>);
  STATIC_REQUIRE(!borrows<decltype(xt::adapt(std::vector<float>(6), shape))>);
  STATIC_REQUIRE(borrows<decltype(xt::adapt(pointer, 6, xt::no_ownership(), shape))>);
  STATIC_REQUIRE(!borrows<decltype(xt::adapt(pointer, 6, xt::acquire_ownership(), shape))>);
  STATIC_REQUIRE(borrows<decltype(xt::view(t, 1))>);
  STATIC_REQUIRE(!borrows<decltype(xt::view(xt::xtensor<float, 2>({2, 3}), 1))>);
  STATIC_REQUIRE(borrows<decltype(xt::view(xt::view(t, 1), xt::range(0, 2)))>);
  STATIC_REQUIRE(borrows<decltype(xt::strided_view(a, {1}))>);
  STATIC_REQUIRE(!borrows<decltype(xt::strided_view(xt::xarray<float>(shape), {1}))>);
  CHECK(borrows<decltype(xt::transpose(t))>);
}

TEST_CASE("xtensor: row-major containers are flat views, nothing else is") {
  STATIC_REQUIRE(flat<xt::xarray<float>>);
  STATIC_REQUIRE(flat<const xt::xarray<float>>);
  STATIC_REQUIRE(flat<xt::xtensor<float, 3>>);
  STATIC_REQUIRE(flat<xt::xtensor_fixed<float, xt::xshape<2, 2>>>);
  STATIC_REQUIRE(!flat<xt::xarray<float, layout_type::column_major>>);
  STATIC_REQUIRE(!flat<xt::xarray<float, layout_type::dynamic>>);
  STATIC_REQUIRE(!flat<xt::xtensor<float, 2, layout_type::column_major>>);
  xt::xtensor<float, 2> t({2, 3});
  STATIC_REQUIRE(!flat<decltype(xt::view(t, xt::range(0, 2)))>);
  STATIC_REQUIRE(!flat<decltype(xt::transpose(t))>);
  STATIC_REQUIRE(std::is_same_v<decltype(view(t)), bitfault::flat_view<float, 2>>);
  CHECK(view(t).data() == t.data());
}

TEST_CASE("xtensor: constness is kept") {
  using array = xt::xarray<float>;
  STATIC_REQUIRE(std::is_same_v<viewed_element<array>, float>);
  STATIC_REQUIRE(std::is_same_v<viewed_element<const array>, const float>);
  const xt::xtensor<float, 2> constant({2, 3});
  STATIC_REQUIRE(std::is_same_v<viewed_element<decltype(xt::view(constant, 1))>, const float>);
  STATIC_REQUIRE(
      std::is_same_v<viewed_element<decltype(xt::strided_view(constant, {1}))>, const float>);
  xt::xtensor<float, 2> writable({2, 3});
  STATIC_REQUIRE(std::is_same_v<viewed_element<decltype(xt::view(writable, 1))>, float>);
  STATIC_REQUIRE(std::is_same_v<viewed_element<decltype(xt::transpose(writable))>, float>);
  CHECK(view(xt::view(constant, 1)).address(2) == &constant(1, 2));
}

TEST_CASE("xtensor: broadcast axes are refused unless they have one element") {
  const std::vector<std::size_t> shape{2, 3};
  std::vector<float> memory(6);
  auto broadcast = xt::adapt(memory, shape, std::vector<std::ptrdiff_t>{0, 1});
  try {
    (void)view(broadcast);
    FAIL("a broadcast axis was viewed");
  } catch (const bitfault::error& e) {
    CHECK(e.why().reason == bitfault::refusal::unsupported_layout);
    CHECK(e.why().value == 0);
  }
  auto one_row =
      xt::adapt(memory, std::vector<std::size_t>{1, 6}, std::vector<std::ptrdiff_t>{0, 1});
  CHECK(viewed(one_row));
}

TEST_CASE("xtensor: more axes than a dynamic rank may have are refused with both numbers") {
  xt::xarray<float> most(std::vector<std::size_t>(bitfault::max_dynamic_rank, 1));
  CHECK(view(most).extents().rank == bitfault::max_dynamic_rank);
  xt::xarray<float> too_many(std::vector<std::size_t>(bitfault::max_dynamic_rank + 1, 1));
  try {
    (void)view(too_many);
    FAIL("too many axes were viewed");
  } catch (const bitfault::error& e) {
    CHECK(e.why().reason == bitfault::refusal::unsupported_layout);
    CHECK(e.why().value == bitfault::max_dynamic_rank + 1);
    CHECK(e.why().limit == bitfault::max_dynamic_rank);
  }
}

TEST_CASE("xtensor: expressions without memory or strides are known, so the refusal can say why") {
  xt::xtensor<float, 2> a({2, 3}), b({2, 3});
  STATIC_REQUIRE(!has_memory<decltype(a + b)>);
  STATIC_REQUIRE(!has_memory<decltype(xt::broadcast(a, {4, 2, 3}))>);
  STATIC_REQUIRE(!has_memory<decltype(xt::view(a, xt::keep(0, 1)))>);
  STATIC_REQUIRE(!has_memory<decltype(xt::view(a + b, 1))>);
  STATIC_REQUIRE(!has_memory<decltype(xt::strided_view(a + b, {1}))>);
  STATIC_REQUIRE(has_memory<decltype(xt::view(a, 1))>);
  CHECK(has_memory<decltype(a)>);
}
