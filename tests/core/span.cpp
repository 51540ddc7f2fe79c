// SPDX-License-Identifier: MIT
#include <bitfault/core/span.hpp>

#include "catch.hpp"

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

using bitfault::span;

namespace {

int sum(span<const int> numbers) {
  int total = 0;
  for (const int n : numbers)
    total += n;
  return total;
}

/// A sequence from elsewhere that counts with signed numbers and has nothing but data and size.
struct plain_sequence {
  int* first;
  long count;
  int* data() const { return first; }
  long size() const { return count; }
};

template <class From, class To>
constexpr bool converts = std::is_convertible_v<From, To>;

} // namespace

TEST_CASE("a span is made from whatever has its elements one behind the other") {
  std::vector<int> vector{1, 2, 3, 4};
  const std::vector<int> fixed{5, 6};
  std::array<int, 3> array{7, 8, 9};
  int plain[2] = {10, 11};
  CHECK(sum(vector) == 10);
  CHECK(sum(fixed) == 11);
  CHECK(sum(array) == 24);
  CHECK(sum(plain) == 21);
  CHECK(sum({plain, 1}) == 10);
  CHECK(sum(std::span<int>(vector).subspan(1)) == 9);
  CHECK(sum(std::span<const int, 2>(fixed)) == 11);
  CHECK(sum(span<int>(vector)) == 10);
  const plain_sequence foreign{plain, 2};
  CHECK(sum(foreign) == 21);
  CHECK(sum({}) == 0);
}

TEST_CASE("a span refers to the elements that it was made from") {
  std::vector<int> vector{1, 2, 3, 4};
  const span<int> all = vector;
  CHECK(all.data() == vector.data());
  CHECK(all.size() == 4);
  CHECK(all.end() - all.begin() == 4);
  all[2] = 30;
  CHECK(vector == std::vector<int>{1, 2, 30, 4});
  const span<int> middle = all.subspan(1, 2);
  CHECK(middle.data() == &vector[1]);
  CHECK(middle.size() == 2);
  CHECK(all.subspan(4, 0).empty());
  CHECK_FALSE(all.empty());

  const span<int> none;
  CHECK(none.data() == nullptr);
  CHECK(none.empty());
  CHECK(none.begin() == none.end());
  const std::span<int> back(all);
  CHECK(back.data() == vector.data());
  CHECK(back.size() == 4);
}

TEST_CASE("a span never drops a const, changes a type or outlives a temporary") {
  STATIC_REQUIRE(converts<std::vector<int>&, span<int>>);
  STATIC_REQUIRE(converts<std::vector<int>&, span<const int>>);
  STATIC_REQUIRE(converts<const std::vector<int>&, span<const int>>);
  STATIC_REQUIRE_FALSE(converts<const std::vector<int>&, span<int>>);
  STATIC_REQUIRE_FALSE(converts<span<const int>, span<int>>);
  STATIC_REQUIRE(converts<span<int>, span<const int>>);
  STATIC_REQUIRE_FALSE(converts<std::vector<int>&, span<unsigned>>);
  STATIC_REQUIRE_FALSE(converts<std::vector<int>&, span<long>>);
  STATIC_REQUIRE_FALSE(converts<int*, span<int>>);

  STATIC_REQUIRE(converts<std::span<int>, span<int>>);
  STATIC_REQUIRE(converts<const std::span<int>, span<int>>);
  STATIC_REQUIRE_FALSE(converts<std::vector<int>, span<const int>>);
  STATIC_REQUIRE_FALSE(converts<std::array<int, 3>, span<const int>>);
  STATIC_REQUIRE_FALSE(converts<const std::array<int, 3>, span<const int>>);
  STATIC_REQUIRE_FALSE(converts<std::string, span<const char>>);
}

TEST_CASE("a span works at compile time") {
  constexpr int product = [] {
    int numbers[3] = {2, 3, 7};
    const span<int> all = numbers;
    all[0] = 5;
    int result = 1;
    for (const int n : all.subspan(0, 2))
      result *= n;
    return result;
  }();
  STATIC_REQUIRE(product == 15);
  STATIC_REQUIRE(std::is_trivially_copyable_v<span<int>>);
}
