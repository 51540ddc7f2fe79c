// SPDX-License-Identifier: MIT
#pragma once

#include "file_error.hpp"

#include <filesystem>
#include <fstream>
#include <istream>
#include <iterator>
#include <ostream>
#include <random>
#include <string>
#include <string_view>
#include <system_error>

namespace bitfault::detail {

/// All that is left in a stream.
inline std::string read_stream(std::istream& in, const std::string& name) {
  std::string bytes;
  char block[4096];
  while (in.read(block, sizeof block), in.gcount() > 0)
    bytes.append(block, static_cast<std::size_t>(in.gcount()));
  if (in.bad() || !in.eof())
    raise(file_error::at_byte(name, bytes.size(), "reading failed"));
  return bytes;
}

inline void write_stream(std::ostream& out, std::string_view bytes, const std::string& name) {
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  out.flush();
  if (!out)
    raise(file_error(name, "writing failed"));
}

inline std::string read_file(const std::filesystem::path& path) {
  std::error_code code;
  if (std::filesystem::is_directory(path, code))
    raise(file_error(path.string(), "this is a folder"));
  std::ifstream in(path, std::ios::binary);
  if (!in)
    raise(file_error(path.string(), "the file cannot be opened for reading"));
  return read_stream(in, path.string());
}

/// A file that is removed again unless it was renamed.
struct temporary_file {
  std::filesystem::path path;
  bool keep = false;
  explicit temporary_file(std::filesystem::path p) : path(std::move(p)) {}
  temporary_file(const temporary_file&) = delete;
  temporary_file& operator=(const temporary_file&) = delete;
  ~temporary_file() {
    std::error_code ignored;
    if (!keep)
      std::filesystem::remove(path, ignored);
  }
};

/// Replaces a file or makes one: written beside it under another name, then renamed, so that at
/// every moment there is the old file or the whole new one.
inline void write_file(const std::filesystem::path& path, std::string_view bytes) {
  namespace fs = std::filesystem;
  const std::string name = path.string();
  std::error_code code;
  fs::path target = path;
  // A link stays, what it points to is replaced or made.
  for (int links = 0; fs::is_symlink(target, code); ++links) {
    const fs::path next = fs::read_symlink(target, code);
    if (code || links == 40)
      raise(file_error(name, "the link cannot be followed" +
                                 (code ? ": " + code.message() : std::string(" to an end"))));
    target = target.parent_path() / next; // an absolute `next` stands for itself
  }
  if (fs::exists(target, code) && !fs::is_regular_file(target, code))
    raise(file_error(name, "this is no regular file; save to a stream instead"));

  fs::path beside = target;
  beside += ".part-" + std::to_string(std::random_device{}());
  temporary_file temporary(beside);
  std::ofstream out(beside, std::ios::binary | std::ios::trunc);
  if (!out)
    raise(file_error(name, "no file can be made in its folder"));
  write_stream(out, bytes, name);
  out.close();
  if (!out)
    raise(file_error(name, "writing failed"));
  if (const fs::file_status old = fs::status(target, code); fs::exists(old)) {
    fs::permissions(beside, old.permissions(), code);
    if (code)
      raise(file_error(name, "the file's permissions cannot be kept: " + code.message()));
  }
  fs::rename(beside, target, code);
  if (code)
    raise(file_error(name, "the new file cannot take this name: " + code.message()));
  temporary.keep = true;
}

} // namespace bitfault::detail
