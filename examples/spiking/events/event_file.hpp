// SPDX-License-Identifier: MIT
#pragma once

// What the readers and writers of event files share; not for their users.

#include "event.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace spiking::detail {

/// Throws std::runtime_error: "NAME: byte 17: WHAT".
[[noreturn]] void fail_at_byte(const std::string& name, std::size_t byte, const std::string& what);

/// Throws std::runtime_error: "NAME: line 3: WHAT".
[[noreturn]] void fail_at_line(const std::string& name, std::size_t line, const std::string& what);

/// The whole file. Throws std::runtime_error with its name.
[[nodiscard]] std::vector<std::uint8_t> read_file(const std::filesystem::path& file);

/// Throws std::runtime_error with the file's name, and leaves no half of a file under that name
/// without saying so.
void write_file(const std::filesystem::path& file, std::span<const std::uint8_t> bytes);

/// The word that starts at bytes[at], least significant byte first; the caller has checked that it
/// is there.
[[nodiscard]] std::uint32_t little_endian_word(std::span<const std::uint8_t> bytes,
                                               std::size_t at) noexcept;

/// Adds an event that a file has at `byte`. Throws as fail_at_byte does if it lies outside the
/// sensor or is earlier than the event before it.
void append(recording& to, const event& next, const std::string& name, std::size_t byte);

/// Throws std::invalid_argument unless `from` is what event.hpp says of a recording, with no time
/// before 0 or after `latest`, and no coordinate above `largest`: for those who write it.
void check_writable(const recording& from, std::int64_t latest, std::uint16_t largest,
                    std::string_view format);

} // namespace spiking::detail
