// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

/// The tables of a campaign's file: docs/campaign/read_the_database.md.
namespace bitfault::campaign::detail {

/// PRAGMA application_id: the bytes "bflt".
inline constexpr std::int64_t application_id = 0x62666C74;
/// PRAGMA user_version. A changed table or column makes a new one.
inline constexpr std::int64_t schema_version = 3;

/// Numbers count from 0. Columns without a type hold doubles: there, -0.0 survives.
inline constexpr const char* schema_tables = R"sql(
CREATE TABLE campaign(
  name TEXT NOT NULL, seed TEXT NOT NULL, library_version TEXT NOT NULL,
  draw_version INTEGER NOT NULL, compiler TEXT NOT NULL, model TEXT NOT NULL,
  parameters_checksum TEXT NOT NULL, inputs INTEGER NOT NULL, batch INTEGER NOT NULL,
  headline TEXT NOT NULL, output_check INTEGER NOT NULL, configuration TEXT NOT NULL,
  created TEXT NOT NULL, description_checksum INTEGER NOT NULL);

CREATE TABLE target(
  number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
  element_type TEXT NOT NULL, word_bits INTEGER NOT NULL, extents TEXT NOT NULL,
  elements INTEGER NOT NULL, place INTEGER NOT NULL);
CREATE TABLE target_extent(
  target INTEGER NOT NULL, axis INTEGER NOT NULL, extent INTEGER NOT NULL, stride INTEGER NOT NULL,
  PRIMARY KEY(target, axis)) WITHOUT ROWID;

CREATE TABLE experiment(
  number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, targets TEXT NOT NULL,
  fault TEXT NOT NULL, fault_a, fault_b,
  bits TEXT NOT NULL, bit_list TEXT NOT NULL, bit_width INTEGER NOT NULL,
  amount TEXT NOT NULL, amount_count INTEGER NOT NULL, amount_rate,
  asked_trials INTEGER NOT NULL, plan_margin, plan_confidence, plan_expected,
  all_inputs INTEGER NOT NULL, tau INTEGER NOT NULL,
  stop_half_width, stop_confidence,
  planned_trials INTEGER NOT NULL, sites INTEGER NOT NULL, stratum_of TEXT NOT NULL,
  stopped_at INTEGER);
CREATE TABLE experiment_target(
  experiment INTEGER NOT NULL, target INTEGER NOT NULL, sites INTEGER NOT NULL,
  PRIMARY KEY(experiment, target)) WITHOUT ROWID;

CREATE TABLE criterion(
  number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, is_flag INTEGER NOT NULL);

CREATE TABLE golden_run(
  outputs_checksum TEXT NOT NULL, repeats INTEGER NOT NULL, noise, checksum INTEGER NOT NULL);
CREATE TABLE golden(
  input INTEGER PRIMARY KEY, answer INTEGER, label INTEGER, varies INTEGER NOT NULL);

CREATE TABLE trial(
  experiment INTEGER NOT NULL, number INTEGER NOT NULL,
  first_input INTEGER NOT NULL, inputs INTEGER NOT NULL,
  crash INTEGER NOT NULL, hang INTEGER NOT NULL, detected INTEGER NOT NULL,
  non_finite INTEGER NOT NULL, masked INTEGER NOT NULL, sdc INTEGER NOT NULL,
  tolerable INTEGER NOT NULL,
  golden_correct_crash INTEGER NOT NULL, golden_correct_hang INTEGER NOT NULL, golden_correct_detected INTEGER NOT NULL,
  golden_correct_non_finite INTEGER NOT NULL, golden_correct_masked INTEGER NOT NULL, golden_correct_sdc INTEGER NOT NULL,
  golden_correct_tolerable INTEGER NOT NULL,
  answered_correctly INTEGER NOT NULL, set_aside INTEGER NOT NULL,
  outcomes_by_input TEXT NOT NULL,
  activated INTEGER NOT NULL, corrected INTEGER NOT NULL,
  unlisted_faults INTEGER NOT NULL, checksum INTEGER NOT NULL,
  PRIMARY KEY(experiment, number)) WITHOUT ROWID;
CREATE TABLE fault(
  experiment INTEGER NOT NULL, trial INTEGER NOT NULL, number INTEGER NOT NULL,
  target INTEGER NOT NULL, element INTEGER NOT NULL, action INTEGER NOT NULL,
  mask INTEGER NOT NULL, value INTEGER NOT NULL,
  word_before INTEGER NOT NULL, word_after INTEGER NOT NULL,
  PRIMARY KEY(experiment, trial, number)) WITHOUT ROWID;
CREATE TABLE criterion_value(
  experiment INTEGER NOT NULL, trial INTEGER NOT NULL, criterion INTEGER NOT NULL, value,
  PRIMARY KEY(experiment, trial, criterion)) WITHOUT ROWID;
CREATE TABLE monitor(
  experiment INTEGER NOT NULL, trial INTEGER NOT NULL, number INTEGER NOT NULL,
  layer INTEGER NOT NULL,
  golden_minimum, golden_maximum, golden_mean, golden_deviation, golden_geometric_mean,
  golden_nan_count INTEGER NOT NULL,
  faulty_minimum, faulty_maximum, faulty_mean, faulty_deviation, faulty_geometric_mean,
  faulty_nan_count INTEGER NOT NULL,
  rmse, mae, share_equal,
  PRIMARY KEY(experiment, trial, number)) WITHOUT ROWID;
CREATE TABLE death(
  experiment INTEGER NOT NULL, trial INTEGER NOT NULL, how TEXT NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY(experiment, trial, how)) WITHOUT ROWID;

-- The numbers 0 to 63 and their masks.
CREATE TABLE bit(number INTEGER PRIMARY KEY, mask INTEGER NOT NULL UNIQUE);
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 63)
  INSERT INTO bit SELECT i, 1 << i FROM n;
)sql";

