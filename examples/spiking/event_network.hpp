// SPDX-License-Identifier: MIT
#pragma once

// The project's own spiking network: events of a 34 x 34 sensor that an image
// of Fashion-MNIST was moved past, to 10 classes. train.cpp makes its weights.
//
//   conv1 5x5, stride 2 -> lif1 -> pool1 -> conv2 3x3 -> lif2 -> pool2 -> dense
//   -> readout
//
// An image's scores are the sums over time of the readout's membranes.

#include "events/frames.hpp"
#include "named_tensors.hpp"
#include "network.hpp"

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace spiking {

inline constexpr index_t event_classes = 10;
inline constexpr index_t event_steps = 24;
inline constexpr shape event_input{2, 34, 34};

inline constexpr kernel conv1_window{5, 2, 1};
inline constexpr kernel conv2_window{3, 1, 1};
inline constexpr kernel pool_window{2, 2, 0};

inline constexpr shape conv1_shape = conv1_window.over(event_input, 12);
inline constexpr shape pool1_shape = pool_window.over(conv1_shape, conv1_shape.channels);
inline constexpr shape conv2_shape = conv2_window.over(pool1_shape, 24);
inline constexpr shape pool2_shape = pool_window.over(conv2_shape, conv2_shape.channels);

/// Of all leaky neurons: v = leak * v + gain * I, threshold 1, reset by
/// subtraction. The readout forgets more slowly and has a gain that keeps its
/// sum over time near the mean input.
template <class Scalar>
inline constexpr Scalar lif_leak = Scalar(0.875);
template <class Scalar>
inline constexpr Scalar readout_leak = Scalar(0.9375);
template <class Scalar>
inline constexpr Scalar readout_gain = Scalar(0.0625);

/// Weights of the three layers that have any; also the form of a gradient.
template <class Scalar>
struct event_parameters {
  synapses<Scalar> conv1{conv1_shape.channels,
                         event_input.channels* conv1_window.side* conv1_window.side};
  synapses<Scalar> conv2{conv2_shape.channels,
                         pool1_shape.channels* conv2_window.side* conv2_window.side};
  synapses<Scalar> readout{event_classes, pool2_shape.size()};

  /// All six, in the order of the layers, weight before bias: "conv1.weight"
  /// {out, in, kh, kw} ...
  [[nodiscard]] std::vector<named_tensor<Scalar>> tensors() {
    std::vector<named_tensor<Scalar>> list;
    add_tensors(list, "conv1", conv1, conv1_window.side);
    add_tensors(list, "conv2", conv2, conv2_window.side);
    add_tensors(list, "dense", readout);
    return list;
  }
};

/// What the network sees of an image of 28 x 28 grey levels: its events in
/// `event_steps` steps of equal length, {steps, 2, 34, 34}. The same counts on
/// every machine. Throws std::invalid_argument for another size.
[[nodiscard]] frames event_frames(std::span<const std::uint8_t> image);

/// The network with these weights.
[[nodiscard]] network<float> make_event_network(const event_parameters<float>& parameters);

/// Reads weights from a safetensors file. Throws std::runtime_error with the
/// name of the file and what is wrong: it cannot be opened, is truncated, a
/// tensor is missing, unknown or of another type or shape.
[[nodiscard]] network<float> load_event_network(const std::filesystem::path& file);

} // namespace spiking
