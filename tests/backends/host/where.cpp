// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <bitfault/bitfault.hpp>

#include <cstdint>
#include <string>
#include <vector>

using namespace bitfault;

TEST_CASE("where chooses the elements whose mask is not zero, in any layout and type") {
  const bool mask[6] = {false, true, false, true, true, false};
  const auto chosen = where(mask);
  CHECK(std::vector<index_t>(chosen.numbers().begin(), chosen.numbers().end()) ==
        std::vector<index_t>{1, 3, 4});
  const std::vector<float> numbers{0.0f, -2.0f, 0.0f, 1e-40f};
  CHECK(where(numbers).numbers().size() == 2);
  // Column-major: row-major numbers of a 2 x 3 tensor.
  std::uint8_t columns[6] = {1, 0, 0, 1, 0, 0};
  const auto by_column = where(view(columns, extents{2, 3}, strides{1, 2}));
  CHECK(std::vector<index_t>(by_column.numbers().begin(), by_column.numbers().end()) ==
        std::vector<index_t>{0, 4});
}

TEST_CASE("faults stay inside a region from a mask") {
  std::vector<std::uint8_t> mask(200), memory(200);
  for (std::size_t i = 0; i < 200; i += 3)
    mask[i] = 7;
  const auto chosen = where(mask);
  const auto injector = make_injector(bit_flip{}, exactly{67 * 8}, chosen.region());
  REQUIRE(injector.apply(view(memory), {}).ok());
  for (std::size_t i = 0; i < 200; ++i)
    REQUIRE(memory[i] == (i % 3 == 0 ? 255 : 0));
  const auto outside = make_injector(bit_flip{}, exactly{133 * 8}, complement{chosen.region()});
  REQUIRE(outside.apply(view(memory), {}).ok());
  CHECK(memory == std::vector<std::uint8_t>(200, 255));
}

TEST_CASE("elements_at sorts coordinates, drops repeats and refuses what is outside") {
  const extents<2> e{4, 5};
  const auto chosen = elements_at(e, {coordinates{3, 4}, coordinates{0, 2}, coordinates{3, 4}});
  CHECK(std::vector<index_t>(chosen.numbers().begin(), chosen.numbers().end()) ==
        std::vector<index_t>{2, 19});
  CHECK_THROWS_WITH(elements_at(e, {coordinates{0, 0}, coordinates{1, 5}}),
                    "bitfault: at: coordinate 5 on axis 1 is outside its extent 5");
  CHECK_THROWS_AS(elements_at(e, {coordinates{1, 2, 3}}), error);
}

TEST_CASE("a mask is for tensors of its own extents") {
  std::vector<std::uint8_t> mask(12, 1);
  std::vector<float> memory(12, 1.0f);
  const auto chosen = where(view(mask.data(), extents{3, 4}));
  const auto injector = make_injector(zero{}, every{}, chosen.region());
  CHECK(injector.apply(view(memory.data(), extents{4, 3}), fault_key{}).reason ==
        refusal::extents_differ);
  CHECK(injector.apply(view(memory), fault_key{}).reason == refusal::rank_differs);
  CHECK(memory == std::vector<float>(12, 1.0f));
  CHECK(injector.apply(view(memory.data(), extents{3, 4}), fault_key{}).ok());
  CHECK(memory == std::vector<float>(12, 0.0f));
}
