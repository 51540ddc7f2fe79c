// SPDX-License-Identifier: MIT
#pragma once

#include "../../core/status.hpp"
#include "../../faults/bit_faults.hpp"
#include "../../faults/combined.hpp"
#include "../../faults/value_faults.hpp"
#include "../../selectors/at.hpp"
#include "../../space/complement.hpp"
#include "../../space/elements.hpp"

/// The lists of the caller that policies refer to: a kernel follows these pointers.
namespace bitfault::detail {

/// Calls check(pointer) for each list of a policy until one is refused. A policy without a list has
/// nothing to say.
template <class Policy, class Check>
status check_lists(const Policy& /*policy*/, Check&& /*check*/) noexcept {
  return {};
}
template <class Check>
status check_lists(const bound_list<span<const index_t>>& policy, Check&& check) noexcept {
  return check(policy.list.data());
}
template <class Check>
status check_lists(const bound_elements& policy, Check&& check) noexcept {
  return check(policy.first);
}
template <class Region, class Check>
status check_lists(const bound_complement<Region>& policy, Check&& check) noexcept {
  return check_lists(policy.inner, check);
}
template <class Word, class Check>
status check_lists(const flip_masks<Word>& policy, Check&& check) noexcept {
  return check(policy.masks.data());
}
template <class V, class Check>
status check_lists(const value_list<V>& policy, Check&& check) noexcept {
  return check(policy.values.data());
}
template <class F, class Check>
status check_lists(const weighted<F>& policy, Check&& check) noexcept {
  return check_lists(policy.model, check);
}
template <class... F, class Check>
status check_lists(const model_list<F...>& models, Check&& check) noexcept {
  if constexpr (sizeof...(F) == 0)
    return {};
  else
    return first_refusal(check_lists(models.first, check), check_lists(models.rest, check));
}
template <class... F, class Check>
status check_lists(const chain<F...>& policy, Check&& check) noexcept {
  return check_lists(policy.models, check);
}
template <class... A, class Check>
status check_lists(const mixture<A...>& policy, Check&& check) noexcept {
  return check_lists(policy.models, check);
}

/// Whether a region is a list that an object of the host owns: no device is given that memory.
template <class Region>
struct list_of_the_host {
  static constexpr bool value = requires { Region::in_host_memory; };
};
template <class Region>
struct list_of_the_host<bound_complement<Region>> : list_of_the_host<Region> {};

} // namespace bitfault::detail
