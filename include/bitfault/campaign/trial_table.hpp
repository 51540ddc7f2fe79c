// SPDX-License-Identifier: MIT
#pragma once

#include "../fault_list/crc32.hpp"
#include "database.hpp"
#include "trial.hpp"
#include "trial_ranges.hpp"

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

/// Trials, written to the tables and read from them.
namespace bitfault::campaign::detail {

inline constexpr const char* writing_trials = "writing trials failed";
inline constexpr const char* reading_trials = "reading trials failed";

/// Every bit of a trial that a store keeps, in a fixed order. All NaNs are one.
class stored_bits {
public:
  stored_bits(std::size_t experiment, const trial_record& t) {
    bytes_.reserve(256);
    number(experiment);
    number(t.number);
    number(t.first_input);
    number(t.inputs);
    for (const std::uint32_t n : t.outcomes)
      number(n);
    for (const std::uint32_t n : t.outcomes_golden_correct)
      number(n);
    number(t.answered_correctly);
    number(t.set_aside);
    number(t.outcomes_by_input.size());
    bytes_ += t.outcomes_by_input;
    number((t.activated ? 1U : 0U) + (t.corrected ? 2U : 0U));
    number(t.faults.size());
    for (const injected_fault& f : t.faults)
      fault(f);
    number(t.unlisted_faults);
    // Zeros are not stored: they count for nothing here.
    for (std::size_t i = 0; i < t.criteria.size(); ++i)
      if (std::bit_cast<std::uint64_t>(t.criteria[i]) != 0) {
        number(i + 1);
        real(t.criteria[i]);
      }
    number(0);
    number(t.monitors.size());
    for (const monitor_record& m : t.monitors)
      monitor(m);
  }

  const std::string& bytes() const noexcept { return bytes_; }

private:
  /// Seven bits a byte, the least significant first: most numbers are small.
  void number(std::uint64_t n) {
    for (; n >= 0x80; n >>= 7U)
      bytes_.push_back(static_cast<char>(static_cast<unsigned char>(n | 0x80U)));
    bytes_.push_back(static_cast<char>(static_cast<unsigned char>(n)));
  }
  void real(double x) {
    number(
        std::bit_cast<std::uint64_t>(std::isnan(x) ? std::numeric_limits<double>::quiet_NaN() : x));
  }
  void fault(const injected_fault& f) {
    number(f.target);
    number(f.fault.element);
    number(f.fault.mask);
    number(f.fault.value);
    number(static_cast<std::uint64_t>(f.fault.action));
    number(f.before);
    number(f.after);
  }
  void statistics(const tensor_statistics& s) {
    for (const double x : {s.minimum, s.maximum, s.mean, s.deviation, s.geometric_mean})
      real(x);
    number(s.nan_count);
  }
  void monitor(const monitor_record& m) {
    number(m.layer);
    statistics(m.golden);
    statistics(m.faulty);
    for (const double x : {m.rmse, m.mae, m.share_equal})
      real(x);
  }

