// SPDX-License-Identifier: MIT
#pragma once

#include "store.hpp"

#include <cstddef>
#include <filesystem>
#include <optional>
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

inline void copy_trials(const store& from, store& into) {
  constexpr std::size_t at_once = 10'000;
  for (std::size_t e = 0; e < from.description().experiments.size(); ++e) {
    std::vector<trial_record> some;
    from.for_each_trial(e, [&](const trial_record& t) {
      if (into.stored(e).contains(t.number))
        return;
      some.push_back(t);
      if (some.size() == at_once) {
        into.add(e, some);
        some.clear();
      }
    });
    into.add(e, some);
    into.add_deaths(e, from.deaths(e));
  }
}

} // namespace detail

/// Puts the trials of several stores (shards, ranks) of one campaign into one, which is made if it
/// is not there. The result is that of a process that ran them all, whatever the order of the
/// sources; trials may be in several of them. Throws, before anything is written, if a source is of
/// another campaign, has another golden run, was stopped elsewhere, or has another result for the
/// same trial: with the file, and what differs. The sources are only read.
inline store merge(const std::filesystem::path& into,
                   std::span<const std::filesystem::path> sources) {
  if (sources.empty())
    throw std::invalid_argument("bitfault: campaign store: there is nothing to merge");
  std::vector<store> parts;
  std::error_code code;
  for (const std::filesystem::path& source : sources) {
    if (std::filesystem::equivalent(source, into, code))
      throw file_error(source.string(), "the file that is merged into is no source");
    parts.push_back(store::read(source));
  }
  // Before a new file is made.
  for (std::size_t i = 0; i < parts.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      detail::check_parts(parts[j], parts[i]);
  store whole = store::open(into, parts.front().description());
  for (const store& part : parts)
    detail::check_parts(whole, part);

  // Noisy golden runs differ: the same one is kept in whatever order they come.
  const store* golden = nullptr;
  for (const store& part : parts)
    if (part.golden() && (golden == nullptr || detail::checksum_of(*part.golden()) <
                                                   detail::checksum_of(*golden->golden())))
      golden = &part;
  if (golden != nullptr && !whole.golden())
    whole.set_golden(*golden->golden());
  for (const store& part : parts)
    detail::copy_trials(part, whole);
  for (const store& part : parts)
    for (std::size_t e = 0; e < whole.description().experiments.size(); ++e)
      if (const auto stop = part.stopped_at(e))
        whole.set_stopped_at(e, *stop);
  return whole;
}

} // namespace bitfault::campaign
