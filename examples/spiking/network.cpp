// SPDX-License-Identifier: MIT
#include "network.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <type_traits>

namespace spiking {
namespace {

[[nodiscard]] std::string text(shape s) {
  return std::to_string(s.channels) + " x " + std::to_string(s.height) + " x " +
         std::to_string(s.width);
}

[[noreturn]] void misfit(const std::string& name, const std::string& what) {
  throw std::invalid_argument("layer '" + name + "': " + what);
}

/// The output of a layer behind `in`; throws if it does not fit.
struct fitted {
  const std::string& name;
  shape in;

  [[nodiscard]] shape windows(kernel window, index_t channels) const {
    if (window.side < 1 || window.stride < 1 || window.padding < 0)
      misfit(name, "a kernel of side " + std::to_string(window.side) + ", stride " +
                       std::to_string(window.stride) + ", padding " +
                       std::to_string(window.padding));
    const shape out = window.over(in, channels);
    if (out.size() == 0)
      misfit(name, "a kernel of side " + std::to_string(window.side) + " over " + text(in));
    return out;
  }

  template <class Connections>
  void inputs(const Connections& c, index_t expected) const {
    if (c.weight.cols() != expected || c.weight.rows() != c.bias.size() || c.weight.rows() == 0)
      misfit(name, "weights of " + std::to_string(c.weight.rows()) + " x " +
                       std::to_string(c.weight.cols()) + " and " + std::to_string(c.bias.size()) +
                       " biases; each output has " + std::to_string(expected) + " inputs");
  }

