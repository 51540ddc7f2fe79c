// SPDX-License-Identifier: MIT
#pragma once

#include "results.hpp"

#include <chrono>
#include <cstdio>
#include <vector>

namespace demo {

/// Shows how far a campaign is: one line that is written over and over in a terminal; elsewhere, in
/// a log, a line every few seconds.
class progress_line {
public:
  progress_line(std::FILE* to, bool terminal) : to_(to), terminal_(terminal) {}
  ~progress_line() { clear(); }
  progress_line(const progress_line&) = delete;
  progress_line& operator=(const progress_line&) = delete;

  void show(const progress& p);
  /// Takes the line away again.
  void clear();

private:
  using clock = std::chrono::steady_clock;

  std::FILE* to_;
  bool terminal_;
  bool shown_ = false;
  clock::time_point begin_ = clock::now();
  clock::time_point last_ = begin_;
};

} // namespace demo