  std::string bytes_;
};

/// Whether two trials are the same, bit for bit.
inline bool same_trial(const trial_record& a, const trial_record& b) {
  return a.criteria.size() == b.criteria.size() &&
         stored_bits(0, a).bytes() == stored_bits(0, b).bytes();
}

/// The CRC-32 of a trial as a signed number: that takes four bytes in the file.
inline std::int64_t checksum_of(std::size_t experiment, const trial_record& t) {
  return std::bit_cast<std::int32_t>(crc32(std::string_view(stored_bits(experiment, t).bytes())));
}

class trial_writer {
public:
  explicit trial_writer(const database& db)
      : trial_(db, "INSERT INTO trial VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
               writing_trials),
        fault_(db, "INSERT INTO fault VALUES(?,?,?,?,?,?,?,?,?,?)", writing_trials),
        criterion_(db, "INSERT INTO criterion_value VALUES(?,?,?,?)", writing_trials),
        monitor_(db, "INSERT INTO monitor VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                 writing_trials) {}

  /// Within a transaction. Requires a trial that is not there yet.
  void write(std::size_t experiment, const trial_record& t) {
    const auto e = static_cast<std::int64_t>(experiment);
    const outcome_counts &all = t.outcomes, &correct = t.outcomes_golden_correct;
    trial_.run(e, t.number, t.first_input, t.inputs, all[0], all[1], all[2], all[3], all[4], all[5],
               all[6], correct[0], correct[1], correct[2], correct[3], correct[4], correct[5],
               correct[6], t.answered_correctly, t.set_aside, t.outcomes_by_input, t.activated,
               t.corrected, t.unlisted_faults, checksum_of(experiment, t));
    std::uint32_t number = 0;
    for (const injected_fault& f : t.faults)
      fault_.run(e, t.number, number++, f.target, f.fault.element,
                 static_cast<std::uint32_t>(f.fault.action), f.fault.mask, f.fault.value, f.before,
                 f.after);
    for (std::size_t i = 0; i < t.criteria.size(); ++i)
      if (std::bit_cast<std::uint64_t>(t.criteria[i]) != 0)
        criterion_.run(e, t.number, static_cast<std::uint32_t>(i), t.criteria[i]);
    number = 0;
    for (const monitor_record& m : t.monitors) {
      const tensor_statistics &g = m.golden, &f = m.faulty;
      monitor_.run(e, t.number, number++, m.layer, g.minimum, g.maximum, g.mean, g.deviation,
                   g.geometric_mean, g.nan_count, f.minimum, f.maximum, f.mean, f.deviation,
                   f.geometric_mean, f.nan_count, m.rmse, m.mae, m.share_equal);
    }
  }

private:
  statement trial_, fault_, criterion_, monitor_;
};

/// Reads the trials of a range in rising order. One row of each table is looked at at a time.
class trial_reader {
public:
  trial_reader(const database& db, std::size_t experiment, trial_range range, std::size_t criteria)
      : experiment_(experiment), criteria_(criteria), trial_(db, trial_rows, reading_trials),
        fault_(db, fault_rows, experiment, range), value_(db, value_rows, experiment, range),
        monitor_(db, monitor_rows, experiment, range), path_(db.path()) {
    bind_range(trial_, experiment, range);
  }

  /// The next trial, into `t`, whose memory is used again: whether there is one. Throws
  /// `file_error` if it is not what was written.
  bool next(trial_record& t) {
    if (!trial_.step()) {
      for (const follower* f : {&fault_, &value_, &monitor_})
        if (f->here)
          damaged(f->trial(), "has faults or values, but is not there itself");
      return false;
    }
    t.number = trial_.word(0);
    t.first_input = trial_.word(1);
    t.inputs = trial_.small(2);
    int column = 3;
    for (std::uint32_t& n : t.outcomes)
      n = trial_.small(column++);
    for (std::uint32_t& n : t.outcomes_golden_correct)
      n = trial_.small(column++);
    t.answered_correctly = trial_.small(column++);
    t.set_aside = trial_.small(column++);
    t.outcomes_by_input = trial_.text(column++);
    t.activated = trial_.integer(column++) != 0;
    t.corrected = trial_.integer(column++) != 0;
    t.unlisted_faults = trial_.word(column++);
    read_faults(t);
    read_values(t);
    read_monitors(t);
    if (trial_.integer(column) != checksum_of(experiment_, t))
      damaged(t.number, "has a wrong checksum");
    return true;
  }

private:
  /// Rows of a table that belong to trials, stepped beside them.
  struct follower {
    follower(const database& db, const char* sql, std::size_t experiment, trial_range range)
        : rows(db, sql, reading_trials) {
      bind_range(rows, experiment, range);
      here = rows.step();
    }
    std::uint64_t trial() const { return rows.word(0); }
    bool belongs_to(std::uint64_t number) const { return here && trial() == number; }
    void advance() { here = rows.step(); }

