// SPDX-License-Identifier: MIT
#pragma once

#include "core/element.hpp"
#include "core/policy.hpp"
#include "core/status.hpp"
#include "core/traits.hpp"
#include "faults/bit_faults.hpp"
#include "faults/lifetime.hpp"
#include "formats/own_bits.hpp"
#include "injector/injector.hpp"
#include "injector/observer.hpp"
#include "space/bits.hpp"
#include "space/pattern.hpp"
#include "space/region.hpp"

namespace bitfault {

namespace detail {

/// No bits policy given: any one bit for models that look at the mask, the whole word for others.
struct default_bits {
  static constexpr kind policy_kind = kind::bits;
  static constexpr bool suits_every_model = true;
  template <code_layout L, bool TakesMask>
  BITFAULT_FN constexpr auto bind(status& state) const noexcept {
    return detail::conditional_t<TakesMask, bits::any, bits::all>{}.template bind<L>(state);
  }
};

template <kind Wanted, class... P>
inline constexpr int count_of_kind = ((kind_of<P>() == Wanted ? 1 : 0) + ... + 0);

/// The policy of a kind, or the default.
template <kind Wanted, class Default>
BITFAULT_FN constexpr Default pick(Default d) noexcept {
  return d;
}
template <kind Wanted, class Default, class First, class... Rest>
BITFAULT_FN constexpr auto pick(Default d, const First& first, const Rest&... rest) noexcept {
  if constexpr (kind_of<First>() == Wanted)
    return first;
  else
    return pick<Wanted>(d, rest...);
}

/// Whether something could be a user's own fault model: a function or what has a call operator. A
/// number, a string, a list or a range is neither, nor a policy.
template <class P>
consteval bool may_be_policy() {
  if constexpr (requires { P::policy_kind; })
    return true;
  else if constexpr (requires(const P& p) {
                       p.data();
                       p.size();
                     } ||
                     detail::is_same_v<P, range> || detail::is_same_v<P, all_t>)
    return false;
  else
    return detail::is_class_v<P> || detail::is_function_v<detail::remove_pointer_t<P>>;
}

/// Whether a fault model makes sense only if it lasts: what is dead in one step is not dead.
template <class P>
consteval bool needs_lasting() {
  if constexpr (requires { P::lasts; })
    return P::lasts;
  else
    return false;
}
template <class P>
consteval bool is_lasting() {
  if constexpr (kind_of<P>() == kind::lifetime)
    return P::lasting;
  else
    return false;
}

/// Asks the questions one after the other, so that a wrong composition is one sentence.
template <class... P>
consteval bool composition_is_right() {
  if constexpr (!(may_be_policy<P>() && ...))
    static_assert(always_false<P...>,
                  "bitfault::make_injector: something given is neither a policy nor a fault model "
                  "(a number of faults is exactly{k}, a range of indices region{range{a, b}}, a "
                  "list of elements at{list} or elements{list})");
  else if constexpr (count_of_kind<kind::fault_model, P...> == 0)
    static_assert(always_false<P...>, "bitfault::make_injector: no fault model given (bit_flip{}, "
                                      "stuck_at_1{}, zero{} ... or a function of your own)");
  else if constexpr (count_of_kind<kind::fault_model, P...> > 1)
    static_assert(always_false<P...>,
                  "bitfault::make_injector: two fault models given; an injector takes one (see "
                  "chain and mixture)");
  else if constexpr (count_of_kind<kind::selector, P...> == 0)
    static_assert(always_false<P...>,
                  "bitfault::make_injector: no selector given; say how many sites are hit "
                  "(exactly{k}, rate::per_bit(p), at{...}, every{} ...)");
  else if constexpr (count_of_kind<kind::selector, P...> > 1)
    static_assert(always_false<P...>,
                  "bitfault::make_injector: two selectors given; an injector takes one");
  else if constexpr (count_of_kind<kind::region, P...> > 1)
    static_assert(always_false<P...>,
                  "bitfault::make_injector: two regions given; an injector takes one");
  else if constexpr (count_of_kind<kind::bits, P...> > 1)
    static_assert(always_false<P...>,
                  "bitfault::make_injector: two bits policies given; an injector takes one");
  else if constexpr (count_of_kind<kind::pattern, P...> > 1)
    static_assert(always_false<P...>,
                  "bitfault::make_injector: two patterns given; an injector takes one");
  else if constexpr (count_of_kind<kind::format, P...> > 1)
    static_assert(always_false<P...>,
                  "bitfault::make_injector: two formats given; an injector takes one");
  else if constexpr (count_of_kind<kind::lifetime, P...> > 1)
    static_assert(always_false<P...>,
                  "bitfault::make_injector: two lifetimes given; an injector takes one");
  else if constexpr ((needs_lasting<P>() || ...) && !(is_lasting<P>() || ...))
    static_assert(
        always_false<P...>,
        "bitfault::make_injector: dead and saturated neurons and stuck outputs last; give "
        "permanent{} or intermittent{p} (dropped_spike and extra_spike are of one step)");
  else if constexpr (count_of_kind<kind::observer, P...> > 1)
    static_assert(always_false<P...>,
                  "bitfault::make_injector: two observers given; an injector takes one");
  else if constexpr (count_of_kind<kind::enable, P...> > 1)
    static_assert(always_false<P...>,
                  "bitfault::make_injector: two switches given; an injector takes one");
  else if constexpr (count_of_kind<kind::bits, P...> == 1 &&
                     ((kind_of<P>() == kind::fault_model && is_value_model<P>()) || ...))
    static_assert(always_false<P...>, "bitfault::make_injector: bits given for a value fault; a "
                                      "value fault sets the whole word");
  else
    return true;
  return false;
}

} // namespace detail

/// Composes policies, in any order, into an injector: a fault model and a selector are required;
/// region, bits, pattern, format, lifetime, observer and `enable` have defaults. A type that is no
/// policy of the library is a fault model: f(value, random) -> value, or
/// f(word, mask, random) -> word. Host, device, freestanding.
template <class... Policy>
BITFAULT_FN constexpr auto make_injector(const Policy&... policy) noexcept {
  if constexpr (detail::composition_is_right<Policy...>()) {
    const auto fault = detail::pick<kind::fault_model>(bit_flip{}, policy...);
    const auto selector = detail::pick<kind::selector>(0, policy...);
    const auto region = detail::pick<kind::region>(whole_tensor{}, policy...);
    const auto chosen_bits = detail::pick<kind::bits>(detail::default_bits{}, policy...);
    const auto pattern = detail::pick<kind::pattern>(single{}, policy...);
    const auto format = detail::pick<kind::format>(formats::own_bits{}, policy...);
    const auto lifetime = detail::pick<kind::lifetime>(transient{}, policy...);
    const auto observer = detail::pick<kind::observer>(no_observer{}, policy...);
    const auto enabled = detail::pick<kind::enable>(enable<true>{}, policy...);
    return injector<
        detail::remove_cvref_t<decltype(enabled)>::on, detail::remove_cv_t<decltype(fault)>,
        detail::remove_cv_t<decltype(selector)>, detail::remove_cv_t<decltype(region)>,
        detail::remove_cv_t<decltype(chosen_bits)>, detail::remove_cv_t<decltype(pattern)>,
        detail::remove_cv_t<decltype(format)>, detail::remove_cv_t<decltype(lifetime)>,
        detail::remove_cv_t<decltype(observer)>>(fault, selector, region, chosen_bits, pattern,
                                                 format, lifetime, observer);
  } else {
    // Something that takes every verb, so that the sentence above stays the only error.
    return injector<false, bit_flip, int, whole_tensor, detail::default_bits, single,
                    formats::own_bits, permanent, no_observer>({}, 0, {}, {}, {}, {}, {}, {});
  }
}

} // namespace bitfault
