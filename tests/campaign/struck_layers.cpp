// SPDX-License-Identifier: MIT
#include <bitfault/campaign/struck_layers.hpp>

#include "catch.hpp"

#include <cstdint>
#include <vector>

using bitfault::campaign::parameter;
using bitfault::campaign::struck_layers;

TEST_CASE("a parameter marks the layers that it names, or all but the input's") {
  struck_layers where(4);
  parameter p;
  p.layers = {2};
  where.mark(p);
  CHECK(where.parameters == std::vector<std::uint8_t>{0, 0, 1, 0});
  p.layers = {1, 3};
  where.mark(p);
  CHECK(where.parameters == std::vector<std::uint8_t>{0, 1, 1, 1});
  where.outputs[0] = 1;
  where.clear();
  CHECK(where.parameters == std::vector<std::uint8_t>(4));
  CHECK(where.outputs == std::vector<std::uint8_t>(4));
  p.layers.clear();
  where.mark(p);
  CHECK(where.parameters == std::vector<std::uint8_t>{0, 1, 1, 1});
}
