// SPDX-License-Identifier: MIT
#pragma once

#include "campaign_description.hpp"
#include "trial.hpp"
#include "trial_ranges.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

namespace bitfault::campaign {

/// Keeps the trials of a campaign in memory, for programs that want the numbers and no file.
class memory_store {
public:
  explicit memory_store(std::size_t experiments) : experiments_(experiments) {}

  void add(std::size_t experiment, std::span<const trial_record> records) {
    auto& e = experiments_[experiment];
    for (const trial_record& r : records) {
      if (e.stopped_at && r.number >= *e.stopped_at)
        continue;
      e.records.insert_or_assign(r.number, r);
      e.done.add(r.number);
    }
  }
  const trial_ranges& stored(std::size_t experiment) const { return experiments_[experiment].done; }

  /// Calls f(record) for the trials of a range that are there, by rising number.
  template <class F>
  void for_each_trial(std::size_t experiment, const trial_range& range, F&& f) const {
    const auto& records = experiments_[experiment].records;
    for (auto at = records.lower_bound(range.begin); at != records.end() && at->first < range.end;
         ++at)
      f(at->second);
  }

  std::optional<std::uint64_t> stopped_at(std::size_t experiment) const {
    return experiments_[experiment].stopped_at;
  }
  /// Trials from `trial` on are dropped.
  void set_stopped_at(std::size_t experiment, std::uint64_t trial) {
    auto& e = experiments_[experiment];
    e.stopped_at = trial;
    e.records.erase(e.records.lower_bound(trial), e.records.end());
    e.done.cut(trial);
  }

  std::vector<trial_deaths> deaths(std::size_t experiment) const {
    std::vector<trial_deaths> list;
    for (const auto& [number, d] : experiments_[experiment].deaths)
      list.push_back(d);
    return list;
  }
  /// Returns how often the trial has died by now.
  std::uint32_t record_death(std::size_t experiment, std::uint64_t trial, outcome how) {
    auto& d =
        experiments_[experiment].deaths.try_emplace(trial, trial_deaths{trial, 0, 0}).first->second;
    ++(how == outcome::hang ? d.hangs : d.crashes);
    return d.count();
  }

private:
  struct one_experiment {
    std::map<std::uint64_t, trial_record> records;
    trial_ranges done;
    std::optional<std::uint64_t> stopped_at;
    std::map<std::uint64_t, trial_deaths> deaths;
  };
  std::vector<one_experiment> experiments_;
};

} // namespace bitfault::campaign
