// SPDX-License-Identifier: MIT
#pragma once

// A spiking network as bitfault's campaigns see a model: its time steps are unrolled. For each step
// and each layer of neurons there are
//
//   lif1.step@7      what one call of the network's own code gives: output, membrane, current
//   lif1@7           the output of step 7 (spikes; a readout's membranes), read by the next layer
//   lif1.membrane@7  the membrane after step 7, read by step 8; and lif1.current@7, if there is one
//
// so that a fault in a spike, a membrane or a current strikes at one step, and the campaign's rule
// "run only what differs" starts at that step and ends where spikes and state are golden again. The
// last layer, "scores", adds up the outputs of the last neurons over time. Weights, and the
// neurons' thresholds, leaks, gains and resets (kind "state"), are parameters: their faults hold
// through all steps.

#include "../network.hpp"

#include <bitfault/bitfault.hpp>
#include <bitfault/campaign/model.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace spiking {

/// Recordings as frames, {recordings, steps, channels, height, width}, with their labels. Shared by
/// all threads.
struct labelled_frames {
  std::size_t steps = 0;
  std::vector<float> values;
  std::vector<std::uint32_t> labels;
};

class spiking_model {
public:
  /// The scores of a recording do not depend on the batch it stands in.
  static constexpr bool rows_are_independent = true;

  /// Each model has a network of its own; the inputs are shared. Throws std::invalid_argument if
  /// the frames do not fit, the last layer has no neurons, or neurons are refractory: how long they
  /// still are is no float, and would have to be carried from step to step as well.
  spiking_model(network<float> net, std::shared_ptr<const labelled_frames> inputs,
                std::uint64_t batch)
      : net_(std::move(net)), inputs_(std::move(inputs)), batch_(batch) {
    std::size_t first = 0;
    for (std::size_t number = 0; number < net_.layers().size(); ++number) {
      const auto* group = std::get_if<neurons<float>>(&net_.layers()[number].kind);
      if (group == nullptr)
        continue;
      const bool silent = std::any_of(group->refractory.begin(), group->refractory.end(),
                                      [](std::int32_t steps) { return steps > 0; });
      if (silent)
        throw std::invalid_argument("layer '" + net_.layers()[number].name +
                                    "' has refractory neurons, which this model has no place for");
      stages_.push_back({first, number, group->rule.has_current ? 3U : 2U});
      first = number + 1;
    }
    if (first != net_.layers().size() || first == 0)
      throw std::invalid_argument("the last layer of the network has no neurons");
    const auto recordings = inputs_->labels.size();
    if (inputs_->steps == 0 ||
        inputs_->values.size() !=
            recordings * inputs_->steps * static_cast<std::size_t>(net_.input().size()))
      throw std::invalid_argument(std::to_string(inputs_->values.size()) + " values for " +
                                  std::to_string(recordings) + " recordings of " +
                                  std::to_string(inputs_->steps) + " steps");
    describe();
  }
  spiking_model(const spiking_model&) = delete; // the parameters point into the network
  spiking_model& operator=(const spiking_model&) = delete;

  [[nodiscard]] std::vector<bitfault::campaign::layer> layers() const { return described_; }

  [[nodiscard]] std::vector<bitfault::campaign::parameter> parameters() {
    std::vector<bitfault::campaign::parameter> list;
    for (std::size_t s = 0; s < stages_.size(); ++s) {
      std::vector<std::size_t> readers;
      for (std::size_t n = 0; n < tasks_.size(); ++n) {
        if (tasks_[n].what == task::step && tasks_[n].stage == s)
          readers.push_back(n);
      }
      for (std::size_t number = stages_[s].first; number <= stages_[s].last; ++number)
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
      float* to = out.as<float>() + row * size;
      const auto of = [&](std::size_t which) {
        return in[which].as<float>() + row * (in[which].size() / static_cast<std::size_t>(batch_));
      };
      switch (t.what) {
      case task::load:
        std::copy_n(inputs_->values.data() + (static_cast<std::size_t>(first) + row) * size, size,
                    to);
        break;
      case task::step:
        run_step(t, in.size(), of, to);
        break;
      case task::copy:
        std::copy_n(of(0) + t.part * size, size, to);
        break;
      case task::scores:
        std::copy_n(of(0), size, to);
        for (std::size_t later = 1; later < in.size(); ++later)
          std::transform(to, to + size, of(later), to, [](float a, float b) { return a + b; });
        break;
      }
    }
  }

private:
  /// Layers [first, last] of the network, the last one of neurons, and what it gives in each step:
  /// output, membrane and perhaps current.
  struct stage {
    std::size_t first, last, parts;
  };

