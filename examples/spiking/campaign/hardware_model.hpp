// SPDX-License-Identifier: MIT
#pragma once

// A spiking network with parts of its hardware that the network's own code has no tensors for, so
// that a campaign can strike them. They lie behind layers of `spiking_model`:
//
//   lif1.output, lif1.delay  (hardware::lines, parameters) the line that carries a neuron's spikes:
//                what it is stuck at (NaN: at nothing), and by how many steps the spike of each
//                step is late; {channels, height, width} and {steps, channels, height, width}
//   conv1.bits   (hardware::lines, parameter) how many bits of a synapse's weight are left: then it
//                has 2^bits values from minus to plus the layer's largest weight; 0: all of them
//   lif1.sent@7  (hardware::lines) what arrives in step 7, read by the next layer
//   lif1.value@7 (hardware::words) the numbers that spikes are sent with, as in a sparse tensor:
//                only those at places where there is a spike are looked at
//   lif1.event@7 (hardware::words) spikes with these numbers, read by the next layer; also
//                input.value and input.event
//   conv1.word@7 (hardware::words) what a layer with weights gives, as a fixed-point number of 32
//                bits, 24 of them behind the point, clamped
//   conv1.used@7 (hardware::words) the number that the neurons read
//
// Without a fault none of it changes a bit: a word counts only where it is another one than that of
// the number it stands for.

#include "spiking_model.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace spiking {

enum class hardware {
  lines, ///< neurons' output lines: stuck, or late; synapses with few bits
  words  ///< values of sparse tensors, and activations in fixed point
};

/// Spikes that are later than this many steps never arrive.
inline constexpr std::size_t longest_delay = 4;

/// A number as Q7.24: value * 2^24 to nearest, ties to even, clamped; NaN becomes 0. Requires the
/// rounding mode of a fresh process.
[[nodiscard]] inline std::int32_t to_fixed_point(float x) noexcept {
  if (std::isnan(x))
    return 0;
  constexpr double least = std::numeric_limits<std::int32_t>::min();
  constexpr double most = std::numeric_limits<std::int32_t>::max();
  return static_cast<std::int32_t>(
      std::clamp(std::nearbyint(std::ldexp(static_cast<double>(x), 24)), least, most));
}
[[nodiscard]] inline float from_fixed_point(std::int32_t word) noexcept {
  return static_cast<float>(std::ldexp(static_cast<double>(word), -24));
}

class hardware_model {
public:
  static constexpr bool rows_are_independent = true;

  /// Throws what `spiking_model` throws.
  hardware_model(const network<float>& net, std::shared_ptr<const labelled_frames> inputs,
                 std::uint64_t batch, over_time how, hardware parts)
      : base_(net, inputs, batch, how), steps_(inputs->steps) {
    for (const layer<float>& one : net.layers()) {
      const auto* group = std::get_if<neurons<float>>(&one.kind);
      if (group != nullptr && group->rule.reset != reset_kind::never)
        firing_.push_back(one.name);
      std::visit(
          [&](const auto& kind) {
            if constexpr (requires { kind.connections; })
              weighted_.push_back(one.name);
          },
          one.kind);
    }
    describe(parts);
    if (parts == hardware::lines)
      find_synapses();
  }
  hardware_model(const hardware_model&) = delete; // the parameters point into it
  hardware_model& operator=(const hardware_model&) = delete;

  [[nodiscard]] std::vector<bitfault::campaign::layer> layers() const { return described_; }

  [[nodiscard]] std::vector<bitfault::campaign::parameter> parameters() {
    auto list = base_.parameters();
    for (auto& p : list)
      for (std::size_t& reader : p.layers)
        reader = place_[reader];
    for (line& one : lines_) {
      bitfault::extents<4> neurons, with_steps(static_cast<bitfault::index_t>(steps_));
      for (const std::uint64_t n : one.extents) {
        neurons.sizes[neurons.rank++] = static_cast<bitfault::index_t>(n);
        with_steps.sizes[with_steps.rank++] = static_cast<bitfault::index_t>(n);
      }
      using bitfault::campaign::parameter_kind;
      list.push_back({one.name + ".output", bitfault::view(one.stuck_at.data(), neurons),
                      parameter_kind::state, one.readers});
      list.push_back({one.name + ".delay", bitfault::view(one.delay.data(), with_steps),
                      parameter_kind::state, one.readers});
    }
    for (synapse_bits& one : synapses_)
      list.push_back(
          {one.name + ".bits",
           bitfault::view(one.left.data(),
                          bitfault::extents(static_cast<bitfault::index_t>(one.left.size()))),
           bitfault::campaign::parameter_kind::state, one.readers});
    return list;
  }

