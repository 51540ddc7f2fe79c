// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <bitfault/backends/host/scratch.hpp>
#include <bitfault/embedded.hpp>

#include <cstdint>
#include <type_traits>
#include <utility>

using namespace bitfault;

TEST_CASE("scratch from the heap has the words asked for, and moves with its scope") {
  auto scratch = allocate_scratch(fault_key{}, std::uint16_t{}, 5);
  STATIC_REQUIRE(std::is_same_v<decltype(scratch), heap_scratch<std::uint16_t>>);
  REQUIRE(scratch.get().size() == 5);
  scratch.get()[4] = 77;
  const std::uint16_t* const words = scratch.get().data();
  auto moved = std::move(scratch);
  CHECK(moved.get().data() == words);
  CHECK(moved.get()[4] == 77);
  CHECK(allocate_scratch(fault_key{}, std::uint16_t{}, 0).get().empty());
}
