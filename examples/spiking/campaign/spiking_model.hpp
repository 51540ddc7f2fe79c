// SPDX-License-Identifier: MIT
#pragma once

// A spiking network as bitfault's campaigns see a model: its time steps are unrolled. For each step
// and each layer of neurons there are
//
//   lif1.step@7        what one call of the network's own code gives: output and state
//   lif1@7             the output of step 7 (spikes; a readout's membranes), read by the next layer
//   lif1.membrane@7    the state after step 7, read by step 8: membrane,
//   lif1.current@7     current, if there is one,
//   lif1.refractory@7  and of neurons that fire, for how many steps they stay silent
//
// and for each other layer its output, conv1@7. (What comes too late to reach the last step's
// output is left out: a synaptic current acts one step after its input.) So a fault in a spike, a
// membrane, a current, a counter or a convolution's result strikes at one step, and the campaign's
// rule "run only what differs" starts at that step and ends where spikes and state are golden
// again. The last layer, "scores", is the output of the last neurons over time. Weights, and the
// neurons' thresholds, leaks, gains, resets and refractory periods (kind "state"), are parameters:
// their faults hold through all steps.

#include "../labelled_frames.hpp"
#include "../network.hpp"

#include <bitfault/bitfault.hpp>
#include <bitfault/campaign/model.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace spiking {

class spiking_model {
public:
  /// The scores of a recording do not depend on the batch it stands in.
  static constexpr bool rows_are_independent = true;

  /// Each model has a network of its own; the inputs are shared by all threads. Throws
  /// std::invalid_argument if the frames do not fit, the last layer has no neurons, or there are
  /// too few steps for the input to reach it.
  spiking_model(network<float> net, std::shared_ptr<const labelled_frames> inputs,
                std::uint64_t batch, over_time how = over_time::summed)
      : net_(std::move(net)), inputs_(std::move(inputs)), batch_(batch), how_(how) {
    if (net_.layers().empty() || neurons_of(net_.layers().back()) == nullptr)
      throw std::invalid_argument("the last layer of the network has no neurons");
    const auto recordings = inputs_->labels.size();
    if (inputs_->steps == 0 ||
        inputs_->values.size() !=
            recordings * inputs_->steps * static_cast<std::size_t>(net_.input().size()))
      throw std::invalid_argument(std::to_string(inputs_->values.size()) + " values for " +
                                  std::to_string(recordings) + " recordings of " +
                                  std::to_string(inputs_->steps) + " steps");
    if (steps_that_count(0) < (delays(net_.layers().front()) ? 2U : 1U))
      throw std::invalid_argument(
          "the input does not reach the network's output within its steps, of which there are " +
          std::to_string(inputs_->steps));
    describe();
  }
  spiking_model(const spiking_model&) = delete; // the parameters point into the network
  spiking_model& operator=(const spiking_model&) = delete;

  [[nodiscard]] std::vector<bitfault::campaign::layer> layers() const { return described_; }

  [[nodiscard]] std::vector<bitfault::campaign::parameter> parameters() {
    std::vector<bitfault::campaign::parameter> list;
    for (std::size_t number = 0; number < net_.layers().size(); ++number) {
      std::vector<std::size_t> readers;
      for (std::size_t n = 0; n < tasks_.size(); ++n) {
        if (tasks_[n].what == task::run && tasks_[n].number == number)
          readers.push_back(n);
      }
      std::visit([&](auto& kind) { add(net_.layers()[number], kind, readers, list); },
                 net_.layers()[number].kind);
    }
    return list;
  }

  [[nodiscard]] std::uint64_t inputs() const { return inputs_->labels.size(); }
  [[nodiscard]] std::uint64_t batch() const { return batch_; }
  [[nodiscard]] std::span<const std::uint32_t> labels() const { return inputs_->labels; }

