// SPDX-License-Identifier: MIT
#include "combinations.cuh"

int main() {
  if (const int skipped = device_test::begin(); skipped != 0)
    return skipped;
  const auto golden = combinations::any_bits<float>(combinations::size);
  combinations::for_each_spread([&](const char* name, const auto& injector) {
    device_test::check_same(name, injector, golden);
  });
  return device_test::end();
}
