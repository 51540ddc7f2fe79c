// SPDX-License-Identifier: MIT
// One fault by its address, as it stands in a paper or a bug report.

#include <bitfault/bitfault.hpp>

#include <cstdio>
#include <vector>

int main() {
  const bitfault::extents extents{64, 3, 3, 3};
  std::vector<float> weights(extents.size(), 0.05f);
  const float& hit = weights[3 * 27 + 0 * 9 + 1 * 3 + 2];
  std::vector<float> seen;
  const auto infer = [&] { seen.push_back(hit); };

  // [address]
  bitfault::named_tensors model;
  model.add("conv1.weight", bitfault::view(weights.data(), extents));
  {
    const auto fault = bitfault::scoped_at(model, "bf1:conv1.weight[3,0,1,2]=1@30,31");
    infer();
  }
  bitfault::apply_at(model, "bf1:conv1.weight[3,0,1,2]^30");
  infer();
  bitfault::apply_at(bitfault::view(weights.data(), extents), "bf1:[3,0,1,2]^30"); // one tensor
  infer();
  // [/address]

  for (const float value : seen)
    std::printf("0.05 became %g\n", static_cast<double>(value));
  const bool stuck = seen[0] < -1.6e37f && seen[0] > -1.8e37f;
  const bool flipped = seen[1] > 1.6e37f && seen[1] < 1.8e37f;
  return stuck && flipped && seen[2] == 0.05f ? 0 : 1;
}
