// SPDX-License-Identifier: MIT
#pragma once

#include "../fault_list/file_error.hpp"
#include "classification.hpp"
#include "criterion.hpp"
#include "outcome.hpp"
#include "tensor_ref.hpp"
#include "to_doubles.hpp"
#include "trial.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bitfault::campaign {

/// What golden runs say of one input; `judge::golden` and `judge::repeat` fill it in.
struct golden_facts {
  std::optional<std::uint32_t> label{};
  /// The largest absolute difference of an output element between the first golden run and another.
  double noise = 0;
  bool varies = false; ///< golden runs differ in their top answer, or in being finite
  bool finite = true;
  bool correct = false; ///< the top answer is the label's
};

/// The output of one input: `count` contiguous elements of a type, without the fault and with it.
struct output_rows {
  const element_type* type = nullptr;
  std::size_t count = 0;
  const std::byte* golden = nullptr;
  const std::byte* faulty = nullptr;
};

/// What the model said of its own protection in the run that gave a row.
struct protection_report {
  bool detected = false;
  bool corrected = false;
};

/// Decides what each input of a trial ended in, and counts it in the trial's record. Keeps room for
/// two outputs: one judge serves one thread, and nothing is allocated once it has seen a row.
class judge {
public:
  /// `headline` names the flag among the criteria that decides between SDC and tolerable. Throws
  /// std::invalid_argument for a name that is not there or stands for a number, or comes twice.
  judge(std::vector<criterion> criteria, std::string_view headline)
      : criteria_(std::move(criteria)), headline_(place_of(headline)) {}

  const std::vector<criterion>& criteria() const noexcept { return criteria_; }
  /// The place of the headline criterion in the list.
  std::size_t headline() const noexcept { return headline_; }

  /// The facts of an input, from its golden output.
  golden_facts golden(const element_type& type, std::size_t count, const std::byte* row,
                      std::optional<std::uint32_t> label) {
    const std::span<const double> values = convert(golden_, type, count, row);
    golden_facts known;
    known.label = label;
    known.finite = all_finite(values);
    known.correct = is_correct(values, label);
    return known;
  }

  /// Adds what one more golden run gave. Rows: `golden` is the first run's, `faulty` the new one.
  void repeat(const output_rows& rows, golden_facts& known) {
    if (same_bits(rows))
      return;
    const std::span<const double> first = convert(golden_, *rows.type, rows.count, rows.golden);
    const std::span<const double> other = convert(faulty_, *rows.type, rows.count, rows.faulty);
    known.varies =
        known.varies || top_answer(first) != top_answer(other) || all_finite(other) != known.finite;
    for (std::size_t i = 0; i < rows.count; ++i) {
      const double apart = std::abs(first[i] - other[i]);
      if (apart > known.noise) // not where one is NaN
        known.noise = apart;
    }
  }

  /// Empties the counts of a record. To be called once before the inputs of a trial.
  void start(trial_record& record) const {
    record.outcomes = {};
    record.outcomes_golden_correct = {};
    record.answered_correctly = 0;
    record.set_aside = 0;
    record.outcomes_by_input.clear();
    record.outcomes_by_input.reserve(record.inputs);
    record.corrected = false;
    record.criteria.assign(criteria_.size(), 0.0);
  }

