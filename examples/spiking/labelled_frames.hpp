// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace spiking {

/// Recordings as frames of one length, {recordings, steps, channels, height, width}, with their
/// labels.
struct labelled_frames {
  std::size_t steps = 0;
  std::vector<float> values;
  std::vector<std::uint32_t> labels;
};

} // namespace spiking
