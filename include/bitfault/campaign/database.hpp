// SPDX-License-Identifier: MIT
#pragma once

#include "../fault_list/file_error.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <sqlite3.h>

/// SQLite, as far as the store needs it. Errors are `file_error`s: the file, what was being done,
/// and SQLite's own words.
namespace bitfault::campaign::detail {

enum class open_mode { read, write };

/// What went wrong in the last call on a database.
inline file_error sqlite_error(const std::string& path, const char* doing, sqlite3* db) {
  if (db == nullptr)
    return {path, std::string(doing) + ": no memory"};
  const int code = sqlite3_extended_errcode(db);
  std::string words = sqlite3_errmsg(db);
  const int kind = code & 0xFF;
  if (kind == SQLITE_IOERR)
    words += " (" + std::string(std::strerror(sqlite3_system_errno(db))) + ", code " +
             std::to_string(code) + ")";
  if (kind == SQLITE_CORRUPT)
    words += "; the file is damaged";
  return {path, std::string(doing) + ": " + words};
}

/// An open SQLite file. For one thread at a time, and not for a forked child.
class database {
public:
  /// Opens a file; `write` makes it where it does not exist. Calls wait up to 10 s for the locks of
  /// others.
  database(const std::filesystem::path& path, open_mode mode) : path_(path.string()) {
    const int how =
        mode == open_mode::read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    // An absolute path is no URI; files that are attached later may be named by one.
    const std::string absolute = std::filesystem::absolute(path).string();
    if (sqlite3_open_v2(absolute.c_str(), &handle_, how | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI,
                        nullptr) != SQLITE_OK) {
      const file_error e = sqlite_error(path_, "opening failed", handle_);
      sqlite3_close_v2(handle_);
      throw e;
    }
    sqlite3_extended_result_codes(handle_, 1);
    sqlite3_busy_timeout(handle_, 10'000);
  }
  database(database&& other) noexcept
      : path_(std::move(other.path_)), handle_(std::exchange(other.handle_, nullptr)) {}
  database& operator=(database&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~database() { sqlite3_close_v2(handle_); }

  const std::string& path() const noexcept { return path_; }
  sqlite3* handle() const noexcept { return handle_; }
  bool read_only() const noexcept { return sqlite3_db_readonly(handle_, "main") == 1; }

  /// Runs SQL whose rows nobody needs, one statement or several. `doing` stands in the error.
  void run(const std::string& sql, const char* doing) const {
    if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
      throw sqlite_error(path_, doing, handle_);
  }

private:
  std::string path_;
  sqlite3* handle_ = nullptr;
};

/// A compiled statement; it must not outlive its database. Places for values and columns count
/// from 0. `doing` must be a literal; it stands in errors.
class statement {
public:
  statement(const database& db, std::string_view sql, const char* doing)
      : path_(db.path()), doing_(doing) {
    if (sqlite3_prepare_v3(db.handle(), sql.data(), static_cast<int>(sql.size()),
                           SQLITE_PREPARE_PERSISTENT, &handle_, nullptr) != SQLITE_OK)
      throw sqlite_error(path_, doing, db.handle());
  }
  statement(statement&& other) noexcept
      : path_(std::move(other.path_)), doing_(other.doing_),
        handle_(std::exchange(other.handle_, nullptr)) {}
  statement& operator=(statement&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(doing_, other.doing_);
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~statement() { sqlite3_finalize(handle_); }

  /// Goes to the next row: whether there is one. After the last, values may be bound anew.
  bool step() {
    const int code = sqlite3_step(handle_);
    if (code == SQLITE_ROW)
      return true;
    if (code != SQLITE_DONE) {
      const file_error e = sqlite_error(path_, doing_, sqlite3_db_handle(handle_));
      sqlite3_reset(handle_);
      throw e;
    }
    sqlite3_reset(handle_);
    return false;
  }
  /// Runs to the end, with values for all places.
  template <class... Values>
  void run(const Values&... values) {
    bind_all(values...);
    while (step()) {
    }
  }
  template <class... Values>
  void bind_all(const Values&... values) {
    int place = 0;
    (bind(place++, values), ...);
  }

  void reset() noexcept { sqlite3_reset(handle_); }

  void bind(int place, std::int64_t value) { check(sqlite3_bind_int64(handle_, place + 1, value)); }
  /// A 64-bit word: its bits, read as a signed number.
  void bind(int place, std::uint64_t value) { bind(place, static_cast<std::int64_t>(value)); }
  void bind(int place, std::uint32_t value) { bind(place, std::int64_t{value}); }
  void bind(int place, bool value) { bind(place, std::int64_t{value ? 1 : 0}); }
  /// All digits, infinities and -0.0 come back as they are; NaN becomes NULL. Whole numbers are
  /// stored as integers, which take less space and read the same.
  void bind(int place, double value) {
    constexpr double largest = 9007199254740992.0; // up to 2^53 every whole number is a double
    if (value > -largest && value < largest) {
      const auto whole = static_cast<std::int64_t>(value);
      if (std::bit_cast<std::uint64_t>(static_cast<double>(whole)) ==
          std::bit_cast<std::uint64_t>(value))
        return bind(place, whole);
    }
    check(sqlite3_bind_double(handle_, place + 1, value));
  }
  void bind(int place, std::string_view text) {
    check(sqlite3_bind_text64(handle_, place + 1, text.data(), text.size(), SQLITE_TRANSIENT,
                              SQLITE_UTF8));
  }
  void bind(int place, const std::string& text) { bind(place, std::string_view(text)); }
  void bind(int place, const char* text) { bind(place, std::string_view(text)); }
  template <class T>
  void bind(int place, const std::optional<T>& value) {
    if (value)
      bind(place, *value);
    else
      check(sqlite3_bind_null(handle_, place + 1));
  }

  std::int64_t integer(int column) const { return sqlite3_column_int64(handle_, column); }
  std::uint64_t word(int column) const { return static_cast<std::uint64_t>(integer(column)); }
  /// A count of 32 bits.
  std::uint32_t small(int column) const {
    const std::int64_t n = integer(column);
    if (n < 0 || n > 0xFFFFFFFF)
      throw file_error(path_, std::string("the file is damaged: column '") +
                                  sqlite3_column_name(handle_, column) + "' holds " +
                                  std::to_string(n));
    return static_cast<std::uint32_t>(n);
  }
  bool is_null(int column) const { return sqlite3_column_type(handle_, column) == SQLITE_NULL; }
  std::optional<std::uint32_t> optional_small(int column) const {
    return is_null(column) ? std::nullopt : std::optional(small(column));
  }
  /// NULL is the quiet NaN.
  double real(int column) const {
    return is_null(column) ? std::numeric_limits<double>::quiet_NaN()
                           : sqlite3_column_double(handle_, column);
  }
  std::string text(int column) const {
    const auto* chars = sqlite3_column_text(handle_, column);
    if (chars == nullptr)
      return {};
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_, column));
    return {reinterpret_cast<const char*>(chars), size};
  }

private:
  void check(int code) const {
    if (code != SQLITE_OK)
      throw sqlite_error(path_, doing_, sqlite3_db_handle(handle_));
  }

  std::string path_;
  const char* doing_;
  sqlite3_stmt* handle_ = nullptr;
};

/// A transaction that is undone unless it was committed.
class transaction {
public:
  transaction(const database& db, const char* doing) : db_(&db), doing_(doing) {
    db.run("BEGIN IMMEDIATE", doing);
  }
  transaction(const transaction&) = delete;
  transaction& operator=(const transaction&) = delete;
  ~transaction() {
    if (db_ != nullptr && sqlite3_get_autocommit(db_->handle()) == 0)
      sqlite3_exec(db_->handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  }

  void commit() {
    db_->run("COMMIT", doing_);
    db_ = nullptr;
  }

private:
  const database* db_;
  const char* doing_;
};

} // namespace bitfault::campaign::detail
