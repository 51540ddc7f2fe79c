// SPDX-License-Identifier: MIT
#pragma once

#include "attached_file.hpp"
#include "campaign_description.hpp"
#include "database.hpp"
#include "death_table.hpp"
#include "description_tables.hpp"
#include "description_text.hpp"
#include "golden_table.hpp"
#include "schema.hpp"
#include "trial.hpp"
#include "trial_ranges.hpp"
#include "trial_table.hpp"
#include "writer_lock.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace bitfault::campaign {

/// A campaign's file: one SQLite database, docs/campaign/read_the_database.md. It keeps finished
/// trials and gives them back. A call that returns has been kept whole; one that throws has changed
/// nothing, in the file or here. A process may be killed at any moment.
///
/// For one thread at a time. One process writes, others may read meanwhile. Children that were
/// forked while a store is open must not touch it and must end with _exit.
///
/// Errors are `file_error`s, with the file and what is wrong; std::invalid_argument for what no
/// file could hold. Experiments are named by their numbers in the description.
class store {
public:
  /// Makes a file, or continues the one that is there. Throws if it is of another campaign and says
  /// what differs; if somebody else writes to it; if it cannot be written, is damaged, of a newer
  /// version or no store at all. O(size of the file), to see whether it is sound.
  static store open(const std::filesystem::path& path, const campaign_description& description) {
    detail::check_description(description);
    check_path(path);
    detail::writer_lock lock(path);
    store s(detail::database(path, detail::open_mode::write), std::move(lock));
    if (s.db_.read_only())
      throw file_error(s.path(), "the file is read-only, or lies where nothing can be written");
    const bool empty = s.check_kind();
    if (empty)
      s.make(description);
    s.load(true);
    const std::string what = detail::difference(s.description_, "in the file", description, "now");
    if (!what.empty())
      throw file_error(s.path(), "this is the file of another campaign: " + what);
    // Readers and the writer do not wait for each other. After a power failure the last
    // transactions may be missing, the others are whole. What a transaction changes stays in memory
    // until it is committed, up to 64 MiB.
    s.db_.run("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -65536",
              "opening failed");
    s.writer_.emplace(s.db_);
    return s;
  }

  /// Opens a file to read it as it is now, also while a process writes to it: what that process
  /// adds later is not seen. Without `check` it is not looked for damage, which takes longer than
  /// all else: for a file that this program has just written.
  static store read(const std::filesystem::path& path, bool check = true) {
    check_path(path);
    std::error_code code;
    if (!std::filesystem::exists(path, code))
      throw file_error(path.string(), "there is no such file");
    store s(detail::database(path, detail::open_mode::read), std::nullopt);
    s.db_.run("BEGIN", "opening failed");
    if (s.check_kind())
      throw file_error(s.path(), "the file is empty: no campaign was written to it");
    s.load(check);
    return s;
  }

  store(store&&) = default;
  store& operator=(store&&) = delete;
  ~store() {
    // Leaves one plain file, which can be read where nothing can be written. Where somebody is
    // reading it stays in WAL mode, which is as good.
    if (!writer_)
      return;
    writer_.reset();
    if (db_.handle() != nullptr)
      sqlite3_exec(db_.handle(), "PRAGMA journal_mode = DELETE", nullptr, nullptr, nullptr);
  }

  const std::string& path() const noexcept { return db_.path(); }
  const campaign_description& description() const noexcept { return description_; }

  /// Keeps the golden run, or throws if it is not the one that the file has, and says what differs.
  void set_golden(const golden_summary& golden) {
    if (golden_) {
      const std::string what = detail::difference(*golden_, "in the file", golden, "now");
      if (!what.empty())
        throw file_error(path(), "the golden run is not the one of this file: " + what);
      return;
    }
    detail::transaction t = begin("writing the golden run failed");
    detail::write_golden(db_, golden);
    t.commit();
    golden_ = golden;
  }
  const std::optional<golden_summary>& golden() const noexcept { return golden_; }