  void run_layer(std::size_t n, std::uint64_t first,
                 std::span<const bitfault::campaign::tensor_ref> in,
                 const bitfault::campaign::tensor_ref& out) {
    const task& t = tasks_[n];
    const std::size_t size = out.size() / static_cast<std::size_t>(batch_);
    for (std::size_t row = 0; row < batch_; ++row) {
      // All elements have four bytes; those of a counter are no floats, and are copied as words.
      std::byte* to = out.data() + row * size * word;
      const auto from = [&](std::size_t which) {
        return in[which].data() + row * (in[which].bytes() / static_cast<std::size_t>(batch_));
      };
      switch (t.what) {
      case task::load:
        std::memcpy(to, inputs_->values.data() + (static_cast<std::size_t>(first) + row) * size,
                    size * word);
        break;
      case task::run:
        run(t, from, reinterpret_cast<float*>(to));
        break;
      case task::copy:
        std::memcpy(to, from(0) + t.part * size * word, size * word);
        break;
      case task::scores:
        std::memcpy(to, from(0), size * word);
        for (std::size_t later = 1; later < in.size(); ++later) {
          auto* total = reinterpret_cast<float*>(to);
          std::transform(total, total + size, reinterpret_cast<const float*>(from(later)), total,
                         [this](float sum, float now) { return combined(how_, sum, now); });
        }
        break;
      }
    }
  }

private:
  static constexpr std::size_t word = sizeof(float);
  static_assert(sizeof(std::int32_t) == word);

  /// What a layer of the campaign does: `number` is the layer of the network, `part` says which
  /// part of a step is copied.
  struct task {
    enum kind { load, run, copy, scores } what = load;
    std::size_t time = 0, number = 0, part = 0;
    bool hears = true; ///< its input, and not only its state
  };

  [[nodiscard]] static const neurons<float>* neurons_of(const layer<float>& one) {
    return std::get_if<neurons<float>>(&one.kind);
  }

  /// Whether what goes in acts one step later.
  [[nodiscard]] static bool delays(const layer<float>& one) {
    const neurons<float>* group = neurons_of(one);
    return group != nullptr && group->rule.has_current;
  }

  /// The output of this layer of the network reaches that of the last one in so many steps.
  [[nodiscard]] std::size_t steps_that_count(std::size_t number) const {
    const auto above =
        std::count_if(net_.layers().begin() + static_cast<std::ptrdiff_t>(number) + 1,
                      net_.layers().end(), delays);
    return inputs_->steps - std::min(inputs_->steps, static_cast<std::size_t>(above));
  }

  /// Names of what a step of these neurons gives, in the order in which it lies there.
  [[nodiscard]] static std::vector<const char*> parts_of(const neurons<float>& group) {
    std::vector<const char*> parts{"", ".membrane"};
    if (group.rule.has_current)
      parts.push_back(".current");
    if (group.rule.reset != reset_kind::never)
      parts.push_back(".refractory");
    return parts;
  }

  void describe() {
    constexpr auto* floats = bitfault::campaign::type<float>();
    constexpr auto* counters = bitfault::campaign::type<std::int32_t>();
    const auto sizes = [](shape s) {
      return std::vector<std::uint64_t>{static_cast<std::uint64_t>(s.channels),
                                        static_cast<std::uint64_t>(s.height),
                                        static_cast<std::uint64_t>(s.width)};
    };
    const auto add_layer = [&](std::string name, std::vector<std::size_t> reads,
                               std::vector<std::uint64_t> extents, task what, auto* type) {
      described_.push_back({std::move(name), std::move(reads), type, std::move(extents)});
      tasks_.push_back(what);
      return described_.size() - 1;
    };
    auto frames_of_one = sizes(net_.input());
    frames_of_one.insert(frames_of_one.begin(), inputs_->steps);
    add_layer("input", {}, frames_of_one, {}, floats);
    for (const auto& one : net_.layers())
      silence_.resize(std::max(silence_.size(), static_cast<std::size_t>(one.input.size())));
    std::vector<std::vector<std::size_t>> state(net_.layers().size()); // of the step before
    std::vector<std::size_t> outputs;
    for (std::size_t time = 0; time < inputs_->steps; ++time) {
      const std::string when = '@' + std::to_string(time);
      std::size_t below = 0;
      for (std::size_t number = 0; number < net_.layers().size(); ++number) {
        const layer<float>& one = net_.layers()[number];
        if (time >= steps_that_count(number))
          continue;
        const bool is_last = time + 1 == steps_that_count(number);
        task what{task::run, time, number, 0, !(is_last && delays(one))};
        std::vector<std::size_t> reads;
        if (what.hears)
          reads.push_back(below);
        const auto extents = sizes(one.output);
        const neurons<float>* group = neurons_of(one);
        if (group == nullptr) {
          below = add_layer(one.name + when, reads, extents, what, floats);
          continue;
        }
        reads.insert(reads.end(), state[number].begin(), state[number].end());
        const auto parts = parts_of(*group);
        auto all_parts = extents;
        all_parts.insert(all_parts.begin(), parts.size());
        const std::size_t whole =
            add_layer(one.name + ".step" + when, reads, all_parts, what, floats);
        what.what = task::copy;
        state[number].clear();
        for (what.part = 0; what.part < (is_last ? 1 : parts.size()); ++what.part) {
          const std::string name = parts[what.part];
          const std::size_t part = add_layer(one.name + name + when, {whole}, extents, what,
                                             name == ".refractory" ? counters : floats);
          if (what.part == 0)
            below = part;
          else
            state[number].push_back(part);
        }
      }
      outputs.push_back(below);
    }
    add_layer("scores", outputs, sizes(net_.output()), {.what = task::scores}, floats);
  }

