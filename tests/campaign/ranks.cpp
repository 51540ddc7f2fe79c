// SPDX-License-Identifier: MIT
#include <bitfault/campaign/ranks.hpp>

#include "catch.hpp"
#include "synthetic.hpp"

#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

using namespace campaign_tests;
using bitfault::file_error;
namespace fs = std::filesystem;

namespace {

/// Rank r of n has the trials whose number is r modulo n.
void add_part(store& s, int r, int n) {
  const campaign_description d = s.description();
  s.set_golden(synthetic_golden());
  for (std::size_t e = 0; e < d.experiments.size(); ++e)
    for (auto t = static_cast<std::uint64_t>(r); t < d.experiments[e].planned;
         t += static_cast<std::uint64_t>(n))
      s.add(e, synthetic_trials(d, e, {t, t + 1}));
}
void write_part(const fs::path& whole, const campaign_description& d, int r, int n) {
  store s = store::open(rank_file(whole, r), d);
  add_part(s, r, n);
}

} // namespace

TEST_CASE("the files of ranks are found by their names") {
  const temporary_folder folder;
  const fs::path whole = folder.path / "all.db";
  CHECK(rank_files(whole).empty());
  CHECK(rank_files(folder.path / "none" / "all.db").empty());
  for (const char* name : {"all.db", "all.db.rank-", "all.db.rank-1-wal", "all.db.rank-x",
                           "other.db.rank-1", "all.db.rank-10", "all.db.rank-2"})
    write_content(folder.path / name, "");
  CHECK(rank_files(whole) == std::vector<fs::path>{rank_file(whole, 10), rank_file(whole, 2)});
}

TEST_CASE("what ranks leave is merged and removed, with files that were not "
          "finished") {
  const temporary_folder folder;
  const fs::path whole = folder.path / "all.db";
  merge_ranks(whole);
  CHECK(folder.files() == 0);
  const campaign_description d = synthetic_description(60);
  for (int r = 0; r < 3; ++r)
    write_part(whole, d, r, 3);
  write_content(rank_file(whole, 3),
                ""); // killed between creating and committing
  write_content(rank_file(whole, 3).string() + "-journal", "");
  merge_ranks(whole);
  CHECK(folder.files() == 1);
  const store s = store::read(whole);
  CHECK(s.missing(0).empty());
  CHECK(exported(s) == undisturbed(d));
}

TEST_CASE("the first rank takes what the others have written into its open store") {
  const temporary_folder folder;
  const fs::path whole = folder.path / "all ?mode=memory#1%.db";
  const campaign_description d = synthetic_description(60);
  {
    store s = store::open(whole, d);
    add_part(s, 0, 3);
    for (int r = 1; r < 3; ++r)
      write_part(whole, d, r, 3);
    merge_ranks(s);
    CHECK(folder.files() > 1); // -wal, -shm, -writer
    CHECK(rank_files(whole).empty());
    CHECK(s.missing(0).empty());
    CHECK(exported(s) == undisturbed(d));
    merge_ranks(s); // nothing is left
    s.add(0, synthetic_trials(d, 0, {0, 60}));
  }
  CHECK(folder.files() == 1);
  CHECK(exported(store::read(whole)) == undisturbed(d));
}

TEST_CASE("another rank's result for the same trial is refused, and nothing is lost") {
  const temporary_folder folder;
  const fs::path whole = folder.path / "all.db";
  const campaign_description d = synthetic_description(60);
  store s = store::open(whole, d);
  add_part(s, 0, 2);
  write_part(whole, d, 1, 2);
  {
    store other = store::open(rank_file(whole, 2), d);
    auto trials = synthetic_trials(d, 0, {0, 1});
    trials[0].answered_correctly += 1;
    other.add(0, trials);
  }
  CHECK(has(thrown<file_error>([&] { merge_ranks(s); }), "another result for trial 0"));
  CHECK(rank_files(whole).size() == 2);
  CHECK(s.stored(0).count() == 30);
}

TEST_CASE("files that hold no campaign are removed where there is nothing else") {
  const temporary_folder folder;
  write_content(rank_file(folder.path / "all.db", 0), "");
  merge_ranks(folder.path / "all.db");
  CHECK(folder.files() == 0);
}

TEST_CASE("a rank that was killed in its first transaction leaves no campaign") {
  const temporary_folder folder;
  const fs::path whole = folder.path / "all.db";
  const fs::path file = rank_file(whole, 0);
  const ::pid_t rank = ::fork();
  if (rank == 0) {
    const detail::database db(file, detail::open_mode::write);
    // Pages go to the file before the end of the transaction, and the journal
    // stays.
    db.run("PRAGMA cache_size = 1; BEGIN; CREATE TABLE trial (x)", "");
    db.run("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
           "WHERE i < 5000)"
           " INSERT INTO trial SELECT randomblob(100) FROM n",
           "");
    ::kill(::getpid(), SIGKILL);
  }
  ::waitpid(rank, nullptr, 0);
  REQUIRE(fs::file_size(file) > 0);
  REQUIRE(fs::exists(file.string() + "-journal"));
  REQUIRE_THROWS_AS(store::read(file), file_error);
  merge_ranks(whole);
  CHECK(folder.files() == 0);
}

