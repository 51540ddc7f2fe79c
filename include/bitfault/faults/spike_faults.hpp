// SPDX-License-Identifier: MIT
#pragma once

#include "../core/element.hpp"
#include "../core/policy.hpp"
#include "../core/real.hpp"
#include "fault_model.hpp"
#include "value_faults.hpp"

#include <cstdint>

/// Faults in the spikes that a layer of neurons has written: one element for each neuron, 0 where
/// there is no spike. An element is a float, an integer or a bool.
namespace bitfault {

namespace detail {

/// Whether the element with this word says that there is no spike: it is 0, or -0.
template <element T>
BITFAULT_FN constexpr bool is_silent(word_t<T> word) noexcept {
  constexpr code_layout l = element_traits<T>::layout;
  return (word & low_bits(floating_element<T> ? l.bits - l.sign_bits : l.bits)) == 0;
}

} // namespace detail

/// The neuron never spikes. Lasting: give the injector `permanent{}` or `intermittent{p}`. For the
/// downstream layers it is the same whether a neuron is dead or its output stuck at 0.
struct dead_neuron {
  static constexpr kind policy_kind = kind::fault_model;
  static constexpr fault_level level = fault_level::value;
  static constexpr bool replaces = true;
  static constexpr bool lasts = true;
  template <class T>
  BITFAULT_FN constexpr T operator()(T value, auto& random) const noexcept {
    return zero{}(value, random);
  }
};

/// The neuron spikes in every step, with a given strength: its output is stuck at 1. Lasting. A
/// neuron that keeps its refractory period, and spikes in each step that this leaves, has a
/// threshold of minus infinity instead (`constant{-infinity}` on the thresholds).
struct saturated_neuron {
  static constexpr kind policy_kind = kind::fault_model;
  static constexpr fault_level level = fault_level::value;
  static constexpr bool replaces = true;
  static constexpr bool lasts = true;
  double spike = 1;
  template <class T>
  BITFAULT_FN constexpr T operator()(T, auto&) const noexcept {
    return from_real<T>(spike);
  }
};

/// The neuron's output is stuck at a given value, whatever the neuron does. Lasting.
template <class V>
struct stuck_output {
  static constexpr kind policy_kind = kind::fault_model;
  static constexpr fault_level level = fault_level::value;
  static constexpr bool replaces = true;
  static constexpr bool lasts = true;
  V value;
  template <class T>
  BITFAULT_FN constexpr T operator()(T old, auto& random) const noexcept {
    return constant<V>{value}(old, random);
  }
};
template <class V>
stuck_output(V) -> stuck_output<V>;

/// The spike of one step is lost, if there is one.
struct dropped_spike {
  static constexpr kind policy_kind = kind::fault_model;
  static constexpr fault_level level = fault_level::value;
  static constexpr bool replaces = true;
  template <class T>
  BITFAULT_FN constexpr T operator()(T value, auto& random) const noexcept {
    return zero{}(value, random);
  }
};

/// A spike of a given strength in a step without one; where there is one it stays as it is.
struct extra_spike {
  static constexpr kind policy_kind = kind::fault_model;
  static constexpr fault_level level = fault_level::value;
  double spike = 1;
  template <class T>
  BITFAULT_FN constexpr T operator()(T value, auto&) const noexcept {
    return detail::is_silent<T>(to_word(value)) ? from_real<T>(spike) : value;
  }
};

} // namespace bitfault
