// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <bitfault/bitfault.hpp>

#include <cstdint>
#include <limits>

using namespace bitfault;

namespace {

template <class T, class V>
T after(const offset<V>& fault, T value) {
  T memory[1] = {value};
  REQUIRE(make_injector(fault, at{0}).apply(view(memory), {.seed = 1}).ok());
  return memory[0];
}

} // namespace

TEST_CASE("an offset is added and rounded once") {
  CHECK(after(offset{0.5}, 1.25f) == 1.75f);
  CHECK(after(offset{-2}, 1.5) == -0.5);
  CHECK(after(offset{1.0f}, half::from_bits(0x3C00)) == half::from_bits(0x4000));
  CHECK(after(offset{0x1p-24}, 1.0f) == 1.0f); // a tie, to even
  CHECK(after(offset{0x1p-24 + 0x1p-40}, 1.0f) == 1 + 0x1p-23f);
  CHECK(after(offset{std::numeric_limits<double>::infinity()}, 1.0f) ==
        std::numeric_limits<float>::infinity());
}

TEST_CASE("an offset of integers is exact and clamped") {
  constexpr std::int64_t large = (std::int64_t{1} << 60) + 1;
  CHECK(after(offset{2}, std::int8_t{100}) == 102);
  CHECK(after(offset{100}, std::int8_t{100}) == 127);
  CHECK(after(offset{-1}, std::uint8_t{0}) == 0);
  CHECK(after(offset{-300}, std::uint16_t{301}) == 1);
  CHECK(after(offset{2}, large) == large + 2);
  CHECK(after(offset{0.5}, std::int32_t{2}) == 2); // a tie, to even
  CHECK(after(offset{1.5}, std::int32_t{2}) == 4);
  CHECK(after(offset{std::uint8_t{5}}, std::int32_t{2}) == 7);
}
