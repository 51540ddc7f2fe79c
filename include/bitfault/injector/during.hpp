// SPDX-License-Identifier: MIT
#pragma once

#include "../core/element.hpp"
#include "../core/extents.hpp"
#include "../core/policy.hpp"
#include "../core/serial.hpp"
#include "../core/status.hpp"
#include "../random/fault_key.hpp"
#include "../space/steps.hpp"
#include "../views/view.hpp"
#include "composition.hpp"

#include <cstddef>

namespace bitfault {

/// An injector, or a plan, that acts in some time steps only. Made by `during`.
template <class Injector>
class timed_injector {
public:
  BITFAULT_FN constexpr timed_injector(const steps& when, const Injector& inner) noexcept
      : when_(when), inner_(inner) {}

  /// Injects the faults of `key` if its step is one of these; else nothing is looked at, in O(1).
  /// Steps that make no sense are refused in every step.
  template <class X>
  BITFAULT_FN constexpr status apply(X&& x, const fault_key& key) const
      noexcept(detail::is_view<X>) {
    return apply(serial{}, static_cast<X&&>(x), key);
  }
  template <class Executor, class X>
  BITFAULT_FN constexpr status apply(const Executor& executor, X&& x, const fault_key& key) const
      noexcept(detail::is_view<X>) {
    if (const status s = when_.check(); !s.ok() || !when_.contains(key.step))
      return s;
    return inner_.apply(executor, detail::as_view(static_cast<X&&>(x)), key);
  }

  /// The same for lasting faults; see `injector::reapply`.
  template <class X>
  BITFAULT_FN constexpr status reapply(X&& x, const fault_key& key) const
      noexcept(detail::is_view<X>) {
    return reapply(serial{}, static_cast<X&&>(x), key);
  }
  template <class Executor, class X>
  BITFAULT_FN constexpr status reapply(const Executor& executor, X&& x, const fault_key& key) const
      noexcept(detail::is_view<X>) {
    if (const status s = when_.check(); !s.ok() || !when_.contains(key.step))
      return s;
    return inner_.reapply(executor, detail::as_view(static_cast<X&&>(x)), key);
  }

  template <class... Unused>
  constexpr void scoped(Unused&&...) const {
    static_assert(detail::always_false<Unused...>,
                  "bitfault: during: no scope ends with a time step; state that inference "
                  "rewrites takes apply, a parameter takes a scope of the injector while the "
                  "steps last");
  }

  /// The plan for extents or a view, in the same steps: bind before the loop over the steps.
  template <element T, std::size_t Capacity>
  BITFAULT_FN constexpr auto bind(const extents<Capacity>& e) const noexcept {
    return bound(inner_.template bind<T>(e));
  }
  template <tensor_view View>
  BITFAULT_FN constexpr auto bind(const View& view) const noexcept {
    return bound(inner_.bind(view));
  }

  // What a plan has, where `inner` is one.
  BITFAULT_FN constexpr status state() const noexcept {
    return detail::first_refusal(when_.check(), inner_.state());
  }
  template <class View>
  BITFAULT_FN constexpr status check(const View& view) const noexcept {
    return detail::first_refusal(when_.check(), inner_.check(view));
  }
  BITFAULT_FN constexpr index_t cells(const fault_key& key) const noexcept {
    return acts_in(key) ? inner_.cells(key) : 0;
  }
  template <class F>
  BITFAULT_FN constexpr void for_each_fault(const fault_key& key, F&& f) const noexcept {
    if (acts_in(key))
      inner_.for_each_fault(key, static_cast<F&&>(f));
  }

private:
  BITFAULT_FN constexpr bool acts_in(const fault_key& key) const noexcept {
    return when_.check().ok() && when_.contains(key.step);
  }
  template <class Plan>
  BITFAULT_FN constexpr timed_injector<Plan> bound(const Plan& plan) const noexcept {
    return {when_, plan};
  }

  steps when_;
  BITFAULT_NO_UNIQUE_ADDRESS Injector inner_;
};

/// Restricts an injector (or a plan, or one of the other adaptors) to time steps:
/// `during(one_step(17), injector)`, `during(from_step(10), injector)`. The step is that of the key
/// of each call. A transient injector draws other faults in each step, a permanent one has the same
/// in all of them. A step that never comes injects nothing. Host, device, freestanding.
template <class Injector>
BITFAULT_FN constexpr timed_injector<Injector> during(const steps& when,
                                                      const Injector& injector) noexcept {
  static_assert(
      !requires { Injector::sees_every_step; },
      "bitfault: during: a delay has to see every step; the steps belong inside: delayed(n, "
      "during(steps, injector))");
  return {when, injector};
}

namespace detail {
template <class Injector>
struct composition<timed_injector<Injector>> : composition<Injector> {};
} // namespace detail

} // namespace bitfault