  /// What a layer of the campaign does.
  struct task {
    enum kind { load, step, copy, scores } what = load;
    std::size_t time = 0, stage = 0, part = 0;
  };

  void describe() {
    constexpr auto* floats = bitfault::campaign::type<float>();
    const auto sizes = [](shape s) {
      return std::vector<std::uint64_t>{static_cast<std::uint64_t>(s.channels),
                                        static_cast<std::uint64_t>(s.height),
                                        static_cast<std::uint64_t>(s.width)};
    };
    const auto add_layer = [&](std::string name, std::vector<std::size_t> reads,
                               std::vector<std::uint64_t> extents, task what) {
      described_.push_back({std::move(name), std::move(reads), floats, std::move(extents)});
      tasks_.push_back(what);
      return described_.size() - 1;
    };
    auto frames_of_one = sizes(net_.input());
    frames_of_one.insert(frames_of_one.begin(), inputs_->steps);
    add_layer("input", {}, frames_of_one, {});
    static constexpr const char* suffix[] = {"", ".membrane", ".current"};
    std::vector<std::vector<std::size_t>> state(stages_.size()); // of the step before
    std::vector<std::size_t> outputs;
    for (std::size_t time = 0; time < inputs_->steps; ++time) {
      const std::string when = '@' + std::to_string(time);
      std::size_t below = 0;
      for (std::size_t s = 0; s < stages_.size(); ++s) {
        const layer<float>& group = net_.layers()[stages_[s].last];
        const auto extents = sizes(group.output);
        std::vector<std::size_t> reads{below};
        reads.insert(reads.end(), state[s].begin(), state[s].end());
        auto all_parts = extents;
        all_parts.insert(all_parts.begin(), stages_[s].parts);
        const std::size_t whole =
            add_layer(group.name + ".step" + when, reads, all_parts, {task::step, time, s, 0});
        state[s].clear();
        for (std::size_t p = 0; p < stages_[s].parts; ++p) {
          if (p > 0 && time + 1 == inputs_->steps)
            break; // nobody reads the state after the last step
          const std::size_t part =
              add_layer(group.name + suffix[p] + when, {whole}, extents, {task::copy, time, s, p});
          if (p == 0)
            below = part;
          else
            state[s].push_back(part);
        }
      }
      outputs.push_back(below);
    }
    add_layer("scores", outputs, sizes(net_.output()), {task::scores, 0, 0, 0});
  }

  /// `of(0)` is the output of the stage below, or all frames; the others are the state.
  template <class Of>
  void run_step(const task& t, std::size_t given, const Of& of, float* to) {
    const stage& s = stages_[t.stage];
    layer<float>& group = net_.layers()[s.last];
    const neuron_state<float> state = net_.state_of(group);
    if (given > 1) {
      std::copy_n(of(1), state.membrane.size(), state.membrane.data());
      if (s.parts == 3)
        std::copy_n(of(2), state.current.size(), state.current.data());
    } else {
      const float rest = std::get<neurons<float>>(group.kind).rest;
      std::fill(state.membrane.begin(), state.membrane.end(), rest);
      std::fill(state.current.begin(), state.current.end(), 0.0F);
    }
    const float* now = of(0);
    if (t.stage == 0)
      now += t.time * static_cast<std::size_t>(net_.input().size());
    for (std::size_t number = s.first; number <= s.last; ++number) {
      net_.run_layer(net_.layers()[number], now);
      now = net_.layers()[number].activation.data();
    }
    to = std::copy(group.activation.begin(), group.activation.end(), to);
    to = std::copy(state.membrane.begin(), state.membrane.end(), to);
    std::copy(state.current.begin(), state.current.end(), to);
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
      if (kind.rule.reset != reset_kind::never)
        put(".threshold", bitfault::view(kind.threshold), parameter_kind::state);
      if (kind.rule.reset == reset_kind::to_value)
        put(".reset", bitfault::view(kind.reset), parameter_kind::state);
      if (kind.rule.has_current)
        put(".current_leak", bitfault::view(kind.current_leak), parameter_kind::state);
    }
  }

  network<float> net_;
  std::shared_ptr<const labelled_frames> inputs_;
  std::uint64_t batch_;
  std::vector<stage> stages_;
  std::vector<bitfault::campaign::layer> described_;
  std::vector<task> tasks_;
};

} // namespace spiking
