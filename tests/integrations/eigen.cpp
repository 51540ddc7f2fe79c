// SPDX-License-Identifier: MIT
#include "../views/odometer.hpp"
#include "catch.hpp"

#include <bitfault/integrations/eigen.hpp>

#include <Eigen/Core>

#include <complex>
#include <cstdint>
#include <type_traits>
#include <vector>

namespace {

using bitfault::view;
using bitfault::view_of;
using Eigen::Dynamic;
using Eigen::Index;

template <class T, int Options>
using matrix = Eigen::Matrix<T, Dynamic, Dynamic, Options>;

/// Eigen's own address of an element is the oracle.
template <class X>
auto element_of(X& x) {
  return [&x](const auto& at) {
    const auto i = [&](std::size_t axis) { return static_cast<Index>(at[axis]); };
    if constexpr (X::IsVectorAtCompileTime)
      return &x.coeffRef(i(0));
    else
      return &x.coeffRef(i(0), i(1));
  };
}

/// Views x and compares every address; also says whether the view is known to be contiguous.
template <class X>
bool viewed(X&& x) {
  const auto v = view(std::forward<X>(x));
  static_assert(bitfault::tensor_view<std::remove_cvref_t<decltype(v)>>);
  const auto sizes = sizes_of(v.extents());
  const bool vector = std::remove_cvref_t<X>::IsVectorAtCompileTime;
  const std::vector<std::size_t> expected =
      vector ? std::vector<std::size_t>{static_cast<std::size_t>(x.size())}
             : std::vector<std::size_t>{static_cast<std::size_t>(x.rows()),
                                        static_cast<std::size_t>(x.cols())};
  return sizes == expected && matches(v, element_of(x));
}

template <class X>
constexpr bool flat = decltype(view(std::declval<X&>()))::contiguous;
template <class X>
using viewed_element = typename decltype(view(std::declval<X&>()))::element_type;

template <class T, int Options>
void check_storage_order() {
  matrix<T, Options> m(5, 7);
  CHECK(viewed(m));
  CHECK(viewed(m.block(1, 2, 3, 4)));
  CHECK(viewed(m.template block<2, 3>(1, 2)));
  CHECK(viewed(m.row(3)));
  CHECK(viewed(m.col(4)));
  CHECK(viewed(m.col(4).segment(1, 3)));
  CHECK(viewed(m.row(2).segment(1, 3)));
  CHECK(viewed(m.middleRows(1, 3)));
  CHECK(viewed(m.middleCols(2, 3)));
  CHECK(viewed(m.transpose()));
  CHECK(viewed(m.transpose().block(1, 1, 4, 2)));
  CHECK(viewed(m.block(1, 2, 3, 4).transpose()));
  CHECK(viewed(m.array()));
  CHECK(viewed(m.diagonal()));
  CHECK(viewed(m.diagonal(1)));
  CHECK(viewed(m.row(3).transpose()));
  CHECK(viewed(m.template reshaped<Options>(7, 5)));
  CHECK(viewed(m.template reshaped<Options>()));
  CHECK(viewed(m.block(1, 2, 3, 4).block(1, 1, 2, 2).col(1)));
  Eigen::Array<T, Dynamic, Dynamic, Options> a(3, 4);
  CHECK(viewed(a));
  CHECK(viewed(a.matrix()));
}

template <class T>
void check_scalar() {
  check_storage_order<T, Eigen::ColMajor>();
  check_storage_order<T, Eigen::RowMajor>();
}

} // namespace

TEST_CASE("Eigen: element i of the view is the element with these coordinates, float") {
  check_scalar<float>();
}
TEST_CASE("Eigen: element i of the view is the element with these coordinates, int8") {
  check_scalar<std::int8_t>();
}
TEST_CASE("Eigen: element i of the view is the element with these coordinates, half") {
  check_scalar<Eigen::half>();
}

TEST_CASE("Eigen: every scalar that is an element can be viewed") {
  const auto one = []<class T>(T) {
    matrix<T, Eigen::ColMajor> m(2, 3);
    return viewed(m) && std::is_same_v<viewed_element<decltype(m)>, T>;
  };
  CHECK(one(double{}));
  CHECK(one(std::uint8_t{}));
  CHECK(one(std::int16_t{}));
  CHECK(one(std::int32_t{}));
  CHECK(one(std::int64_t{}));
  CHECK(one(bool{}));
  CHECK(one(Eigen::half{}));
  CHECK(one(Eigen::bfloat16{}));
}

