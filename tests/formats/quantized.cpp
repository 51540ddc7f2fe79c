// SPDX-License-Identifier: MIT
#include <bitfault/core/bfloat16.hpp>
#include <bitfault/core/half.hpp>
#include <bitfault/formats/quantized.hpp>

#include "catch.hpp"
#include "every_code.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

using bitfault::bfloat16;
using bitfault::half;
using bitfault::formats::quantized;

namespace {

using int8 = quantized<std::int8_t>;
using uint8 = quantized<std::uint8_t>;
using int4 = quantized<std::int8_t, 4>;
using uint4 = quantized<std::uint8_t, 4>;
using int16 = quantized<std::int16_t>;

/// Codes lost in an element type, for parameters that `check` lets pass.
template <class T, class Format>
std::uint64_t lost(const Format& format) {
  CAPTURE(format.scale, format.zero_point);
  CHECK(format.template check<T>().ok());
  return lost_codes<T>(format);
}

} // namespace

TEST_CASE("every integer code comes back from float and double, whatever scale and zero point") {
  for (const double scale : {1.0, 0.1, static_cast<double>(0.1f), 0.0173, 3.0, 1e-30, 1e30, 0x1p-20,
                             1 / 255.0, 0.007874015718698502}) {
    for (const int zero_point : {-8, -1, 0, 3, 7}) {
      CHECK(lost<float>(int4{scale, zero_point}) == 0);
      CHECK(lost<double>(int4{scale, zero_point}) == 0);
    }
    for (const int zero_point : {0, 7, 15})
      CHECK(lost<float>(uint4{scale, zero_point}) == 0);
    for (const int zero_point : {-128, -3, 0, 127}) {
      CHECK(lost<float>(int8{scale, zero_point}) == 0);
      CHECK(lost<double>(int8{scale, zero_point}) == 0);
    }
    for (const int zero_point : {0, 128, 255})
      CHECK(lost<float>(uint8{scale, zero_point}) == 0);
    for (const int zero_point : {-32768, 0, 32767})
      CHECK(lost<float>(int16{scale, zero_point}) == 0);
  }
}

TEST_CASE("every integer code comes back from 16-bit floats where check lets the parameters pass") {
  for (int i = 0; i < 500; ++i) {
    const double scale = 0.001 * std::exp(0.01 * i);
    CHECK(lost<half>(int8{scale, 0}) == 0);
    CHECK(lost<half>(uint8{scale, 255}) == 0);
    CHECK(lost<bfloat16>(int8{scale, 0}) == 0);
    CHECK(lost<bfloat16>(int4{scale, -8}) == 0);
  }
  CHECK_FALSE(int8{0.1, -128}.check<bfloat16>().ok());
  CHECK(lost_codes<bfloat16>(int8{0.1, -128}) > 0);
  CHECK_FALSE(uint8{0.1, 0}.check<bfloat16>().ok());
}

TEST_CASE("check refuses scales that the element type cannot tell apart") {
  // Largest number of half: 65504 = 128 * 511.75.
  CHECK(lost<half>(int8{511.75, 0}) == 0);
  CHECK_FALSE(int8{511.76, 0}.check<half>().ok());
  CHECK(lost<half>(int8{0x1p-23, 0}) == 0);
  CHECK_FALSE(int8{0x1p-25, 0}.check<half>().ok());
  CHECK(lost_codes<half>(int8{0x1p-25, 0}) > 0);
  CHECK(lost<float>(int8{0x1p-148, 0}) == 0);
  CHECK_FALSE(int8{0x1p-150, 0}.check<float>().ok());
  CHECK(lost_codes<float>(int8{0x1p-150, 0}) > 0);
  CHECK(lost<double>(int8{5e-324, 0}) == 0);
  CHECK_FALSE(int8{1e37, 0}.check<float>().ok());
  CHECK(int8{1e37, 0}.check<double>().ok());
}

TEST_CASE("check refuses a scale that is not positive and finite, and says so") {
  const double inf = std::numeric_limits<double>::infinity();
  for (const double scale : {0.0, -0.0, -0.5, inf, -inf, std::nan("")}) {
    const bitfault::status refused = int8{scale, 0}.check<float>();
    CHECK(refused.reason == bitfault::refusal::bad_parameter);
    CHECK(std::string(refused.place) == "formats::quantized: scale (positive and finite)");
    CHECK(refused.value == std::bit_cast<std::uint64_t>(scale));
  }
}

