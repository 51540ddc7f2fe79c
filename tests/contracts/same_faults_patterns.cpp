// SPDX-License-Identifier: MIT
#include "same_faults.hpp"

using namespace combinations;

TEST_CASE("contract 1: every pattern, format and lifetime gives the same faults everywhere") {
  const auto golden = any_bits<float>(size);
  for_each_spread([&](const char* name, const auto& injector) {
    check_same_everywhere(name, injector, golden);
  });
}
