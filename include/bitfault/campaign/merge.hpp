// SPDX-License-Identifier: MIT
#pragma once

#include "store.hpp"
#include "trial.hpp"

#include <cstddef>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace bitfault::campaign {

namespace detail {

/// What two files say differently about one of their experiments.
inline file_error contradiction(const store& a, const store& b, std::size_t experiment,
                                const std::string& what, const std::string& there) {
  return {b.path(), "experiment '" + b.description().experiments[experiment].asked.name + "' " +
                        what + there + " in '" + a.path() + "'"};
}

/// Throws if two stores are not parts of one campaign.
inline void check_parts(const store& a, const store& b) {
  const std::string quoted = "in '" + a.path() + "'";
  const std::string what = difference(b.description(), "here", a.description(), quoted);
  if (!what.empty())
    throw file_error(b.path(), "this is the file of another campaign: " + what);
  if (a.golden() && b.golden()) {
    const std::string golden = difference(*b.golden(), "here", *a.golden(), quoted);
    if (!golden.empty())
      throw file_error(b.path(), "its golden run is another one: " + golden);
  }
  for (std::size_t e = 0; e < a.description().experiments.size(); ++e) {
    const auto stop_a = a.stopped_at(e), stop_b = b.stopped_at(e);
    if (stop_a && stop_b && *stop_a != *stop_b)
      throw contradiction(a, b, e, "was stopped at trial " + std::to_string(*stop_b) + " here, ",
                          "at trial " + std::to_string(*stop_a));
    if (!a.stored(e).overlaps(b.stored(e)))
      continue;
    b.for_each_trial(e, [&](const trial_record& t) {
      if (!a.stored(e).contains(t.number))
        return;
      if (const auto other = a.trial(e, t.number); !other || !same_trial(*other, t))
        throw contradiction(a, b, e, "has another result for trial " + std::to_string(t.number),
                            " than");
    });
  }
}

/// Opens files to merge them. Throws if they are not parts of one campaign. `check`: see
/// `store::read`.
inline std::vector<store> open_parts(const std::filesystem::path& into,
                                     std::span<const std::filesystem::path> sources, bool check) {
  std::vector<store> parts;
  std::error_code code;
  for (const std::filesystem::path& source : sources) {
    if (std::filesystem::equivalent(source, into, code))
      throw file_error(source.string(), "the file that is merged into is no source");
    parts.push_back(store::read(source, check));
  }
  for (std::size_t i = 0; i < parts.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      check_parts(parts[j], parts[i]);
  return parts;
}

/// Throws for a trial that is not what was written.
inline void check_trials(const store& s) {
  for (std::size_t e = 0; e < s.description().experiments.size(); ++e)
    s.for_each_trial(e, [](const trial_record&) {});
}

/// Puts opened parts into a store.
inline void merge_parts(store& whole, const std::vector<store>& parts) {
  for (const store& part : parts)
    check_parts(whole, part);
  // Noisy golden runs differ: the same one is kept in whatever order they come.
  const store* golden = nullptr;
  for (const store& part : parts)
    if (part.golden() &&
        (golden == nullptr || checksum_of(*part.golden()) < checksum_of(*golden->golden())))
      golden = &part;
  if (golden != nullptr && !whole.golden())
    whole.set_golden(*golden->golden());
  for (const store& part : parts)
    whole.add_all_of(part);
  for (const store& part : parts)
    for (std::size_t e = 0; e < whole.description().experiments.size(); ++e)
      if (const auto stop = part.stopped_at(e))
        whole.set_stopped_at(e, *stop);
}

} // namespace detail

/// Puts the trials of several stores (shards, ranks) of one campaign into one, which is made if it
/// is not there. The result is that of a process that ran them all, whatever the order of the
/// sources; trials may be in several of them. Throws, before anything is written, if a source is of
/// another campaign, has another golden run, was stopped elsewhere, has another result for the same
/// trial, or is damaged: with the file, and what is wrong. The sources are only read. A source goes
/// over in one transaction; where a merge was cut off, the same one again completes it.
inline store merge(const std::filesystem::path& into,
                   std::span<const std::filesystem::path> sources) {
  if (sources.empty())
    throw std::invalid_argument("bitfault: campaign store: there is nothing to merge");
  const std::vector<store> parts = detail::open_parts(into, sources, true);
  for (const store& part : parts)
    detail::check_trials(part);
  store whole = store::open(into, parts.front().description());
  detail::merge_parts(whole, parts);
  return whole;
}

} // namespace bitfault::campaign
