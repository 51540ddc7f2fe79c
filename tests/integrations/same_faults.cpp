// SPDX-License-Identifier: MIT
#include "../views/odometer.hpp"
#include "catch.hpp"

#include <bitfault/bitfault.hpp>
#include <bitfault/integrations/eigen_tensor.hpp>
#include <bitfault/integrations/xtensor.hpp>

#include <xtensor/xadapt.hpp>
#include <xtensor/xarray.hpp>
#include <xtensor/xstrided_view.hpp>
#include <xtensor/xtensor.hpp>
#include <xtensor/xview.hpp>

#include <algorithm>
#include <cstdint>
#include <set>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

// The same key gives the same faults whatever the memory layout. Values are written and read
// through the container's own indexing, so that a view that numbers elements wrongly is found.

namespace {

using coordinates = std::vector<std::size_t>;
using words = std::vector<std::uint32_t>;
using Eigen::Dynamic;
using Eigen::Index;
using xt::layout_type;

constexpr bitfault::fault_key key{.seed = 2024, .trial = 3, .stream = 1, .step = 0};
constexpr float sentinel = -77.0f;

float initial(bitfault::index_t flat) { return 1.0f + 0.25f * static_cast<float>(flat); }

/// Fills, injects, and returns the words in the order of coordinates. `memory` is all that the
/// container has, gaps included.
template <class Injector, class X, class At>
words injected(const Injector& injector, X&& x, const coordinates& sizes, At at,
               std::span<float> memory) {
  std::fill(memory.begin(), memory.end(), sentinel);
  for_each_coordinate(sizes, [&](bitfault::index_t i, const auto& c) { at(c) = initial(i); });
  injector.apply(bitfault::view(std::forward<X>(x)), key).or_throw();
  words result;
  std::set<const float*> inside;
  for_each_coordinate(sizes, [&](bitfault::index_t, const auto& c) {
    result.push_back(bitfault::to_word(at(c)));
    inside.insert(&at(c));
  });
  for (const float& f : memory)
    if (!inside.contains(&f))
      REQUIRE(bitfault::to_word(f) == bitfault::to_word(sentinel));
  return result;
}

/// What the same injector does to dense row-major memory; and it has to do something.
template <class Injector, std::size_t Rank>
words expected(const Injector& injector, const bitfault::extents<Rank>& e) {
  std::vector<float> memory(e.size());
  for (std::size_t i = 0; i < memory.size(); ++i)
    memory[i] = initial(i);
  injector.apply(bitfault::view(memory.data(), e), key).or_throw();
  words result;
  std::size_t changed = 0;
  for (std::size_t i = 0; i < memory.size(); ++i) {
    result.push_back(bitfault::to_word(memory[i]));
    changed += result.back() != bitfault::to_word(initial(i));
  }
  REQUIRE(changed > 0);
  REQUIRE(changed < memory.size());
  return result;
}

template <class F>
void for_each_injector(F f) {
  using namespace bitfault;
  f(make_injector(bit_flip{}, exactly{25}));
  f(make_injector(bit_flip{}, rate::per_bit(0.01)));
  f(make_injector(stuck_at_1{}, rate::per_bit(0.2), bits::exponent{}, region{range{1, 3}}));
  f(make_injector(zero{}, exactly_elements{9}));
  f(make_injector(random_value{-1.0, 1.0}, rate::per_element(0.1)));
  f(make_injector(bit_flip{}, exactly{3}, row{}));
  f(make_injector(bit_flip{}, exactly{2}, burst{4}));
}

template <int Options>
using matrix = Eigen::Matrix<float, Dynamic, Dynamic, Options>;

/// Indexing of Eigen's matrices by coordinates.
template <class M>
auto by_index(M& m) {
  return [&m](const coordinates& c) -> float& {
    return m.coeffRef(static_cast<Index>(c[0]), static_cast<Index>(c[1]));
  };
}
template <class X>
auto by_element(X& x) {
  return [&x](const coordinates& c) -> float& { return x.element(c.begin(), c.end()); };
}
template <class X>
std::span<float> all_of(X& x) {
  return {x.data(), static_cast<std::size_t>(x.size())};
}

} // namespace

