// SPDX-License-Identifier: MIT
#pragma once

#include "event.hpp"

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace spiking {

/// The size of the recordings of N-MNIST.
inline constexpr sensor_size nmnist_sensor{34, 34};

/// Reads a recording as N-MNIST has them: 5 bytes an event and nothing else. They are x, y, then
/// polarity (bit 7) with the bits 22 to 16 of the time, bits 15 to 8, bits 7 to 0; microseconds.
///
/// Throws std::runtime_error "FILE: byte N: what is wrong" where the file ends in the middle of an
/// event, or an event lies outside the sensor or is earlier than the one before it. Linear in the
/// size of the file.
[[nodiscard]] recording read_nmnist(const std::filesystem::path& file,
                                    sensor_size sensor = nmnist_sensor);

/// The same out of memory; `name` stands in messages.
[[nodiscard]] recording parse_nmnist(std::span<const std::uint8_t> bytes, const std::string& name,
                                     sensor_size sensor = nmnist_sensor);

/// The bytes that read_nmnist reads. Throws std::invalid_argument for events that no recording has,
/// coordinates above 255 and times after 8,388,607 us.
[[nodiscard]] std::vector<std::uint8_t> nmnist_bytes(const recording& from);

/// The same into a file. Throws std::runtime_error if it cannot be written.
void write_nmnist(const std::filesystem::path& file, const recording& from);

} // namespace spiking
