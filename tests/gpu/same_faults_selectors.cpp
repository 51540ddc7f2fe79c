// SPDX-License-Identifier: MIT
#include "same_faults.hpp"

using namespace combinations;

TEST_CASE("a device gives the host's faults for all selectors and regions") {
  const auto golden = any_bits<float>(size);
  for_each_selector([&](const char* name, const auto& injector) {
    check_same_on_device(name, injector, golden);
  });
}
