// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "synthetic.hpp"

#include <bitfault/campaign/store.hpp>

#include <csignal>
#include <filesystem>
#include <stdexcept>
#include <string>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace campaign_tests;
using bitfault::file_error;
namespace fs = std::filesystem;

namespace {

std::string opening(const fs::path& path) {
  return thrown<file_error>([&] { static_cast<void>(store::open(path, synthetic_description())); });
}
std::string reading(const fs::path& path) {
  return thrown<file_error>([&] { static_cast<void>(store::read(path)); });
}

/// A user who may not do everything, until the end of the scope: root may write to any file.
struct common_user {
  common_user() {
    if (::geteuid() == 0)
      changed = ::seteuid(65534) == 0;
  }
  common_user(const common_user&) = delete;
  common_user& operator=(const common_user&) = delete;
  ~common_user() {
    if (changed && ::seteuid(0) != 0)
      std::abort();
  }
  bool changed = false;
};

} // namespace

TEST_CASE("what is no store is left as it is, and named") {
  const temporary_folder folder;
  const fs::path path = folder.path / "some.file";
  write_content(path, "this is a text, and it is longer than the header of a database would be: "
                      "100 bytes, no more, are what SQLite looks at first of all");
  std::string before = file_content(path);
  CHECK(has(opening(path), "some.file: "));
  CHECK(has(opening(path), "file is not a database"));
  CHECK(has(reading(path), "file is not a database"));
  CHECK(file_content(path) == before);
  fs::remove(path);

  {
    const detail::database other(path, detail::open_mode::write);
    other.run("PRAGMA application_id = 42; CREATE TABLE t(a)", "making");
  }
  before = file_content(path);
  CHECK(has(opening(path), "some.file: this is a database of another application"));
  CHECK(has(reading(path), "this is a database of another application"));
  bool unchanged = file_content(path) == before;
  CHECK(unchanged);
  {
    const detail::database other(path, detail::open_mode::write);
    other.run("PRAGMA application_id = 0", "making");
  }
  CHECK(has(opening(path), "this is a database of another application"));
  fs::remove(path);

  CHECK(has(opening(folder.path), ": this is a folder"));
  CHECK(has(reading(folder.path), ": this is a folder"));
  CHECK(has(opening(folder.path / "no" / "c.db"), "c.db-writer' cannot be made: No such file"));
  write_content(path, "");
  CHECK(has(reading(path), "the file is empty: no campaign was written to it"));
  CHECK(folder.files() == 1);
}

TEST_CASE("a file of another version is refused and left as it is") {
  const temporary_folder folder;
  const fs::path path = folder.path / "campaign.db";
  { store s = store::open(path, synthetic_description()); }
  for (const auto& [version, is] : {std::pair{"2", "older"}, std::pair{"4", "newer"}}) {
    {
      const detail::database db(path, detail::open_mode::write);
      db.run("PRAGMA user_version = " + std::string(version), "changing");
    }
    const std::string before = file_content(path);
    const std::string words = "campaign.db: its version " + std::string(version) + " is " + is +
                              " than 3, the one that this library reads";
    CHECK(has(opening(path), words));
    CHECK(has(reading(path), words));
    const bool unchanged = file_content(path) == before;
    CHECK(unchanged);
  }
}

TEST_CASE("a read-only file is read, and not written to") {
  const temporary_folder folder;
  const fs::path path = folder.path / "campaign.db";
  const campaign_description d = synthetic_description();
  {
    store s = store::open(path, d);
    complete(s);
  }
  REQUIRE(::chmod(path.c_str(), 0444) == 0);
  REQUIRE(::chmod(folder.path.c_str(), 0777) == 0);
  {
    const common_user user;
    CHECK(has(opening(path), "campaign.db: the file is read-only"));
    CHECK(store::read(path).missing(0).empty());
  }
  CHECK(folder.files() == 1);
  REQUIRE(::chmod(folder.path.c_str(), 0555) == 0);
  {
    const common_user user;
    CHECK(has(opening(path), "campaign.db-writer' cannot be made: Permission denied"));
    CHECK(store::read(path).missing(0).empty());
  }
  REQUIRE(::chmod(folder.path.c_str(), 0755) == 0);
  CHECK(folder.files() == 1);
}

