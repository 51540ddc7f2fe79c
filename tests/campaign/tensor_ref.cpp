// SPDX-License-Identifier: MIT
#include <bitfault/campaign/tensor_ref.hpp>

#include "catch.hpp"

#include <bitfault/bitfault.hpp>

#include <numeric>

using bitfault::campaign::tensor_ref;

TEST_CASE("a tensor is read and written word by word, in row-major order, whatever its layout") {
  std::vector<std::int16_t> memory(12);
  std::iota(memory.begin(), memory.end(), std::int16_t{-3});
  const tensor_ref rows = bitfault::view(memory.data(), bitfault::extents(3, 4));
  const tensor_ref columns =
      bitfault::view(memory.data(), bitfault::extents(4, 3), bitfault::strides(1, 4));
  CHECK(rows.contiguous());
  CHECK_FALSE(columns.contiguous());
  CHECK(rows.type().name == "int16");
  CHECK(rows.bytes() == 24);
  for (bitfault::index_t i = 0; i < 12; ++i) {
    CHECK(rows.load(i) == static_cast<std::uint16_t>(memory[i]));
    CHECK(columns.load(i) == static_cast<std::uint16_t>(memory[i % 3 * 4 + i / 3]));
  }
  columns.store(5, 0x8001);
  CHECK(static_cast<std::uint16_t>(memory[9]) == 0x8001);
  CHECK(rows.real(0) == -3);
}

TEST_CASE("words have the width of the type, and values are exact") {
  std::vector<double> d{-0.0, 1.5};
  std::vector<bitfault::half> h{bitfault::half{}};
  std::vector<std::uint8_t> b{200};
  const tensor_ref wide = bitfault::view(d), small = bitfault::view(h), byte = bitfault::view(b);
  CHECK(wide.load(0) == 0x8000000000000000U);
  CHECK(wide.real(1) == 1.5);
  small.store(0, 0x3C00);
  CHECK(small.real(0) == 1.0);
  byte.store(0, 0x1FF);
  CHECK(b[0] == 255);
  CHECK(byte.load(0) == 255);
}
