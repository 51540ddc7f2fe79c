// SPDX-License-Identifier: MIT
#include "other_policies.hpp"
#include "same_faults.hpp"

using namespace combinations;

TEST_CASE("a device gives the host's faults for the policies that are left") {
  const auto golden = spikes<float>(size);
  for_each_other_policy([&](const char* name, const auto& injector) {
    check_same_on_device(name, injector, golden);
  });
}