TEST_CASE("Eigen: half and bfloat16 are elements of 16 bits with the right fields") {
  CHECK(bitfault::to_word(Eigen::half(1.0f)) == 0x3C00);
  CHECK(bitfault::to_word(Eigen::half(-2.0f)) == 0xC000);
  CHECK(bitfault::to_word(Eigen::bfloat16(1.0f)) == 0x3F80);
  CHECK(bitfault::to_word(Eigen::bfloat16(-2.0f)) == 0xC000);
  CHECK(static_cast<float>(bitfault::from_word<Eigen::half>(0x3C01)) == 1.0f + 0x1p-10f);
  CHECK(static_cast<float>(bitfault::from_word<Eigen::bfloat16>(0x3F81)) == 1.0f + 0x1p-7f);
  constexpr bitfault::code_layout half = bitfault::element_traits<Eigen::half>::layout;
  constexpr bitfault::code_layout brain = bitfault::element_traits<Eigen::bfloat16>::layout;
  CHECK((half.bits == 16 && half.sign_bits == 1 && half.exponent_bits == 5 &&
         half.mantissa_bits == 10));
  CHECK((brain.bits == 16 && brain.sign_bits == 1 && brain.exponent_bits == 8 &&
         brain.mantissa_bits == 7));
}

TEST_CASE("Eigen: fixed sizes, with and without several axes") {
  Eigen::Matrix3f square;
  CHECK(viewed(square));
  Eigen::Matrix<float, 2, 5, Eigen::RowMajor> rows;
  CHECK(viewed(rows));
  Eigen::Vector4d vector;
  CHECK(viewed(vector));
  CHECK(viewed(vector.segment<2>(1)));
  Eigen::RowVector3i row;
  CHECK(viewed(row));
  Eigen::Matrix<float, 1, 1> single;
  CHECK(viewed(single));
  Eigen::Array<float, 2, 2> array;
  CHECK(viewed(array));
  Eigen::Matrix<float, Dynamic, Dynamic, Eigen::ColMajor, 4, 4> bounded(3, 2);
  CHECK(viewed(bounded));
}

TEST_CASE("Eigen: maps with inner and outer strides") {
  std::vector<float> memory(200);
  using rows = matrix<float, Eigen::RowMajor>;
  using columns = matrix<float, Eigen::ColMajor>;
  using any = Eigen::Stride<Dynamic, Dynamic>;
  CHECK(viewed(Eigen::Map<rows>(memory.data(), 4, 5)));
  CHECK(viewed(Eigen::Map<columns>(memory.data(), 4, 5)));
  CHECK(viewed(
      Eigen::Map<rows, 0, Eigen::OuterStride<>>(memory.data(), 4, 5, Eigen::OuterStride<>(9))));
  CHECK(viewed(
      Eigen::Map<columns, 0, Eigen::OuterStride<>>(memory.data(), 4, 5, Eigen::OuterStride<>(9))));
  CHECK(viewed(Eigen::Map<rows, 0, any>(memory.data(), 4, 5, any(20, 3))));
  CHECK(viewed(Eigen::Map<columns, 0, any>(memory.data(), 4, 5, any(20, 3))));
  CHECK(viewed(Eigen::Map<columns, 0, any>(memory.data(), 4, 5, any(1, 5))));
  CHECK(viewed(Eigen::Map<rows, 0, Eigen::Stride<20, 3>>(memory.data(), 4, 5)));
  CHECK(viewed(Eigen::Map<Eigen::VectorXf>(memory.data(), 7)));
  CHECK(viewed(Eigen::Map<Eigen::VectorXf, 0, Eigen::InnerStride<>>(memory.data(), 7,
                                                                    Eigen::InnerStride<>(4))));
  CHECK(viewed(Eigen::Map<Eigen::RowVectorXf, 0, Eigen::InnerStride<3>>(memory.data(), 7)));
  CHECK(viewed(Eigen::Map<Eigen::Matrix<float, 3, 4, Eigen::RowMajor>, 0, Eigen::OuterStride<8>>(
      memory.data())));
}

