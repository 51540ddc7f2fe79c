// SPDX-License-Identifier: MIT
#include <bitfault/campaign/writer_lock.hpp>

#include "../fault_list/tensors.hpp"
#include "catch.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using bitfault::file_error;
using bitfault::campaign::detail::writer_lock;
using fault_list_tests::has;
using fault_list_tests::temporary_folder;
using fault_list_tests::thrown;
namespace fs = std::filesystem;

std::string refusal(const fs::path& file) {
  return thrown<file_error>([&] { const writer_lock second(file); });
}

} // namespace

TEST_CASE("a file has one writer, which is named to others") {
  const temporary_folder folder;
  const fs::path file = folder.path / "campaign.db";
  {
    writer_lock lock(file);
    CHECK(has(refusal(file), "this process has it open for writing already"));
    writer_lock moved(std::move(lock));
    CHECK(has(refusal(file), file.string()));
    std::ofstream(file).close();
    fs::create_symlink(file, folder.path / "link.db");
    CHECK(has(refusal(folder.path / "link.db"), "already"));
    const writer_lock other(folder.path / "other.db");
  }
  CHECK(refusal(file).empty());
  CHECK_FALSE(fs::exists(folder.path / "campaign.db-writer"));
}

TEST_CASE("another process is refused until the writer ends, however it ends") {
  const temporary_folder folder;
  const fs::path file = folder.path / "campaign.db";
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const ::pid_t writer = ::fork();
  if (writer == 0) {
    const writer_lock lock(file);
    if (::write(ends[1], "x", 1) == 1)
      ::pause();
    ::_exit(1);
  }
  char x = 0;
  REQUIRE(::read(ends[0], &x, 1) == 1);
  CHECK(refusal(file) == "bitfault: " + file.string() + ": process " + std::to_string(writer) +
                             " is writing to it; a campaign has one writer at a time");
  CHECK(fs::exists(folder.path / "campaign.db-writer"));
  ::kill(writer, SIGKILL);
  ::waitpid(writer, nullptr, 0);
  CHECK(fs::exists(folder.path / "campaign.db-writer"));
  CHECK(refusal(file).empty());
  CHECK_FALSE(fs::exists(folder.path / "campaign.db-writer"));
  ::close(ends[0]), ::close(ends[1]);
}

TEST_CASE("a lock that is lent is had by one more object here, and by no other "
          "process") {
  const temporary_folder folder;
  const fs::path file = folder.path / "campaign.db";
  std::optional<writer_lock> owner(file);
  owner->lend();
  for (int i = 0; i < 2; ++i) {
    std::optional<writer_lock> borrower(file);
    CHECK(has(refusal(file), "already"));
    writer_lock moved(std::move(*borrower));
    borrower.reset();
    CHECK(has(refusal(file), "already"));
  }
  CHECK(fs::exists(folder.path / "campaign.db-writer"));
  // The borrowers have not let go of the system's lock: another process would
  // lock it else.
  const int descriptor = ::open((file.string() + "-writer").c_str(), O_RDWR);
  const ::pid_t child = ::fork();
  if (child == 0) {
    struct flock whole {};
    whole.l_type = F_WRLCK;
    whole.l_whence = SEEK_SET;
    ::_exit(::fcntl(descriptor, F_SETLK, &whole) == 0 ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(WEXITSTATUS(status) == 1);
  ::close(descriptor);
  owner.reset();
  CHECK(refusal(file).empty());
  CHECK(folder.files() == 0);
}

TEST_CASE("a lock that cannot be made is refused, and can be tried again") {
  const temporary_folder folder;
  const fs::path file = folder.path / "none" / "campaign.db";
  CHECK(has(refusal(file), "cannot be made"));
  CHECK(has(refusal(file), "cannot be made"));
  fs::create_directory(folder.path / "none");
  CHECK(refusal(file).empty());
}