TEST_CASE("a full disk is an error, nothing is lost, and it goes on when there is room") {
  const temporary_folder folder;
  const fs::path path = folder.path / "campaign.db";
  const campaign_description d = synthetic_description(4000);
  store s = store::open(path, d);
  s.set_golden(synthetic_golden());
  s.add(0, synthetic_trials(d, 0, {0, 100}));

  // The disk is full, as far as this process can tell.
  rlimit old{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &old) == 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = old;
  small.rlim_cur = 200'000;
  REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
  std::uint64_t next = 100;
  const std::string what = thrown<file_error>([&] {
    for (; next < 4000; next += 100)
      s.add(0, synthetic_trials(d, 0, {next, next + 100}));
  });
  const std::string again = thrown<file_error>([&] {
    s.add(0, synthetic_trials(d, 0, {next, next + 2000}));
  });
  REQUIRE(setrlimit(RLIMIT_FSIZE, &old) == 0);
  std::signal(SIGXFSZ, handler);

  INFO(what);
  CHECK(has(what, "campaign.db: writing trials failed: "));
  CHECK(has(again, "campaign.db: writing trials failed: "));
  CHECK(next > 100);
  CHECK(next < 4000);
  CHECK(s.complete_prefix(0) == next);
  CHECK(s.stored(0).count() == next);
  CHECK(store::read(path).complete_prefix(0) == next);
  complete(s, 1000);
  CHECK(exported(s) == undisturbed(d));
}

TEST_CASE("damage is noticed, or harmless: no wrong byte is ever exported") {
  const temporary_folder folder;
  const fs::path sound = folder.path / "sound.db", path = folder.path / "damaged.db";
  const campaign_description d = synthetic_description(40);
  {
    store s = store::open(sound, d);
    s.set_golden(synthetic_golden());
    complete(s);
    s.set_stopped_at(0, 33);
  }
  const std::string expected = exported(store::read(sound));
  const std::string bytes = file_content(sound);
  int noticed = 0, harmless = 0;
  const auto look_at = [&](const std::string& changed) {
    write_content(path, changed);
    std::string now;
    try {
      now = exported(store::read(path));
    } catch (const file_error& e) {
      REQUIRE(has(e.what(), "damaged.db: "));
      ++noticed;
      return;
    }
    const bool same = now == expected;
    REQUIRE(same);
    ++harmless;
  };
  for (std::uint32_t i = 0; i < 600; ++i) {
    const auto draw = bitfault::philox({{i, 5}}, {{0, 0, 0, 0}});
    const std::size_t at = (draw.word[0] | (std::uint64_t{draw.word[1]} << 32U)) % bytes.size();
    INFO("change " << i << " at byte " << at);
    std::string changed = bytes;
    if (i % 10 == 0) {
      changed.resize(at);
    } else {
      const std::size_t size = i % 10 == 1 ? 50 : 1;
      for (std::size_t k = at; k < std::min(bytes.size(), at + size); ++k)
        changed[k] = static_cast<char>(static_cast<unsigned char>(changed[k]) ^
                                       (i % 10 == 2 ? 0xFF : 1U << (draw.word[2] % 8)));
    }
    look_at(changed);
  }
  CHECK(noticed > 100);
  CHECK(harmless > 50);
}

