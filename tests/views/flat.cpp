// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "odometer.hpp"

#include <bitfault/views/flat.hpp>

#include <cstdint>
#include <type_traits>

TEST_CASE("a flat view numbers its elements as they lie in memory") {
  float memory[2 * 3 * 4]{};
  const auto v = bitfault::view(memory, bitfault::extents{2, 3, 4});
  STATIC_REQUIRE(bitfault::tensor_view<decltype(v)>);
  STATIC_REQUIRE(decltype(v)::contiguous);
  CHECK(v.data() == memory);
  CHECK(v.extents() == bitfault::extents{2, 3, 4});
  CHECK(matches(v, [&](const auto& at) { return memory + (at[0] * 3 + at[1]) * 4 + at[2]; }));
}

TEST_CASE("a pointer and a size are a vector") {
  std::uint16_t memory[7]{};
  const auto v = bitfault::view(&memory[1], 5);
  STATIC_REQUIRE(std::is_same_v<decltype(v), const bitfault::flat_view<std::uint16_t, 1>>);
  CHECK(v.extents() == bitfault::extents{5});
  CHECK(v.address(4) == &memory[5]);
  const std::uint16_t* reader = memory;
  STATIC_REQUIRE(std::is_same_v<decltype(bitfault::view(reader, 2)),
                                bitfault::flat_view<const std::uint16_t, 1>>);
  CHECK(bitfault::view(reader, 2).address(1) == &memory[1]);
}

TEST_CASE("a flat view of rank 0 has one element") {
  float number = 0;
  const auto v = bitfault::view(&number, bitfault::extents<0>{});
  CHECK(v.extents().size() == 1);
  CHECK(v.address(0) == &number);
}

TEST_CASE("a flat view may have no elements, and a rank that is known at run time") {
  const auto none = bitfault::view(static_cast<float*>(nullptr), bitfault::extents{3, 0, 2});
  CHECK(none.extents().size() == 0);
  float memory[6]{};
  bitfault::extents<bitfault::max_dynamic_rank> e(2, 3);
  const auto v = bitfault::view(memory, e);
  CHECK(v.extents().rank == 2);
  CHECK(matches(v, [&](const auto& at) { return memory + at[0] * 3 + at[1]; }));
}

TEST_CASE("a flat view works in constant expressions") {
  constexpr auto third = [] {
    int memory[4] = {1, 2, 3, 4};
    return *bitfault::view(memory, bitfault::extents{2, 2}).address(2);
  }();
  STATIC_REQUIRE(third == 3);
  CHECK(third == 3);
}

TEST_CASE("a sequence is viewed with extents of its size, and no others") {
  using namespace bitfault;
  std::vector<float> memory(12);
  const auto v = view(memory, extents{3, 4});
  CHECK(v.extents() == extents{3, 4});
  CHECK(v.data() == memory.data());
  try {
    static_cast<void>(view(memory, extents{4, 4}));
    FAIL("not refused");
  } catch (const error& e) {
    CHECK(std::string(e.what()) ==
          "bitfault: view: a sequence of 12 elements given for extents of 16");
  }
}
