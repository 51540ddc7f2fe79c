// SPDX-License-Identifier: MIT
#pragma once

#include "campaign_description.hpp"
#include "database.hpp"
#include "outcome.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

/// Deaths of trials' processes, written to their table and read from it.
namespace bitfault::campaign::detail {

inline constexpr const char* writing_deaths = "writing a trial's death failed";

/// One more, within a transaction.
inline void write_death(const database& db, std::size_t experiment, std::uint64_t trial,
                        outcome how) {
  statement(db,
            "INSERT INTO death VALUES(?, ?, ?, 1)"
            " ON CONFLICT(experiment, trial, how) DO UPDATE SET count = count + 1",
            writing_deaths)
      .run(std::uint64_t{experiment}, trial, name_of(how));
}

/// The trials that died, in rising order.
inline std::vector<trial_deaths> read_deaths(const database& db, std::size_t experiment) {
  std::vector<trial_deaths> list;
  statement row(db, "SELECT trial, how, count FROM death WHERE experiment = ? ORDER BY trial",
                "reading the deaths failed");
  row.bind(0, std::uint64_t{experiment});
  while (row.step()) {
    if (list.empty() || list.back().trial != row.word(0))
      list.push_back({row.word(0), 0, 0});
    (row.text(1) == name_of(outcome::crash) ? list.back().crashes : list.back().hangs) =
        row.small(2);
  }
  return list;
}

} // namespace bitfault::campaign::detail
