// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <bitfault/bitfault.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

using namespace bitfault;

TEST_CASE("listed faults flip, set, clear and write the bits of their masks") {
  std::vector<std::uint8_t> memory{0xA5, 0xA5, 0xA5, 0xA5, 0xA5};
  const std::vector<listed_fault> faults{{0, 0x0F, 0, fault_action::flip},
                                         {1, 0x0F, 0, fault_action::stuck_at_0},
                                         {2, 0x0F, 0, fault_action::stuck_at_1},
                                         {3, 0x0F, 0x36, fault_action::write}};
  REQUIRE(apply_faults(std::span<const listed_fault>(faults), view(memory)).ok());
  CHECK(memory == std::vector<std::uint8_t>{0xAA, 0xA0, 0xAF, 0xA6, 0xA5});
}

TEST_CASE("listed faults on one element act in their order, and are taken back in reverse") {
  std::vector<std::uint16_t> memory{0x1234, 0x5678};
  const auto golden = memory;
  const std::vector<listed_fault> faults{{0, 0xFFFF, 0, fault_action::stuck_at_1},
                                         {0, 0x00FF, 0, fault_action::flip},
                                         {0, 0x0FF0, 0x0AB0, fault_action::write},
                                         {1, 1, 0, fault_action::flip}};
  std::vector<std::uint16_t> before(4);
  REQUIRE(
      apply_faults(std::span<const listed_fault>(faults), view(memory), std::span(before)).ok());
  CHECK(memory[0] == 0xFAB0);
  CHECK(memory[1] == 0x5679);
  CHECK(before == std::vector<std::uint16_t>{0x1234, 0xFFFF, 0xFF00, 0x5678});
  REQUIRE(restore_faults(std::span<const listed_fault>(faults), view(memory),
                         std::span<const std::uint16_t>(before))
              .ok());
  CHECK(memory == golden);
}

TEST_CASE("a list that does not fit changes nothing") {
  std::vector<std::uint8_t> memory{1, 2, 3};
  const auto golden = memory;
  std::vector<std::uint8_t> before(1);
  const auto refused = [&](std::vector<listed_fault> faults, std::span<std::uint8_t> kept = {}) {
    const status s = apply_faults(std::span<const listed_fault>(faults), view(memory), kept);
    CHECK(memory == golden);
    return std::string(message(s).text);
  };
  CHECK(refused({{0, 1, 0, fault_action::flip}, {3, 1, 0, fault_action::flip}}) ==
        "bitfault: fault list: element 3 (entry 1 of the list) is outside the tensor of 3 "
        "elements");
  CHECK(refused({{0, 1, 0, fault_action::flip}, {1, 0x101, 0, fault_action::stuck_at_1}}) ==
        "bitfault: fault list: bit 8 is outside a word of 8 bits");
  CHECK(refused({{0, 1, 0, fault_action::flip}, {1, 1, 0, fault_action::flip}}, before) ==
        "bitfault: apply_faults: scratch of 1 words given, 2 needed");
  const std::vector<listed_fault> one{{0, 1, 0, fault_action::flip}};
  const status s = apply_faults(std::span<const listed_fault>(one),
                                view(static_cast<std::uint8_t*>(nullptr), 5));
  CHECK(std::string(message(s).text) ==
        "bitfault: apply_faults: the data pointer is null, but the tensor has 5 elements");
  CHECK(apply_faults(std::span<const listed_fault>{}, view(memory)).ok());
}

TEST_CASE("listed faults go to logical elements, whatever the layout") {
  std::vector<std::uint32_t> row_major(6), column_major(6);
  const extents<2> e{2, 3};
  const std::vector<listed_fault> faults{{1, 2, 0, fault_action::flip},
                                         {5, 4, 0, fault_action::flip}};
  REQUIRE(apply_faults(std::span<const listed_fault>(faults), view(row_major.data(), e)).ok());
  const auto v = view(column_major.data(), e, column_major_strides(e));
  REQUIRE(apply_faults(std::span<const listed_fault>(faults), v).ok());
  CHECK(row_major == std::vector<std::uint32_t>{0, 2, 0, 0, 0, 4});
  CHECK(column_major == std::vector<std::uint32_t>{0, 0, 2, 0, 0, 4});
}
