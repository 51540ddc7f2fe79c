// SPDX-License-Identifier: MIT
#pragma once

#include "figure_parts.hpp"
#include "figure_scripts.hpp"
#include "overview.hpp"
#include "store.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace bitfault::campaign {

/// What is known for sure of experiments, by their names: the share of critical trials among all
/// that there could be.
using known_shares = std::map<std::string, double>;

/// Figures of one kind are drawn for this many groups of experiments, those with most trials.
inline constexpr std::size_t most_figures_of_a_kind = 3;

/// All figures that the experiments of a store give rise to; `all` are their overviews. They depend
/// on the stored trials alone.
inline std::vector<figure> figures_of(const store& s, const std::vector<experiment_overview>& all,
                                      const known_shares& known = {}) {
  const auto& list = s.description().experiments;
  std::vector<figure> figures;
  const auto add = [&](figure f, const std::string& kind, std::size_t number) {
    f.name = kind + "_" + std::to_string(number);
    figures.push_back(std::move(f));
  };
  const auto asked = [&](std::size_t i) -> const experiment& { return list[i].asked; };
  // Where there are several figures of a kind, each says of which experiments it is.
  const auto named = [&](figure f, const auto& groups, const detail::experiment_group& group) {
    if (groups.size() > 1)
      f.title += ": " + asked(group.front()).name +
                 (group.size() > 1 ? " and " + std::to_string(group.size() - 1) + " more" : "");
    return f;
  };
  const auto single = [&](std::size_t i) { return detail::has_single_faults(asked(i)); };
  // A bar or a cell stands for a target: what is known of a part of one says nothing of it.
  const auto of_whole_targets = [&](std::size_t i) {
    return single(i) && all[i].sums.strikes_whole_targets();
  };
  const auto shorten = [](auto& groups) {
    while (groups.size() > most_figures_of_a_kind)
      groups.pop_back();
  };
  std::size_t n = 0;

  auto sweeps = detail::grouped(
      all, [&](std::size_t i) { return detail::has_rate(asked(i)) && asked(i).amount.rate > 0; },
      [&](std::size_t a, std::size_t b) { return detail::same_but_rate(asked(a), asked(b)); });
  sweeps.erase(
      std::remove_if(sweeps.begin(), sweeps.end(), [](const auto& g) { return g.size() < 2; }),
      sweeps.end());
  shorten(sweeps);
  for (const auto& group : sweeps)
    add(named(detail::rate_sweep(s, all, group), sweeps, group), "sweep", n++);

  n = 0;
  auto by_bit = detail::grouped(
      all, [&](std::size_t i) { return of_whole_targets(i) && !all[i].sums.by_bit().empty(); },
      [&](std::size_t a, std::size_t b) {
        return detail::same_action(asked(a).fault, asked(b).fault) &&
               asked(a).all_inputs == asked(b).all_inputs && detail::same_targets(list[a], list[b]);
      });
  // A single target's bits are a row of the map; they get a figure where there is no other.
  const auto is_wide = [&](const auto& g) { return list[g.front()].targets.size() > 1; };
  if (std::any_of(by_bit.begin(), by_bit.end(), is_wide))
    by_bit.erase(
        std::remove_if(by_bit.begin(), by_bit.end(), [&](const auto& g) { return !is_wide(g); }),
        by_bit.end());
  shorten(by_bit);
  for (const auto& group : by_bit) {
    std::map<std::string, std::size_t> bits_of_type;
    for (const auto& [bit, part] : detail::best_parts<type_bit>(
             all, group, [](const summary& x) -> const auto& { return x.by_bit(); }))
      ++bits_of_type[bit.element_type];
    for (const auto& [type, bits] : bits_of_type)
      if (bits > 1)
        add(named(detail::sdc_by_bit(s, all, group, type), by_bit, group), "bits", n++);
  }

  n = 0;
  auto by_target = detail::grouped(
      all,
      [&](std::size_t i) {
        return of_whole_targets(i) && !detail::has_one_bit(asked(i).fault.bits);
      },
      [&](std::size_t a, std::size_t b) {
        return asked(a).fault == asked(b).fault && asked(a).all_inputs == asked(b).all_inputs;
      });
  shorten(by_target);
  for (const auto& group : by_target)
    if (detail::best_parts<std::uint32_t>(
            all, group, [](const summary& x) -> const auto& { return x.by_target(); })
            .size() > 1)
      add(named(detail::sdc_by_target(s, all, group), by_target, group), "targets", n++);

  n = 0;
  auto maps = detail::grouped(
      all,
      [&](std::size_t i) {
        return of_whole_targets(i) && !all[i].sums.by_target_and_bit().empty();
      },
      [&](std::size_t a, std::size_t b) {
        return detail::same_action(asked(a).fault, asked(b).fault) &&
               asked(a).all_inputs == asked(b).all_inputs;
      });
  shorten(maps);
  for (const auto& group : maps)
    if (detail::best_parts<target_bit>(
            all, group, [](const summary& x) -> const auto& { return x.by_target_and_bit(); })
            .size() > 1)
      add(named(detail::heat_map(s, all, group), maps, group), "map", n++);

  // Whoever stops by a rule or knows the truth sees how it was approached; else the longest one.
  n = 0;
  std::vector<std::size_t> approached;
  std::optional<std::size_t> longest;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].course.size() < 2)
      continue;
    if (asked(i).stop || known.count(asked(i).name) != 0)
      approached.push_back(i);
    if (single(i) && (!longest || all[i].course.back().trials > all[*longest].course.back().trials))
      longest = i;
  }
  if (approached.empty() && longest)
    approached.push_back(*longest);
  shorten(approached);
  for (const std::size_t i : approached) {
    std::optional<double> truth;
    if (const auto at = known.find(asked(i).name); at != known.end())
      truth = at->second;
    else if (const trial_estimate e = all[i].sums.critical_share(all[i].sums.all());
             e.method == interval_method::exact)
      truth = e.value;
    add(detail::convergence(s, all[i], i, truth), "closing_in", n++);
  }
  return figures;
}

} // namespace bitfault::campaign
