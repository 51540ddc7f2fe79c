// SPDX-License-Identifier: MIT
#include <bitfault/campaign/layer_outputs.hpp>

#include "catch.hpp"
#include "toy_networks.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

using namespace bitfault::campaign;

TEST_CASE("each layer has room of its own for a batch, aligned to the cache line") {
  const std::vector<layer> layers = toy::residual_network().layers();
  const layer_outputs outputs(layers, 3);
  CHECK_FALSE(outputs.empty());
  for (std::size_t n = 0; n < layers.size(); ++n) {
    const tensor_ref& t = outputs[n];
    REQUIRE(t.size() == 3 * layers[n].extents[0]);
    CHECK(t.bytes() == 4 * t.size());
    CHECK(t.contiguous());
    CHECK(reinterpret_cast<std::uintptr_t>(t.data()) % 64 == 0);
    std::memset(t.data(), static_cast<int>(n + 1), t.bytes());
  }
  for (std::size_t n = 0; n < layers.size(); ++n) // nobody has written into another's
    for (std::size_t i = 0; i < outputs[n].bytes(); ++i)
      REQUIRE(outputs[n].data()[i] == static_cast<std::byte>(n + 1));
}

TEST_CASE("tensors stay where they are when their owner is moved") {
  layer_outputs a(toy::residual_network().layers(), 1);
  const std::byte* const at = a[2].data();
  layer_outputs b = std::move(a);
  CHECK(b[2].data() == at);
  layer_outputs c;
  CHECK(c.empty());
  c = std::move(b);
  CHECK(c[2].data() == at);
  REQUIRE(c.inputs_of(5).size() == 2); // the addition reads relu1 and relu2
  CHECK(c.inputs_of(5)[0].data() == at);
  CHECK(c.inputs_of(5)[1].data() == c[4].data());
  CHECK(c.inputs_of(0).empty());
}
