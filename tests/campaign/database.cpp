// SPDX-License-Identifier: MIT
#include <bitfault/campaign/database.hpp>

#include "catch.hpp"
#include "synthetic.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>

namespace {

using namespace campaign_tests;
using bitfault::file_error;
using detail::database;
using detail::open_mode;
using detail::statement;
using detail::transaction;

/// A file with one table of two columns without a type.
struct one_table {
  temporary_folder folder;
  std::filesystem::path path = folder.path / "one.db";
  database db{path, open_mode::write};
  one_table() { db.run("CREATE TABLE t(a, b)", "making it failed"); }

  std::int64_t rows() const {
    statement count(db, "SELECT count(*) FROM t", "counting failed");
    REQUIRE(count.step());
    return count.integer(0);
  }
};

} // namespace

TEST_CASE("every double comes back with its bits, and NaN as a NaN") {
  one_table t;
  statement in(t.db, "INSERT INTO t VALUES(?, ?)", "writing failed");
  statement out(t.db, "SELECT b, typeof(b) FROM t WHERE a = ?", "reading failed");
  std::int64_t number = 0;
  for (const double x :
       {0.0, -0.0, 1.0, -3.0, 0.1, 9007199254740991.0, 9007199254740992.0, 1e300, 5e-324,
        std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()}) {
    in.run(++number, x);
    out.bind_all(number);
    REQUIRE(out.step());
    INFO(x);
    CHECK(std::bit_cast<std::uint64_t>(out.real(0)) == std::bit_cast<std::uint64_t>(x));
    const bool small_whole = x == std::floor(x) && std::abs(x) < 9007199254740992.0;
    CHECK(out.text(1) == (small_whole && !(x == 0 && std::signbit(x)) ? "integer" : "real"));
    out.reset();
  }
  in.run(++number, std::numeric_limits<double>::quiet_NaN());
  out.bind_all(number);
  REQUIRE(out.step());
  CHECK(out.is_null(0));
  CHECK(std::isnan(out.real(0)));
}

TEST_CASE("words, counts, texts and nothing come back as they were") {
  one_table t;
  statement in(t.db, "INSERT INTO t VALUES(?, ?)", "writing failed");
  in.run(~std::uint64_t{0}, std::string("a\0b '\"", 6));
  in.run(std::optional<std::uint32_t>{}, std::uint32_t{0xFFFFFFFF});
  statement out(t.db, "SELECT a, b FROM t ORDER BY rowid", "reading failed");
  REQUIRE(out.step());
  CHECK(out.word(0) == ~std::uint64_t{0});
  CHECK(out.text(1) == std::string("a\0b '\"", 6));
  CHECK(has(thrown<file_error>([&] { static_cast<void>(out.small(0)); }), "column 'a' holds -1"));
  REQUIRE(out.step());
  CHECK_FALSE(out.optional_small(0).has_value());
  CHECK(out.optional_small(1) == 0xFFFFFFFF);
  CHECK_FALSE(out.step());
}

TEST_CASE("a transaction that was not committed leaves nothing") {
  one_table t;
  {
    const transaction undone(t.db, "writing failed");
    t.db.run("INSERT INTO t VALUES(1, 2)", "writing failed");
    CHECK(t.rows() == 1);
  }
  CHECK(t.rows() == 0);
  transaction done(t.db, "writing failed");
  t.db.run("INSERT INTO t VALUES(1, 2)", "writing failed");
  done.commit();
  CHECK(t.rows() == 1);
}

TEST_CASE("errors name the file, what was being done, and SQLite's reason") {
  one_table t;
  const auto says = [&](const std::string& text, const std::string& what) {
    INFO(text);
    CHECK(has(text, t.path.string()));
    CHECK(has(text, what));
  };
  says(thrown<file_error>([&] { t.db.run("INSERT INTO u VALUES(1)", "writing failed"); }),
       "writing failed: no such table: u");
  says(thrown<file_error>([&] { statement(t.db, "SELEC", "reading failed"); }),
       "reading failed: near \"SELEC\"");
  says(thrown<file_error>([&] { database(t.path / "inside", open_mode::read); }),
       "opening failed: unable to open database file");
  database reader(t.path, open_mode::read);
  CHECK(reader.read_only());
  says(thrown<file_error>([&] { reader.run("INSERT INTO t VALUES(1, 2)", "writing failed"); }),
       "attempt to write a readonly database");
}

TEST_CASE("a file that is not there is made for writing only, and a damaged one is named so") {
  const temporary_folder folder;
  CHECK_THROWS_AS(database(folder.path / "none.db", open_mode::read), file_error);
  CHECK_FALSE(std::filesystem::exists(folder.path / "none.db"));
  write_content(folder.path / "text.db", std::string(5000, 'x'));
  const database db(folder.path / "text.db", open_mode::read);
  CHECK(has(thrown<file_error>([&] { statement(db, "SELECT * FROM t", "reading failed"); }),
            "file is not a database"));
}
