// SPDX-License-Identifier: MIT
// What happened: the bits before and after each fault.

#include <bitfault/bitfault.hpp>

#include <array>
#include <cstdio>
#include <vector>

int main() {
  std::vector<bitfault::half> activations(256, bitfault::half(1.5f));
  std::array<bitfault::fault_record, 3> log;
  bitfault::index_t count = 0;

  const auto injector =
      bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{3},
                              bitfault::bits::exponent{}, bitfault::record_to{log, &count});
  injector.apply(bitfault::view(activations), {.seed = 11}).or_throw();

  for (bitfault::index_t i = 0; i < count; ++i)
    std::printf("element %3zu: %04llx -> %04llx\n", log[i].element,
                static_cast<unsigned long long>(log[i].before),
                static_cast<unsigned long long>(log[i].after));
  return count == 3 ? 0 : 1;
}
