// SPDX-License-Identifier: MIT
#include "same_faults.hpp"

using namespace combinations;

TEST_CASE("a device gives the host's faults for all faults in values") {
  const auto golden = numbers<float>(size);
  for_each_value_fault([&](const char* name, const auto& injector) {
    check_same_on_device(name, injector, golden);
  });
}
