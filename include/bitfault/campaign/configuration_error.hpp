// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace bitfault::campaign {

/// One thing that is wrong in a configuration.
struct configuration_problem {
  std::uint64_t line = 0; ///< from 1; 0 where no line can be named
  std::string what;

  friend bool operator==(const configuration_problem&, const configuration_problem&) = default;
};

/// Everything that is wrong in a configuration, in the order of its lines.
class configuration_error : public std::runtime_error {
public:
  configuration_error(const std::string& path, std::vector<configuration_problem> problems)
      : runtime_error(sentences(path, problems)), problems_(std::move(problems)) {}

  const std::vector<configuration_problem>& problems() const noexcept { return problems_; }

private:
  static std::string sentences(const std::string& path,
                               std::vector<configuration_problem>& problems) {
    std::stable_sort(problems.begin(), problems.end(),
                     [](const auto& a, const auto& b) { return a.line < b.line; });
    std::string text;
    for (const configuration_problem& p : problems) {
      text += (text.empty() ? "bitfault: " : "\nbitfault: ") + path + ": ";
      if (p.line != 0)
        text += "line " + std::to_string(p.line) + ": ";
      text += p.what;
    }
    return text;
  }

  std::vector<configuration_problem> problems_;
};

} // namespace bitfault::campaign
