// SPDX-License-Identifier: MIT
#pragma once

// Recordings with the classes and the sensor of DVS128 Gesture, for programs that have to run where
// those are not: bright discs stand for hands and move as the gestures do. Simple on purpose: what
// tells people's gestures apart is not in here, and a network's accuracy on these says nothing
// about its accuracy on those.

#include "event.hpp"
#include "gestures.hpp"

#include <cstdint>
#include <vector>

namespace spiking {

struct labelled_recording {
  recording seen;
  std::vector<gesture_label> labels;
};

/// All 11 gestures one after the other, each for `milliseconds`, with half a second between two.
/// The seed varies places, sizes, speeds and phases. In integers: the same events on every machine.
/// A pixel has an event at the millisecond in which a disc begins or ends to cover it; those of one
/// millisecond are spread over it in the order of rows. Throws std::invalid_argument for a duration
/// that is not positive.
[[nodiscard]] labelled_recording simulate_gestures(std::uint64_t seed,
                                                   std::int64_t milliseconds = 1500);

} // namespace spiking
