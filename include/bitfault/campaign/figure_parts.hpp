// SPDX-License-Identifier: MIT
#pragma once

#include "campaign_description.hpp"
#include "description_names.hpp"
#include "number_text.hpp"
#include "overview.hpp"
#include "store.hpp"
#include "summary.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What goes into which figure: experiments that may stand in one, and the numbers of its bars,
/// cells and points.
namespace bitfault::campaign::detail {

/// Each trial of the experiment has one fault.
inline bool has_single_faults(const experiment& e) noexcept {
  return e.amount.which == fault_amount::kind::single ||
         (e.amount.which == fault_amount::kind::exactly && e.amount.count == 1);
}
/// Its faults strike one bit position only.
inline bool has_one_bit(const mask_family& m) noexcept {
  return (m.which == mask_family::kind::given && m.bits.size() == 1) ||
         m.which == mask_family::kind::sign;
}
inline bool has_rate(const experiment& e) noexcept {
  return e.amount.which >= fault_amount::kind::fraction;
}

inline bool same_action(const fault_description& a, const fault_description& b) noexcept {
  return a.which == b.which && a.a == b.a && a.b == b.b;
}
/// They differ in their rate only, and in how often they were tried.
inline bool same_but_rate(experiment a, const experiment& b) {
  a.name = b.name;
  a.amount.rate = b.amount.rate;
  a.trials = b.trials;
  a.plan = b.plan;
  return a == b;
}

/// They strike the same targets, whatever the bits.
inline bool same_targets(const stored_experiment& a, const stored_experiment& b) {
  return std::equal(a.targets.begin(), a.targets.end(), b.targets.begin(), b.targets.end(),
                    [](const auto& x, const auto& y) { return x.target == y.target; });
}

using experiment_group = std::vector<std::size_t>;

/// The experiments that `wanted(i)`, put together where `same(i, j)`. Those with most trials come
/// first.
template <class Wanted, class Same>
std::vector<experiment_group> grouped(const std::vector<experiment_overview>& all,
                                      const Wanted& wanted, const Same& same) {
  std::vector<experiment_group> groups;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!wanted(i) || all[i].sums.all().trials == 0)
      continue;
    const auto at = std::find_if(groups.begin(), groups.end(),
                                 [&](const experiment_group& g) { return same(g.front(), i); });
    if (at == groups.end())
      groups.push_back({i});
    else
      at->push_back(i);
  }
  const auto trials = [&](const experiment_group& g) {
    std::uint64_t n = 0;
    for (const std::size_t i : g)
      n += all[i].sums.all().trials;
    return n;
  };
  std::stable_sort(groups.begin(), groups.end(),
                   [&](const auto& a, const auto& b) { return trials(a) > trials(b); });
  return groups;
}

/// A bar, a cell or a point: what of which experiment it shows.
struct figure_part {
  const summary* from = nullptr;
  const trial_tally* tally = nullptr;

  trial_estimate sdc() const { return from->sdc_share(*tally); }
  trial_estimate non_finite() const { return from->outcome_share(*tally, outcome::non_finite); }
};

/// Of each key the tally with most trials among those of a group: where several experiments say
/// something of the same part, they are not added up, since their intervals would not hold.
template <class Key, class Tallies>
std::map<Key, figure_part> best_parts(const std::vector<experiment_overview>& all,
                                      const experiment_group& group, const Tallies& tallies) {
  std::map<Key, figure_part> parts;
  for (const std::size_t i : group)
    for (const auto& [key, tally] : tallies(all[i].sums)) {
      figure_part& part = parts[key];
      if (part.tally == nullptr || tally.trials > part.tally->trials)
        part = {&all[i].sums, &tally};
    }
  return parts;
}

/// "bit flip in any bit"
inline std::string fault_words(const fault_description& f) {
  std::string words(name_in(fault_names, f.which));
  std::replace(words.begin(), words.end(), '_', ' ');
  if (sets_value(f.which))
    return words;
  const mask_family& m = f.bits;
  if (m.which == mask_family::kind::any)
    return words + " in any bit";
  if (m.which == mask_family::kind::all)
    return words + " of all bits";
  if (m.which == mask_family::kind::adjacent)
    return words + " of " + std::to_string(m.width) + " adjacent bits";
  if (m.which == mask_family::kind::given) {
    words += m.bits.size() == 1 ? " in bit" : " in one of the bits";
    for (std::size_t i = 0; i < m.bits.size(); ++i)
      words += (i == 0 ? " " : ", ") + std::to_string(m.bits[i]);
    return words;
  }
  return words + " in the " + std::string(name_in(bits_names, m.which));
}

/// "with a random input each"
inline std::string input_words(const campaign_description& d, const experiment& e) {
  return e.all_inputs ? "on the same " + grouped_text(d.identity.inputs) + " inputs each"
                      : "with one random input each";
}

/// "6,000", or "49 to 6,000".
template <class Parts>
std::string trial_count_words(const Parts& parts) {
  std::uint64_t least = ~std::uint64_t{0}, most = 0;
  for (const auto& [key, part] : parts) {
    least = std::min(least, part.tally->trials);
    most = std::max(most, part.tally->trials);
  }
  return grouped_text(least) + (least == most ? "" : " to " + grouped_text(most));
}

inline std::string method_words(interval_method m) {
  switch (m) {
  case interval_method::none:
    return "no interval";
  case interval_method::exact:
    return "exact: every fault was tried";
  case interval_method::wilson:
    return "Wilson's interval, for independent trials";
  case interval_method::clopper_pearson:
    return "Clopper and Pearson's interval, corrected for the number of sites";
  case interval_method::clustered:
    return "fault-clustered interval: the fault is the unit, the statement holds for these inputs";
  case interval_method::two_way:
    return "two-way interval: the statement holds for faults and inputs like these";
  case interval_method::anytime:
    return "anytime-valid interval: it holds whenever one looks";
  case interval_method::bounded_mean:
    return "interval of a mean of bounded values, of any distribution";
  }
  return {};
}

/// A number of a figure's data.
inline std::string datum(double x) { return format_number("%.10g", x); }
/// "value lower upper" in percent; without an interval all three are the value.
inline std::string percent_data(const trial_estimate& e) {
  const bool is_sure = e.method == interval_method::none;
  return datum(100 * e.value) + " " + datum(100 * (is_sure ? e.value : e.bounds.lower)) + " " +
         datum(100 * (is_sure ? e.value : e.bounds.upper));
}

/// Sign, exponent or mantissa of a type whose bits have these parts; else nothing.
inline std::string_view field_of(std::string_view element_type, unsigned bit) noexcept {
  struct format {
    std::string_view name;
    unsigned bits, mantissa;
  };
  for (const format& f : {format{"float16", 16, 10}, format{"bfloat16", 16, 7},
                          format{"float32", 32, 23}, format{"float64", 64, 52}})
    if (f.name == element_type)
      return bit + 1 == f.bits ? "sign" : bit >= f.mantissa ? "exponent" : "mantissa";
  return {};
}

} // namespace bitfault::campaign::detail