  /// Keeps trials, in any order, in one transaction. Trials from `stopped_at` on are left out. One
  /// that is there already must be the same, bit for bit (all NaNs count as one): it throws else.
  void add(std::size_t experiment, std::span<const trial_record> trials) {
    const stored_experiment& e = at(experiment);
    for (const trial_record& t : trials)
      check(e, t);
    detail::transaction whole = begin(detail::writing_trials);
    trial_ranges now;
    for (const trial_record& t : trials) {
      if (t.number >= limit(experiment))
        continue;
      if (!stored_[experiment].contains(t.number) && !now.contains(t.number)) {
        writer_->write(experiment, t);
        now.add(t.number);
      } else if (const auto there = trial(experiment, t.number);
                 !there || !detail::same_trial(*there, t)) {
        throw file_error(path(), "trial " + std::to_string(t.number) + " of experiment '" +
                                     e.asked.name + "' is there already, with another result");
      }
    }
    whole.commit();
    for (const trial_record& t : trials)
      if (t.number < limit(experiment))
        stored_[experiment].add(t.number);
  }

  /// Which trials are there.
  const trial_ranges& stored(std::size_t experiment) const {
    at(experiment);
    return stored_[experiment];
  }
  /// How many trials there will be: as planned, or up to where the experiment was stopped.
  std::uint64_t limit(std::size_t experiment) const {
    const std::uint64_t planned = at(experiment).planned;
    return stopped_at_[experiment].value_or(planned);
  }
  /// The trials that have still to be run, in rising order.
  std::vector<trial_range> missing(std::size_t experiment) const {
    return stored(experiment).missing_below(limit(experiment));
  }
  /// The number of trials, from 0 on, without a gap.
  std::uint64_t complete_prefix(std::size_t experiment) const {
    return stored(experiment).prefix();
  }

  /// Calls f(const trial_record&) for the trials of a range that are there, in rising order; the
  /// record is overwritten afterwards. Throws for a trial that is not what was written.
  template <class F>
  void for_each_trial(std::size_t experiment, trial_range range, F&& f) const {
    at(experiment);
    detail::trial_reader reader(db_, experiment, range, description_.criteria.size());
    trial_record record;
    while (reader.next(record))
      f(static_cast<const trial_record&>(record));
  }
  template <class F>
  void for_each_trial(std::size_t experiment, F&& f) const {
    for_each_trial(experiment, {0, ~std::uint64_t{0}}, std::forward<F>(f));
  }
  /// One trial, if it is there.
  std::optional<trial_record> trial(std::size_t experiment, std::uint64_t number) const {
    std::optional<trial_record> found;
    for_each_trial(experiment, {number, number + 1}, [&](const trial_record& t) { found = t; });
    return found;
  }

  /// Ends an experiment before its planned trials: those from `trial` on are taken out and not let
  /// in again. Requires that all trials before are there, and the same call if there was one.
  void set_stopped_at(std::size_t experiment, std::uint64_t trial) {
    const stored_experiment& e = at(experiment);
    const std::string which = "experiment '" + e.asked.name + "' ";
    if (stopped_at_[experiment] == trial)
      return;
    if (stopped_at_[experiment])
      throw file_error(path(), which + "was stopped at trial " +
                                   std::to_string(*stopped_at_[experiment]) +
                                   " already, and now at trial " + std::to_string(trial));
    if (trial > stored_[experiment].prefix())
      throw std::invalid_argument(
          "bitfault: campaign store: " + which + "cannot be stopped at trial " +
          std::to_string(trial) + ": only the first " +
          std::to_string(stored_[experiment].prefix()) + " trials are complete");
    const char* doing = "writing where an experiment stopped failed";
    detail::transaction whole = begin(doing);
    const std::uint64_t number = experiment;
    detail::statement(db_, "UPDATE experiment SET stopped_at = ? WHERE number = ?", doing)
        .run(trial, number);
    for (const char* sql : {"DELETE FROM trial WHERE experiment = ? AND number >= ?",
                            "DELETE FROM fault WHERE experiment = ? AND trial >= ?",
                            "DELETE FROM criterion_value WHERE experiment = ? AND trial >= ?",
                            "DELETE FROM monitor WHERE experiment = ? AND trial >= ?",
                            "DELETE FROM death WHERE experiment = ? AND trial >= ?"})
      detail::statement(db_, sql, doing).run(number, trial);
    whole.commit();
    stopped_at_[experiment] = trial;
    stored_[experiment].cut(trial);
  }
  std::optional<std::uint64_t> stopped_at(std::size_t experiment) const {
    at(experiment);
    return stopped_at_[experiment];
  }

