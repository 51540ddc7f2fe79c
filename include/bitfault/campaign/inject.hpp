// SPDX-License-Identifier: MIT
#pragma once

#include "../core/error.hpp"
#include "../faults/distribution.hpp"
#include "../faults/value_faults.hpp"
#include "../injector/fault_span.hpp"
#include "../random/source.hpp"
#include "fault_space.hpp"
#include "tensor_ref.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

namespace bitfault::campaign {

namespace detail {

/// The word that a value model of the core makes of another.
template <element T>
std::uint64_t faulty_value(const fault_description& d, std::uint64_t before,
                           random_source& random) {
  const auto with = [&](const auto& model) {
    bitfault::detail::check_model<std::remove_cvref_t<decltype(model)>, T>(model, 1).or_throw();
    return std::uint64_t{to_word<T>(model(from_word<T>(static_cast<word_t<T>>(before)), random))};
  };
  using kind = fault_description::kind;
  switch (d.which) {
  case kind::zero:
    return with(zero{});
  case kind::constant:
    return with(constant<double>{d.a});
  case kind::scale:
    return with(scale{d.a});
  case kind::random_value:
    return with(random_value{d.a, d.b});
  case kind::uniform_noise:
    return with(additive_noise{uniform{d.a, d.b}});
  default:
    return with(additive_noise{normal{d.a, d.b}});
  }
}

/// What a flip makes of a value that is stored as an integer: round(value / step), ties to even, in
/// two's complement, clamped to its bits; a NaN is stored as 0.
inline double flipped_integer(const fault_description& d, double value, std::uint64_t mask) {
  const auto bits = static_cast<unsigned>(d.a);
  const double most = static_cast<double>(std::int64_t{1} << (bits - 1));
  const double rounded = std::isnan(value) ? 0 : std::nearbyint(value / d.b);
  const auto code =
      static_cast<std::uint64_t>(static_cast<std::int64_t>(std::clamp(rounded, -most, most - 1)));
  const std::uint64_t flipped = (code ^ mask) & bitfault::detail::low_bits(bits);
  const bool negative = (flipped >> (bits - 1)) != 0;
  return (static_cast<double>(flipped) - (negative ? 2 * most : 0)) * d.b;
}

} // namespace detail

/// The fault that a description makes at a site that holds the word `before`. Throws `error` for
/// bad parameters, std::invalid_argument for a value fault in an element type of one's own.
inline listed_fault fault_at(const fault_description& d, const element_type& type,
                             const fault_site& site, std::uint64_t before,
                             const random_stream& stream) {
  using kind = fault_description::kind;
  listed_fault f{site.element, site.mask, 0, fault_action::flip};
  if (d.which == kind::stuck_at_0)
    f.action = fault_action::stuck_at_0;
  if (d.which == kind::stuck_at_1)
    f.action = fault_action::stuck_at_1;
  fault_description made = d;
  if (d.which == kind::quantized_flip) {
    made = {kind::constant, detail::flipped_integer(d, type.to_real(before), site.mask), 0, {}};
    f.mask = bitfault::detail::low_bits(type.layout.bits);
  } else if (!sets_value(d.which)) {
    return f;
  }
  f.action = fault_action::write;
  bool known = false;
  random_source random(stream, site.number, 0, site.number);
  detail::for_each_element_type([&]<class T>(std::type_identity<T>) {
    if (!known && detail::type_of<T>.name == type.name) {
      f.value = detail::faulty_value<T>(made, before, random);
      known = true;
    }
  });
  if (!known)
    throw std::invalid_argument("bitfault: campaign: value faults in elements of type " +
                                std::string(type.name) + " need a type that the library knows");
  return f;
}

} // namespace bitfault::campaign