  [[nodiscard]] std::uint64_t inputs() const { return base_.inputs(); }
  [[nodiscard]] std::uint64_t batch() const { return base_.batch(); }
  [[nodiscard]] std::span<const std::uint32_t> labels() const { return base_.labels(); }

  void run_layer(std::size_t n, std::uint64_t first,
                 std::span<const bitfault::campaign::tensor_ref> in,
                 const bitfault::campaign::tensor_ref& out) {
    const task& t = tasks_[n];
    float* const to = out.as<float>(); // but for words
    const std::size_t size = out.size();
    switch (t.what) {
    case task::run:
      run_with_bits(n, t.number, first, in, out);
      break;
    case task::value:
      std::copy_n(in[0].as<float>(), size, to);
      break;
    case task::event: {
      const float *spike = in[0].as<float>(), *value = in[1].as<float>();
      for (std::size_t i = 0; i < size; ++i)
        to[i] = spike[i] != 0 ? value[i] : spike[i];
      break;
    }
    case task::word:
      std::transform(in[0].as<float>(), in[0].as<float>() + size, out.as<std::int32_t>(),
                     to_fixed_point);
      break;
    case task::used: {
      const float* exact = in[0].as<float>();
      const std::int32_t* word = in[1].as<std::int32_t>();
      for (std::size_t i = 0; i < size; ++i)
        to[i] = word[i] == to_fixed_point(exact[i]) ? exact[i] : from_fixed_point(word[i]);
      break;
    }
    case task::sent:
      send(lines_[t.number], t.time, in, to);
      break;
    }
  }

private:
  /// What a layer of the campaign does.
  struct task {
    enum kind { run, value, event, word, used, sent } what = run;
    std::size_t number = 0; ///< of the layer of `base_`, or of the line
    std::size_t time = 0;
  };

  /// The lines of a group of neurons.
  struct line {
    std::string name;
    std::vector<std::uint64_t> extents;
    std::vector<float> stuck_at;
    std::vector<std::int32_t> delay;
    std::vector<std::size_t> spikes{}, readers{}; ///< layers, one for each step so far
  };

  /// The synapses of a layer.
  struct synapse_bits {
    std::string name;
    bitfault::campaign::tensor_ref weight;
    double largest = 0;
    std::vector<std::int32_t> left;
    std::vector<std::size_t> readers; ///< layers, in rising order
    std::vector<std::size_t> struck;  ///< where `left` was not 0 when its first reader last ran
  };

  /// Weights that have other values for a while, and get their own back however that ends.
  struct changed_weights {
    std::vector<std::pair<float*, float>> before;

    changed_weights() = default;
    changed_weights(const changed_weights&) = delete;
    changed_weights& operator=(const changed_weights&) = delete;
    ~changed_weights() {
      for (const auto& [weight, value] : before)
        *weight = value;
    }
  };

  void find_synapses() {
    for (const auto& p : base_.parameters()) {
      const std::string name = p.name.substr(0, p.name.find('.'));
      if (p.name != name + ".weight" || p.memory.type().name != "float32")
        continue;
      synapses_.push_back({name, p.memory, 0, std::vector<std::int32_t>(p.memory.size()), {}, {}});
      for (std::size_t i = 0; i < p.memory.size(); ++i)
        synapses_.back().largest = std::max(synapses_.back().largest, std::abs(p.memory.real(i)));
      for (const std::size_t reader : p.layers)
        synapses_.back().readers.push_back(place_[reader]);
    }
  }

  /// A layer of `base_`, with weights of few bits while it runs. All of `left` is looked at in the
  /// first step only: an inference in which a fault strikes it begins there or before.
  void run_with_bits(std::size_t n, std::size_t number, std::uint64_t first,
                     std::span<const bitfault::campaign::tensor_ref> in,
                     const bitfault::campaign::tensor_ref& out) {
    changed_weights changed;
    for (synapse_bits& one : synapses_) {
      if (!std::binary_search(one.readers.begin(), one.readers.end(), n))
        continue;
      if (n == one.readers.front()) {
        one.struck.clear();
        for (std::size_t i = 0; i < one.left.size(); ++i)
          if (one.left[i] != 0)
            one.struck.push_back(i);
      }
      for (const std::size_t i : one.struck) {
        const bitfault::quantize few{one.left[i], -one.largest, one.largest};
        if (one.left[i] == 0 || !few.check<float>(1).ok())
          continue; // no such number of bits
        float& weight = one.weight.as<float>()[i];
        changed.before.emplace_back(&weight, weight);
        int unused = 0;
        weight = few(weight, unused);
      }
    }
    base_.run_layer(number, first, in, out);
  }