  /// Notes that a trial's process died (`how` is outcome::crash or outcome::hang). Returns how
  /// often it has died by now.
  std::uint32_t record_death(std::size_t experiment, std::uint64_t trial, outcome how) {
    at(experiment);
    if (how != outcome::crash && how != outcome::hang)
      throw std::invalid_argument("bitfault: campaign store: a process does not die of '" +
                                  std::string(name_of(how)) + "'");
    detail::transaction whole = begin(detail::writing_deaths);
    detail::write_death(db_, experiment, trial, how);
    whole.commit();
    for (const trial_deaths& d : deaths(experiment))
      if (d.trial == trial)
        return d.count();
    return 0;
  }
  /// The trials that died, in rising order.
  std::vector<trial_deaths> deaths(std::size_t experiment) const {
    at(experiment);
    return detail::read_deaths(db_, experiment);
  }
  /// Takes over what another file of this campaign has beyond this one: trials that are not here
  /// yet, and of the deaths that both have counted the larger number. Trials from `stopped_at` on
  /// are left out. Rows are copied as they are: whether trials that both have are the same, and
  /// whether the other's are what was written, is the caller's to know. One transaction.
  void add_all_of(const store& part) {
    const char* doing = "merging failed";
    detail::attached_file rows(db_, part.path(), doing);
    detail::transaction whole = begin(doing);
    std::vector<trial_ranges> now = stored_;
    for (std::size_t e = 0; e < now.size(); ++e) {
      trial_ranges theirs = part.stored(e);
      theirs.cut(limit(e));
      now[e].add(theirs);
      std::uint64_t copied = 0;
      const std::vector<trial_range> gaps = stored_[e].overlaps(theirs)
                                                ? stored_[e].missing_below(limit(e))
                                                : std::vector<trial_range>{{0, limit(e)}};
      for (const trial_range& gap : gaps)
        copied += rows.copy_trials(e, gap);
      rows.copy_deaths(e, limit(e));
      if (copied != now[e].count() - stored_[e].count())
        throw file_error(part.path(), "somebody has written to it while it was merged");
    }
    whole.commit();
    stored_ = std::move(now);
  }

private:
  store(detail::database db, std::optional<detail::writer_lock> lock)
      : lock_(std::move(lock)), db_(std::move(db)) {}

  static void check_path(const std::filesystem::path& path) {
    std::error_code code;
    if (std::filesystem::is_directory(path, code))
      throw file_error(path.string(), "this is a folder");
  }

  const stored_experiment& at(std::size_t experiment) const {
    if (experiment >= description_.experiments.size())
      throw std::invalid_argument("bitfault: campaign store: there is no experiment " +
                                  std::to_string(experiment) + "; there are " +
                                  std::to_string(description_.experiments.size()));
    return description_.experiments[experiment];
  }

  detail::transaction begin(const char* doing) const {
    if (!writer_)
      throw file_error(path(), "the file was opened for reading only");
    return {db_, doing};
  }

  /// Throws if a trial is none of the experiment's.
  void check(const stored_experiment& e, const trial_record& t) const {
    const auto wrong = [&](const std::string& what) {
      throw std::invalid_argument("bitfault: campaign store: trial " + std::to_string(t.number) +
                                  " of experiment '" + e.asked.name + "' " + what);
    };
    if (t.number >= e.planned)
      wrong("is beyond the " + std::to_string(e.planned) + " planned ones");
    if (t.criteria.size() != description_.criteria.size())
      wrong("has " + std::to_string(t.criteria.size()) + " values for " +
            std::to_string(description_.criteria.size()) + " criteria");
    const std::uint64_t inputs = description_.identity.inputs;
    if (t.first_input > inputs || t.inputs > inputs - t.first_input)
      wrong("ran on inputs from " + std::to_string(t.first_input) + " to " +
            std::to_string(t.first_input + t.inputs) + "; the campaign has " +
            std::to_string(inputs));
    for (const injected_fault& f : t.faults)
      if (f.target >= description_.targets.size())
        wrong("has a fault in target " + std::to_string(f.target) + "; the campaign has " +
              std::to_string(description_.targets.size()));
  }