/// Views hold no data: they may change within a version.
inline constexpr const char* schema_views = R"sql(
CREATE VIEW fault_address AS SELECT
  f.experiment, f.trial, f.number, t.name AS target,
  'bf1:' || t.name || '[' || coalesce((SELECT group_concat(c, ',') FROM
    (SELECT (f.element / e.stride) % e.extent AS c FROM target_extent e
     WHERE e.target = f.target ORDER BY e.axis)), '') || ']'
  || CASE f.action WHEN 0 THEN '^' WHEN 1 THEN '=0@' WHEN 2 THEN '=1@'
     ELSE ':=0x' || printf('%x', f.value) ||
       CASE WHEN f.mask = (1 << t.word_bits) - 1 THEN '' ELSE '&0x' || printf('%x', f.mask) END END
  || CASE WHEN f.action = 3 THEN '' ELSE coalesce(
       (SELECT b.number FROM bit b WHERE b.mask = f.mask),
       (SELECT group_concat(number, ',') FROM
         (SELECT b.number FROM bit b WHERE b.mask & f.mask ORDER BY b.number)), '') END AS address,
  printf('0x%x', f.word_before) AS before_hex, printf('0x%x', f.word_after) AS after_hex
  FROM fault f JOIN target t ON t.number = f.target;

CREATE VIEW outcome_total AS SELECT
  e.number AS experiment, e.name, e.planned_trials, e.stopped_at, count(t.number) AS trials,
  coalesce(sum(t.inputs), 0) AS inputs, coalesce(sum(t.crash), 0) AS crash,
  coalesce(sum(t.hang), 0) AS hang, coalesce(sum(t.detected), 0) AS detected,
  coalesce(sum(t.non_finite), 0) AS non_finite, coalesce(sum(t.masked), 0) AS masked,
  coalesce(sum(t.sdc), 0) AS sdc, coalesce(sum(t.tolerable), 0) AS tolerable,
  coalesce(sum(t.set_aside), 0) AS set_aside,
  coalesce(sum(t.sdc >= e.tau), 0) AS critical_trials,
  coalesce(sum(NOT t.activated), 0) AS not_activated_trials,
  coalesce(sum(t.corrected), 0) AS corrected_trials
  FROM experiment e LEFT JOIN trial t ON t.experiment = e.number GROUP BY e.number;

-- The trials with one fault.
CREATE VIEW single_fault_trial AS SELECT t.*, f.target, f.element, f.action, f.mask
  FROM trial t JOIN fault f ON f.experiment = t.experiment AND f.trial = t.number AND f.number = 0
  WHERE NOT EXISTS (SELECT 1 FROM fault g
    WHERE g.experiment = t.experiment AND g.trial = t.number AND g.number = 1);

CREATE VIEW sdc_by_target AS SELECT
  s.experiment, g.name AS target, count(*) AS trials, sum(s.inputs) AS inputs, sum(s.sdc) AS sdc,
  sum(s.sdc >= e.tau) AS critical_trials, 1.0 * sum(s.sdc) / sum(s.inputs) AS sdc_share
  FROM single_fault_trial s JOIN target g ON g.number = s.target
  JOIN experiment e ON e.number = s.experiment GROUP BY s.experiment, s.target;

CREATE VIEW sdc_by_bit AS SELECT
  s.experiment, g.element_type, b.number AS bit, count(*) AS trials, sum(s.inputs) AS inputs,
  sum(s.sdc) AS sdc, sum(s.sdc >= e.tau) AS critical_trials,
  1.0 * sum(s.sdc) / sum(s.inputs) AS sdc_share
  FROM single_fault_trial s JOIN bit b ON b.mask = s.mask JOIN target g ON g.number = s.target
  JOIN experiment e ON e.number = s.experiment GROUP BY s.experiment, g.element_type, b.number;
-- In how many trials an input ended in SDC, among those that ran on it.
CREATE VIEW sdc_by_input AS SELECT
  t.experiment, g.input, count(*) AS trials,
  sum(substr(t.outcomes_by_input, g.input - t.first_input + 1, 1) = 's') AS sdc
  FROM trial t JOIN golden g ON g.input BETWEEN t.first_input AND t.first_input + t.inputs - 1
  GROUP BY t.experiment, g.input;
)sql";

} // namespace bitfault::campaign::detail
