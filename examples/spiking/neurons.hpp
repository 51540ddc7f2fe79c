// SPDX-License-Identifier: MIT
#pragma once

// Integrate-and-fire neurons in discrete time: leaky or not, with or without a
// synaptic current and a refractory period; and readouts, which integrate and
// never fire. Every neuron has constants of its own. Nothing here knows of
// fault injection.

#include "layers.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace spiking {

enum class reset_kind {
  to_value,       ///< hard: the membrane becomes `reset`
  by_subtraction, ///< soft: the threshold is subtracted, less `reset`
  never           ///< a readout: it does not fire, its output is the membrane
};

/// How all neurons of a layer compute.
struct neuron_rule {
  reset_kind reset = reset_kind::by_subtraction;
  bool fires_at_threshold = true;   ///< membrane >= threshold fires; otherwise only above it
  bool resets_in_next_step = false; ///< as snnTorch does; the membrane then shows what fired
  bool has_current = false;         ///< the input charges a current, and that the membrane
  bool fires_many_times = false;    ///< once for each whole threshold in the membrane, in one step;
                                    ///< not together with resets_in_next_step
};

/// A layer of neurons. In each step, with v the membrane and I the input of a
/// neuron,
///
///   drive = I, or with a current i:   drive = i, then i = current_leak * i + I
///   v = rest + leak * (v - rest) + gain * drive
///   it fires if v reaches its threshold; then v is reset, and for `refractory`
///   further steps v is held and it does not fire
///   v = max(v, lowest)
///
/// So leak = 1 and gain = 1 are plain integrate-and-fire; that with
/// fires_many_times and lowest = -1 is sinabs's IAF. leak = 1 - dt / tau_mem,
/// gain = dt / tau_mem, current_leak = 1 - dt / tau_syn, a hard reset and
/// fires_at_threshold = false are the LIF of norse up to 0.0.7
/// (lif_feed_forward_step, lif_refrac_feed_forward_step), and with `never` its LI;
/// norse 1.1 charges the current before the membrane, not after it.
template <class Scalar>
struct neurons {
  neuron_rule rule;
  Scalar rest = Scalar(0);
  Scalar lowest = -std::numeric_limits<Scalar>::infinity(); ///< of a membrane
  std::vector<Scalar> threshold, leak, gain, reset,
      current_leak;                     ///< one for each neuron
  std::vector<std::int32_t> refractory; ///< in steps, one for each neuron; negative is none

  /// All alike: threshold 1, no leak, reset to 0, not refractory; a current
  /// lasts one step.
  neurons(neuron_rule how, index_t count)
      : rule(how), threshold(static_cast<std::size_t>(count), Scalar(1)), leak(threshold),
        gain(threshold), reset(static_cast<std::size_t>(count), Scalar(0)),
        current_leak(how.has_current ? reset : std::vector<Scalar>{}),
        refractory(static_cast<std::size_t>(count), 0) {}

  [[nodiscard]] std::size_t count() const noexcept { return threshold.size(); }
};

/// What a layer of neurons remembers from one step to the next. A view: writing
/// changes the state.
template <class Scalar>
struct neuron_state {
  std::span<Scalar> membrane;
  std::span<Scalar> current;          ///< empty if the neurons have none
  std::span<std::int32_t> refractory; ///< steps for which it stays silent
};

/// One step of a layer of neurons. `out` becomes how often each neuron fires, 0
/// or 1 unless it may fire many times; for a readout, the membrane. `out` may be
/// `input`.
template <class Scalar>
void advance(const neurons<Scalar>& layer, neuron_state<Scalar> state, const Scalar* input,
             Scalar* out) {
  const neuron_rule rule = layer.rule;
  const bool hard = rule.reset == reset_kind::to_value;
  const auto reaches = [&](Scalar membrane, std::size_t n) {
    return rule.fires_at_threshold ? membrane >= layer.threshold[n] : membrane > layer.threshold[n];
  };
  const auto bounded = [&](Scalar membrane) {
    return membrane < layer.lowest ? layer.lowest : membrane; // a NaN stays one
  };
  for (std::size_t n = 0; n < layer.count(); ++n) {
    Scalar drive = input[n];
    if (rule.has_current) {
      const Scalar charge = drive;
      drive = state.current[n];
      state.current[n] = layer.current_leak[n] * drive + charge;
    }
    Scalar membrane = state.membrane[n];
    const bool late = rule.resets_in_next_step && reaches(membrane, n);
    if (late && hard)
      membrane = layer.reset[n];
    membrane = layer.rest + layer.leak[n] * (membrane - layer.rest) + layer.gain[n] * drive;
    if (late && !hard)
      membrane -= layer.threshold[n] - layer.reset[n];

    if (rule.reset == reset_kind::never) {
      out[n] = state.membrane[n] = bounded(membrane);
      continue;
    }
    const std::int32_t silent = state.refractory[n];
    Scalar spikes(0);
    if (silent <= 0) {
      if (reaches(membrane, n))
        spikes = rule.fires_many_times ? std::trunc(membrane / layer.threshold[n]) : Scalar(1);
      const bool resets = spikes != Scalar(0) && !rule.resets_in_next_step;
      state.membrane[n] =
          bounded(!resets ? membrane
                  : hard  ? layer.reset[n]
                          : membrane - spikes * (layer.threshold[n] - layer.reset[n]));
    }
    state.refractory[n] = spikes != Scalar(0) ? layer.refractory[n] : silent > 0 ? silent - 1 : 0;
    out[n] = spikes;
  }
}

} // namespace spiking