  std::int64_t number(const char* sql) const {
    detail::statement row(db_, sql, "reading failed");
    return row.step() ? row.integer(0) : 0;
  }

  /// Throws if this is no store, or one that this version cannot read. Whether there is nothing in
  /// it yet.
  bool check_kind() const {
    const std::int64_t application = number("PRAGMA application_id");
    const std::int64_t version = number("PRAGMA user_version");
    if (application == 0 && version == 0 && number("SELECT count(*) FROM sqlite_master") == 0)
      return true;
    if (application != detail::application_id)
      throw file_error(path(), "this is a database of another application, not a campaign");
    if (version != detail::schema_version)
      throw file_error(path(), "its version " + std::to_string(version) + " is " +
                                   (version < detail::schema_version ? "older" : "newer") +
                                   " than " + std::to_string(detail::schema_version) +
                                   ", the one that this library reads");
    return false;
  }

  void check_for_damage() const {
    detail::statement sound(db_, "PRAGMA quick_check(1)", "checking the file failed");
    while (sound.step())
      if (sound.text(0) != "ok")
        detail::damaged(path(), sound.text(0));
  }

  void make(const campaign_description& description) {
    const char* doing = "making the file failed";
    detail::transaction whole(db_, doing);
    db_.run(detail::schema_tables, doing);
    db_.run(detail::schema_views, doing);
    detail::write_description(db_, description);
    db_.run("PRAGMA application_id = " + std::to_string(detail::application_id), doing);
    db_.run("PRAGMA user_version = " + std::to_string(detail::schema_version), doing);
    whole.commit();
  }

  void load(bool check) {
    if (check)
      check_for_damage();
    description_ = detail::read_description(db_);
    golden_ = detail::read_golden(db_);
    stored_.assign(description_.experiments.size(), {});
    stopped_at_.assign(description_.experiments.size(), std::nullopt);
    detail::statement stop(db_, "SELECT number, stopped_at FROM experiment WHERE stopped_at >= 0",
                           "reading failed");
    while (stop.step())
      stopped_at_.at(static_cast<std::size_t>(stop.word(0))) = stop.word(1);
    detail::statement row(db_, "SELECT experiment, number FROM trial ORDER BY experiment, number",
                          detail::reading_trials);
    // Runs of numbers are put together before they go into the set.
    std::uint64_t experiment = 0;
    trial_range run;
    const auto keep = [&] {
      if (run.begin != run.end)
        stored_[static_cast<std::size_t>(experiment)].add(run);
    };
    while (row.step()) {
      const std::uint64_t number = row.word(1);
      if (row.word(0) >= stored_.size() || number >= limit(static_cast<std::size_t>(row.word(0))))
        detail::damaged(path(), "trial " + std::to_string(number) + " of experiment " +
                                    std::to_string(row.word(0)) + " was never asked for");
      if (row.word(0) != experiment || number != run.end) {
        keep();
        experiment = row.word(0);
        run = {number, number};
      }
      ++run.end;
    }
    keep();
    for (std::size_t e = 0; e < stored_.size(); ++e)
      if (stopped_at_[e] && *stopped_at_[e] != stored_[e].prefix())
        detail::damaged(path(), "experiment " + std::to_string(e) + " was stopped at trial " +
                                    std::to_string(*stopped_at_[e]) + ", but only the first " +
                                    std::to_string(stored_[e].prefix()) + " are there");
  }

  std::optional<detail::writer_lock> lock_; ///< outlives the database
  detail::database db_;
  std::optional<detail::trial_writer> writer_;
  campaign_description description_;
  std::optional<golden_summary> golden_;
  std::vector<trial_ranges> stored_;
  std::vector<std::optional<std::uint64_t>> stopped_at_;
};

} // namespace bitfault::campaign