  /// `from(0)` is the output of the layer below, or all frames, if that is heard; the others are
  /// the state.
  template <class From>
  void run(const task& t, const From& from, float* to) {
    const layer<float>& one = net_.layers()[t.number];
    std::size_t next = 0;
    const float* input = silence_.data();
    if (t.hears) {
      input = reinterpret_cast<const float*>(from(next++));
      if (t.number == 0)
        input += t.time * static_cast<std::size_t>(net_.input().size());
    }
    const neurons<float>* group = neurons_of(one);
    if (group == nullptr)
      return net_.run_layer(one, input, to);
    const neuron_state<float> state = net_.state_of(one);
    const auto take = [&](auto values, auto at_first) {
      if (values.empty())
        return;
      if (t.time > 0)
        std::memcpy(values.data(), from(next++), values.size_bytes());
      else
        std::fill(values.begin(), values.end(), at_first);
    };
    take(state.membrane, group->rest);
    take(state.current, 0.0F);
    take(state.refractory, 0);
    net_.run_layer(one, input, to);
    to += group->count();
    const auto give = [&](auto values) {
      if (!values.empty())
        std::memcpy(to, values.data(), values.size_bytes());
      to += values.size();
    };
    give(state.membrane);
    give(state.current);
    give(state.refractory);
  }

  template <class Kind>
  static void add(const layer<float>& one, Kind& kind, const std::vector<std::size_t>& readers,
                  std::vector<bitfault::campaign::parameter>& list) {
    using bitfault::campaign::parameter_kind;
    const auto put = [&](const char* name, auto view, parameter_kind what) {
      list.push_back({one.name + name, view, what, readers});
    };
    if constexpr (requires { kind.connections; }) {
      auto& c = kind.connections;
      const auto rows = static_cast<std::uint64_t>(c.weight.rows());
      const auto columns = static_cast<std::uint64_t>(c.weight.cols());
      if constexpr (requires { kind.window; }) {
        const auto side = static_cast<std::uint64_t>(kind.window.side);
        put(".weight",
            bitfault::view(c.weight.data(),
                           bitfault::extents(rows, columns / (side * side), side, side)),
            parameter_kind::weight);
      } else {
        put(".weight", bitfault::view(c.weight.data(), bitfault::extents(rows, columns)),
            parameter_kind::weight);
      }
      put(".bias", bitfault::view(c.bias.data(), bitfault::extents(rows)), parameter_kind::bias);
    } else if constexpr (std::is_same_v<Kind, neurons<float>>) {
      put(".leak", bitfault::view(kind.leak), parameter_kind::state);
      put(".gain", bitfault::view(kind.gain), parameter_kind::state);
      if (kind.rule.reset != reset_kind::never) {
        put(".threshold", bitfault::view(kind.threshold), parameter_kind::state);
        put(".reset", bitfault::view(kind.reset), parameter_kind::state);
        put(".refractory_period", bitfault::view(kind.refractory), parameter_kind::state);
      }
      if (kind.rule.has_current)
        put(".current_leak", bitfault::view(kind.current_leak), parameter_kind::state);
    }
  }

  network<float> net_;
  std::shared_ptr<const labelled_frames> inputs_;
  std::uint64_t batch_;
  over_time how_;
  std::vector<bitfault::campaign::layer> described_;
  std::vector<task> tasks_;
  std::vector<float> silence_; ///< the input of neurons that hear nothing any more
};

} // namespace spiking
