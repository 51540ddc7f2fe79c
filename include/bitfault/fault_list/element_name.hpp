// SPDX-License-Identifier: MIT
#pragma once

#include "../core/bfloat16.hpp"
#include "../core/element.hpp"
#include "../core/half.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace bitfault {

namespace detail {

/// A name and the width that goes with it. The position in the table is the type's code.
struct named_width {
  std::string_view name;
  unsigned bits;
};
inline constexpr named_width named_widths[] = {
    {"", 0},         {"bool", 1},      {"int8", 8},     {"int16", 16},   {"int32", 32},
    {"int64", 64},   {"uint8", 8},     {"uint16", 16},  {"uint32", 32},  {"uint64", 64},
    {"float16", 16}, {"bfloat16", 16}, {"float32", 32}, {"float64", 64}, {"bits8", 8},
    {"bits16", 16},  {"bits32", 32},   {"bits64", 64}};

/// 0 for a name that the library does not know.
constexpr std::uint64_t element_code(std::string_view name) noexcept {
  for (std::size_t i = 1; i < std::size(named_widths); ++i)
    if (named_widths[i].name == name)
      return i;
  return 0;
}

} // namespace detail

/// What an element type is called in fault lists and files: "bool", "int8" to "int64", "uint8" to
/// "uint64", "float16", "bfloat16", "float32", "float64". A type of one's own may say it in its
/// element_traits (`static constexpr std::string_view name`); else it is "bits8" to "bits64".
template <element T>
constexpr std::string_view element_name() noexcept {
  constexpr std::size_t power = sizeof(T) == 1 ? 0 : sizeof(T) == 2 ? 1 : sizeof(T) == 4 ? 2 : 3;
  if constexpr (requires { element_traits<T>::name; }) {
    return element_traits<T>::name;
  } else if constexpr (std::is_same_v<T, bool>) {
    return "bool";
  } else if constexpr (std::is_same_v<T, half>) {
    return "float16";
  } else if constexpr (std::is_same_v<T, bfloat16>) {
    return "bfloat16";
  } else if constexpr (std::is_floating_point_v<T>) {
    return sizeof(T) == 4 ? "float32" : "float64";
  } else {
    constexpr std::size_t first = !std::is_integral_v<T> ? 14 : std::is_signed_v<T> ? 2 : 6;
    return detail::named_widths[first + power].name;
  }
}

namespace detail {

/// The place for refusal::wrong_type, so that its message says the view's type in words.
template <element T>
inline constexpr auto wrong_type_place = [] {
  constexpr std::string_view before = "fault list: the view's elements are ";
  constexpr std::string_view name = element_name<T>();
  std::array<char, before.size() + name.size() + 1> text{};
  for (std::size_t i = 0; i < before.size(); ++i)
    text[i] = before[i];
  for (std::size_t i = 0; i < name.size(); ++i)
    text[before.size() + i] = name[i];
  return text;
}();

} // namespace detail
} // namespace bitfault
