// SPDX-License-Identifier: MIT
#pragma once

#include "event.hpp"

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace spiking {

/// The sensor of DVS128 Gesture. The format itself does not say how large a sensor is.
inline constexpr sensor_size dvs128{128, 128};

/// Reads the polarity events of an AEDAT 3.1 file (iniVation's format of that name, "RAW").
///
/// Events of other types (special, frame, inertial ...) are passed over by the sizes that their
/// packets state, and so are polarity events that are marked invalid. A time is the packet's
/// overflow counter times 2^31 plus the event's 31 bits.
///
/// Throws std::runtime_error "FILE: byte N: what is wrong" where the file is not of this format,
/// ends in the middle of something, states a negative size or number, a capacity that is not the
/// number of events, an event size or timestamp offset that no polarity event has, more valid
/// events than events, or has a valid event outside the sensor or earlier than the one before it.
/// Linear in the size of the file; what the file states is checked against what it has before
/// anything is allocated.
[[nodiscard]] recording read_aedat(const std::filesystem::path& file, sensor_size sensor = dvs128);

/// The same out of memory; `name` stands in messages.
[[nodiscard]] recording parse_aedat(std::span<const std::uint8_t> bytes, const std::string& name,
                                    sensor_size sensor = dvs128);

/// An AEDAT 3.1 file of polarity events, all of them valid, in packets of at most 4,096. Byte for
/// byte the same for the same recording: no date of today, `source` as the name of the device.
/// Throws std::invalid_argument for events that no recording has, coordinates above 32,767 and
/// times of 2^62 us or later.
[[nodiscard]] std::vector<std::uint8_t> aedat_bytes(const recording& from,
                                                    const std::string& source = "DVS128");

/// The same into a file. Throws std::runtime_error if it cannot be written.
void write_aedat(const std::filesystem::path& file, const recording& from,
                 const std::string& source = "DVS128");

} // namespace spiking
