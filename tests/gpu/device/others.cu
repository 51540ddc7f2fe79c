// SPDX-License-Identifier: MIT
#include "combinations.cuh"

#include "../other_policies.hpp"

int main() {
  if (const int skipped = device_test::begin(); skipped != 0)
    return skipped;
  const auto golden = combinations::spikes<float>(combinations::size);
  combinations::for_each_other_policy([&](const char* name, const auto& injector) {
    device_test::check_same(name, injector, golden);
  });
  return device_test::end();
}