  void describe(hardware parts) {
    using bitfault::campaign::layer;
    const std::vector<layer> base = base_.layers();
    std::vector<std::size_t> read; // where the readers of a layer of base_ find it
    const auto add = [&](layer l, task what) {
      described_.push_back(std::move(l));
      tasks_.push_back(what);
      return described_.size() - 1;
    };
    for (std::size_t n = 0; n < base.size(); ++n) {
      layer l = base[n];
      for (std::size_t& from : l.inputs)
        from = read[from];
      const std::size_t at = add(l, {task::run, n, 0});
      place_.push_back(at);
      read.push_back(at);
      const std::string name = l.name.substr(0, l.name.find('@')); // "lif1.membrane"
      const std::string when = l.name.substr(name.size());         // "@7"
      const auto is_one_of = [&](const std::vector<std::string>& list) {
        return std::find(list.begin(), list.end(), name) != list.end();
      };
      if (parts == hardware::lines) {
        if (is_one_of(firing_))
          read.back() = add_sent(l, name, when, at);
      } else if (n == 0 || is_one_of(firing_)) {
        const auto value = add({name + ".value" + when, {at}, l.type, l.extents}, {task::value});
        read.back() = add({name + ".event" + when, {at, value}, l.type, l.extents}, {task::event});
      } else if (is_one_of(weighted_)) {
        const auto* words = bitfault::campaign::type<std::int32_t>();
        const auto word = add({name + ".word" + when, {at}, words, l.extents}, {task::word});
        read.back() = add({name + ".used" + when, {at, word}, l.type, l.extents}, {task::used});
      }
    }
  }

  std::size_t add_sent(const bitfault::campaign::layer& spikes, const std::string& group,
                       const std::string& when, std::size_t at) {
    auto found =
        std::find_if(lines_.begin(), lines_.end(), [&](const line& l) { return l.name == group; });
    if (found == lines_.end()) {
      std::size_t neurons = 1;
      for (const std::uint64_t n : spikes.extents)
        neurons *= static_cast<std::size_t>(n);
      lines_.push_back({group, spikes.extents,
                        std::vector<float>(neurons, std::numeric_limits<float>::quiet_NaN()),
                        std::vector<std::int32_t>(neurons * steps_, 0)});
      found = lines_.end() - 1;
    }
    const std::size_t time = found->spikes.size();
    found->spikes.push_back(at);
    std::vector<std::size_t> reads; // this step's spikes, those of the step before, ...
    for (std::size_t late = 0; late <= std::min(longest_delay, time); ++late)
      reads.push_back(found->spikes[time - late]);
    described_.push_back({group + ".sent" + when, reads, spikes.type, spikes.extents});
    tasks_.push_back({task::sent, static_cast<std::size_t>(found - lines_.begin()), time});
    found->readers.push_back(described_.size() - 1);
    return found->readers.back();
  }

  /// A late spike is lost where another one is sent.
  void send(const line& from, std::size_t time, std::span<const bitfault::campaign::tensor_ref> in,
            float* to) const {
    const std::size_t neurons = from.stuck_at.size();
    for (std::size_t row = 0; row < batch(); ++row, to += neurons) {
      const auto arrives = [&](std::size_t late, const auto& keep) {
        const float* spike = in[late].as<float>() + row * neurons;
        const std::int32_t* delay = from.delay.data() + (time - late) * neurons;
        const auto wanted = static_cast<std::int32_t>(late);
        for (std::size_t i = 0; i < neurons; ++i)
          to[i] = keep(to[i]) ? to[i] : delay[i] == wanted ? spike[i] : 0.0F;
      };
      arrives(0, [](float) { return false; });
      for (std::size_t late = 1; late < in.size(); ++late)
        arrives(late, [](float there) { return there != 0; });
      for (std::size_t i = 0; i < neurons; ++i)
        to[i] = std::isnan(from.stuck_at[i]) ? to[i] : from.stuck_at[i];
    }
  }

  spiking_model base_;
  std::size_t steps_;
  std::vector<std::string> firing_, weighted_; ///< layers of neurons that fire, and with weights
  std::vector<bitfault::campaign::layer> described_;
  std::vector<task> tasks_;
  std::vector<std::size_t> place_; ///< of each layer of base_
  std::vector<line> lines_;
  std::vector<synapse_bits> synapses_;
};

} // namespace spiking
