// SPDX-License-Identifier: MIT
#pragma once

#include "fault_description.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

/// What the kinds of a description are called: in configurations, in stores and in exported tables.
/// In the order of their enumerations.
namespace bitfault::campaign::detail {

inline constexpr std::array<std::string_view, 10> fault_names{
    "bit_flip", "stuck_at_0", "stuck_at_1",   "quantized_flip", "zero",
    "constant", "scale",      "random_value", "uniform_noise",  "normal_noise"};
inline constexpr std::array<std::string_view, 7> bits_names{
    "any", "given", "sign", "exponent", "mantissa", "adjacent", "all"};
inline constexpr std::array<std::string_view, 6> amount_names{
    "single", "exactly", "fraction", "per_bit", "per_element", "per_target"};

template <std::size_t Size, class Kind>
constexpr std::string_view name_in(const std::array<std::string_view, Size>& names, Kind kind) {
  return names[static_cast<std::size_t>(kind)];
}

/// The kind of a name; nothing for a name that there is not.
template <class Kind, std::size_t Size>
constexpr std::optional<Kind> kind_of(const std::array<std::string_view, Size>& names,
                                      std::string_view name) {
  for (std::size_t i = 0; i < Size; ++i)
    if (names[i] == name)
      return static_cast<Kind>(i);
  return std::nullopt;
}

} // namespace bitfault::campaign::detail
