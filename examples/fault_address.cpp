// SPDX-License-Identifier: MIT
// One fault by its address, as it stands in a paper or a bug report.

#include <bitfault/bitfault.hpp>

#include <cstdio>
#include <vector>

int main() {
  const bitfault::extents extents{8, 1, 3, 3};
  std::vector<float> kernel(extents.size(), 0.05f);

  // [address]
  bitfault::named_tensors model;
  model.add("conv1.weight", bitfault::view(kernel.data(), extents));
  bitfault::apply_at(model, "bf1:conv1.weight[3,0,1,2]^30");
  // [address]

  const float hit = kernel[3 * 9 + 1 * 3 + 2];
  std::printf("0.05 became %g\n", static_cast<double>(hit));
  return hit > 1.6e37f && hit < 1.8e37f ? 0 : 1;
}
