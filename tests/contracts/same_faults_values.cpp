// SPDX-License-Identifier: MIT
#include "same_faults.hpp"

using namespace combinations;

TEST_CASE("contract 1: value faults and noise are the same words everywhere") {
  const auto golden = numbers<float>(size);
  for_each_value_fault([&](const char* name, const auto& injector) {
    check_same_everywhere(name, injector, golden);
  });
}
