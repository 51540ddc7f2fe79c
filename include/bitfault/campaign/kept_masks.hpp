// SPDX-License-Identifier: MIT
#pragma once

#include "../fault_list/crc32.hpp"
#include "../fault_list/file.hpp"
#include "../fault_list/file_error.hpp"
#include "writer_lock.hpp"

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bitfault::campaign {

/// What a search for critical bits has found so far, kept in a text file so that it goes on where
/// it was killed: what the search is about (`key: value` lines, an empty line), then a line for
/// each element, with its place in the drawn order, the mask of its critical bits, and a checksum.
/// One process at a time. A line that was not finished does not count.
class kept_masks {
public:
  using facts = std::vector<std::pair<std::string, std::string>>;

  /// Makes the file, or goes on with the one that is there. Throws `file_error` if it is of another
  /// search and says what differs; if it is damaged, or cannot be read or written; if another
  /// process has it.
  kept_masks(const std::filesystem::path& path, const facts& about) : lock_(path), path_(path) {
    std::string head(first_line);
    for (const auto& [key, value] : about)
      head += key + ": " + value + "\n";
    head += "\n";
    std::string text;
    if (std::filesystem::exists(path_))
      text = bitfault::detail::read_file(path_);
    const bool begun = text.size() >= head.size() || head.compare(0, text.size(), text) != 0;
    if (begun) { // else its first lines are not finished
      check_head(text, head);
      std::filesystem::resize_file(path_, read_lines(text, head.size()));
    }
    file_.reset(std::fopen(path_.c_str(), begun ? "ab" : "wb"));
    if (!file_)
      fail(std::string("cannot be written: ") + std::strerror(errno));
    if (!begun) {
      waiting_ = head;
      write();
    }
  }

  /// The masks that are there, by place.
  const std::map<std::uint64_t, std::uint64_t>& masks() const noexcept { return masks_; }

  /// One more, in the file after the next `write`.
  void keep(std::uint64_t place, std::uint64_t mask) { waiting_ += line(place, mask); }
  /// Throws `file_error`, as where the disk is full.
  void write() {
    const bool all =
        std::fwrite(waiting_.data(), 1, waiting_.size(), file_.get()) == waiting_.size() &&
        std::fflush(file_.get()) == 0;
    if (!all)
      fail(std::string("cannot be written: ") + std::strerror(errno));
    waiting_.clear();
  }
  /// The search is through: removes the file.
  void remove() {
    file_.reset();
    std::filesystem::remove(path_);
  }

private:
  static constexpr std::string_view first_line = "bitfault critical bits 1\n";

  struct closer {
    void operator()(std::FILE* f) const noexcept { std::fclose(f); }
  };

  [[noreturn]] void fail(const std::string& what) const { throw file_error(path_.string(), what); }

  static std::string line(std::uint64_t place, std::uint64_t mask) {
    char text[64];
    std::snprintf(text, sizeof text, "%llu %llx", static_cast<unsigned long long>(place),
                  static_cast<unsigned long long>(mask));
    char sum[16];
    std::snprintf(sum, sizeof sum, " %08x\n", static_cast<unsigned>(crc32(std::string_view(text))));
    return std::string(text) + sum;
  }

  void check_head(std::string_view there, std::string_view wanted) const {
    if (!there.starts_with(first_line))
      fail("this is no file of a search for critical bits");
    while (!wanted.empty()) {
      const std::string_view now = wanted.substr(0, wanted.find('\n') + 1);
      const std::string_view then = there.substr(0, there.find('\n') + 1);
      if (now != then)
        fail("this is the file of another search: '" + trimmed(then) + "' in the file, '" +
             trimmed(now) + "' now; search for the same, or remove the file");
      wanted.remove_prefix(now.size());
      there.remove_prefix(then.size());
    }
  }
  static std::string trimmed(std::string_view text) {
    return std::string(text.substr(0, text.find('\n')));
  }

  /// Reads all whole lines behind the head. Returns where they end.
  std::size_t read_lines(std::string_view text, std::size_t at) {
    for (std::size_t end = 0; (end = text.find('\n', at)) != std::string_view::npos; at = end + 1) {
      const std::string_view words = text.substr(at, end - at);
      std::uint64_t place = 0, mask = 0;
      const char* const last = words.data() + words.size();
      const auto number = std::from_chars(words.data(), last, place);
      if (number.ec == std::errc{} && number.ptr != last)
        std::from_chars(number.ptr + 1, last, mask, 16);
      if (line(place, mask) != std::string(words) + "\n")
        fail("the file is damaged: '" + std::string(words) + "'");
      masks_[place] = mask;
    }
    return at;
  }

  detail::writer_lock lock_;
  std::filesystem::path path_;
  std::map<std::uint64_t, std::uint64_t> masks_;
  std::unique_ptr<std::FILE, closer> file_;
  std::string waiting_;
};

} // namespace bitfault::campaign