TEST_CASE("Eigen: maps whose elements overlap are refused") {
  std::vector<float> memory(200);
  using columns = matrix<float, Eigen::ColMajor>;
  using any = Eigen::Stride<Dynamic, Dynamic>;
  Eigen::Map<columns, 0, any> broadcast(memory.data(), 4, 5, any(0, 1));
  CHECK_THROWS_AS(view(broadcast), bitfault::error);
  Eigen::Map<Eigen::VectorXf, 0, Eigen::InnerStride<>> one(memory.data(), 5,
                                                           Eigen::InnerStride<>(0));
  CHECK_THROWS_AS(view(one), bitfault::error);
  Eigen::Map<columns, 0, any> window(memory.data(), 4, 5, any(1, 1));
  try {
    (void)view(window);
    FAIL("a sliding window was viewed");
  } catch (const bitfault::error& e) {
    CHECK(e.why().reason == bitfault::refusal::unsupported_layout);
  }
  Eigen::Map<columns, 0, any> single_row(memory.data(), 1, 5, any(1, 0));
  CHECK(viewed(single_row)); // an axis of one element may have any stride
}

TEST_CASE("Eigen: references") {
  matrix<float, Eigen::ColMajor> m(5, 7);
  Eigen::Ref<Eigen::MatrixXf> whole(m);
  CHECK(viewed(whole));
  CHECK(view(whole).address(0) == m.data());
  Eigen::Ref<Eigen::MatrixXf> part(m.block(1, 2, 3, 4));
  CHECK(viewed(part));
  CHECK(view(part).address(0) == &m(1, 2));
  Eigen::Ref<Eigen::VectorXf> column(m.col(3));
  CHECK(viewed(column));
  Eigen::Ref<Eigen::RowVectorXf, 0, Eigen::InnerStride<>> row(m.row(3));
  CHECK(viewed(row));
  CHECK(view(row).address(2) == &m(3, 2));
  const Eigen::Ref<const Eigen::MatrixXf> reader(m);
  CHECK(view(reader).address(8) == &m(1, 1));
}

TEST_CASE("Eigen: what is known to be contiguous is a flat view, and nothing else is") {
  using rows = matrix<float, Eigen::RowMajor>;
  using columns = matrix<float, Eigen::ColMajor>;
  STATIC_REQUIRE(flat<rows>);
  STATIC_REQUIRE(flat<const rows>);
  STATIC_REQUIRE(!flat<columns>);
  STATIC_REQUIRE(flat<Eigen::Transpose<columns>>);
  STATIC_REQUIRE(!flat<Eigen::Transpose<rows>>);
  STATIC_REQUIRE(flat<Eigen::ArrayWrapper<rows>>);
  STATIC_REQUIRE(flat<Eigen::Map<rows>>);
  STATIC_REQUIRE(flat<Eigen::Map<const rows>>);
  STATIC_REQUIRE(!flat<Eigen::Map<columns>>);
  STATIC_REQUIRE(!flat<Eigen::Map<rows, 0, Eigen::OuterStride<>>>);
  STATIC_REQUIRE(!flat<Eigen::Block<rows>>);
  STATIC_REQUIRE(!flat<Eigen::Ref<rows>>);
  STATIC_REQUIRE(!flat<Eigen::Ref<const rows>>);
  STATIC_REQUIRE(flat<Eigen::VectorXf>);
  STATIC_REQUIRE(flat<Eigen::RowVectorXf>);
  STATIC_REQUIRE(flat<Eigen::Map<Eigen::VectorXf>>);
  STATIC_REQUIRE(!flat<Eigen::Map<Eigen::VectorXf, 0, Eigen::InnerStride<>>>);
  STATIC_REQUIRE(flat<Eigen::Ref<Eigen::VectorXf>>);
  STATIC_REQUIRE(flat<columns::ColXpr>);
  STATIC_REQUIRE(!flat<columns::RowXpr>);
  STATIC_REQUIRE(flat<rows::RowXpr>);
  STATIC_REQUIRE(!flat<rows::ColXpr>);
  STATIC_REQUIRE(!flat<Eigen::Diagonal<rows>>);
  rows m(3, 4);
  CHECK(view(m).data() == m.data());
}

