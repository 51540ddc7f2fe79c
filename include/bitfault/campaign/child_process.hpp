// SPDX-License-Identifier: MIT
#pragma once

#include <sys/mman.h>
#if defined(__linux__)
#include <sys/prctl.h>
#endif
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace bitfault::campaign {

/// What a child process is doing, in memory that its parent sees too.
struct child_activity {
  static constexpr std::int64_t idle = 0;
  std::atomic<std::uint64_t> trial{0};
  std::atomic<std::int64_t> started{idle}; ///< nanoseconds of the steady clock

  void begin(std::uint64_t number) noexcept {
    trial = number;
    started = now();
  }
  void end() noexcept { started = idle; }
  /// How long the trial has been running, in seconds; 0 between trials.
  double running_for() const noexcept {
    const std::int64_t since = started;
    return since == idle ? 0 : static_cast<double>(now() - since) * 1e-9;
  }

private:
  static std::int64_t now() noexcept {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
  }
};
static_assert(std::atomic<std::int64_t>::is_always_lock_free);

/// A child process and a socket to it. Its end is the end of the child, and so
/// is the end of the parent, however that comes: at once on Linux, elsewhere
/// when the child next uses its socket. POSIX only.
class child_process {
public:
  /// Forks; the child calls `serve(socket, activity)` and ends without running
  /// any destructor of the parent's. To be called while the process has one
  /// thread. Throws std::system_error.
  template <class Serve>
  explicit child_process(const Serve& serve) {
    void* memory = mmap(nullptr, sizeof(child_activity), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
      throw std::system_error(errno, std::generic_category(), "bitfault: campaign: mmap");
    activity_ = new (memory) child_activity;
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
      const int why = errno;
      munmap(activity_, sizeof(child_activity));
      throw std::system_error(why, std::generic_category(), "bitfault: campaign: socketpair");
    }
    const pid_t parent = getpid();
    pid_ = fork();
    if (pid_ < 0) {
      const int why = errno;
      close(ends[0]), close(ends[1]);
      munmap(activity_, sizeof(child_activity));
      throw std::system_error(why, std::generic_category(), "bitfault: campaign: fork");
    }
    if (pid_ == 0) {
      close(ends[0]);
      // A socket closes at the other end only when nobody has it open any more.
      for (const int other : open_sockets())
        close(other);
      die_with(parent);
      die_quietly();
      try {
        serve(ends[1], *activity_);
      } catch (...) {
        _exit(1); // what a fault makes inference throw would end the program
                  // elsewhere too
      }
      _exit(0);
    }
    close(ends[1]);
    socket_ = ends[0];
    open_sockets().push_back(socket_);
  }
  child_process(child_process&& other) noexcept
      : pid_(std::exchange(other.pid_, -1)), socket_(std::exchange(other.socket_, -1)),
        activity_(std::exchange(other.activity_, nullptr)) {}
  child_process& operator=(child_process&& other) noexcept {
    end();
    pid_ = std::exchange(other.pid_, -1);
    socket_ = std::exchange(other.socket_, -1);
    activity_ = std::exchange(other.activity_, nullptr);
    return *this;
  }
  ~child_process() { end(); }

  int socket() const noexcept { return socket_; }
  const child_activity& activity() const noexcept { return *activity_; }
  void kill() const noexcept { ::kill(pid_, SIGKILL); }

  /// How a child ended whose socket is closed, in words: "was killed by signal
  /// 9 (Killed)".
  std::string ending() {
    const int status = end();
    if (WIFSIGNALED(status))
      return "was killed by signal " + std::to_string(WTERMSIG(status)) + " (" +
             strsignal(WTERMSIG(status)) + ")";
    return "ended with status " + std::to_string(WEXITSTATUS(status));
  }

private:
  /// The parent's ends of the sockets of all children that live.
  static std::vector<int>& open_sockets() {
    static std::vector<int> sockets;
    return sockets;
  }

  /// Where it is possible: no orphans, also if the parent is killed.
  static void die_with([[maybe_unused]] pid_t parent) noexcept {
#if defined(__linux__)
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
      _exit(0); // it ended before the call
#endif
  }

  /// Crashes are expected here: no handlers of the parent's, no core files.
  static void die_quietly() noexcept {
    for (const int s : {SIGABRT, SIGSEGV, SIGFPE, SIGILL, SIGBUS, SIGTERM, SIGINT})
      std::signal(s, SIG_DFL);
    const rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
  }

  /// The status that the process ended with.
  int end() noexcept {
    int status = 0;
    if (pid_ > 0) {
      std::erase(open_sockets(), socket_);
      close(socket_);
      ::kill(pid_, SIGKILL); // changes nothing if it has ended
      while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
      }
    }
    if (activity_ != nullptr)
      munmap(activity_, sizeof(child_activity));
    pid_ = -1;
    activity_ = nullptr;
    return status;
  }

  pid_t pid_ = -1;
  int socket_ = -1;
  child_activity* activity_ = nullptr;
};

/// Sends all bytes. False if the other end is gone.
inline bool send_all(int socket, const void* bytes, std::size_t size) noexcept {
  const char* at = static_cast<const char*>(bytes);
  while (size > 0) {
    const ssize_t sent = ::send(socket, at, size, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR)
      continue;
    if (sent <= 0)
      return false;
    at += sent;
    size -= static_cast<std::size_t>(sent);
  }
  return true;
}

/// Receives exactly so many bytes. False if the other end is gone before that.
inline bool receive_all(int socket, void* bytes, std::size_t size) noexcept {
  char* at = static_cast<char*>(bytes);
  while (size > 0) {
    const ssize_t got = ::recv(socket, at, size, 0);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return false;
    at += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

} // namespace bitfault::campaign
