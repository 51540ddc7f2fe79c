// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "tensors.hpp"

#include <bitfault/fault_list/fault_list.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#if defined(__unix__)
#include <csignal>
#include <sys/resource.h>
#endif

namespace {

using bitfault::extents;
using bitfault::fault_list;
using bitfault::file_error;
using fault_list_tests::has;
using fault_list_tests::temporary_folder;
using fault_list_tests::thrown;

fault_list some_list(std::size_t faults = 3) {
  std::vector<bitfault::listed_fault> list;
  for (std::size_t i = 0; i < faults; ++i)
    list.push_back({i, 1, 0, bitfault::fault_action::flip});
  return fault_list(bitfault::header_of<float>(extents{5000}), std::move(list));
}

std::string content(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

} // namespace

TEST_CASE("both forms go through files and are told apart") {
  const temporary_folder folder;
  const fault_list list = some_list();
  list.save(folder.path / "list.bfl");
  list.save_csv(folder.path / "list.csv");
  CHECK(content(folder.path / "list.csv").starts_with("# bitfault fault list\n"));
  CHECK(content(folder.path / "list.bfl")
            .starts_with("\x89"
                         "BFL"));
  CHECK(fault_list::load(folder.path / "list.bfl") == list);
  CHECK(fault_list::load(folder.path / "list.csv") == list);
  some_list(4).save(folder.path / "list.bfl");
  CHECK(fault_list::load(folder.path / "list.bfl").size() == 4);
  CHECK(folder.files() == 2);
}

TEST_CASE("paths that cannot be read or written are errors that name them") {
  const temporary_folder folder;
  const auto reading = [&](const std::filesystem::path& p) {
    return thrown<file_error>([&] { static_cast<void>(fault_list::load(p)); });
  };
  CHECK(has(reading(folder.path / "missing.bfl"), "missing.bfl: the file cannot be opened"));
  CHECK(has(reading(folder.path), folder.path.string() + ": this is a folder"));
  const auto writing = [&](const std::filesystem::path& p) {
    return thrown<file_error>([&] { some_list().save(p); });
  };
  CHECK(has(writing(folder.path / "no" / "list.bfl"), "list.bfl: no file can be made"));
  CHECK(has(writing(folder.path), "this is no regular file"));
  CHECK(folder.files() == 0);
}

TEST_CASE("a link is followed, not replaced") {
  const temporary_folder folder;
  some_list(1).save(folder.path / "target.bfl");
  std::filesystem::create_symlink(folder.path / "target.bfl", folder.path / "link.bfl");
  some_list(2).save(folder.path / "link.bfl");
  CHECK(std::filesystem::is_symlink(folder.path / "link.bfl"));
  CHECK(fault_list::load(folder.path / "target.bfl").size() == 2);
  CHECK(folder.files() == 2);
}

#if defined(__unix__)
TEST_CASE("a save that fails half way leaves the old file and no other") {
  const temporary_folder folder;
  const std::filesystem::path path = folder.path / "list.bfl";
  some_list(1).save(path);
  const std::string before = content(path);

  // The disk is full, as far as this process can tell.
  rlimit old{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &old) == 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = old;
  small.rlim_cur = 20000;
  REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
  const std::string what = thrown<file_error>([&] { some_list(5000).save(path); });
  REQUIRE(setrlimit(RLIMIT_FSIZE, &old) == 0);
  std::signal(SIGXFSZ, handler);

  CHECK(has(what, "list.bfl: writing failed"));
  CHECK(content(path) == before);
  CHECK(folder.files() == 1);
  some_list(5000).save(path);
  CHECK(fault_list::load(path) == some_list(5000));
}
#endif
