// SPDX-License-Identifier: MIT
#pragma once

#include "../config/version.hpp"
#include "experiment.hpp"
#include "target.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace bitfault::campaign {

/// What makes two campaigns the same one, beside their experiments: if any of it differs, trials of
/// one are no trials of the other.
struct campaign_identity {
  std::string name;
  std::uint64_t seed = 0;
  std::string library_version;
  std::uint32_t draw_version = bitfault::draw_version;
  std::string compiler;
  std::string model;                     ///< its name
  std::uint32_t parameters_checksum = 0; ///< CRC-32 of all parameters
  std::uint64_t inputs = 0;
  std::uint64_t batch = 0;
  std::string headline;      ///< the criterion that decides between SDC and tolerable
  bool output_check = false; ///< non-finite outputs count as detected (DUE)
  /// The configuration in canonical form, one `key = value` a line; differences name the key.
  std::string configuration;

  friend bool operator==(const campaign_identity&, const campaign_identity&) = default;
};

/// The library's version as text, for `campaign_identity::library_version`.
inline std::string library_version_text() {
  return std::to_string(library_version.major_version) + "." +
         std::to_string(library_version.minor_version) + "." +
         std::to_string(library_version.patch_version);
}

/// The compiler that this is compiled with, as it names itself.
inline std::string compiler_text() {
#if defined(__clang__)
  return "clang " __clang_version__;
#elif defined(__GNUC__)
  return "g++ " __VERSION__;
#else
  return "unknown";
#endif
}

/// A target as it stands in a file, without its memory.
struct stored_target {
  std::string name;
  target_kind kind = target_kind::weight;
  std::string element_type;
  unsigned word_bits = 0;
  std::vector<std::uint64_t> extents;
  std::uint64_t place = 0; ///< number of the parameter or of the layer

  friend bool operator==(const stored_target&, const stored_target&) = default;
};

inline stored_target to_stored(const target& t) {
  return {t.name, t.kind, std::string(t.type->name), t.type->layout.bits, t.extents, t.place};
}

/// A target of an experiment, and how many fault sites it has there.
struct target_sites {
  std::uint32_t target = 0; ///< its number in the campaign's list
  std::uint64_t sites = 0;

  friend bool operator==(const target_sites&, const target_sites&) = default;
};

/// An experiment as it stands in a file.
struct stored_experiment {
  experiment asked{};
  std::uint64_t planned = 0;           ///< number of trials
  std::uint64_t sites = 0;             ///< of all its targets
  std::vector<target_sites> targets{}; ///< those that it strikes, by rising number

  friend bool operator==(const stored_experiment&, const stored_experiment&) = default;
};

/// A criterion as it stands in a file.
struct stored_criterion {
  std::string name;
  bool is_flag = true; ///< counts inputs for which it holds; else it adds up numbers

  friend bool operator==(const stored_criterion&, const stored_criterion&) = default;
};

/// What a store is told before the first trial, and compares whenever it is opened again.
struct campaign_description {
  campaign_identity identity{};
  std::vector<stored_target> targets{};
  std::vector<stored_experiment> experiments{}; ///< names differ
  std::vector<stored_criterion> criteria{};     ///< names differ

  friend bool operator==(const campaign_description&, const campaign_description&) = default;
};

/// One input of the golden run.
struct golden_input {
  std::optional<std::uint32_t> answer{};
  std::optional<std::uint32_t> label{};
  bool varies = false; ///< repeated golden runs gave different answers

  friend bool operator==(const golden_input&, const golden_input&) = default;
};

/// The golden run as it stands in a file.
struct golden_summary {
  std::uint32_t outputs_checksum = 0; ///< CRC-32 of the outputs of all inputs
  std::uint32_t repeats = 1;
  double noise = 0; ///< the largest difference between outputs of repeated golden runs
  std::vector<golden_input> inputs{};

  friend bool operator==(const golden_summary&, const golden_summary&) = default;
};

/// How often a trial's process died, and in which way: outcome::crash or outcome::hang.
struct trial_deaths {
  std::uint64_t trial = 0;
  std::uint32_t crashes = 0;
  std::uint32_t hangs = 0;

  std::uint32_t count() const noexcept { return crashes + hangs; }
  friend bool operator==(const trial_deaths&, const trial_deaths&) = default;
};

} // namespace bitfault::campaign
