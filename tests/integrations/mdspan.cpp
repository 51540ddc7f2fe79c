// SPDX-License-Identifier: MIT
#include "../views/odometer.hpp"
#include "catch.hpp"

#include <bitfault/integrations/mdspan.hpp>

#include <array>
#include <cstddef>
#include <type_traits>
#include <vector>

namespace {

using bitfault::view;
using bitfault::view_of;

/// The members of std::mdspan that a view needs, with strides given at run time, for compilers
/// without <mdspan>.
struct plain_pointer {};
struct strided_layout {};
struct right_layout {};
struct sizes_only {};
template <class T, std::size_t Rank, class Layout = strided_layout, bool Unique = true,
          class Reference = T&>
struct span_of_axes {
  using element_type = T;
  using layout_type = Layout;
  using mapping_type = Layout;
  using accessor_type = plain_pointer;
  using data_handle_type = T*;
  using reference = Reference;
  static constexpr std::size_t rank() noexcept { return Rank; }
  static constexpr bool is_always_strided() noexcept { return !std::is_same_v<Layout, sizes_only>; }
  static constexpr bool is_always_unique() noexcept { return Unique; }
  T* data_handle() const noexcept { return data; }
  sizes_only extents() const noexcept { return {}; }
  int extent(std::size_t axis) const noexcept { return sizes[axis]; }
  int stride(std::size_t axis) const noexcept { return distances[axis]; }

  T* data = nullptr;
  std::array<int, Rank> sizes{};
  std::array<int, Rank> distances{};
};

} // namespace

template <>
inline constexpr bool bitfault::detail::mdspan_row_major<right_layout> = true;

TEST_CASE("mdspan's members: element i of the view is the element with these coordinates") {
  std::vector<float> memory(100);
  const span_of_axes<float, 3> s{memory.data(), {2, 3, 4}, {1, 20, 3}};
  const auto v = view(s);
  STATIC_REQUIRE(std::is_same_v<decltype(v), const bitfault::strided_view<float, 3>>);
  CHECK(v.extents() == bitfault::extents{2, 3, 4});
  CHECK(matches(v, [&](const auto& at) { return memory.data() + at[0] + 20 * at[1] + 3 * at[2]; }));
}

TEST_CASE("mdspan's members: row-major layouts and rank 0 are flat") {
  std::vector<float> memory(24);
  const span_of_axes<const float, 2, right_layout> s{memory.data(), {4, 6}, {}};
  const auto v = view(s);
  STATIC_REQUIRE(std::is_same_v<decltype(v), const bitfault::flat_view<const float, 2>>);
  CHECK(matches(v, [&](const auto& at) { return memory.data() + 6 * at[0] + at[1]; }));
  const auto scalar = view(span_of_axes<float, 0>{memory.data(), {}, {}});
  STATIC_REQUIRE(decltype(scalar)::contiguous);
  CHECK(scalar.extents().size() == 1);
  CHECK(scalar.address(0) == memory.data());
  const auto none = view(span_of_axes<float, 2>{memory.data(), {4, 0}, {1, 1}});
  CHECK(none.extents().size() == 0);
}

TEST_CASE("mdspan's members: only a mapping that may repeat elements is checked for it") {
  std::vector<float> memory(24);
  span_of_axes<float, 2, strided_layout, false> s{memory.data(), {4, 6}, {0, 1}};
  CHECK_THROWS_AS(view(s), bitfault::error);
  s.distances = {6, 1};
  CHECK(view(s).address(7) == &memory[7]);
}

TEST_CASE("mdspan's members: all of them borrow; layouts and accessors that do not fit are seen") {
  STATIC_REQUIRE(view_of<span_of_axes<float, 2>>::borrows);
  STATIC_REQUIRE(view_of<span_of_axes<float, 2>>::strided);
  STATIC_REQUIRE(view_of<span_of_axes<float, 2>>::plain_elements);
  STATIC_REQUIRE(!view_of<span_of_axes<float, 2, sizes_only>>::strided);
  STATIC_REQUIRE(!view_of<span_of_axes<float, 2, strided_layout, true, float>>::plain_elements);
  CHECK(view_of<span_of_axes<const float, 1>>::plain_elements);
}

#if defined(__cpp_lib_mdspan)

TEST_CASE("std::mdspan: element i of the view is the element with these coordinates") {
  std::vector<float> memory(200);
  const auto right = std::mdspan(memory.data(), 2, 3, 4);
  STATIC_REQUIRE(std::is_same_v<decltype(view(right)), bitfault::flat_view<float, 3>>);
  const auto at_of = [](auto& m) {
    return [&m](const auto& at) { return &m[std::array{at[0], at[1], at[2]}]; };
  };
  CHECK(matches(view(right), at_of(right)));
  using sizes = std::dextents<std::size_t, 3>;
  const std::mdspan<float, sizes, std::layout_left> left(memory.data(), 2, 3, 4);
  STATIC_REQUIRE(!decltype(view(left))::contiguous);
  CHECK(matches(view(left), at_of(left)));
  const std::layout_stride::mapping<sizes> mapping(sizes(2, 3, 4), std::array{1, 40, 7});
  const std::mdspan<const float, sizes, std::layout_stride> strided(memory.data(), mapping);
  CHECK(matches(view(strided), at_of(strided)));
}

#endif
