// SPDX-License-Identifier: MIT
#pragma once

#include "../core/bfloat16.hpp"
#include "../core/element.hpp"
#include "../core/half.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace bitfault {

namespace detail {

/// A name, the width that goes with it, and its number in a `status` (see there).
struct named_type {
  std::string_view name;
  unsigned bits;
  unsigned number;
};
inline constexpr named_type named_types[] = {
    {"bool", 1, 6008},     {"int8", 8, 8},        {"int16", 16, 16},      {"int32", 32, 32},
    {"int64", 64, 64},     {"uint8", 8, 1008},    {"uint16", 16, 1016},   {"uint32", 32, 1032},
    {"uint64", 64, 1064},  {"float16", 16, 2016}, {"bfloat16", 16, 4016}, {"float32", 32, 2032},
    {"float64", 64, 2064}, {"bits8", 8, 3008},    {"bits16", 16, 3016},   {"bits32", 32, 3032},
    {"bits64", 64, 3064}};

/// nullptr for a name that the library does not know.
constexpr const named_type* find_named_type(std::string_view name) noexcept {
  for (const named_type& t : named_types)
    if (t.name == name)
      return &t;
  return nullptr;
}

/// The number of a type in a `status`; one of a user's own counts as bits.
constexpr std::uint64_t type_number(std::string_view name, unsigned bits) noexcept {
  const named_type* const t = find_named_type(name);
  return t == nullptr ? 3000 + bits : t->number;
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
    constexpr std::size_t first = !std::is_integral_v<T> ? 13 : std::is_signed_v<T> ? 1 : 5;
    return detail::named_types[first + power].name;
  }
}

} // namespace bitfault
