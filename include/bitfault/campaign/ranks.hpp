// SPDX-License-Identifier: MIT
#pragma once

#include "campaign_description.hpp"
#include "database.hpp"
#include "merge.hpp"
#include "store.hpp"
#include "trial.hpp"
#include "trial_ranges.hpp"
#include "writer_lock.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <vector>

namespace bitfault::campaign {

/// The file of one rank beside the campaign's own: it is merged into that and
/// removed.
inline std::filesystem::path rank_file(const std::filesystem::path& store, int rank) {
  return std::filesystem::path(store.string() + ".rank-" + std::to_string(rank));
}

/// Files of ranks that lie beside a campaign's file, in the order of their
/// names.
inline std::vector<std::filesystem::path> rank_files(const std::filesystem::path& store) {
  const std::filesystem::path folder =
      store.has_parent_path() ? store.parent_path() : std::filesystem::path(".");
  const std::string begin = store.filename().string() + ".rank-";
  std::vector<std::filesystem::path> found;
  std::error_code code;
  for (const auto& entry : std::filesystem::directory_iterator(folder, code)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(begin) && name.size() > begin.size() &&
        name.find_first_not_of("0123456789", begin.size()) == std::string::npos)
      found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

namespace detail {

/// Whether nothing was committed to a file yet: its process was killed while it
/// made it. What a transaction has left behind is undone. To be called with the
/// writer's lock.
inline bool holds_no_campaign(const std::filesystem::path& file) {
  const database db(file, open_mode::write);
  statement tables(db, "SELECT count(*) FROM sqlite_master", "reading failed");
  return tables.step() && tables.integer(0) == 0;
}

} // namespace detail

/// Merges what ranks have left behind, at the end of a run or when one was cut
/// off, and removes their files; those that hold no campaign are removed only.
/// Nothing is there: nothing happens. Throws, and changes nothing, if somebody
/// still writes to one of them or to the campaign's own file; and what `merge`
/// throws.
inline void merge_ranks(const std::filesystem::path& into) {
  const std::vector<std::filesystem::path> files = rank_files(into);
  std::vector<detail::writer_lock> locks;
  for (const std::filesystem::path& file : files)
    locks.emplace_back(file);
  std::vector<std::filesystem::path> parts;
  for (const std::filesystem::path& file : files)
    if (!detail::holds_no_campaign(file))
      parts.push_back(file);
  if (!parts.empty())
    static_cast<void>(merge(into, parts));
  for (const std::filesystem::path& file : files)
    for (const char* end : {"", "-journal", "-wal", "-shm"})
      std::filesystem::remove(file.string() + end);
}

/// A rank's own store, which knows besides what stands in the campaign's file
/// already.
class rank_store {
public:
  rank_store(store& own, const std::filesystem::path& whole) : own_(&own) {
    const std::size_t experiments = own.description().experiments.size();
    for (std::size_t e = 0; e < experiments; ++e) {
      stored_.push_back(own.stored(e));
      stopped_.push_back(own.stopped_at(e));
    }
    if (!std::filesystem::exists(whole))
      return;
    const store others = store::read(whole);
    for (std::size_t e = 0; e < experiments; ++e) {
      stored_[e].add(others.stored(e));
      if (!stopped_[e])
        stopped_[e] = others.stopped_at(e);
    }
  }

  void add(std::size_t e, std::span<const trial_record> records) { own_->add(e, records); }
  const trial_ranges& stored(std::size_t e) const noexcept { return stored_[e]; }
  /// Ranks do not look at results: stopping is decided on the merged ones.
  template <class F>
  void for_each_trial(std::size_t, const trial_range&, F&&) const noexcept {}
  std::optional<std::uint64_t> stopped_at(std::size_t e) const noexcept { return stopped_[e]; }
  void set_stopped_at(std::size_t, std::uint64_t) const noexcept {}
  std::uint32_t record_death(std::size_t e, std::uint64_t trial, outcome how) {
    return own_->record_death(e, trial, how);
  }

private:
  store* own_;
  std::vector<trial_ranges> stored_;
  std::vector<std::optional<std::uint64_t>> stopped_;
};

} // namespace bitfault::campaign
