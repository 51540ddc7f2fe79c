// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace bitfault {

/// What a policy is for. Each policy of the library says it as `policy_kind`; a type that does not
/// say it is a fault model (a user's own struct or lambda).
enum class kind : std::uint8_t {
  fault_model,
  selector,
  region,
  bits,
  pattern,
  format,
  lifetime,
  observer,
  enable
};

namespace detail {

template <class P>
consteval kind kind_of() {
  if constexpr (requires { P::policy_kind; })
    return P::policy_kind;
  else
    return kind::fault_model;
}

template <class...>
inline constexpr bool always_false = false;

} // namespace detail
} // namespace bitfault
