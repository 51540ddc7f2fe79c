// SPDX-License-Identifier: MIT
// Each trait of core/traits.hpp against the standard library's of the same name, over types of all
// kinds and every pair of them.

#include <bitfault/core/half.hpp>
#include <bitfault/core/traits.hpp>

#include "catch.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

namespace own = bitfault::detail;

namespace {

struct plain {
  int number;
};
struct with_destructor {
  ~with_destructor() {}
};
struct from_int {
  from_int(int) {} // NOLINT(google-explicit-constructor)
};
struct explicitly_from_int {
  explicit explicitly_from_int(int) {}
};
struct to_float {
  operator float() const { return 1; } // NOLINT(google-explicit-constructor)
};
class derived : plain {};
struct openly_derived : plain {};
union either {
  int number;
  float real;
};
enum unscoped { one };
enum class scoped : std::uint8_t { two };
struct called {
  int operator()(int) const;
  float& operator()(float, float&);
};

template <class... T>
struct types {};

/// Gives its value away, to a class that refuses it where a cast asks.
struct giver;
struct choosy {
  explicit choosy(giver) = delete;
};
struct giver {
  operator choosy(); // NOLINT(google-explicit-constructor)
};

using all =
    types<bool, char, signed char, unsigned char, wchar_t, char8_t, char16_t, char32_t, short,
          unsigned short, int, unsigned, long, unsigned long, long long, unsigned long long, float,
          double, long double, std::nullptr_t, std::byte, std::size_t, std::ptrdiff_t, std::int64_t,
          bitfault::half, plain, with_destructor, from_int, explicitly_from_int, to_float, derived,
          openly_derived, either, unscoped, scoped, called, choosy, giver, std::string,
          std::vector<int>, std::unique_ptr<int>, int*, const int*, int* const, int* volatile,
          int* const volatile, volatile int*, plain*, openly_derived*, void*, const void*, int**,
          int&, const int&, int&&, volatile int&, plain&, openly_derived&, plain&&, const plain,
          volatile plain, const int, volatile int, const volatile int, const float, const bool,
          int (*)[3], const int (*)[3], int (*)(float), int plain::*, int (plain::*)(float),
          int (&)[3], int (&)(float)>;
/// Where no value of the type can be.
using more = types<void, const void, int(float), int(float) noexcept, int[3], const int[3], int[]>;

template <class T>
consteval bool alone() {
  using std::is_same_v;
  return own::is_const_v<T> == std::is_const_v<T> &&
         own::is_volatile_v<T> == std::is_volatile_v<T> &&
         own::is_lvalue_reference_v<T> == std::is_lvalue_reference_v<T> &&
         own::is_pointer_v<T> == std::is_pointer_v<T> &&
         own::is_function_v<T> == std::is_function_v<T> &&
         own::is_class_v<T> == std::is_class_v<T> &&
         own::is_integral_v<T> == std::is_integral_v<T> &&
         own::is_floating_point_v<T> == std::is_floating_point_v<T> &&
         own::is_arithmetic_v<T> == std::is_arithmetic_v<T> &&
         own::is_signed_v<T> == std::is_signed_v<T> && own::integral<T> == std::integral<T> &&
         own::signed_integral<T> == std::signed_integral<T> &&
         own::unsigned_integral<T> == std::unsigned_integral<T> &&
         own::floating_point<T> == std::floating_point<T> &&
         own::is_trivially_copyable_v<T> == std::is_trivially_copyable_v<T> &&
         is_same_v<typename own::type_identity<T>::type, T> &&
         is_same_v<own::remove_reference_t<T>, std::remove_reference_t<T>> &&
         is_same_v<own::remove_const_t<T>, std::remove_const_t<T>> &&
         is_same_v<own::remove_volatile_t<T>, std::remove_volatile_t<T>> &&
         is_same_v<own::remove_cv_t<T>, std::remove_cv_t<T>> &&
         is_same_v<own::remove_cvref_t<T>, std::remove_cvref_t<T>> &&
         is_same_v<own::remove_pointer_t<T>, std::remove_pointer_t<T>> &&
         is_same_v<own::conditional_t<true, T, plain>, T> &&
         is_same_v<own::conditional_t<false, plain, T>, T>;
}

template <class A, class B>
consteval bool together() {
  return own::is_same_v<A, B> == std::is_same_v<A, B> && own::same_as<A, B> == std::same_as<A, B> &&
         own::convertible_to<A, B> == std::convertible_to<A, B> &&
         own::invocable<A, B> ==
             (std::is_invocable_v<A, B> && !std::is_member_pointer_v<std::remove_cvref_t<A>>);
}
template <class A, class... B>
consteval unsigned differing(types<B...>) {
  return (0u + ... + unsigned{!together<A, B>()});
}

template <class... T>
consteval unsigned differing_alone(types<T...>) {
  return (0u + ... + unsigned{!alone<T>()});
}
template <class... A>
consteval unsigned differing_pairs(types<A...>) {
  return (0u + ... + (differing<A>(all{}) + differing<A>(more{})));
}

} // namespace

TEST_CASE("the traits of one type are the standard's") {
  STATIC_REQUIRE(differing_alone(all{}) == 0);
  STATIC_REQUIRE(differing_alone(more{}) == 0);
}

TEST_CASE("sameness, conversions and calls are the standard's for every pair of types") {
  STATIC_REQUIRE(differing_pairs(all{}) == 0);
}

TEST_CASE("integers and floats that a compiler adds count where the standard library counts them") {
#if defined(__SIZEOF_INT128__)
  STATIC_REQUIRE(differing_alone(types<__int128_t, __uint128_t, const __int128_t>{}) == 0);
#endif
#if defined(__SIZEOF_FLOAT128__)
  STATIC_REQUIRE(differing_alone(types<__float128>{}) == 0);
#endif
}

TEST_CASE("what a call gives is the standard's") {
  STATIC_REQUIRE(std::is_same_v<own::invoke_result_t<const called&, int>, int>);
  STATIC_REQUIRE(std::is_same_v<own::invoke_result_t<called&, float, float&>, float&>);
  STATIC_REQUIRE(own::invocable<called&, float, float&>);
  STATIC_REQUIRE_FALSE(own::invocable<const called&, float, float&>);
  STATIC_REQUIRE(own::invocable<int (*)(float), int>);
}
