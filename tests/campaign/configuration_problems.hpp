// SPDX-License-Identifier: MIT
#pragma once

#include "catch.hpp"

#include <bitfault/campaign/configuration.hpp>

#include <sstream>
#include <string>
#include <vector>

/// Configurations of a few lines, and what is said of them where they are wrong.
namespace configuration_tests {

using namespace bitfault::campaign;

inline configuration read(const std::string& text) { return read_configuration(text, "c.toml"); }

/// What the error says, without "bitfault: c.toml: ".
inline std::vector<std::string> problems(const std::string& text) {
  std::vector<std::string> lines;
  try {
    read(text);
  } catch (const configuration_error& e) {
    std::istringstream words(e.what());
    for (std::string line; std::getline(words, line);) {
      REQUIRE(line.substr(0, 18) == "bitfault: c.toml: ");
      lines.push_back(line.substr(18));
    }
    CHECK(lines.size() == e.problems().size());
  }
  return lines;
}
inline std::string problem(const std::string& text) {
  const std::vector<std::string> all = problems(text);
  return all.size() == 1 ? all[0] : std::to_string(all.size()) + " problems";
}
/// The same for the keys of one experiment, which is all right without them.
inline std::string in_experiment(const std::string& keys) {
  return problem("[[experiment]]\nname = 'e'\ntrials = 1\n" + keys + "\n");
}
inline experiment experiment_with(const std::string& keys) {
  return read("[[experiment]]\nname = 'e'\ntrials = 1\n" + keys + "\n").experiments.at(0);
}

} // namespace configuration_tests
