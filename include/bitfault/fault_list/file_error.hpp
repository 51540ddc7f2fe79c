// SPDX-License-Identifier: MIT
#pragma once

#include "../config/macros.hpp"

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

namespace bitfault {

/// A file that cannot be read or written: which one, where in it, and what is wrong.
class file_error : public std::runtime_error {
public:
  file_error(const std::string& path, const std::string& what)
      : runtime_error("bitfault: " + path + ": " + what), path_(path) {}

  static file_error at_byte(const std::string& path, std::uint64_t byte, const std::string& what) {
    file_error e(path, "byte " + std::to_string(byte) + ": " + what);
    e.byte_ = byte;
    return e;
  }
  static file_error at_line(const std::string& path, std::uint64_t line, const std::string& what) {
    file_error e(path, "line " + std::to_string(line) + ": " + what);
    e.line_ = line;
    return e;
  }

  const std::string& path() const noexcept { return path_; }
  /// Offset from the begin of a binary file.
  std::optional<std::uint64_t> byte() const noexcept { return byte_; }
  /// Line of a text file, from 1.
  std::optional<std::uint64_t> line() const noexcept { return line_; }

private:
  std::string path_;
  std::optional<std::uint64_t> byte_, line_;
};

namespace detail {

/// Throws. In a build without exceptions it stops: a call that failed must not look as if it had
/// worked.
template <class Error>
[[noreturn]] void raise([[maybe_unused]] const Error& e) {
#if BITFAULT_EXCEPTIONS
  throw e;
#else
  __builtin_trap();
#endif
}

} // namespace detail
} // namespace bitfault
