// SPDX-License-Identifier: MIT
// A layer of leaky integrate-and-fire neurons, and each kind of spiking fault in neuron 0, once.
// The numbers are sums of powers of two, so the steps in which the neuron spikes are exact.

#include <bitfault/bitfault.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <string>
#include <vector>

namespace {

constexpr std::size_t neurons = 4;
constexpr std::uint32_t steps = 12;

/// One synapse, one parameter of each kind and one word of state for each neuron.
struct layer {
  std::vector<float> weight = std::vector<float>(neurons, 1.0f);
  std::vector<float> threshold = std::vector<float>(neurons, 1.75f);
  std::vector<float> leak = std::vector<float>(neurons, 0.5f);
  std::vector<float> reset = std::vector<float>(neurons, 0.0f);
  std::vector<std::int32_t> refractory = std::vector<std::int32_t>(neurons, 0);

  std::vector<float> membrane = std::vector<float>(neurons, 0.0f);
  std::vector<std::int32_t> waiting = std::vector<std::int32_t>(neurons, 0);
  std::vector<float> spikes = std::vector<float>(neurons, 0.0f);

  void step(float input) {
    for (std::size_t i = 0; i < neurons; ++i) {
      spikes[i] = 0;
      if (waiting[i] > 0) {
        --waiting[i];
        continue;
      }
      membrane[i] = leak[i] * membrane[i] + weight[i] * input;
      if (membrane[i] >= threshold[i]) {
        spikes[i] = 1;
        membrane[i] = reset[i];
        waiting[i] = refractory[i];
      }
    }
  }
};

constexpr bitfault::fault_key key_of(std::uint32_t step) {
  return {.seed = 17, .trial = 7, .stream = 3, .step = step};
}

/// The steps in which neuron 0 spikes under a constant input; faults come after each step.
template <class Faults>
std::string spikes_of(layer& l, const Faults& faults_of_step) {
  std::string text;
  for (std::uint32_t t = 0; t < steps; ++t) {
    l.step(1.0f);
    faults_of_step(t);
    if (l.spikes[0] != 0)
      text += (text.empty() ? "" : " ") + std::to_string(t);
  }
  return text;
}
void no_fault(std::uint32_t /*step*/) {}

int wrong = 0;
void show(const char* what, const std::string& spikes, const char* expected) {
  std::printf("%-46s %s\n", what, spikes.c_str());
  if (spikes != expected) {
    std::printf("%-46s %s\n", "  expected", expected);
    ++wrong;
  }
}

/// A fault in the spikes that the layer writes.
template <class Fault>
void in_spikes(const char* what, const Fault& fault, const char* expected) {
  layer l;
  const auto injector = bitfault::make_injector(fault, bitfault::at{0}, bitfault::permanent{});
  show(what,
       spikes_of(l,
                 [&](std::uint32_t t) {
                   injector.reapply(bitfault::view(l.spikes), key_of(t)).or_throw();
                 }),
       expected);
}

/// A fault in a parameter, as long as the inference.
template <class T, class... Policy>
void in_parameter(const char* what, std::vector<T> layer::*parameter, const char* expected,
                  const Policy&... policy) {
  layer l;
  const auto faulty = bitfault::make_injector(policy..., bitfault::at{0})
                          .scoped(bitfault::view(l.*parameter), key_of(0));
  show(what, spikes_of(l, no_fault), expected);
}

void neuron_faults() {
  using namespace bitfault;
  in_spikes("dead neuron", dead_neuron{}, "");
  in_spikes("saturated neuron", saturated_neuron{}, "0 1 2 3 4 5 6 7 8 9 10 11");
  in_spikes("output stuck at 0", stuck_output{0}, "");
  in_spikes("output stuck at 1", stuck_output{1}, "0 1 2 3 4 5 6 7 8 9 10 11");
}

void parameter_faults() {
  using namespace bitfault;
  constexpr float infinity = std::numeric_limits<float>::infinity();
  in_parameter("threshold 5 % higher", &layer::threshold, "3 7 11", scale{1.05});
  in_parameter("threshold at infinity: dead", &layer::threshold, "", constant{infinity});
  in_parameter("threshold at -infinity: saturated", &layer::threshold, "0 1 2 3 4 5 6 7 8 9 10 11",
               constant{-infinity});
  in_parameter("leak 0.75", &layer::leak, "1 3 5 7 9 11", offset{0.25});
  in_parameter("all leaks away", &layer::leak, "", zero{});
  in_parameter("reset to 1", &layer::reset, "2 4 6 8 10", constant{1.0f});
  in_parameter("refractory for 2 steps", &layer::refractory, "2 7", offset{2});
  in_parameter("synapse dead", &layer::weight, "", zero{});
  in_parameter("synapse at the largest weight", &layer::weight, "0 1 2 3 4 5 6 7 8 9 10 11",
               constant{2.0f});
  in_parameter("synapse a quarter stronger", &layer::weight, "1 3 5 7 9 11", scale{1.25});
  in_parameter("synapse of 2 bits, -1.5 to 1.5", &layer::weight, "1 3 5 7 9 11",
               quantize{2, -1.5, 1.5});
  in_parameter("synapse with a flipped exponent bit", &layer::weight, "", bit_flip{},
               bits::given{23});
}

void membrane_faults() {
  using namespace bitfault;
  {
    // [one step]
    layer l;
    const auto upset =
        during(one_step(1), make_injector(bit_flip{}, at{0}, bits::given{from_msb(0)}));
    const std::string spikes = spikes_of(l, [&](std::uint32_t t) {
      upset.apply(view(l.membrane), key_of(t)).or_throw(); // nothing but in step 1
    });
    // [/one step]
    show("membrane, sign flipped after step 1", spikes, "5 8 11");
  }
  {
    // [from one step on]
    layer l;
    const auto stuck = during(from_step(4), make_injector(constant{0.0f}, at{0}, permanent{}));
    const std::string spikes = spikes_of(
        l, [&](std::uint32_t t) { stuck.reapply(view(l.membrane), key_of(t)).or_throw(); });
    // [/from one step on]
    show("membrane stuck at 0 from step 4 on", spikes, "2");
  }
  {
    layer l;
    const auto noise = during(every_nth_step(3), make_injector(offset{1.0f}, at{0}));
    show(
        "membrane + 1 in every third step",
        spikes_of(l, [&](std::uint32_t t) { noise.apply(view(l.membrane), key_of(t)).or_throw(); }),
        "1 4 7 10");
  }
}

void spike_train_faults() {
  using namespace bitfault;
  {
    layer l;
    const auto drop = during(one_step(5), make_injector(dropped_spike{}, at{0}));
    show("spike of step 5 dropped",
         spikes_of(l, [&](std::uint32_t t) { drop.apply(view(l.spikes), key_of(t)).or_throw(); }),
         "2 8 11");
  }
  {
    // [probability]
    layer l;
    const auto drop = make_injector(dropped_spike{}, rate::per_element(0.5));
    const std::string spikes =
        spikes_of(l, [&](std::uint32_t t) { drop.apply(view(l.spikes), key_of(t)).or_throw(); });
    // [/probability]
    show("each spike dropped with probability 1/2", spikes, "2 11");
  }
  {
    layer l;
    const auto extra = make_injector(extra_spike{}, rate::per_element(0.25));
    show("a spike more with probability 1/4",
         spikes_of(l, [&](std::uint32_t t) { extra.apply(view(l.spikes), key_of(t)).or_throw(); }),
         "2 3 5 6 8 11");
  }
  {
    // [delayed]
    layer l;
    const auto late = delayed(2, make_injector(dropped_spike{}, rate::per_element(0.5)));
    std::vector<float> memory(late.required_memory(extents{neurons}));
    const std::string spikes = spikes_of(
        l, [&](std::uint32_t t) { late.apply(view(l.spikes), key_of(t), memory).or_throw(); });
    // [/delayed]
    show("each spike 2 steps late with probability 1/2", spikes, "2 7 10 11");
  }
}

/// A batch of 2 with 3 channels of 2 x 2 neurons: what one fault hits.
void batches() {
  using namespace bitfault;
  std::vector<float> membrane(2 * 3 * 2 * 2, 1.0f);
  const extents sizes{2, 3, 2, 2};
  const auto hit = [&] {
    int count = 0;
    for (float& v : membrane) {
      count += v != 1.0f ? 1 : 0;
      v = 1.0f;
    }
    return std::to_string(count);
  };
  // [broadcast]
  const auto flip = make_injector(bit_flip{}, exactly{1});
  flip.apply(view(membrane, sizes), key_of(0)).or_throw(); // one neuron of one batch entry
  const std::string one = hit();
  broadcast_over(axes{0}, flip).apply(view(membrane, sizes), key_of(0)).or_throw();
  const std::string one_of_each_entry = hit(); // the same neuron in both batch entries
  broadcast_over(axes{0, 1}, flip).apply(view(membrane, sizes), key_of(0)).or_throw();
  const std::string one_position = hit(); // in all channels of all entries, as enpheeph has it
  // [/broadcast]
  show("words that one fault changes", one, "1");
  show("over the batch", one_of_each_entry, "2");
  show("over batch and channels", one_position, "6");
}

/// Exactly 3 flips among all steps, neurons and bits.
void faults_in_space_and_time() {
  using namespace bitfault;
  // [by step]
  layer l;
  const auto flips = make_injector(bit_flip{}, exactly{3});
  const fault_list drawn = flips.draw<float>(extents{steps, neurons}, key_of(0));
  std::vector<fault_list> faults = faults_by_step(drawn);
  int changed = 0;
  spikes_of(l, [&](std::uint32_t t) {
    const std::vector<float> before = l.membrane;
    faults[t].reapply(view(l.membrane)).or_throw();
    changed += l.membrane != before ? 1 : 0;
  });
  // [/by step]
  show("steps that 3 flips hit", std::to_string(changed), "3");
}

} // namespace

int main() {
  layer golden;
  show("golden", spikes_of(golden, no_fault), "2 5 8 11");
  neuron_faults();
  parameter_faults();
  membrane_faults();
  spike_train_faults();
  batches();
  faults_in_space_and_time();
  return wrong;
}
