// SPDX-License-Identifier: MIT
// A cell that is broken for good: its fault is applied again after every write.

#include <bitfault/bitfault.hpp>

#include <cstdio>
#include <vector>

int main() {
  // [permanent]
  const auto broken =
      bitfault::make_injector(bitfault::stuck_at_0{}, bitfault::at{17},
                              bitfault::bits::given{bitfault::from_msb(0)}, bitfault::permanent{});
  std::vector<float> buffer(64);
  for (std::uint32_t step = 0; step < 3; ++step) {
    buffer.assign(64, -1.0f - static_cast<float>(step)); // the network writes its buffer
    broken.reapply(bitfault::view(buffer), {.seed = 1, .step = step}).or_throw();
    std::printf("step %u: element 17 is %g\n", step, static_cast<double>(buffer[17]));
  }
  // [/permanent]
  return buffer[17] == 3.0f ? 0 : 1;
}
