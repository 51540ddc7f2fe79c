// SPDX-License-Identifier: MIT
#include "bitfault/campaign/to_doubles.hpp"

#include "catch.hpp"

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

using bitfault::campaign::to_doubles;
using bitfault::campaign::type;

namespace {

template <class T>
std::vector<double> converted(const std::vector<T>& elements) {
  std::vector<double> values(elements.size());
  to_doubles(*type<T>(), reinterpret_cast<const std::byte*>(elements.data()), values);
  return values;
}

} // namespace

TEST_CASE("elements of every width become the doubles of the same value") {
  CHECK(converted<std::int8_t>({-128, -1, 0, 127}) == std::vector<double>{-128, -1, 0, 127});
  CHECK(converted<std::uint8_t>({0, 255}) == std::vector<double>{0, 255});
  CHECK(converted<std::int16_t>({-32768, 32767}) == std::vector<double>{-32768, 32767});
  CHECK(converted<std::int32_t>({std::numeric_limits<std::int32_t>::min(), 7}) ==
        std::vector<double>{-2147483648.0, 7});
  CHECK(converted<std::int64_t>({-(std::int64_t{1} << 53), 3}) ==
        std::vector<double>{-9007199254740992.0, 3});
  CHECK(converted<double>({0.1, -2.5}) == std::vector<double>{0.1, -2.5});
  CHECK(converted<float>({0.1F, -2.5F}) == std::vector<double>{static_cast<double>(0.1F), -2.5});
  CHECK(converted<bitfault::half>({bitfault::half(1.5F), bitfault::half(-65504.0F)}) ==
        std::vector<double>{1.5, -65504});
  CHECK(converted<bitfault::bfloat16>({bitfault::bfloat16(3.0F)}) == std::vector<double>{3});
  CHECK(converted<float>({}).empty());
}

TEST_CASE("what is special stays special, and rows may lie at any address") {
  const std::vector<double> values =
      converted<float>({std::numeric_limits<float>::infinity(), -0.0F, std::nanf("")});
  CHECK(values[0] == std::numeric_limits<double>::infinity());
  CHECK(std::bit_cast<std::uint64_t>(values[1]) == 0x8000000000000000U);
  CHECK(std::isnan(values[2]));

  const std::vector<float> elements{1.25F, -7.0F};
  std::vector<std::byte> shifted(1 + 2 * sizeof(float));
  std::memcpy(shifted.data() + 1, elements.data(), 2 * sizeof(float));
  std::vector<double> read(2);
  to_doubles(*type<float>(), shifted.data() + 1, read);
  CHECK(read == std::vector<double>{1.25, -7});
}
