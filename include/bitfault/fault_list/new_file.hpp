// SPDX-License-Identifier: MIT
#pragma once

#include "file_error.hpp"

#include <filesystem>
#include <random>
#include <string>
#include <system_error>

namespace bitfault::detail {

/// A file on its way to its place: it is written beside it, under another name, and renamed when it
/// is whole. So at every moment there is the old file or the whole new one.
class new_file {
public:
  /// A link stays: what it points to is replaced or made. Throws `file_error` for a place where no
  /// file can go.
  explicit new_file(const std::filesystem::path& path) : name_(path.string()), target_(path) {
    namespace fs = std::filesystem;
    std::error_code code;
    for (int links = 0; fs::is_symlink(target_, code); ++links) {
      const fs::path next = fs::read_symlink(target_, code);
      if (code || links == 40)
        refuse("the link cannot be followed" +
               (code ? ": " + code.message() : std::string(" to an end")));
      target_ = target_.parent_path() / next; // an absolute `next` stands for itself
    }
    if (fs::exists(target_, code) && !fs::is_regular_file(target_, code))
      refuse("this is no regular file");
    beside_ = target_;
    beside_ += ".part-" + std::to_string(std::random_device{}());
  }
  new_file(const new_file&) = delete;
  new_file& operator=(const new_file&) = delete;
  ~new_file() {
    std::error_code ignored;
    if (!beside_.empty())
      std::filesystem::remove(beside_, ignored);
  }

  /// As the caller named it, for messages.
  const std::string& name() const noexcept { return name_; }
  /// Where it is written; nothing is there yet.
  const std::filesystem::path& beside() const noexcept { return beside_; }

  /// Lets it take its place, with the permissions of the file that it replaces. The last call.
  void commit() {
    namespace fs = std::filesystem;
    std::error_code code;
    if (const fs::file_status old = fs::status(target_, code); fs::exists(old)) {
      fs::permissions(beside_, old.permissions(), code);
      if (code)
        refuse("the file's permissions cannot be kept: " + code.message());
    }
    fs::rename(beside_, target_, code);
    if (code)
      refuse("the new file cannot take this name: " + code.message());
    beside_.clear();
  }

private:
  [[noreturn]] void refuse(const std::string& what) const { raise(file_error(name_, what)); }

  std::string name_;
  std::filesystem::path target_, beside_;
};

} // namespace bitfault::detail
