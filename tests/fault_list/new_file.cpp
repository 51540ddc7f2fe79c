// SPDX-License-Identifier: MIT
#include <bitfault/fault_list/new_file.hpp>

#include "catch.hpp"
#include "tensors.hpp"

#include <bitfault/fault_list/file.hpp>

#include <filesystem>
#include <fstream>
#include <string>

namespace {

namespace fs = std::filesystem;
using bitfault::detail::new_file;
using bitfault::detail::read_file;
using fault_list_tests::has;
using fault_list_tests::temporary_folder;
using fault_list_tests::thrown;

void write(const fs::path& path, const std::string& text) {
  new_file file(path);
  std::ofstream(file.beside()) << text;
  file.commit();
}

} // namespace

TEST_CASE("until it is committed there is the old file, and without that nothing else") {
  const temporary_folder folder;
  const fs::path path = folder.path / "file";
  write(path, "old");
  {
    new_file file(path);
    std::ofstream(file.beside()) << "new";
    CHECK(read_file(path) == "old");
    CHECK(folder.files() == 2);
  }
  CHECK(read_file(path) == "old");
  CHECK(folder.files() == 1);
  write(path, "new");
  CHECK(read_file(path) == "new");
  CHECK(folder.files() == 1);
}

TEST_CASE("a file keeps its permissions, and a link that leads nowhere yet its place") {
  const temporary_folder folder;
  const fs::path path = folder.path / "file", link = folder.path / "link";
  write(path, "one");
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read);
  const fs::perms permissions = fs::status(path).permissions();
  write(path, "two");
  CHECK(fs::status(path).permissions() == permissions);
  CHECK(read_file(path) == "two");

  fs::create_symlink("later", link);
  write(link, "three");
  CHECK(fs::is_symlink(link));
  CHECK(read_file(folder.path / "later") == "three");
}

TEST_CASE("a place where no file can go is refused, with its name") {
  const temporary_folder folder;
  const fs::path round = folder.path / "round";
  fs::create_symlink("round", round);
  const auto refused = [](const fs::path& path) {
    return thrown<bitfault::file_error>([&] { write(path, "text"); });
  };
  CHECK(has(refused(round), "round: the link cannot be followed"));
  CHECK(has(refused(folder.path), folder.path.string() + ": this is no regular file"));
  CHECK(has(refused(folder.path / "no" / "file"), "file: the new file cannot take this name"));
}
