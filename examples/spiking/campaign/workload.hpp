// SPDX-License-Identifier: MIT
#pragma once

// A network and the recordings that it is shown.

#include "../network.hpp"
#include "spiking_model.hpp"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>

namespace spiking {

struct workload {
  std::string title; ///< for people: what is shown to which network
  std::string name;  ///< for files: letters, digits and '-'
  network<float> net;
  std::shared_ptr<const labelled_frames> inputs;
  over_time how = over_time::summed; ///< scores from the outputs of all steps
  std::string warning{}; ///< what stands beside all numbers, such as that weights are random
};

/// The project's own network, and the events that the simulated sensor makes of the first images of
/// the test set that is shipped. Throws std::runtime_error, std::out_of_range for too many.
[[nodiscard]] workload shipped_workload(std::size_t recordings);

/// enpheeph's network for DVS128 Gesture, and the first `steps` frames of 25 ms of the first
/// gestures in a folder of its recordings (*.aedat, each with its *_labels.csv). Without a file of
/// weights they are random, which `warning` then says. Throws std::runtime_error: no such folder,
/// no recordings in it, another sensor, bad files.
[[nodiscard]] workload dvs128_workload(const std::filesystem::path& folder,
                                       const std::filesystem::path& weights, std::size_t steps,
                                       std::size_t recordings);

} // namespace spiking