  template <class Scalar, class Weight>
  shape operator()(const convolution<Scalar, Weight>& l) const {
    inputs(l.connections, in.channels * l.window.side * l.window.side);
    return windows(l.window, l.connections.weight.rows());
  }
  template <class Scalar, class Weight>
  shape operator()(const dense<Scalar, Weight>& l) const {
    inputs(l.connections, in.size());
    return {l.connections.weight.rows(), 1, 1};
  }
  shape operator()(const pooling& l) const { return windows(l.window, in.channels); }
  shape operator()(const rectifier&) const { return in; }
  template <class Scalar>
  shape operator()(const neurons<Scalar>& l) const {
    const auto all = [&](const auto&... lists) {
      return ((lists.size() == static_cast<std::size_t>(in.size())) && ...);
    };
    if (!all(l.threshold, l.leak, l.gain, l.reset, l.refractory) ||
        (l.rule.has_current && !all(l.current_leak)))
      misfit(name, "constants for " + std::to_string(l.count()) + " neurons behind " + text(in));
    if (l.rule.fires_many_times && l.rule.resets_in_next_step)
      misfit(name, "neurons that fire many times in a step have to reset in that step");
    return in;
  }
};

template <class Scalar>
[[nodiscard]] std::size_t steps_of(const network<Scalar>& net, std::size_t values) {
  const auto one = static_cast<std::size_t>(net.input().size());
  if (values % one != 0)
    throw std::invalid_argument(std::to_string(values) + " values are no frames of " +
                                std::to_string(one));
  return values / one;
}

} // namespace

template <class Scalar>
layer<Scalar>& network<Scalar>::add(std::string name, typename layer<Scalar>::kinds kind) {
  for (const auto& other : layers_) {
    if (other.name == name)
      misfit(name, "there is one of that name already");
  }
  const shape in = output();
  const shape out = std::visit(fitted{name, in}, kind);
  layer<Scalar> one{std::move(name),
                    std::move(kind),
                    in,
                    out,
                    std::vector<Scalar>(static_cast<std::size_t>(out.size())),
                    state_.values.size(),
                    state_.refractory.size()};
  if (const auto* group = std::get_if<neurons<Scalar>>(&one.kind)) {
    state_.values.insert(state_.values.end(), group->count(), group->rest);
    if (group->rule.has_current)
      state_.values.insert(state_.values.end(), group->count(), Scalar(0));
    if (group->rule.reset != reset_kind::never)
      state_.refractory.insert(state_.refractory.end(), group->count(), 0);
  }
  return layers_.emplace_back(std::move(one));
}

template <class Scalar>
layer<Scalar>& network<Scalar>::at(std::string_view name) {
  const auto found = std::find_if(layers_.begin(), layers_.end(),
                                  [name](const layer<Scalar>& one) { return one.name == name; });
  if (found == layers_.end())
    throw std::invalid_argument("the network has no layer '" + std::string(name) + "'");
  return *found;
}

template <class Scalar>
void network<Scalar>::reset() {
  for (const auto& one : layers_) {
    if (const auto* group = std::get_if<neurons<Scalar>>(&one.kind)) {
      const auto state = state_of(one);
      std::fill(state.membrane.begin(), state.membrane.end(), group->rest);
      std::fill(state.current.begin(), state.current.end(), Scalar(0));
    }
  }
  std::fill(state_.refractory.begin(), state_.refractory.end(), 0);
}

template <class Scalar>
void network<Scalar>::restore(const network_state<Scalar>& state) {
  if (state.values.size() != state_.values.size() ||
      state.refractory.size() != state_.refractory.size())
    throw std::invalid_argument("a state of " + std::to_string(state.values.size()) +
                                " values, the network has " + std::to_string(state_.values.size()));
  state_ = state; // of the same sizes: nothing is allocated
}

template <class Scalar>
neuron_state<Scalar> network<Scalar>::state_of(const layer<Scalar>& one) {
  const auto* group = std::get_if<neurons<Scalar>>(&one.kind);
  if (group == nullptr)
    return {};
  const std::size_t count = group->count();
  Scalar* values = state_.values.data() + one.first_value;
  return {{values, count},
          {values + count, group->rule.has_current ? count : 0},
          {state_.refractory.data() + one.first_refractory,
           group->rule.reset != reset_kind::never ? count : 0}};
}

template <class Scalar>
void network<Scalar>::check_frame(std::size_t size) const {
  if (size != static_cast<std::size_t>(input_.size()))
    throw std::invalid_argument("a frame of " + std::to_string(size) +
                                " values, the network takes " + text(input_));
}

template <class Scalar>
void network<Scalar>::run_layer(const layer<Scalar>& one, const Scalar* input, Scalar* out) {
  std::visit(
      [&](const auto& kind) {
        using type = std::remove_cvref_t<decltype(kind)>;
        if constexpr (std::is_same_v<type, pooling>)
          pool(kind, input, one.input, out);
        else if constexpr (std::is_same_v<type, rectifier>)
          std::transform(input, input + one.input.size(), out,
                         [](Scalar x) { return x < Scalar(0) ? Scalar(0) : x; });
        else if constexpr (std::is_same_v<type, neurons<Scalar>>)
          advance(kind, state_of(one), input, out);
        else if constexpr (requires { kind.window; })
          convolve(kind, input, one.input, out);
        else
          connect(kind, input, out);
      },
      one.kind);
}

template <class Scalar>
std::vector<Scalar> scores_of(network<Scalar>& net, std::span<const Scalar> inputs, over_time how) {
  const std::size_t steps = steps_of(net, inputs.size());
  const auto one = static_cast<std::size_t>(net.input().size());
  std::vector<Scalar> total;
  net.reset();
  for (std::size_t t = 0; t < steps; ++t) {
    const auto output = net.step(inputs.subspan(t * one, one));
    if (t == 0)
      total.assign(output.begin(), output.end());
    else
      std::transform(total.begin(), total.end(), output.begin(), total.begin(),
                     [how](Scalar sum, Scalar now) { return combined(how, sum, now); });
  }
  return total;
}

template <class Scalar>
std::size_t best_class(std::span<const Scalar> scores) {
  std::size_t best = 0;
  for (std::size_t c = 1; c < scores.size(); ++c) {
    if (scores[c] > scores[best] || (std::isnan(scores[best]) && !std::isnan(scores[c])))
      best = c;
  }
  return best;
}

template class network<float>;
template class network<double>;
template std::vector<float> scores_of(network<float>&, std::span<const float>, over_time);
template std::vector<double> scores_of(network<double>&, std::span<const double>, over_time);
template std::size_t best_class(std::span<const float>);
template std::size_t best_class(std::span<const double>);

} // namespace spiking
