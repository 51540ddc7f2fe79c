// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <bitfault/fault_list/element_name.hpp>

#include <cstdint>
#include <string_view>

namespace {
struct own_code {
  std::uint16_t bits;
};
struct named_code {
  std::uint8_t bits;
};
} // namespace

template <>
struct bitfault::element_traits<own_code> {
  using word = std::uint16_t;
  static constexpr code_layout layout{16, 0, 0, 16};
};
template <>
struct bitfault::element_traits<named_code> {
  using word = std::uint8_t;
  static constexpr code_layout layout{8, 1, 4, 3};
  static constexpr std::string_view name = "posit8";
};

TEST_CASE("each element type has the name of its width and kind") {
  using bitfault::element_name;
  STATIC_REQUIRE(element_name<bool>() == "bool");
  STATIC_REQUIRE(element_name<std::int8_t>() == "int8");
  STATIC_REQUIRE(element_name<std::int16_t>() == "int16");
  STATIC_REQUIRE(element_name<int>() == "int32");
  STATIC_REQUIRE(element_name<long long>() == "int64");
  STATIC_REQUIRE(element_name<std::uint8_t>() == "uint8");
  STATIC_REQUIRE(element_name<std::uint16_t>() == "uint16");
  STATIC_REQUIRE(element_name<std::uint32_t>() == "uint32");
  STATIC_REQUIRE(element_name<unsigned long long>() == "uint64");
  STATIC_REQUIRE(element_name<float>() == "float32");
  STATIC_REQUIRE(element_name<double>() == "float64");
  STATIC_REQUIRE(element_name<bitfault::half>() == "float16");
  STATIC_REQUIRE(element_name<bitfault::bfloat16>() == "bfloat16");
  STATIC_REQUIRE(element_name<own_code>() == "bits16");
  STATIC_REQUIRE(element_name<named_code>() == "posit8");
}

TEST_CASE("every name that the library gives is in the table with its width") {
  const auto known = [](auto value) {
    using T = decltype(value);
    const auto* const known_as = bitfault::detail::find_named_type(bitfault::element_name<T>());
    return known_as != nullptr && known_as->bits == bitfault::element_traits<T>::layout.bits;
  };
  CHECK(known(false));
  CHECK(known(std::int8_t{}));
  CHECK(known(std::int16_t{}));
  CHECK(known(std::int32_t{}));
  CHECK(known(std::int64_t{}));
  CHECK(known(std::uint8_t{}));
  CHECK(known(std::uint16_t{}));
  CHECK(known(std::uint32_t{}));
  CHECK(known(std::uint64_t{}));
  CHECK(known(1.0f));
  CHECK(known(1.0));
  CHECK(known(bitfault::half{}));
  CHECK(known(bitfault::bfloat16{}));
  CHECK(known(own_code{}));
  CHECK_FALSE(known(named_code{}));
}
