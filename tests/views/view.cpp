// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <bitfault/views/flat.hpp>
#include <bitfault/views/strided.hpp>
#include <bitfault/views/view.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace {

using bitfault::view_of;

template <class X>
concept known = requires {
  view_of<X>::borrows;
};

/// Has data(), size() and [], like a sequence; its memory order is its own.
struct plain_sequence {
  float* data();
  std::size_t size();
  float& operator[](std::size_t);
};
struct with_rows : plain_sequence {
  int rows();
};
struct with_shape : plain_sequence {
  int* shape();
};
struct with_strides : plain_sequence {
  int* strides();
};
struct with_dimensions : plain_sequence {
  int* dimensions();
};
struct with_sizes : plain_sequence {
  int* sizes();
};
struct with_extents : plain_sequence {
  int* extents();
};
struct with_extent : plain_sequence {
  int extent(int);
};
struct with_rank : plain_sequence {
  static int rank();
};
struct fancy_pointer {
  operator const void*() const;
};
struct device_vector { // as thrust::device_vector: convertible to a pointer, but not one
  fancy_pointer data();
  std::size_t size();
  float operator[](std::size_t);
};

/// Trivially copyable and with an element_type, but its elements are its own.
struct fixed_buffer {
  using element_type = float;
  float storage[4];
  float* data() { return storage; }
  const float* data() const { return storage; }
  std::size_t size() const { return 4; }
  float& operator[](std::size_t i) { return storage[i]; }
};
/// Shares its elements, and the last one frees them.
struct shared_buffer {
  using element_type = float;
  std::shared_ptr<float[]> owner;
  float* data() const { return owner.get(); }
  std::size_t size() const { return 4; }
  float& operator[](std::size_t i) const { return data()[i]; }
};

/// A type taught by its own specialisation.
struct two_floats {
  float first, second;
};

/// A view of a foreign kind: only the concept counts.
struct every_other {
  using element_type = float;
  static constexpr bool contiguous = false;
  float* memory;
  bitfault::extents<1> extents() const { return {2}; }
  float* address(bitfault::index_t flat) const { return memory + 2 * flat; }
};

} // namespace

template <>
struct bitfault::view_of<two_floats> {
  static constexpr bool borrows = false;
  template <class Y>
  static constexpr auto make(Y& x) {
    return bitfault::view(&x.first, 1);
  }
};

TEST_CASE("sequences are views of one axis over their own memory") {
  std::vector<float> vector{1, 2, 3};
  auto v = bitfault::view(vector);
  STATIC_REQUIRE(std::is_same_v<decltype(v), bitfault::flat_view<float, 1>>);
  CHECK(v.data() == vector.data());
  CHECK(v.extents() == bitfault::extents{3});
  CHECK(v.address(2) == &vector[2]);

  std::array<std::int8_t, 4> array{};
  auto a = bitfault::view(array);
  STATIC_REQUIRE(std::is_same_v<decltype(a), bitfault::flat_view<std::int8_t, 1>>);
  CHECK(a.address(3) == &array[3]);
  CHECK(a.extents().size() == 4);

  double numbers[5]{};
  auto n = bitfault::view(numbers);
  STATIC_REQUIRE(std::is_same_v<decltype(n), bitfault::flat_view<double, 1>>);
  CHECK(n.address(4) == &numbers[4]);
  CHECK(n.extents().size() == 5);

  std::string text = "bits";
  CHECK(bitfault::view(text).address(3) == &text[3]);
}

TEST_CASE("const sequences give views of const elements") {
  const std::vector<float> vector{1, 2};
  STATIC_REQUIRE(
      std::is_same_v<decltype(bitfault::view(vector)), bitfault::flat_view<const float>>);
  const std::array<int, 2> array{};
  STATIC_REQUIRE(std::is_same_v<decltype(bitfault::view(array)), bitfault::flat_view<const int>>);
  const double numbers[2]{};
  STATIC_REQUIRE(
      std::is_same_v<decltype(bitfault::view(numbers)), bitfault::flat_view<const double>>);
  CHECK(bitfault::view(vector).address(1) == &vector[1]);
  CHECK(bitfault::view(array).address(1) == &array[1]);
  CHECK(bitfault::view(numbers).address(1) == &numbers[1]);
}

