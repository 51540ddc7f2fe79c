// SPDX-License-Identifier: MIT
#include <bitfault/campaign/child_process.hpp>

#include "catch.hpp"

#include <csignal>
#include <optional>
#include <string>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace bitfault::campaign;

namespace {

/// Returns what is sent to it, and ends when nobody can send any more.
void echo(int socket, child_activity& activity) {
  char x = 0;
  while (receive_all(socket, &x, 1)) {
    activity.begin(static_cast<std::uint64_t>(x));
    send_all(socket, &x, 1);
  }
}

/// Whether all writing ends of a pipe are closed within five seconds.
bool closes_soon(int reading_end) {
  pollfd waiting{reading_end, POLLIN, 0};
  char x = 0;
  return ::poll(&waiting, 1, 5000) == 1 && ::read(reading_end, &x, 1) == 0;
}

} // namespace

TEST_CASE("a child does what it is sent, and its parent sees what it is at") {
  child_process child(echo);
  CHECK(child.activity().running_for() == 0);
  char x = 7;
  REQUIRE(send_all(child.socket(), &x, 1));
  REQUIRE(receive_all(child.socket(), &x, 1));
  CHECK(child.activity().trial == 7);
  CHECK(child.activity().running_for() > 0);
  child.kill();
  CHECK_FALSE(receive_all(child.socket(), &x, 1));
  CHECK(child.ending() == "was killed by signal 9 (Killed)");
}

TEST_CASE("how a child ended is told") {
  const auto ending = [](auto work) {
    child_process child(work);
    char x = 0;
    CHECK_FALSE(receive_all(child.socket(), &x, 1));
    return child.ending();
  };
  CHECK(ending([](int, child_activity&) { ::_exit(3); }) == "ended with status 3");
  CHECK(ending([](int, child_activity&) { throw 1; }) == "ended with status 1");
  CHECK(ending([](int, child_activity&) {}) == "ended with status 0");
}

TEST_CASE("a child has no socket of another child's") {
  child_process first(echo);
  std::optional<child_process> gone(echo);
  gone.reset();
  const int socket = first.socket();
  child_process second([socket](int own, child_activity&) {
    const char open = ::fcntl(socket, F_GETFD) != -1 ? 1 : 0;
    send_all(own, &open, 1);
  });
  char open = 2;
  REQUIRE(receive_all(second.socket(), &open, 1));
  CHECK(open == 0);
  char x = 1;
  CHECK(send_all(first.socket(), &x, 1));
  CHECK(receive_all(first.socket(), &x, 1));
}

TEST_CASE("no child outlives a parent that is killed") {
  // The children have the writing end of a pipe open: it closes when the last
  // of them is gone.
  int alive[2], ready[2];
  REQUIRE(::pipe(alive) == 0);
  REQUIRE(::pipe(ready) == 0);
  const ::pid_t parent = ::fork();
  if (parent == 0) {
    const auto busy = [&ready](int, child_activity&) {
      if (::write(ready[1], "x", 1) == 1)
        for (;;)
          ::pause(); // it never looks at its socket
    };
    const child_process one(busy), two(busy);
    ::pause();
    ::_exit(0);
  }
  ::close(alive[1]);
  char x = 0;
  REQUIRE(::read(ready[0], &x, 1) == 1);
  REQUIRE(::read(ready[0], &x, 1) == 1);
  ::kill(parent, SIGKILL);
  ::waitpid(parent, nullptr, 0);
  CHECK(closes_soon(alive[0]));
  ::close(alive[0]), ::close(ready[0]), ::close(ready[1]);
}
