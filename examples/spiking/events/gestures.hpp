// SPDX-License-Identifier: MIT
#pragma once

// Recordings with several gestures in each, and the files that say which and when: as DVS128
// Gesture has them.

#include "event.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace spiking {

/// DVS128 Gesture has the classes 1 to 11.
inline constexpr std::int64_t dvs128_gestures = 11;

/// A gesture of class 1, 2, ... from a time up to, not including, another.
struct gesture_label {
  std::int64_t gesture = 0;
  std::int64_t start_microseconds = 0;
  std::int64_t end_microseconds = 0;

  friend bool operator==(const gesture_label&, const gesture_label&) = default;
};

/// Reads a file NAME_labels.csv: the line "class,startTime_usec,endTime_usec", then one line of
/// three whole numbers for each gesture. Throws std::runtime_error "FILE: line N: what is wrong"
/// for any other line, a negative number, an end that is not after its start, and a class outside 1
/// to `classes`.
[[nodiscard]] std::vector<gesture_label> read_labels(const std::filesystem::path& file,
                                                     std::int64_t classes = dvs128_gestures);

/// The same out of memory; `name` stands in messages.
[[nodiscard]] std::vector<gesture_label> parse_labels(std::string_view text,
                                                      const std::string& name,
                                                      std::int64_t classes = dvs128_gestures);

/// What one gesture looked like. Its times count from its start: 0 <= t < duration.
struct gesture_sample {
  std::size_t output = 0; ///< class - 1: the output of a network that stands for it
  std::int64_t duration_microseconds = 0;
  recording seen;
};

/// Cuts a recording: one sample for each label, in their order; labels may overlap. Throws
/// std::runtime_error "NAME: line N: what is wrong", `name` being that of the labels' file, for a
/// label that begins before the first event or ends later than just after the last one: what it
/// names is not, or not all, in the recording. Takes O(labels log events + events copied).
[[nodiscard]] std::vector<gesture_sample>
cut(const recording& from, const std::vector<gesture_label>& labels, const std::string& name);

/// All samples of an AEDAT 3.1 file of DVS128 Gesture, for example user01_led.aedat, with
/// user01_led_labels.csv beside it. Throws what read_aedat, read_labels and cut throw.
[[nodiscard]] std::vector<gesture_sample> read_gestures(const std::filesystem::path& aedat_file);

} // namespace spiking
