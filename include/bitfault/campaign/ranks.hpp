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

/// The file of a rank beside the campaign's own, which the first one writes to: it is merged into
/// that and removed.
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

/// Calls merge(files) for the files of ranks that hold something, and removes all of them.
template <class Merge>
void take_rank_files(const std::filesystem::path& whole, const Merge& merge) {
  const std::vector<std::filesystem::path> files = rank_files(whole);
  std::vector<writer_lock> locks;
  for (const std::filesystem::path& file : files)
    locks.emplace_back(file);
  std::vector<std::filesystem::path> parts;
  for (const std::filesystem::path& file : files)
    if (!holds_no_campaign(file))
      parts.push_back(file);
  if (!parts.empty())
    merge(parts);
  for (const std::filesystem::path& file : files)
    for (const char* end : {"", "-journal", "-wal", "-shm"})
      std::filesystem::remove(file.string() + end);
}

} // namespace detail

/// Merges what a run under mpirun has left behind that was cut off, and removes its files; those
/// that hold no campaign are removed only. Nothing is there: nothing happens. Throws, and changes
/// nothing, if somebody still writes to one of them or to the campaign's own file; and what `merge`
/// throws.
inline void merge_ranks(const std::filesystem::path& into) {
  detail::take_rank_files(into, [&](const std::vector<std::filesystem::path>& parts) {
    static_cast<void>(merge(into, parts));
  });
}

/// Merges what ranks have just written into the campaign's own store, at the end of a run, and
/// removes their files. They are not looked for damage once more.
inline void merge_ranks(store& whole) {
  detail::take_rank_files(whole.path(), [&](const std::vector<std::filesystem::path>& parts) {
    detail::merge_parts(whole, detail::open_parts(whole.path(), parts, false));
  });
}

/// Undoes what a process that was killed has left in the campaign's file, so that others can read
/// it. To be called with the writer's lock.
inline void make_readable(const std::filesystem::path& whole) {
  if (std::filesystem::exists(whole))
    static_cast<void>(detail::holds_no_campaign(whole));
}

/// The store of a rank that does not write to the campaign's file, and knows besides what stands in
/// that already.
class rank_store {
public:
  rank_store(store& own, const std::filesystem::path& whole) : own_(&own) {
    const std::size_t experiments = own.description().experiments.size();
    for (std::size_t e = 0; e < experiments; ++e) {
      stored_.push_back(own.stored(e));
      stopped_.push_back(own.stopped_at(e));
    }
    if (!std::filesystem::exists(whole) || std::filesystem::file_size(whole) == 0)
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