    statement rows;
    bool here = false;
  };

  static void bind_range(statement& s, std::size_t experiment, trial_range range) {
    constexpr std::uint64_t most = 0x7FFFFFFFFFFFFFFF;
    s.bind_all(std::uint64_t{experiment}, range.begin < most ? range.begin : most,
               range.end < most ? range.end : most);
  }

  [[noreturn]] void damaged(std::uint64_t trial, const char* what) const {
    throw file_error(path_, "the file is damaged: trial " + std::to_string(trial) +
                                " of experiment " + std::to_string(experiment_) + " " + what);
  }

  void read_faults(trial_record& t) {
    t.faults.clear();
    for (; fault_.belongs_to(t.number); fault_.advance()) {
      const statement& row = fault_.rows;
      const std::int64_t action = row.integer(3);
      if (action < 0 || action > static_cast<std::int64_t>(fault_action::write))
        damaged(t.number, "has a fault whose action does not exist");
      t.faults.push_back(
          {row.small(1),
           {row.word(2), row.word(4), row.word(5), static_cast<fault_action>(action)},
           row.word(6),
           row.word(7)});
    }
  }
  void read_values(trial_record& t) {
    t.criteria.assign(criteria_, 0.0);
    for (; value_.belongs_to(t.number); value_.advance()) {
      const std::uint64_t criterion = value_.rows.word(1);
      if (criterion >= criteria_)
        damaged(t.number, "has a value of a criterion that does not exist");
      t.criteria[static_cast<std::size_t>(criterion)] = value_.rows.real(2);
    }
  }
  void read_monitors(trial_record& t) {
    t.monitors.clear();
    for (; monitor_.belongs_to(t.number); monitor_.advance()) {
      const statement& row = monitor_.rows;
      const auto statistics = [&row](int first) {
        return tensor_statistics{row.real(first),     row.real(first + 1), row.real(first + 2),
                                 row.real(first + 3), row.real(first + 4), row.word(first + 5)};
      };
      t.monitors.push_back(
          {row.small(1), statistics(2), statistics(8), row.real(14), row.real(15), row.real(16)});
    }
  }

  static constexpr const char* trial_rows =
      "SELECT number, first_input, inputs, crash, hang, detected, non_finite, masked, sdc,"
      " tolerable, golden_correct_crash, golden_correct_hang, golden_correct_detected, "
      "golden_correct_non_finite, golden_correct_masked,"
      " golden_correct_sdc, golden_correct_tolerable, answered_correctly, set_aside, "
      "outcomes_by_input, activated, "
      "corrected, unlisted_faults, checksum"
      " FROM trial WHERE experiment = ? AND number >= ? AND number < ? ORDER BY number";
  static constexpr const char* fault_rows =
      "SELECT trial, target, element, action, mask, value, word_before, word_after FROM fault"
      " WHERE experiment = ? AND trial >= ? AND trial < ? ORDER BY trial, number";
  static constexpr const char* value_rows =
      "SELECT trial, criterion, value FROM criterion_value"
      " WHERE experiment = ? AND trial >= ? AND trial < ? ORDER BY trial, criterion";
  static constexpr const char* monitor_rows =
      "SELECT trial, layer, golden_minimum, golden_maximum, golden_mean, golden_deviation,"
      " golden_geometric_mean, golden_nan_count, faulty_minimum, faulty_maximum, faulty_mean,"
      " faulty_deviation, faulty_geometric_mean, faulty_nan_count, rmse, mae, share_equal"
      " FROM monitor WHERE experiment = ? AND trial >= ? AND trial < ? ORDER BY trial, number";

  std::size_t experiment_;
  std::size_t criteria_;
  statement trial_;
  follower fault_, value_, monitor_;
  std::string path_;
};

} // namespace bitfault::campaign::detail
