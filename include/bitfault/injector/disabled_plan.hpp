// SPDX-License-Identifier: MIT
#pragma once

#include "../core/element.hpp"
#include "../core/extents.hpp"
#include "../core/span.hpp"
#include "../core/status.hpp"
#include "../random/fault_key.hpp"
#include "undo.hpp"

#include <cstddef>

namespace bitfault {

/// What `bind` returns for an injector that is disabled at compile time: a plan without faults. Its
/// verbs take what those of `plan` take, do nothing and leave no instruction.
template <element T, std::size_t Capacity>
class disabled_plan {
public:
  using element_type = T;
  using extents_type = extents<Capacity>;
  static constexpr undo undo_kind = undo::nothing;

  BITFAULT_FN constexpr explicit disabled_plan(const extents<Capacity>& e) noexcept : extents_(e) {}

  BITFAULT_FN constexpr status state() const noexcept { return {}; }
  BITFAULT_FN constexpr const extents<Capacity>& bound_extents() const noexcept { return extents_; }
  BITFAULT_FN constexpr index_t cells(const fault_key& /*key*/) const noexcept { return 0; }
  BITFAULT_FN constexpr index_t required_scratch(const fault_key& /*key*/) const noexcept {
    return 0;
  }
  template <class View>
  BITFAULT_FN constexpr status check(const View& /*view*/) const noexcept {
    return {};
  }
  template <class Executor, class View>
  BITFAULT_FN constexpr status apply(const Executor& /*executor*/, const View& /*view*/,
                                     const fault_key& /*key*/,
                                     span<word_t<T>> /*scratch*/ = {}) const noexcept {
    return {};
  }
  template <class Executor, class View>
  BITFAULT_FN constexpr status restore(const Executor& /*executor*/, const View& /*view*/,
                                       const fault_key& /*key*/,
                                       span<word_t<T>> /*scratch*/ = {}) const noexcept {
    return {};
  }
  template <class F>
  BITFAULT_FN constexpr void for_each_fault(const fault_key& /*key*/, F&& /*f*/) const noexcept {}

private:
  extents<Capacity> extents_;
};

} // namespace bitfault
