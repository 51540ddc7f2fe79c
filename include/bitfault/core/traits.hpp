// SPDX-License-Identifier: MIT
#pragma once

/// The traits and concepts of the standard library that the core uses, under their names and with
/// their meanings, but that void converts to nothing here. <type_traits> and <concepts> are left
/// out because they were a sixth of what compilers did for the whole core.
namespace bitfault::detail {

template <class A, class B>
inline constexpr bool is_same_v = false;
template <class A>
inline constexpr bool is_same_v<A, A> = true;

template <class T>
struct type_identity {
  using type = T;
};

template <class T>
struct remove_reference : type_identity<T> {};
template <class T>
struct remove_reference<T&> : type_identity<T> {};
template <class T>
struct remove_reference<T&&> : type_identity<T> {};
template <class T>
using remove_reference_t = typename remove_reference<T>::type;

template <class T>
struct remove_const : type_identity<T> {};
template <class T>
struct remove_const<const T> : type_identity<T> {};
template <class T>
using remove_const_t = typename remove_const<T>::type;

template <class T>
struct remove_volatile : type_identity<T> {};
template <class T>
struct remove_volatile<volatile T> : type_identity<T> {};
template <class T>
using remove_volatile_t = typename remove_volatile<T>::type;

template <class T>
using remove_cv_t = remove_volatile_t<remove_const_t<T>>;
template <class T>
using remove_cvref_t = remove_cv_t<remove_reference_t<T>>;

template <class T>
struct remove_pointer : type_identity<T> {};
template <class T>
struct remove_pointer<T*> : type_identity<T> {};
template <class T>
struct remove_pointer<T* const> : type_identity<T> {};
template <class T>
struct remove_pointer<T* volatile> : type_identity<T> {};
template <class T>
struct remove_pointer<T* const volatile> : type_identity<T> {};
template <class T>
using remove_pointer_t = typename remove_pointer<T>::type;

template <bool Condition>
struct conditional {
  template <class Then, class>
  using type = Then;
};
template <>
struct conditional<false> {
  template <class, class Else>
  using type = Else;
};
template <bool Condition, class Then, class Else>
using conditional_t = typename conditional<Condition>::template type<Then, Else>;

template <class T>
inline constexpr bool is_const_v = !is_same_v<T, remove_const_t<T>>;
template <class T>
inline constexpr bool is_volatile_v = !is_same_v<T, remove_volatile_t<T>>;
template <class T>
inline constexpr bool is_lvalue_reference_v = false;
template <class T>
inline constexpr bool is_lvalue_reference_v<T&> = true;
template <class T>
inline constexpr bool is_pointer_v = !is_same_v<T, remove_pointer_t<T>>;
/// Functions and references are what cannot be const.
template <class T>
inline constexpr bool is_function_v = !is_const_v<const T> && is_same_v<T, remove_reference_t<T>>;
template <class T>
inline constexpr bool is_class_v = __is_class(T);
template <class T>
inline constexpr bool is_trivially_copyable_v = __is_trivially_copyable(T);

template <class T, class... Types>
inline constexpr bool is_one_of = (is_same_v<T, Types> || ...);
/// Beyond the language's own, as the standard library of the same compiler has it.
template <class T>
inline constexpr bool is_extended_integral = false;
template <class T>
inline constexpr bool is_extended_floating_point = false;
#if !defined(__STRICT_ANSI__) && defined(__SIZEOF_INT128__)
template <>
inline constexpr bool is_extended_integral<__int128_t> = true;
template <>
inline constexpr bool is_extended_integral<__uint128_t> = true;
#endif
#if !defined(__STRICT_ANSI__) && defined(__SIZEOF_FLOAT128__) && !defined(__CUDACC__)
template <>
inline constexpr bool is_extended_floating_point<__float128> = true;
#endif
#if defined(__STDCPP_FLOAT16_T__)
template <>
inline constexpr bool is_extended_floating_point<decltype(0.0f16)> = true;
#endif
#if defined(__STDCPP_BFLOAT16_T__)
template <>
inline constexpr bool is_extended_floating_point<decltype(0.0bf16)> = true;
#endif
#if defined(__STDCPP_FLOAT32_T__)
template <>
inline constexpr bool is_extended_floating_point<decltype(0.0f32)> = true;
#endif
#if defined(__STDCPP_FLOAT64_T__)
template <>
inline constexpr bool is_extended_floating_point<decltype(0.0f64)> = true;
#endif

template <class T>
inline constexpr bool is_integral_v =
    is_one_of<remove_cv_t<T>, bool, char, signed char, unsigned char, wchar_t, char8_t, char16_t,
              char32_t, short, unsigned short, int, unsigned, long, unsigned long, long long,
              unsigned long long> ||
    is_extended_integral<remove_cv_t<T>>;
template <class T>
inline constexpr bool is_floating_point_v = is_one_of<remove_cv_t<T>, float, double, long double> ||
                                            is_extended_floating_point<remove_cv_t<T>>;
template <class T>
inline constexpr bool is_arithmetic_v = is_integral_v<T> || is_floating_point_v<T>;
template <class T>
inline constexpr bool is_signed_v = false;
template <class T>
  requires is_arithmetic_v<T>
inline constexpr bool is_signed_v<T> = static_cast<T>(-1) < static_cast<T>(0);

template <class T>
T&& declval() noexcept;
template <class To>
void accept(To) noexcept;

template <class A, class B>
concept same_as = is_same_v<A, B> && is_same_v<B, A>;
template <class From, class To>
concept convertible_to = requires {
  detail::accept<To>(detail::declval<From>());
  static_cast<To>(detail::declval<From>());
};
template <class T>
concept integral = is_integral_v<T>;
template <class T>
concept signed_integral = integral<T> && is_signed_v<T>;
template <class T>
concept unsigned_integral = integral<T> && !is_signed_v<T>;
template <class T>
concept floating_point = is_floating_point_v<T>;

/// For functions and objects that are called like them, not for pointers to members.
template <class F, class... A>
concept invocable = requires {
  detail::declval<F>()(detail::declval<A>()...);
};
template <class F, class... A>
using invoke_result_t = decltype(detail::declval<F>()(detail::declval<A>()...));

} // namespace bitfault::detail