TEST_CASE(
    "a table that is damaged is noticed when a campaign is to go on, not when it is exported") {
  const temporary_folder folder;
  const fs::path path = folder.path / "some.db";
  {
    store s = store::open(path, synthetic_description());
    complete(s);
  }
  std::string bytes = file_content(path);
  {
    const detail::database db(path, detail::open_mode::read);
    const auto number = [&](const char* sql) {
      detail::statement row(db, sql, "reading failed");
      REQUIRE(row.step());
      return static_cast<std::size_t>(row.integer(0));
    };
    const std::size_t size = number("PRAGMA page_size");
    const std::size_t page = number("SELECT rootpage FROM sqlite_master WHERE name = 'fault'");
    bytes.replace((page - 1) * size, size, size, '\0'); // nothing is read of it until then
  }
  write_content(path, bytes);
  CHECK(has(opening(path), "the file is damaged"));
  CHECK(has(reading(path), "the file is damaged"));
  CHECK(file_content(path) == bytes);
}

TEST_CASE("what was changed by hand is noticed, and says where") {
  const temporary_folder folder;
  const fs::path sound = folder.path / "sound.db", path = folder.path / "changed.db";
  const campaign_description d = synthetic_description(40);
  {
    store s = store::open(sound, d);
    s.set_golden(synthetic_golden());
    complete(s);
    s.set_stopped_at(0, 33);
  }
  const auto says = [&](const std::string& sql, const std::string& words) {
    fs::remove(path);
    fs::copy_file(sound, path);
    {
      const detail::database db(path, detail::open_mode::write);
      db.run(sql, "changing");
    }
    const std::string what =
        thrown<file_error>([&] { static_cast<void>(exported(store::read(path))); });
    INFO(sql << ": " << what);
    CHECK(has(what, "changed.db: the file is damaged: " + words));
    // The one who writes looks just as closely.
    const std::string when_writing = thrown<file_error>([&] {
      store s = store::open(path, d);
      static_cast<void>(exported(s));
    });
    CHECK(when_writing == what);
  };
  says("UPDATE trial SET sdc = sdc + 1 WHERE experiment = 1 AND number = 9",
       "trial 9 of experiment 1 has a wrong checksum");
  says("UPDATE trial SET outcomes_by_input = 'mmmmmm' WHERE experiment = 1 AND number = 9",
       "trial 9 of experiment 1 has a wrong checksum");
  says("UPDATE fault SET element = element + 1 WHERE experiment = 0 AND trial = 4",
       "trial 4 of experiment 0 has a wrong checksum");
  says("UPDATE criterion_value SET value = 0.75", "trial ");
  says("DELETE FROM fault WHERE experiment = 0 AND trial = 4",
       "trial 4 of experiment 0 has a wrong checksum");
  says("UPDATE fault SET action = 4 WHERE experiment = 0 AND trial = 5",
       "trial 5 of experiment 0 has a fault whose action does not exist");
  says("DELETE FROM trial WHERE experiment = 1 AND number IN"
       " (SELECT trial FROM fault WHERE experiment = 1 ORDER BY trial DESC LIMIT 1)",
       "trial ");
  says("UPDATE trial SET number = 99 WHERE experiment = 1 AND number = 3",
       "trial 99 of experiment 1 was never asked for");
  says("UPDATE trial SET inputs = -1 WHERE experiment = 0 AND number = 6",
       "column 'inputs' holds -1");
  says("UPDATE experiment SET stopped_at = 35 WHERE number = 0",
       "experiment 0 was stopped at trial 35, but only the first 33 are there");
  says("DELETE FROM trial WHERE experiment = 0 AND number = 20",
       "experiment 0 was stopped at trial 33, but only the first 20 are there");
  says("UPDATE golden SET answer = answer + 1 WHERE input = 9",
       "the checksum of the golden run is wrong");
  says("UPDATE golden_run SET noise = 0.5", "the checksum of the golden run is wrong");
  says("UPDATE campaign SET seed = '12'", "the checksum of the campaign's description is wrong");
  says("UPDATE campaign SET seed = 'x'", "'x' stands where a number is expected");
  says("UPDATE target SET kind = 'wait'", "'wait' is no kind of what its column holds");
  says("UPDATE experiment SET tau = 2", "the checksum of the campaign's description is wrong");
  says("DELETE FROM campaign", "the table 'campaign' is empty");
}
