// SPDX-License-Identifier: MIT
#pragma once

#include <cstdio>
#include <string>

/// A line for each check, and the exit status: all that these programs need of a test library.
namespace device_test {

inline int failed = 0, passed = 0;

inline void check(bool holds, const std::string& what) {
  std::printf("%s %s\n", holds ? "passed" : "FAILED", what.c_str());
  ++(holds ? passed : failed);
}

inline int exit_status() {
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 && passed != 0 ? 0 : 1;
}

} // namespace device_test
