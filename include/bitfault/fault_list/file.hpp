// SPDX-License-Identifier: MIT
#pragma once

#include "file_error.hpp"
#include "new_file.hpp"

#include <filesystem>
#include <fstream>
#include <istream>
#include <iterator>
#include <ostream>
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

/// Replaces a file or makes one: see `new_file`.
inline void write_file(const std::filesystem::path& path, std::string_view bytes) {
  new_file file(path);
  std::ofstream out(file.beside(), std::ios::binary | std::ios::trunc);
  if (!out)
    raise(file_error(file.name(), "no file can be made in its folder"));
  write_stream(out, bytes, file.name());
  out.close();
  if (!out)
    raise(file_error(file.name(), "writing failed"));
  file.commit();
}

} // namespace bitfault::detail