TEST_CASE("Eigen: constness is kept") {
  using m = Eigen::MatrixXf;
  STATIC_REQUIRE(std::is_same_v<viewed_element<m>, float>);
  STATIC_REQUIRE(std::is_same_v<viewed_element<const m>, const float>);
  STATIC_REQUIRE(std::is_same_v<viewed_element<Eigen::Map<m>>, float>);
  STATIC_REQUIRE(std::is_same_v<viewed_element<Eigen::Map<const m>>, const float>);
  STATIC_REQUIRE(std::is_same_v<viewed_element<const Eigen::Map<m>>, const float>);
  STATIC_REQUIRE(std::is_same_v<viewed_element<Eigen::Ref<m>>, float>);
  STATIC_REQUIRE(std::is_same_v<viewed_element<Eigen::Ref<const m>>, const float>);
  STATIC_REQUIRE(std::is_same_v<viewed_element<Eigen::Block<m>>, float>);
  STATIC_REQUIRE(std::is_same_v<viewed_element<Eigen::Block<const m>>, const float>);
  STATIC_REQUIRE(std::is_same_v<viewed_element<Eigen::Transpose<m>>, float>);
  STATIC_REQUIRE(std::is_same_v<viewed_element<Eigen::Transpose<const m>>, const float>);
  const m constant = m::Zero(3, 4);
  const auto v = view(constant.block(1, 1, 2, 2));
  STATIC_REQUIRE(std::is_same_v<decltype(v)::element_type, const float>);
  CHECK(v.address(3) == &constant.coeffRef(2, 2));
}

TEST_CASE("Eigen: only what refers to memory elsewhere may be viewed as a temporary") {
  STATIC_REQUIRE(!view_of<Eigen::MatrixXf>::borrows);
  STATIC_REQUIRE(!view_of<Eigen::Matrix2f>::borrows);
  STATIC_REQUIRE(!view_of<Eigen::ArrayXXf>::borrows);
  STATIC_REQUIRE(!view_of<Eigen::Ref<const Eigen::MatrixXf>>::borrows); // may hold a copy
  STATIC_REQUIRE(view_of<Eigen::Ref<Eigen::MatrixXf>>::borrows);
  STATIC_REQUIRE(view_of<Eigen::Map<Eigen::MatrixXf>>::borrows);
  STATIC_REQUIRE(view_of<Eigen::Block<Eigen::MatrixXf>>::borrows);
  STATIC_REQUIRE(view_of<Eigen::Transpose<Eigen::MatrixXf>>::borrows);
  Eigen::MatrixXf m(2, 2);
  CHECK(view(m.col(1)).address(0) == &m(0, 1));
}

TEST_CASE("Eigen: expressions without memory are known, so that the refusal can say why") {
  Eigen::MatrixXf a(2, 2), b(2, 2);
  STATIC_REQUIRE(!view_of<decltype(a + b)>::has_memory);
  STATIC_REQUIRE(!view_of<decltype(a * b)>::has_memory);
  STATIC_REQUIRE(!view_of<decltype(a.rowwise().reverse())>::has_memory);
  STATIC_REQUIRE(!view_of<decltype(a.cast<double>())>::has_memory);
  STATIC_REQUIRE(!view_of<decltype(a.replicate(2, 2))>::has_memory);
  STATIC_REQUIRE(!view_of<decltype(a.reshaped<Eigen::RowMajor>(1, 4))>::has_memory);
  CHECK(view_of<decltype(a.transpose())>::has_memory);
}

TEST_CASE("Eigen: matrices without elements") {
  Eigen::MatrixXf none(0, 4);
  CHECK(viewed(none));
  CHECK(view(none).extents() == bitfault::extents{0, 4});
  Eigen::MatrixXf also_none(4, 0);
  CHECK(viewed(also_none));
  Eigen::VectorXf empty(0);
  CHECK(viewed(empty));
  CHECK(view(empty).extents() == bitfault::extents{0});
  Eigen::MatrixXf some(4, 4);
  CHECK(viewed(some.block(1, 1, 0, 2)));
}

TEST_CASE("Eigen: a class that derives from a Matrix is one") {
  struct named : Eigen::Vector3f {
    using Eigen::Vector3f::Vector3f;
  };
  named n;
  CHECK(view(n).address(2) == &n[2]);
  STATIC_REQUIRE(!view_of<named>::borrows);
}

TEST_CASE("Eigen: the real and imaginary parts of complex numbers") {
  Eigen::MatrixXcf m(3, 4);
  const auto* const parts = reinterpret_cast<float*>(m.data());
  auto real = m.real();
  auto imaginary = m.imag();
  const auto r = view(real);
  const auto i = view(imaginary);
  CHECK(r.extents() == bitfault::extents{3, 4});
  CHECK(matches(r, [&](const auto& at) { return parts + 2 * (at[0] + 3 * at[1]); }));
  CHECK(matches(i, [&](const auto& at) { return parts + 2 * (at[0] + 3 * at[1]) + 1; }));
}
