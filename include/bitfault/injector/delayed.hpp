// SPDX-License-Identifier: MIT
#pragma once

#include "../core/element.hpp"
#include "../core/memory.hpp"
#include "../core/policy.hpp"
#include "../core/span.hpp"
#include "../core/status.hpp"
#include "../core/traits.hpp"
#include "../faults/spike_faults.hpp"
#include "../random/fault_key.hpp"
#include "../views/view.hpp"
#include "composition.hpp"

#include <cstddef>
#include <cstdint>

namespace bitfault {

/// Spikes that come some steps late. Made by `delayed`.
template <class Injector>
class delayed_injector {
public:
  /// `during` knows by this name what it must not restrict.
  static constexpr bool sees_every_step = true;

  BITFAULT_FN constexpr delayed_injector(std::int64_t by, const Injector& drop) noexcept
      : by_(by), drop_(drop) {}

  /// How many elements of memory `apply` needs for spikes of these extents; more than there can be
  /// if it refuses the delay.
  template <std::size_t Capacity>
  BITFAULT_FN constexpr index_t required_memory(const extents<Capacity>& e) const noexcept {
    index_t needed = 0;
    return by_ >= 1 && by_ < max_delay &&
                   detail::multiply_fits(static_cast<index_t>(by_) + 1, e.size(), needed)
               ? needed
               : detail::uncountable;
  }

  /// Takes the spikes that the injector drops in the step of `key` out, and puts those in that it
  /// dropped `by` steps ago; a late spike that meets another one is lost. To be called in every
  /// step, from step 0 on, with keys that differ in the step only. The memory belongs to the
  /// caller, who does not touch it meanwhile; its contents before step 0 do not matter. Complexity:
  /// O(faults of two steps), whatever the size of the memory.
  template <class X, class Memory>
  BITFAULT_FN constexpr status apply(X&& x, const fault_key& key, Memory&& memory) const
      noexcept(detail::is_view<X>) {
    const auto& view = detail::as_view(static_cast<X&&>(x));
    using T = detail::remove_cv_t<typename detail::remove_cvref_t<decltype(view)>::element_type>;
    return move_spikes<T>(view, key, static_cast<Memory&&>(memory));
  }

private:
  static constexpr std::int64_t max_delay = std::int64_t{1} << 31;

  template <class T, class View>
  BITFAULT_FN constexpr status move_spikes(const View& view, const fault_key& key,
                                           span<T> memory) const noexcept {
    const auto plan = drop_.bind(view);
    if (const status s = plan.check(view); !s.ok())
      return s;
    if constexpr (detail::is_const_v<typename View::element_type> || requires { View::on_device; })
      return {}; // `check` has the sentence that says so
    else
      return move_spikes<T>(plan, view, key, memory);
  }

  template <class T, class Plan, class View>
  BITFAULT_FN constexpr status move_spikes(const Plan& plan, const View& view, const fault_key& key,
                                           span<T> memory) const noexcept {
    if (by_ < 1 || by_ >= max_delay)
      return {refusal::bad_parameter, 0, detail::bit_cast<std::uint64_t>(static_cast<double>(by_)),
              0, "delayed: steps (1 to 2^31 - 1)"};
    if (const index_t needed = required_memory(view.extents()); memory.size() < needed)
      return {refusal::scratch_too_small, 0, memory.size(), needed, "delayed"};

    const index_t size = view.extents().size();
    const auto part = [&](std::uint32_t step) { // for what was dropped in it
      const std::uint32_t parts = static_cast<std::uint32_t>(by_) + 1;
      return memory.subspan(index_t{step % parts} * size, size);
    };
    const span<T> dropped = part(key.step);
    plan.for_each_fault(key, [&](const auto& cell, auto...) {
      auto* const spike = view.address(cell.element);
      dropped[cell.element] = from_word<T>(detail::load(spike));
      plain_memory::store(spike, word_t<T>{0});
    });
    if (key.step < static_cast<std::uint64_t>(by_))
      return {};
    fault_key then = key;
    then.step = key.step - static_cast<std::uint32_t>(by_);
    const span<T> late = part(then.step);
    plan.for_each_fault(then, [&](const auto& cell, auto...) {
      auto* const spike = view.address(cell.element);
      if (detail::is_silent<T>(detail::load(spike)))
        plain_memory::store(spike, to_word(late[cell.element]));
    });
    return {};
  }

  std::int64_t by_;
  BITFAULT_NO_UNIQUE_ADDRESS Injector drop_;
};

/// Delays the spikes that an injector with `dropped_spike{}` drops, by a number of steps:
/// `delayed(3, make_injector(dropped_spike{}, rate::per_element(0.1)))`; which ones follows from
/// the key, its step and the neuron. With `permanent{}` every spike of a neuron is late. The
/// injector may be one of `during`. Host, freestanding.
template <detail::integral I, class Injector>
BITFAULT_FN constexpr delayed_injector<Injector> delayed(I by, const Injector& injector) noexcept {
  using parts = detail::composition<Injector>;
  if constexpr (!requires { typename parts::fault; })
    static_assert(detail::always_false<Injector>,
                  "bitfault: delayed: it takes an injector, or one of during; broadcast_over has "
                  "none of the memory that late spikes need");
  else if constexpr (!detail::is_same_v<typename parts::fault, dropped_spike>)
    static_assert(detail::always_false<Injector>,
                  "bitfault: delayed: the injector must drop spikes (dropped_spike{}): those "
                  "that it drops are the late ones");
  else
    static_assert(!parts::observer::records,
                  "bitfault: delayed: an observer cannot log spikes that move between steps");
  return {static_cast<std::int64_t>(by), injector};
}

} // namespace bitfault
