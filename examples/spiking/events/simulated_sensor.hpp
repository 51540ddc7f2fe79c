// SPDX-License-Identifier: MIT
#pragma once

// Events out of images: what an event camera sees that is moved in front of an image, as N-MNIST
// was recorded (Orchard et al., "Converting static image datasets to spiking neuromorphic datasets
// using saccades", Frontiers in Neuroscience 9:437, 2015). Made here by computation, in integers
// only, so that every machine makes the same events.

#include "event.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace spiking {

/// A camera of 34 x 34 pixels moves past an image of 28 x 28 in three straight saccades of 100 ms,
/// along a triangle that ends where it began. Each pixel keeps a level: the logarithm of the light
/// at its last event. When the logarithm has moved from it by a threshold, there is an event and
/// the level follows by that threshold.
struct saccades {
  static constexpr std::size_t image_side = 28;
  static constexpr std::size_t sensor_side = 34;
  static constexpr std::int64_t steps = 300;              ///< light is computed once a step ...
  static constexpr std::int64_t step_microseconds = 1000; ///< ... and changes evenly within it

  /// Light of a pixel: 16 for each of the 255 grey levels, and this much in the dark.
  static constexpr std::int32_t dark_light = 512;
  static constexpr std::int32_t light_per_grey_level = 16;

  /// In 1/65536 of an octave: light by a factor of 2^(threshold / 65536) brighter or darker.
  static constexpr std::int32_t threshold = 32768;

  /// Where the image's left upper corner lies on the sensor at the beginning of a step (0 to
  /// `steps`), in 1/256 of a pixel.
  struct place {
    std::int32_t x = 0;
    std::int32_t y = 0;
  };
  [[nodiscard]] static place at(std::int64_t step) noexcept;
};

/// The events of these saccades; `image` has 28 x 28 grey levels, row by row. All of step i are of
/// i * 1000 to i * 1000 + 999 us. Without noise, and without a pause of a pixel after its event.
/// Each pixel has as many events of one polarity as of the other: the light ends as it began.
/// Throws std::invalid_argument for another size of the image. Takes 300 * 34 * 34 logarithms, from
/// a table.
[[nodiscard]] recording record_saccades(std::span<const std::uint8_t> image);

} // namespace spiking
