// SPDX-License-Identifier: MIT
#pragma once

#include "../core/policy.hpp"
#include "../core/status.hpp"
#include "../random/fault_key.hpp"
#include "../random/probability.hpp"

#include <cstdint>

/// How long a fault lasts. The library does not see writes: whoever rewrites a buffer calls
/// `reapply` after it for permanent and intermittent faults.
namespace bitfault {

/// One write. Every step of a key draws its own sites. The default.
struct transient {
  static constexpr kind policy_kind = kind::lifetime;
  static constexpr bool lasting = false;
  static constexpr bool always_active = true;
  BITFAULT_FN constexpr status check() const noexcept { return {}; }
  BITFAULT_FN constexpr fault_key site_key(const fault_key& key) const noexcept { return key; }
  BITFAULT_FN constexpr bool active(const random_stream&, std::uint32_t,
                                    std::uint64_t) const noexcept {
    return true;
  }
};

/// Holds through every write: the sites do not depend on the step.
struct permanent {
  static constexpr kind policy_kind = kind::lifetime;
  static constexpr bool lasting = true;
  static constexpr bool always_active = true;
  BITFAULT_FN constexpr status check() const noexcept { return {}; }
  BITFAULT_FN constexpr fault_key site_key(fault_key key) const noexcept {
    key.step = 0;
    return key;
  }
  BITFAULT_FN constexpr bool active(const random_stream&, std::uint32_t,
                                    std::uint64_t) const noexcept {
    return true;
  }
};

/// The same sites in every step, each active in a step with probability p, on its own.
struct intermittent {
  static constexpr kind policy_kind = kind::lifetime;
  static constexpr bool lasting = true;
  static constexpr bool always_active = false;
  double p;

  template <class Never = void>
  constexpr intermittent() noexcept : p(0) {
    static_assert(detail::always_false<Never>, "bitfault: intermittent: with which probability in "
                                               "a step? Give it a number: intermittent{0.1}");
  }
  BITFAULT_FN constexpr explicit intermittent(double probability) noexcept : p(probability) {}

  BITFAULT_FN constexpr status check() const noexcept {
    if (probability(p).valid)
      return {};
    return {refusal::intermittency_not_a_probability, 0, detail::bit_cast<std::uint64_t>(p), 1,
            "intermittent"};
  }
  BITFAULT_FN constexpr fault_key site_key(fault_key key) const noexcept {
    key.step = 0;
    return key;
  }
  BITFAULT_FN constexpr bool active(const random_stream& stream, std::uint32_t step,
                                    std::uint64_t event) const noexcept {
    return probability(p).hit(stream.block(purpose::lifetime, event, step).wide(0));
  }
};

} // namespace bitfault
