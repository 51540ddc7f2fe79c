// SPDX-License-Identifier: MIT
#pragma once

// A spiking network that runs one time step at a time: "inference code that
// already exists". It knows nothing of fault injection.
//
//   spiking::network<float> net({2, 34, 34});
//   net.add("conv1", spiking::convolution<float>{...});
//   net.add("lif1", spiking::neurons<float>(rule, net.output().size()));
//   for (each time step) output = net.step(frame);     // spikes, or a
//   readout's membranes

#include "layers.hpp"
#include "neurons.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace spiking {

/// What all neurons of a network remember: membranes and currents of all
/// layers, in their order, then refractory steps. A copy is all that it takes
/// to go on from here later.
template <class Scalar>
struct network_state {
  std::vector<Scalar> values;
  std::vector<std::int32_t> refractory;
};

template <class Scalar>
struct layer {
  using kinds = std::variant<convolution<Scalar>, convolution<Scalar, std::int8_t>, dense<Scalar>,
                             dense<Scalar, std::int8_t>, pooling, rectifier, neurons<Scalar>>;
  std::string name;
  kinds kind;
  shape input, output;
  std::vector<Scalar> activation; ///< its output of the last step
  std::size_t first_value = 0;    ///< where its state begins in network_state::values
  std::size_t first_refractory = 0;
};

/// The hook that is not there: nothing is called.
struct no_hook {};

/// A chain of layers. A copy is independent, so that each thread can have one.
/// After the first step nothing is allocated. The same build on the same
/// machine gives the same bits every time.
template <class Scalar>
class network {
public:
  explicit network(shape input) : input_(input) {}

  /// Appends a layer. Neurons start at rest, without current, ready to fire.
  /// Throws std::invalid_argument if it does not fit what comes before: other
  /// numbers of channels, inputs or neurons, a kernel longer than the image, a
  /// layer of that name.
  layer<Scalar>& add(std::string name, typename layer<Scalar>::kinds kind);

  [[nodiscard]] shape input() const noexcept { return input_; }
  /// Of the last layer.
  [[nodiscard]] shape output() const noexcept {
    return layers_.empty() ? input_ : layers_.back().output;
  }
  [[nodiscard]] std::span<layer<Scalar>> layers() noexcept { return layers_; }
  [[nodiscard]] std::span<const layer<Scalar>> layers() const noexcept { return layers_; }

  /// Throws std::invalid_argument for a name that is not there.
  [[nodiscard]] layer<Scalar>& at(std::string_view name);

  /// All neurons at rest, no current, none refractory.
  void reset();

  /// One time step: `frame` has input().size() numbers. Returns the last
  /// layer's output, which stays until the next step. `after_layer(number,
  /// layer)` is called after each layer; what it writes to layer.activation is
  /// what the next layer reads. Throws std::invalid_argument if the frame has
  /// another size.
  template <class Hook = no_hook>
  std::span<const Scalar> step(std::span<const Scalar> frame, Hook&& after_layer = {}) {
    check_frame(frame.size());
    const Scalar* now = frame.data();
    for (std::size_t number = 0; number < layers_.size(); ++number) {
      layer<Scalar>& one = layers_[number];
      run_layer(one, now, one.activation.data());
      if constexpr (!std::is_same_v<std::remove_cvref_t<Hook>, no_hook>)
        after_layer(number, one);
      now = one.activation.data();
    }
    return {now, static_cast<std::size_t>(output().size())};
  }

  /// One layer of a step by itself, for those who drive the layers themselves: `input` has
  /// one.input.size() numbers, `out` room for one.output.size(); neurons go on from their state.
  void run_layer(const layer<Scalar>& one, const Scalar* input, Scalar* out);

  /// The state of all neurons after the last step. Writing changes it; its
  /// sizes must stay.
  [[nodiscard]] network_state<Scalar>& state() noexcept { return state_; }
  [[nodiscard]] const network_state<Scalar>& state() const noexcept { return state_; }
  /// Goes back to a state that was copied before. Throws std::invalid_argument
  /// if it is not one of this network.
  void restore(const network_state<Scalar>& state);

  /// The part of the state that is one layer's. Empty if its neurons have none.
  [[nodiscard]] neuron_state<Scalar> state_of(const layer<Scalar>& one);

private:
  void check_frame(std::size_t size) const;

  shape input_;
  std::vector<layer<Scalar>> layers_;
  network_state<Scalar> state_;
};

/// How the outputs of all steps become one score for each class: counts of
/// spikes or sums of a readout's membranes; or the largest value in time.
enum class over_time { summed, largest };

template <class Scalar>
[[nodiscard]] constexpr Scalar combined(over_time how, Scalar total, Scalar now) noexcept {
  return how == over_time::summed ? total + now : total < now ? now : total;
}

/// Runs a recording from a fresh state; the result is the last layer's output
/// over time. `inputs` is {steps, channels, height, width}. Throws
/// std::invalid_argument if it is no multiple of the network's input.
template <class Scalar>
[[nodiscard]] std::vector<Scalar> scores_of(network<Scalar>& net, std::span<const Scalar> inputs,
                                            over_time how);

/// The class with the largest score, the lowest of equals; a NaN is never
/// larger than anything.
template <class Scalar>
[[nodiscard]] std::size_t best_class(std::span<const Scalar> scores);

extern template class network<float>;
extern template class network<double>;

} // namespace spiking
