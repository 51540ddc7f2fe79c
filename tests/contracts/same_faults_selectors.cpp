// SPDX-License-Identifier: MIT
#include "same_faults.hpp"

using namespace combinations;

TEST_CASE("contract 1: every selector gives the same faults on every layout and executor") {
  const auto golden = any_bits<float>(size);
  for_each_selector([&](const char* name, const auto& injector) {
    check_same_everywhere(name, injector, golden);
  });
}