  /// Judges one input, the one after those before, by the first that holds: detected (and nothing
  /// corrected), non-finite, masked (the same bits; with noise between golden runs: no element
  /// further from golden than that), SDC, tolerable. Criteria are asked only from there on, so
  /// their sums are over inputs that are neither detected, non-finite nor masked.
  /// `answered_correctly` counts the faulty output's top answer whatever the outcome. An input
  /// whose golden answer varies is set aside: no outcome, in no other count.
  ///
  /// A golden output that is not finite makes every outcome of its input non-finite, as the order
  /// says. O(count) per criterion; equal bits cost one comparison of memory.
  std::optional<outcome> decide(const output_rows& rows, const golden_facts& known,
                                std::uint64_t input, protection_report protection,
                                trial_record& record) {
    record.corrected = record.corrected || protection.corrected;
    if (known.varies)
      return set_aside(record);
    const bool detected = protection.detected && !protection.corrected;
    if (same_bits(rows)) {
      record.answered_correctly += known.correct ? 1 : 0;
      return count(detected        ? outcome::detected
                   : !known.finite ? outcome::non_finite
                                   : outcome::masked,
                   known, record);
    }
    const std::span<const double> faulty = convert(faulty_, *rows.type, rows.count, rows.faulty);
    const std::span<const double> golden = convert(golden_, *rows.type, rows.count, rows.golden);
    const compared_outputs outputs(golden, faulty, known.label, input);
    record.answered_correctly +=
        rows.count != 0 && known.label && outputs.faulty_top == *known.label ? 1 : 0;
    if (detected)
      return count(outcome::detected, known, record);
    if (!known.finite || !all_finite(faulty))
      return count(outcome::non_finite, known, record);
    if (known.noise > 0 && within(golden, faulty, known.noise))
      return count(outcome::masked, known, record);
    bool is_sdc = false;
    for (std::size_t i = 0; i < criteria_.size(); ++i) {
      const double value = criteria_[i].value(outputs);
      record.criteria[i] += value;
      is_sdc = is_sdc || (i == headline_ && value != 0);
    }
    return count(is_sdc ? outcome::sdc : outcome::tolerable, known, record);
  }

  /// An input of a run that died or passed its time limit: it has no output, so its answer is
  /// wrong.
  std::optional<outcome> lost(outcome crash_or_hang, const golden_facts& known,
                              trial_record& record) const {
    if (known.varies)
      return set_aside(record);
    return count(crash_or_hang, known, record);
  }

private:
  std::size_t place_of(std::string_view headline) const {
    std::size_t place = criteria_.size();
    std::string names;
    for (std::size_t i = 0; i < criteria_.size(); ++i) {
      const std::string& name = criteria_[i].name;
      for (std::size_t other = 0; other < i; ++other)
        if (criteria_[other].name == name)
          refuse("two criteria are called '" + name + "'");
      if (name == headline)
        place = i;
      names += (i == 0 ? "" : ", ") + name;
    }
    const std::string wanted(headline);
    if (place == criteria_.size())
      refuse("the headline criterion '" + wanted + "' is none of: " + names);
    if (!criteria_[place].is_flag)
      refuse("the headline criterion '" + wanted +
             "' is a number; it must be a flag to decide what is an SDC");
    return place;
  }
  [[noreturn]] static void refuse(const std::string& what) {
    bitfault::detail::raise(std::invalid_argument("bitfault: judge: " + what));
  }

  static outcome count(outcome o, const golden_facts& known, trial_record& record) {
    const auto at = static_cast<std::size_t>(o);
    ++record.outcomes[at];
    record.outcomes_golden_correct[at] += known.correct ? 1 : 0;
    record.outcomes_by_input += letter_of(o);
    return o;
  }
  static std::optional<outcome> set_aside(trial_record& record) {
    ++record.set_aside;
    record.outcomes_by_input += set_aside_letter;
    return std::nullopt;
  }
  static bool same_bits(const output_rows& rows) noexcept {
    return rows.count == 0 ||
           std::memcmp(rows.golden, rows.faulty, rows.count * rows.type->bytes) == 0;
  }
  static std::span<const double> convert(std::vector<double>& into, const element_type& type,
                                         std::size_t count, const std::byte* row) {
    if (into.size() < count)
      into.resize(count);
    const std::span<double> values(into.data(), count);
    to_doubles(type, row, values);
    return values;
  }
  static bool all_finite(std::span<const double> values) noexcept {
    return std::all_of(values.begin(), values.end(), [](double x) { return std::isfinite(x); });
  }
  static bool within(std::span<const double> golden, std::span<const double> faulty,
                     double noise) noexcept {
    for (std::size_t i = 0; i < golden.size(); ++i)
      if (!(std::abs(faulty[i] - golden[i]) <= noise))
        return false;
    return true;
  }
  static bool is_correct(std::span<const double> values,
                         std::optional<std::uint32_t> label) noexcept {
    return label.has_value() && !values.empty() && top_answer(values) == *label;
  }

  std::vector<criterion> criteria_;
  std::size_t headline_;
  std::vector<double> golden_, faulty_;
};

} // namespace bitfault::campaign