TEST_CASE("the same key gives the same faults in every layout of an Eigen matrix") {
  for_each_injector([](const auto& injector) {
    const bitfault::extents e{6, 9};
    const coordinates sizes{6, 9};
    const words same = expected(injector, e);

    matrix<Eigen::RowMajor> rows(6, 9);
    CHECK(injected(injector, rows, sizes, by_index(rows), all_of(rows)) == same);
    matrix<Eigen::ColMajor> columns(6, 9);
    CHECK(injected(injector, columns, sizes, by_index(columns), all_of(columns)) == same);

    matrix<Eigen::ColMajor> parent(10, 12);
    auto block = parent.block(2, 1, 6, 9);
    CHECK(injected(injector, block, sizes, by_index(block), all_of(parent)) == same);
    matrix<Eigen::RowMajor> other(12, 8);
    auto transposed = other.block(1, 2, 9, 6).transpose();
    CHECK(injected(injector, transposed, sizes, by_index(transposed), all_of(other)) == same);

    std::vector<float> memory(300);
    Eigen::Map<matrix<Eigen::RowMajor>, 0, Eigen::Stride<Dynamic, Dynamic>> map(
        memory.data(), 6, 9, Eigen::Stride<Dynamic, Dynamic>(40, 3));
    CHECK(injected(injector, map, sizes, by_index(map), memory) == same);
  });
}

TEST_CASE("the same key gives the same faults in every layout of a tensor") {
  for_each_injector([](const auto& injector) {
    const bitfault::extents e{4, 3, 5};
    const coordinates sizes{4, 3, 5};
    const words same = expected(injector, e);

    const auto eigen = [&]<int Layout>(std::integral_constant<int, Layout>) {
      Eigen::Tensor<float, 3, Layout> t(4, 3, 5);
      const auto at = [&t](const coordinates& c) -> float& {
        return t(static_cast<Index>(c[0]), static_cast<Index>(c[1]), static_cast<Index>(c[2]));
      };
      CHECK(injected(injector, t, sizes, at, all_of(t)) == same);
    };
    eigen(std::integral_constant<int, Eigen::RowMajor>());
    eigen(std::integral_constant<int, Eigen::ColMajor>());

    xt::xtensor<float, 3> rows({4, 3, 5});
    CHECK(injected(injector, rows, sizes, by_element(rows), all_of(rows)) == same);
    xt::xtensor<float, 3, layout_type::column_major> columns({4, 3, 5});
    CHECK(injected(injector, columns, sizes, by_element(columns), all_of(columns)) == same);
    xt::xarray<float, layout_type::column_major> array(sizes);
    CHECK(injected(injector, array, sizes, by_element(array), all_of(array)) == same);

    xt::xarray<float> parent(coordinates{9, 5, 5});
    auto slice = xt::strided_view(parent, {xt::range(8, 0, -2), xt::range(1, 4), xt::all()});
    CHECK(injected(injector, slice, sizes, by_element(slice), all_of(parent)) == same);
    xt::xtensor<float, 3> reversed({5, 3, 4});
    auto turned = xt::transpose(reversed);
    CHECK(injected(injector, turned, sizes, by_element(turned), all_of(reversed)) == same);
    xt::xtensor<float, 4> batch({4, 2, 3, 5});
    auto one = xt::view(batch, xt::all(), 1);
    CHECK(injected(injector, one, sizes, by_element(one), all_of(batch)) == same);

    std::vector<float> memory(400);
    auto adapted = xt::adapt(memory, sizes, std::vector<std::ptrdiff_t>{7, 100, 1});
    CHECK(injected(injector, adapted, sizes, by_element(adapted), memory) == same);
  });
}

TEST_CASE("scoped faults in a view with strides are taken back to the last bit") {
  matrix<Eigen::ColMajor> parent = matrix<Eigen::ColMajor>::Random(10, 12);
  const matrix<Eigen::ColMajor> before = parent;
  for_each_injector([&](const auto& injector) {
    {
      auto injection = injector.scoped(bitfault::view(parent.block(2, 1, 6, 9)), key);
      CHECK(parent != before);
    }
    const auto same_bits = [](float a, float b) {
      return bitfault::to_word(a) == bitfault::to_word(b);
    };
    CHECK(std::equal(before.data(), before.data() + before.size(), parent.data(), same_bits));
  });
}
