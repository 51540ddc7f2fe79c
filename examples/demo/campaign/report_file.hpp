// SPDX-License-Identifier: MIT
#pragma once

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace demo {

/// A file that is there as a whole or not at all: it is opened beside its place at once, so that a
/// place where nothing can be written is known before the work begins, and takes its name at the
/// end. Errors are std::runtime_error with the path in them.
class report_file {
public:
  explicit report_file(std::filesystem::path path) : path_(std::move(path)) {
    std::error_code code;
    if (std::filesystem::is_directory(path_, code)) {
      fail("is a folder");
    }
    part_ = path_;
    part_ += ".part";
    errno = 0;
    out_.open(part_, std::ios::binary | std::ios::trunc);
    if (!out_) {
      fail(std::string("cannot be written: ") + std::strerror(errno));
    }
  }
  ~report_file() {
    out_.close();
    std::error_code ignored;
    if (!part_.empty()) {
      std::filesystem::remove(part_, ignored);
    }
  }
  report_file(const report_file&) = delete;
  report_file& operator=(const report_file&) = delete;

  /// Writes the file. Once only.
  void finish(std::string_view text) {
    errno = 0;
    out_.write(text.data(), static_cast<std::streamsize>(text.size()));
    out_.close();
    if (!out_) {
      fail(std::string("cannot be written: ") + std::strerror(errno));
    }
    std::error_code code;
    std::filesystem::rename(part_, path_, code);
    if (code) {
      fail("cannot be replaced: " + code.message());
    }
    part_.clear();
  }

private:
  [[noreturn]] void fail(const std::string& what) const {
    throw std::runtime_error(path_.string() + ": " + what);
  }

  std::filesystem::path path_, part_;
  std::ofstream out_;
};

} // namespace demo
