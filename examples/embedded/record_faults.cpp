// SPDX-License-Identifier: MIT
// Draws the faults that the firmware replays, on a host, and saves them as a fault list.

#include "targets.hpp"

#include <bitfault/bitfault.hpp>

#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>

int main(int count, char** arguments) try {
  if (count != 2) {
    std::fprintf(stderr, "usage: %s FILE (text if it ends in .csv, else binary)\n", arguments[0]);
    return 2;
  }
  auto faults = targets::recorded.draw<std::int8_t>(targets::conv2_weight, targets::recorded_key);
  faults.name_tensor("conv2.weight");
  const std::filesystem::path file(arguments[1]);
  if (file.extension() == ".csv")
    faults.save_csv(file);
  else
    faults.save(file);
  return 0;
} catch (const std::exception& e) {
  std::fprintf(stderr, "%s\n", e.what());
  return 1;
}