TEST_CASE("check refuses a zero point that is no code") {
  CHECK(int8{1, 127}.check<float>().ok());
  CHECK(int8{1, 128}.check<float>().reason == bitfault::refusal::bad_parameter);
  CHECK(int8{1, 128}.check<float>().value == std::bit_cast<std::uint64_t>(128.0));
  CHECK(std::string(int8{1, 128}.check<float>().place) ==
        "formats::quantized: zero_point (one of the codes)");
  CHECK_FALSE(int8{1, -129}.check<float>().ok());
  CHECK_FALSE(uint8{1, -1}.check<float>().ok());
  CHECK_FALSE(int4{1, 8}.check<float>().ok());
  CHECK_FALSE(int4{1, std::numeric_limits<std::int32_t>::min()}.check<float>().ok());
}

TEST_CASE("codes are value / scale rounded half to even, plus the zero point, clamped") {
  CHECK(code_of<float>(int8{0.5, 0}, 0.25) == 0);
  CHECK(code_of<float>(int8{0.5, 0}, 0.75) == 2);
  CHECK(code_of<float>(int8{0.5, 0}, 1.25) == 2);
  CHECK(code_of<float>(int8{0.5, 1}, 0.25) == 1); // rounded before the zero point is added
  CHECK(code_of<float>(int8{0.5, 0}, -0.75) == 0xFE);
  CHECK(code_of<float>(int8{0.5, 0}, 1e30) == 0x7F);
  CHECK(code_of<float>(int8{0.5, 0}, -INFINITY) == 0x80);
  CHECK(code_of<float>(int8{0.5, 3}, NAN) == 3);
  CHECK(code_of<float>(int8{0.5, -3}, NAN) == 0xFD);
  CHECK(code_of<float>(uint8{0.5, 128}, -1000) == 0);
  CHECK(code_of<float>(uint8{0.5, 128}, -1) == 126);
  CHECK(code_of<float>(int4{1, 0}, -8) == 0x8);
  CHECK(code_of<float>(int4{1, 0}, -1) == 0xF); // two's complement in the low nibble
  CHECK(code_of<float>(int4{1, 0}, 100) == 0x7);
  CHECK(seen<float>(int8{0.1, 0}, 0.72) == static_cast<double>(0.7f));
  CHECK(std::signbit(seen<float>(int8{0.1, 0}, -0.0)) == false);

  int wrong = 0;
  for (int i = -3000; i < 3000; ++i) {
    const float v = static_cast<float>(i) * 0.0123f;
    const double code = std::nearbyint(static_cast<double>(v) / 0.0871) + 5;
    const double expected = (std::fmin(std::fmax(code, -128), 127) - 5) * 0.0871;
    wrong += seen<float>(int8{0.0871, 5}, static_cast<double>(v)) !=
             static_cast<double>(static_cast<float>(expected));
  }
  CHECK(wrong == 0);
}

TEST_CASE("a flip of bit b of an int8 changes the value by exactly 2^b steps") {
  const auto codec = int8{0.25, 0}.codec<float>();
  double sum = 0;
  int wrong = 0;
  for (unsigned c = 0; c < 256; ++c)
    for (unsigned bit = 0; bit < 8; ++bit) {
      const auto before = std::bit_cast<float>(codec.decode(static_cast<std::uint8_t>(c)));
      const auto after =
          std::bit_cast<float>(codec.decode(static_cast<std::uint8_t>(c ^ (1u << bit))));
      const double change = std::fabs(static_cast<double>(after - before)) / 0.25;
      wrong += change != static_cast<double>(1u << bit);
      sum += change;
    }
  CHECK(wrong == 0);
  CHECK(sum / (256 * 8) == 255 / 8.0);
}

TEST_CASE("int4 has four bits in its layout, and the others of its word are ignored") {
  const auto codec = int4{1, 0}.codec<float>();
  CHECK(codec.layout.bits == 4);
  CHECK(codec.layout.sign_bits == 1);
  CHECK(codec.layout.exponent_bits == 0);
  CHECK(codec.layout.mantissa_bits == 3);
  CHECK(uint4{}.codec<float>().layout.sign_bits == 0);
  CHECK(codec.decode(0xA7) == codec.decode(0x07));
  STATIC_REQUIRE_FALSE(decltype(codec)::is_own_bits);
}

TEST_CASE("quantized works in constant expressions") {
  STATIC_REQUIRE(int8{0.5, 1}.codec<float>().encode(bitfault::to_word(-1.0f)) == 0xFF);
  STATIC_REQUIRE(int8{0.5, 1}.codec<float>().decode(0xFF) == bitfault::to_word(-1.0f));
  STATIC_REQUIRE(int8{.scale = 0.5}.check<float>().ok());
}
