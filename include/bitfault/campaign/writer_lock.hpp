// SPDX-License-Identifier: MIT
#pragma once

#include "../fault_list/file_error.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace bitfault::campaign::detail {

/// The right to write to a file, held until the object or the process ends: a
/// POSIX record lock on a file beside it, `<file>-writer`. However the process
/// ends, the system lifts the lock; the file may stay behind and means nothing
/// by itself. A forked child does not hold it. POSIX only.
///
/// A process that lends its lock lets its own next writers have it, one at a
/// time: it keeps others out between them.
class writer_lock {
public:
  /// Throws `file_error` if somebody holds it, with the process's number where
  /// it is known.
  explicit writer_lock(const std::filesystem::path& file) {
    std::error_code ignored;
    // One lock for all names of a file.
    std::filesystem::path real = std::filesystem::weakly_canonical(file, ignored);
    name_ = (real.empty() ? file : real).string() + "-writer";
    {
      // Record locks do not keep a process from itself.
      const std::lock_guard guard(mutex());
      const auto [held, first] = held_here().try_emplace(name_, holding::alone);
      if (!first) {
        if (held->second != holding::lends)
          throw file_error(file.string(), "this process has it open for writing already");
        held->second = holding::has_lent;
        borrowed_ = true;
        return;
      }
    }
    try {
      take(file.string());
    } catch (...) {
      forget();
      throw;
    }
  }
  writer_lock(writer_lock&& other) noexcept
      : name_(std::exchange(other.name_, {})), descriptor_(std::exchange(other.descriptor_, -1)),
        borrowed_(std::exchange(other.borrowed_, false)) {}
  writer_lock& operator=(writer_lock&& other) noexcept {
    std::swap(name_, other.name_);
    std::swap(descriptor_, other.descriptor_);
    std::swap(borrowed_, other.borrowed_);
    return *this;
  }
  ~writer_lock() {
    if (borrowed_)
      set(holding::lends);
    if (descriptor_ < 0)
      return;
    ::unlink(name_.c_str()); // while it is locked: see take()
    ::close(descriptor_);
    forget();
  }

  /// From now on another object of this process may have the lock too, one at a
  /// time. It must end before this one does.
  void lend() { set(holding::lends); }

private:
  enum class holding { alone, lends, has_lent };

  static std::mutex& mutex() {
    static std::mutex m;
    return m;
  }
  static std::map<std::string, holding>& held_here() {
    static std::map<std::string, holding> names;
    return names;
  }
  void set(holding how) {
    const std::lock_guard guard(mutex());
    held_here()[name_] = how;
  }
  void forget() {
    const std::lock_guard guard(mutex());
    held_here().erase(name_);
  }

  void take(const std::string& file) {
    for (;;) {
      descriptor_ = ::open(name_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
      if (descriptor_ < 0)
        throw file_error(file,
                         "the lock file '" + name_ + "' cannot be made: " + std::strerror(errno));
      struct flock whole {};
      whole.l_type = F_WRLCK;
      whole.l_whence = SEEK_SET;
      if (::fcntl(descriptor_, F_SETLK, &whole) != 0) {
        const int why = errno;
        std::string who = "another process";
        if (::fcntl(descriptor_, F_GETLK, &whole) == 0 && whole.l_type != F_UNLCK &&
            whole.l_pid > 0)
          who = "process " + std::to_string(whole.l_pid);
        ::close(std::exchange(descriptor_, -1));
        if (why == EACCES || why == EAGAIN)
          throw file_error(file, who + " is writing to it; a campaign has one writer at a time");
        throw file_error(file,
                         "the lock file '" + name_ + "' cannot be locked: " + std::strerror(why));
      }
      // The holder before may have removed the file between our open and our
      // lock.
      struct stat ours {
      }, there{};
      if (::fstat(descriptor_, &ours) == 0 && ::stat(name_.c_str(), &there) == 0 &&
          ours.st_ino == there.st_ino && ours.st_dev == there.st_dev)
        return;
      ::close(std::exchange(descriptor_, -1));
    }
  }

  std::string name_;
  int descriptor_ = -1;
  bool borrowed_ = false;
};

} // namespace bitfault::campaign::detail