TEST_CASE("a file that is damaged or of another program is refused, and stays") {
  const temporary_folder folder;
  const fs::path whole = folder.path / "all.db";
  const campaign_description d = synthetic_description(60);
  write_part(whole, d, 0, 2);
  write_content(rank_file(whole, 1), "somebody's text");
  const std::string text = thrown<file_error>([&] { merge_ranks(whole); });
  CHECK(has(text, rank_file(whole, 1).string()));
  CHECK(fs::exists(rank_file(whole, 0)));
  CHECK(file_content(rank_file(whole, 1)) == "somebody's text");
  CHECK_FALSE(fs::exists(whole));
}

TEST_CASE("a second start against a live rank's file is refused, and costs the "
          "rank nothing") {
  const temporary_folder folder;
  const fs::path whole = folder.path / "all.db";
  const campaign_description d = synthetic_description(60);
  write_part(whole, d, 0, 2);
  int to_rank[2], from_rank[2];
  REQUIRE(::pipe(to_rank) == 0);
  REQUIRE(::pipe(from_rank) == 0);
  const ::pid_t rank = ::fork();
  if (rank == 0) {
    char x = 0;
    {
      store own = store::open(rank_file(whole, 1), d);
      if (::write(from_rank[1], &x, 1) != 1 || ::read(to_rank[0], &x, 1) != 1)
        ::_exit(1);
      add_part(own, 1, 2);
    }
    ::_exit(0);
  }
  char x = 0;
  REQUIRE(::read(from_rank[0], &x, 1) == 1);
  const std::string text = thrown<file_error>([&] { merge_ranks(whole); });
  CHECK(has(text, rank_file(whole, 1).string() + ": process " + std::to_string(rank)));
  CHECK(fs::exists(rank_file(whole, 0)));
  CHECK(fs::exists(rank_file(whole, 1).string() + "-writer"));
  REQUIRE(::write(to_rank[1], &x, 1) == 1);
  int status = 1;
  ::waitpid(rank, &status, 0);
  CHECK(status == 0);
  merge_ranks(whole);
  CHECK(folder.files() == 1);
  CHECK(exported(store::read(whole)) == undisturbed(d));
  for (const int descriptor : {to_rank[0], to_rank[1], from_rank[0], from_rank[1]})
    ::close(descriptor);
}

TEST_CASE("a start against a campaign that somebody writes to is refused, and "
          "nothing is removed") {
  const temporary_folder folder;
  const fs::path whole = folder.path / "all.db";
  const campaign_description d = synthetic_description(60);
  write_part(whole, d, 0, 1);
  {
    const detail::writer_lock lock(whole);
    CHECK(has(thrown<file_error>([&] { merge_ranks(whole); }), whole.string()));
    CHECK(fs::exists(rank_file(whole, 0)));
  }
  detail::writer_lock lent(whole);
  lent.lend();
  merge_ranks(whole);
  CHECK_FALSE(fs::exists(rank_file(whole, 0)));
}

TEST_CASE("a rank knows what stands in the campaign's file, and writes to its own") {
  const temporary_folder folder;
  const fs::path whole = folder.path / "all.db";
  const campaign_description d = synthetic_description(60);
  {
    store s = store::open(whole, d);
    s.add(0, synthetic_trials(d, 0, {0, 20}));
    s.set_stopped_at(0, 20);
    s.add(1, synthetic_trials(d, 1, {5, 8}));
  }
  store own = store::open(rank_file(whole, 0), d);
  own.add(1, synthetic_trials(d, 1, {7, 10}));
  rank_store results(own, whole);
  CHECK(results.stored(0).missing_below(60) == std::vector<trial_range>{{20, 60}});
  CHECK(results.stored(1).missing_below(30) == std::vector<trial_range>{{0, 5}, {10, 30}});
  CHECK(results.stopped_at(0) == 20);
  CHECK_FALSE(results.stopped_at(1).has_value());
  results.add(1, synthetic_trials(d, 1, {0, 2}));
  CHECK(own.stored(1).contains(1));
  CHECK(results.record_death(1, 3, outcome::hang) == 1);
  CHECK(own.deaths(1).size() == 1);
  CHECK(store::read(whole).stored(1).count() == 3);
}

TEST_CASE("ranks can read a campaign's file that was killed while it was made, or written to") {
  const temporary_folder folder;
  const fs::path whole = folder.path / "all.db";
  const campaign_description d = synthetic_description(60);
  make_readable(whole);
  CHECK_FALSE(fs::exists(whole));
  const auto killed = [&](auto&& work) { // which does not return
    const ::pid_t process = ::fork();
    if (process == 0) {
      work();
      ::_exit(0);
    }
    ::waitpid(process, nullptr, 0);
  };
  killed([&] {
    const detail::database db(whole, detail::open_mode::write);
    db.run("PRAGMA cache_size = 1; BEGIN; CREATE TABLE trial (x)", "");
    db.run("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)"
           " INSERT INTO trial SELECT randomblob(100) FROM n",
           "");
    ::kill(::getpid(), SIGKILL);
  });
  REQUIRE(fs::file_size(whole) > 0);
  make_readable(whole);
  store own = store::open(rank_file(whole, 1), d);
  CHECK(rank_store(own, whole).stored(0).count() == 0);
  killed([&] {
    store s = store::open(whole, d);
    s.add(0, synthetic_trials(d, 0, {0, 20}));
    ::kill(::getpid(), SIGKILL);
  });
  REQUIRE(fs::exists(whole.string() + "-wal"));
  make_readable(whole);
  CHECK_FALSE(fs::exists(whole.string() + "-wal"));
  CHECK(rank_store(own, whole).stored(0).count() == 20);
}
