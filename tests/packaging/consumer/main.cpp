// SPDX-License-Identifier: MIT
// What a user of the library writes first. It has to build and run however bitfault was obtained.

#ifdef USE_SINGLE_HEADER
#include <bitfault_single.hpp>
#else
#include <bitfault/bitfault.hpp>
#endif

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <vector>

namespace {

int bits_that_differ(const std::vector<float>& a, const std::vector<float>& b) {
  int count = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    count += std::popcount(std::bit_cast<std::uint32_t>(a[i]) ^ std::bit_cast<std::uint32_t>(b[i]));
  return count;
}

} // namespace

#ifdef WITH_CAMPAIGN
bool campaign_is_kept();
#else
bool campaign_is_kept() { return true; }
#endif

int main() {
  const std::vector<float> golden(1000, 1.5f);
  std::vector<float> weights = golden;

  const auto injector = bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{1});
  const bitfault::fault_key key{.seed = 42, .trial = 7, .stream = 3};
  int inside = 0;
  {
    auto injected = injector.scoped(bitfault::view(weights), key);
    inside = bits_that_differ(golden, weights);
  }
  const int after = bits_that_differ(golden, weights);
  std::printf("bits that differ: %d inside the scope, %d after it\n", inside, after);
  return inside == 1 && after == 0 && campaign_is_kept() ? 0 : 1;
}
