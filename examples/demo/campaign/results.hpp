// SPDX-License-Identifier: MIT
#pragma once

#include "experiment.hpp"
#include "inputs.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace demo {

struct settings {
  std::uint64_t seed = 1;
  std::uint64_t trials = 6000;      ///< single faults of each bit, tensor and layer
  std::uint64_t sweep_trials = 300; ///< sets of faults of each bit error rate
  std::size_t block = 100;          ///< images run with each of these sets
  unsigned threads = 1;
};

inline constexpr unsigned weight_bits = 32;

/// A single fault that was run again on many images, by its address.
struct replayed_fault {
  std::string address;
  std::string tensor;
  float before = 0;
  float after = 0;
  std::size_t right = 0; ///< of campaign_results::replay_images
};

/// A fault that changed the class of an image.
struct changed_answer {
  std::string address;
  std::size_t image = 0;
  std::size_t golden = 0;
  std::size_t faulty = 0;
};

/// How far the campaign is: inferences, and the experiment in which the complete trials end.
struct progress {
  std::uint64_t done = 0;
  std::uint64_t total = 0;
  const experiment* now = nullptr;    ///< none: the search for the worst faults
  std::span<const record> complete{}; ///< its complete trials so far
  std::size_t block = 1;              ///< settings::block
};

struct campaign_results {
  settings chosen;
  evaluation golden;
  std::vector<experiment> experiments{};
  std::vector<std::vector<record>> records{}; ///< of each experiment
  std::vector<replayed_fault> worst{};        ///< of each tensor, the worst among those tried
  std::size_t replay_images = 0;              ///< the first images, on which they were tried
  std::size_t replay_right = 0;               ///< how many of them are right without a fault
  std::vector<changed_answer> changed{};
  bool restored = false; ///< every thread's weights are bit for bit what they were
  double seconds = 0;
};

/// How many faults of each tensor that changed an answer are tried on many images, and on how many.
inline constexpr std::size_t replays = 10;
inline constexpr std::size_t most_replay_images = 1000;

} // namespace demo
