// SPDX-License-Identifier: MIT
#pragma once

// The spiking network for DVS128 Gesture in enpheeph's paper (Colucci et al.:
// "enpheeph: A fault injection framework for spiking and compressed deep neural networks", IROS
// 2022), as its published configuration has it:
//
//   mean of 4 x 4 pixels -> conv1 3 x 3, 1 to 32 -> lif1 -> pool1 -> conv2 3 x 3, 32 to 32 -> lif2
//   -> pool2 -> dense1 2048 to 500 -> relu -> dense2 500 to 11 -> readout
//
// with both polarities in one channel and a frame for each 25 ms; both poolings are means of 2 x 2.
// The neurons have norse's defaults (time constants of 10 ms for the membrane and 5 ms for the
// current, threshold 1, hard reset to 0) in its steps of 1 ms, whatever a frame's length is. A
// class's score is the largest value in time of its readout.
//
// Weights do not come with it: there are a million of them, and the recordings may not be
// redistributed. `untrained_dvs128` makes random ones, `load_dvs128_network` reads a file.

#include "labelled_frames.hpp"
#include "named_tensors.hpp"
#include "network.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <vector>

namespace spiking {

namespace dvs128_layout {

inline constexpr index_t classes = 11;
inline constexpr std::int64_t step_microseconds = 25'000;
inline constexpr std::size_t cell = 4; ///< pixels along a side that become one

inline constexpr shape input{1, 32, 32}; ///< behind the pooling of the pixels
inline constexpr kernel window{3, 1, 1};
inline constexpr kernel pool{2, 2, 0};
inline constexpr shape conv1 = window.over(input, 32);
inline constexpr shape pool1 = pool.over(conv1, conv1.channels);
inline constexpr shape conv2 = window.over(pool1, 32);
inline constexpr shape pool2 = pool.over(conv2, conv2.channels);
inline constexpr index_t hidden = 500;

/// Of all neurons, in each step: v += gain (i - v), i = current_leak i + input.
inline constexpr double gain = 0.1, current_leak = 0.8;

} // namespace dvs128_layout

/// Weights of the four layers that have any.
template <class Scalar>
struct dvs128_parameters {
  synapses<Scalar> conv1{dvs128_layout::conv1.channels, dvs128_layout::input.channels * 9};
  synapses<Scalar> conv2{dvs128_layout::conv2.channels, dvs128_layout::pool1.channels * 9};
  synapses<Scalar> dense1{dvs128_layout::hidden, dvs128_layout::pool2.size()};
  synapses<Scalar> dense2{dvs128_layout::classes, dvs128_layout::hidden};

  /// All eight, in the order of the layers, weight before bias.
  [[nodiscard]] std::vector<named_tensor<Scalar>> tensors() {
    std::vector<named_tensor<Scalar>> list;
    add_tensors(list, "conv1", conv1, dvs128_layout::window.side);
    add_tensors(list, "conv2", conv2, dvs128_layout::window.side);
    add_tensors(list, "dense1", dense1);
    add_tensors(list, "dense2", dense2);
    return list;
  }
};

/// Random weights, the same on every machine: uniform with the variance 2 / inputs (He et al.,
/// 2015), those of the convolutions four times as large, so that a few events make spikes; no bias.
/// What the network answers with them means nothing; whether a fault changes the answer can be seen
/// all the same.
[[nodiscard]] dvs128_parameters<float> untrained_dvs128(std::uint64_t seed);

/// The network with these weights.
template <class Scalar>
[[nodiscard]] network<Scalar> make_dvs128_network(const dvs128_parameters<Scalar>& parameters);

/// Reads weights from a safetensors file. Throws std::runtime_error with the name of the file and
/// what is wrong: it cannot be opened, is truncated, a tensor is missing, unknown or of another
/// type or shape.
[[nodiscard]] network<float> load_dvs128_network(const std::filesystem::path& file);

/// What the network sees of recordings: every *.aedat file of the folder, in the order of their
/// names, with its *_labels.csv beside it; one entry for each label. Each has `steps` frames of 25
/// ms: later ones are cut off, missing ones are empty. Stops after `most` entries. Throws
/// std::runtime_error if there is no such folder or no recording in it, or a file is not as
/// read_gestures wants it.
[[nodiscard]] labelled_frames
load_dvs128_frames(const std::filesystem::path& folder, std::size_t steps,
                   std::size_t most = std::numeric_limits<std::size_t>::max());

} // namespace spiking
