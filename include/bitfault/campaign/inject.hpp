// SPDX-License-Identifier: MIT
#pragma once

#include "../core/error.hpp"
#include "../faults/distribution.hpp"
#include "../faults/value_faults.hpp"
#include "../injector/fault_span.hpp"
#include "../random/source.hpp"
#include "fault_space.hpp"
#include "tensor_ref.hpp"

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
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
  if (!sets_value(d.which))
    return f;
  f.action = fault_action::write;
  bool known = false;
  random_source random(stream, site.number, 0, site.number);
  detail::for_each_element_type([&]<class T>(std::type_identity<T>) {
    if (!known && detail::type_of<T>.name == type.name) {
      f.value = detail::faulty_value<T>(d, before, random);
      known = true;
    }
  });
  if (!known)
    throw std::invalid_argument("bitfault: campaign: value faults in elements of type " +
                                std::string(type.name) + " need a type that the library knows");
  return f;
}

} // namespace bitfault::campaign
