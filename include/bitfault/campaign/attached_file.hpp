// SPDX-License-Identifier: MIT
#pragma once

#include "database.hpp"
#include "trial_ranges.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace bitfault::campaign::detail {

/// Another file of a campaign, joined to an open one to take rows over as they are: nothing is
/// decoded, and a trial's checksum comes along. It is only read. Not within a transaction.
class attached_file {
public:
  attached_file(const database& db, const std::string& path, const char* doing)
      : attached_file(db, doing) { // from here on the destructor runs whatever throws
    statement(db, "ATTACH ? AS part", doing).run(read_only_uri(path));
    for (const auto& [table, trial] :
         {names{"trial", "number"}, names{"fault", "trial"}, names{"criterion_value", "trial"},
          names{"monitor", "trial"}})
      copies_.emplace_back(db,
                           std::string("INSERT INTO main.") + table + " SELECT * FROM part." +
                               table + " WHERE experiment = ? AND " + trial + " >= ? AND " + trial +
                               " < ?",
                           doing);
  }
  attached_file(const attached_file&) = delete;
  attached_file& operator=(const attached_file&) = delete;
  ~attached_file() {
    copies_.clear();
    sqlite3_exec(db_->handle(), "DETACH part", nullptr, nullptr, nullptr);
  }

  /// Takes over all trials of a range, none of which may be there yet. Returns how many they are.
  std::uint64_t copy_trials(std::size_t experiment, trial_range range) {
    const std::uint64_t number = experiment;
    copies_.front().run(number, range.begin, range.end);
    const auto copied = static_cast<std::uint64_t>(sqlite3_changes(db_->handle()));
    for (std::size_t i = 1; i < copies_.size() && copied != 0; ++i)
      copies_[i].run(number, range.begin, range.end);
    return copied;
  }
  /// Takes over the deaths of the trials below `limit`; of two counts the larger one stays.
  void copy_deaths(std::size_t experiment, std::uint64_t limit) {
    statement(*db_,
              "INSERT INTO main.death SELECT * FROM part.death WHERE experiment = ? AND trial < ?"
              " ON CONFLICT(experiment, trial, how) DO UPDATE SET count = max(count, "
              "excluded.count)",
              doing_)
        .run(std::uint64_t{experiment}, limit);
  }

private:
  attached_file(const database& db, const char* doing) : db_(&db), doing_(doing) {}

  static std::string read_only_uri(const std::string& path) {
    std::string uri = "file://";
    for (const char c : std::filesystem::absolute(path).string())
      uri += c == '%' ? "%25" : c == '?' ? "%3F" : c == '#' ? "%23" : std::string(1, c);
    return uri + "?mode=ro";
  }

  struct names {
    const char *table, *trial;
  };
  const database* db_;
  const char* doing_;
  std::vector<statement> copies_; ///< of the trials first
};

} // namespace bitfault::campaign::detail