TEST_CASE("a span is viewed by value, and its constness is that of its elements") {
  std::vector<float> vector{1, 2, 3, 4};
  auto v = bitfault::view(std::span(vector).subspan(1));
  STATIC_REQUIRE(std::is_same_v<decltype(v), bitfault::flat_view<float>>);
  CHECK(v.address(0) == &vector[1]);
  CHECK(v.extents().size() == 3);
  const std::span<float> constant_span(vector);
  STATIC_REQUIRE(
      std::is_same_v<decltype(bitfault::view(constant_span)), bitfault::flat_view<float>>);
  STATIC_REQUIRE(std::is_same_v<decltype(bitfault::view(std::span<const float>(vector))),
                                bitfault::flat_view<const float>>);
  CHECK(bitfault::view(std::span<float, 2>(vector.data(), 2)).extents().size() == 2);
}

TEST_CASE("sequences without elements are views without elements") {
  std::vector<float> none;
  CHECK(bitfault::view(none).extents().size() == 0);
  std::array<float, 0> also_none{};
  CHECK(bitfault::view(also_none).extents().size() == 0);
  CHECK(bitfault::view(std::span<float>{}).extents().size() == 0);
}

TEST_CASE("only types that do not own may be viewed as temporaries") {
  STATIC_REQUIRE(view_of<std::span<float>>::borrows);
  STATIC_REQUIRE(view_of<std::span<const float, 3>>::borrows);
  STATIC_REQUIRE(!view_of<std::vector<float>>::borrows);
  STATIC_REQUIRE(!view_of<std::array<float, 2>>::borrows);
  STATIC_REQUIRE(!view_of<float[2]>::borrows);
  STATIC_REQUIRE(!view_of<fixed_buffer>::borrows);
  STATIC_REQUIRE(!view_of<shared_buffer>::borrows);
  STATIC_REQUIRE(!view_of<std::string>::borrows);
  CHECK(known<std::vector<float>>);
}

TEST_CASE("what has no elements in plain memory, or several axes, is no sequence") {
  CHECK(known<plain_sequence>);
  CHECK_FALSE(known<std::vector<bool>>);
  CHECK_FALSE(known<device_vector>);
  CHECK_FALSE(known<with_rows>);
  CHECK_FALSE(known<with_shape>);
  CHECK_FALSE(known<with_strides>);
  CHECK_FALSE(known<with_dimensions>);
  CHECK_FALSE(known<with_sizes>);
  CHECK_FALSE(known<with_extents>);
  CHECK_FALSE(known<with_extent>);
  CHECK_FALSE(known<with_rank>);
  CHECK_FALSE(known<float>);
  CHECK_FALSE(known<float*>);
  CHECK_FALSE(known<std::unique_ptr<float[]>>);
}

TEST_CASE("a view of a view is that view") {
  float numbers[6]{};
  const auto v = bitfault::view(numbers, bitfault::extents{2, 3});
  auto w = bitfault::view(v);
  STATIC_REQUIRE(std::is_same_v<decltype(w), bitfault::flat_view<float, 2>>);
  CHECK(w.data() == numbers);
  CHECK(w.extents() == bitfault::extents{2, 3});
  auto foreign = bitfault::view(every_other{numbers});
  STATIC_REQUIRE(std::is_same_v<decltype(foreign), every_other>);
  CHECK(foreign.address(1) == &numbers[2]);
}

TEST_CASE("a type of the user's own is viewed through a specialisation of view_of") {
  two_floats x{1, 2};
  CHECK(bitfault::view(x).address(0) == &x.first);
  const two_floats y{1, 2};
  STATIC_REQUIRE(std::is_same_v<decltype(bitfault::view(y)), bitfault::flat_view<const float>>);
  CHECK(bitfault::view(y).address(0) == &y.first);
}
