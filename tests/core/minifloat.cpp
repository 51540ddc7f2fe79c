// SPDX-License-Identifier: MIT
#include <bitfault/core/bfloat16.hpp>
#include <bitfault/core/half.hpp>
#include <bitfault/core/minifloat.hpp>

#include "catch.hpp"

#include <atomic>
#include <bit>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <random>
#include <type_traits>
#include <vector>

#if defined(__x86_64__) && defined(__GNUC__)
#include <cpuid.h>
#include <immintrin.h>
#define HAS_F16C_TEST 1
#endif

using bitfault::minifloat_format;
using bitfault::special_codes;

namespace {

constexpr minifloat_format all_formats[] = {
    bitfault::half_format,
    bitfault::bfloat16_format,
    bitfault::float8_e4m3_format,
    bitfault::float8_e5m2_format,
    {2, 1, special_codes::none}, // MX fp4
    {2, 3, special_codes::none}, // MX fp6
    {3, 2, special_codes::none},
    {4, 3},
    {1, 2},
    {1, 6},
    {3, 4, special_codes::none},
    {6, 9},
    {7, 8, special_codes::nan_only},
    {8, 1},
    {2, 13},
    {4, 3, special_codes::none, 11},
    {4, 3, special_codes::infinity_and_nan, -3},
};

std::uint32_t word32(float f) { return std::bit_cast<std::uint32_t>(f); }
std::uint64_t word64(double d) { return std::bit_cast<std::uint64_t>(d); }

/// The value of a code that is a number, from the definition.
double value_of(const minifloat_format& f, std::uint32_t code) {
  const auto mantissa = static_cast<double>(code & ((1u << f.mantissa_bits) - 1));
  const auto field = static_cast<int>((code & (f.sign_code() - 1)) >> f.mantissa_bits);
  const auto scale = static_cast<double>(1u << f.mantissa_bits);
  const double magnitude = field == 0 ? std::ldexp(mantissa / scale, 1 - f.bias)
                                      : std::ldexp(1 + mantissa / scale, field - f.bias);
  return (code & f.sign_code()) != 0 ? -magnitude : magnitude;
}

/// Rounding by search: the nearest of two neighbours in the table of all values.
class nearest {
public:
  explicit nearest(const minifloat_format& f) : format_(f) {
    // One more than there is: beyond the middle to it, numbers overflow.
    for (std::uint32_t code = 0; code <= f.largest_code() + 1; ++code)
      values_.push_back(value_beyond(code));
  }

  std::uint32_t code(double x) const {
    const std::uint32_t sign = std::signbit(x) ? format_.sign_code() : 0;
    const double magnitude = std::fabs(x);
    const std::uint32_t largest = format_.largest_code();
    const std::uint32_t overflow =
        format_.special == special_codes::infinity_and_nan ? largest + 1 : largest;
    if (magnitude >= values_[largest + 1])
      return sign | overflow;
    std::uint32_t low = 0, high = largest + 1;
    while (high - low > 1) {
      const std::uint32_t middle = (low + high) / 2;
      (values_[middle] <= magnitude ? low : high) = middle;
    }
    const double tie = (values_[low] + values_[high]) / 2; // exact in double
    const bool up = magnitude > tie || (magnitude == tie && low % 2 == 1);
    const std::uint32_t rounded = up ? high : low;
    return sign | (rounded > largest ? overflow : rounded);
  }

private:
  double value_beyond(std::uint32_t code) const {
    if (code <= format_.largest_code())
      return value_of(format_, code);
    const double last = value_of(format_, code - 1);
    return last + (last - value_of(format_, code - 2));
  }
  minifloat_format format_;
  std::vector<double> values_;
};

} // namespace

TEST_CASE("codes of small floats have the published values") {
  constexpr auto e4m3 = bitfault::float8_e4m3_format;
  constexpr auto e5m2 = bitfault::float8_e5m2_format;
  const auto decoded = [](const minifloat_format& f, std::uint32_t code) {
    return std::bit_cast<float>(f.decode<std::uint32_t>(code));
  };
  // OCP 8-bit Floating Point Specification 1.0, table 2.
  CHECK(decoded(e4m3, 0b0'1111'110) == 448.0f);
  CHECK(decoded(e4m3, 0b0'0001'000) == 0x1p-6f);
  CHECK(decoded(e4m3, 0b0'0000'111) == 0.875f * 0x1p-6f);
  CHECK(decoded(e4m3, 0b0'0000'001) == 0x1p-9f);
  CHECK(std::isnan(decoded(e4m3, 0b0'1111'111)));
  CHECK(std::isnan(decoded(e4m3, 0b1'1111'111)));
  CHECK(decoded(e5m2, 0b0'11110'11) == 57344.0f);
  CHECK(decoded(e5m2, 0b0'00001'00) == 0x1p-14f);
  CHECK(decoded(e5m2, 0b0'00000'11) == 0.75f * 0x1p-14f);
  CHECK(decoded(e5m2, 0b0'00000'01) == 0x1p-16f);
  CHECK(decoded(e5m2, 0b1'11111'00) == -std::numeric_limits<float>::infinity());
  CHECK(std::isnan(decoded(e5m2, 0b0'11111'01)));
  // OCP Microscaling Formats 1.0: largest and smallest of e3m2, e2m3, e2m1.
  CHECK(decoded({3, 2, special_codes::none}, 0b0'111'11) == 28.0f);
  CHECK(decoded({3, 2, special_codes::none}, 0b0'000'01) == 0.0625f);
  CHECK(decoded({2, 3, special_codes::none}, 0b0'11'111) == 7.5f);
  CHECK(decoded({2, 3, special_codes::none}, 0b0'00'001) == 0.125f);
  const float e2m1[] = {0.0f, 0.5f, 1.0f, 1.5f, 2.0f, 3.0f, 4.0f, 6.0f};
  for (std::uint32_t code = 0; code < 8; ++code)
    CHECK(decoded({2, 1, special_codes::none}, code) == e2m1[code]);
  // IEEE 754 half precision.
  CHECK(decoded(bitfault::half_format, 0x7BFF) == 65504.0f);
  CHECK(decoded(bitfault::half_format, 0x0001) == 0x1p-24f);
  CHECK(decoded(bitfault::half_format, 0x3555) == 0.333251953125f);
}

TEST_CASE("every code decodes to its value, and encodes to itself again") {
  for (const minifloat_format& f : all_formats) {
    CAPTURE(f.exponent_bits, f.mantissa_bits, f.bias);
    std::uint32_t wrong = 0;
    for (std::uint32_t code = 0; code < 2 * f.sign_code(); ++code) {
      const auto narrow = f.decode<std::uint32_t>(code);
      const auto wide = f.decode<std::uint64_t>(code);
      wrong += f.encode(narrow) != code || f.encode(wide) != code;
      if (!f.is_special(code)) {
        wrong += word64(value_of(f, code)) != wide;
        wrong += word64(std::bit_cast<float>(narrow)) != wide;
      } else {
        const auto real = std::bit_cast<double>(wide);
        const bool is_infinity = f.special == special_codes::infinity_and_nan &&
                                 (code & (f.sign_code() - 1)) == f.largest_code() + 1;
        wrong += (is_infinity ? !std::isinf(real) : !std::isnan(real));
        wrong += std::isnan(std::bit_cast<float>(narrow)) != std::isnan(real);
        wrong += std::signbit(real) != ((code & f.sign_code()) != 0);
      }
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("numbers are rounded to the nearest code, ties to even, with one rounding") {
  std::mt19937_64 random(1);
  for (const minifloat_format& f : all_formats) {
    CAPTURE(f.exponent_bits, f.mantissa_bits, f.bias);
    const nearest oracle(f);
    std::uint32_t wrong = 0;
    const auto check = [&](double x) {
      wrong += f.encode(word64(x)) != oracle.code(x);
      const auto single = static_cast<float>(x);
      if (std::isfinite(single))
        wrong += f.encode(word32(single)) != oracle.code(single);
    };
    const double inf = std::numeric_limits<double>::infinity();
    const std::uint32_t largest = f.largest_code();
    for (std::uint32_t code = 0; code <= largest; ++code) {
      const double value = value_of(f, code);
      const double before = code == 0 ? 0 : value_of(f, code - 1);
      const double step = code < largest ? value_of(f, code + 1) - value : value - before;
      for (const double x : {value, value + step / 2, value + step / 4, value + step * 3 / 4})
        for (const double y : {x, std::nextafter(x, inf), std::nextafter(x, -inf)}) {
          check(y);
          check(-y);
          const auto single = static_cast<float>(y);
          check(std::nextafter(single, 1e38f));
          check(std::nextafter(single, -1e38f));
        }
    }
    for (int i = 0; i < 100'000; ++i) {
      const auto x = std::bit_cast<double>(random());
      if (std::isfinite(x))
        check(x);
      const auto single = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
      if (std::isfinite(single))
        check(static_cast<double>(single));
    }
    check(std::numeric_limits<double>::denorm_min());
    check(std::numeric_limits<double>::max());
    check(static_cast<double>(std::numeric_limits<float>::denorm_min()));
    CHECK(wrong == 0);
  }
}

TEST_CASE("what is too large becomes infinity, or the largest number where there is none") {
  const float inf = std::numeric_limits<float>::infinity();
  CHECK(bitfault::half_format.encode(word32(65519.996f)) == 0x7BFF);
  CHECK(bitfault::half_format.encode(word32(65520.0f)) == 0x7C00);
  CHECK(bitfault::half_format.encode(word32(-inf)) == 0xFC00);
  CHECK(bitfault::float8_e5m2_format.encode(word32(61439.0f)) == 0x7B);
  CHECK(bitfault::float8_e5m2_format.encode(word32(61440.0f)) == 0x7C);
  CHECK(bitfault::float8_e4m3_format.encode(word32(464.0f)) == 0x7E);
  CHECK(bitfault::float8_e4m3_format.encode(word32(1e30f)) == 0x7E);
  CHECK(bitfault::float8_e4m3_format.encode(word32(-inf)) == 0xFE);
  CHECK(minifloat_format{2, 1, special_codes::none}.encode(word32(inf)) == 0x7);
  CHECK(minifloat_format{2, 1, special_codes::none}.encode(word32(-5.1f)) == 0xF);
}

TEST_CASE("a NaN stays a NaN, with its sign and the leading bits of its payload") {
  constexpr auto half = bitfault::half_format;
  CHECK(half.encode(0x7FC00000u) == 0x7E00);
  CHECK(half.encode(0xFFC00000u) == 0xFE00);
  CHECK(half.encode(0x7FFFE000u) == 0x7FFF);
  CHECK(half.encode(0x7F802000u) == 0x7C01); // signalling, and stays so
  CHECK(half.encode(0x7F800001u) == 0x7E00); // a payload that does not fit: quiet
  CHECK(half.encode(std::uint64_t{0x7FF0000000000001}) == 0x7E00);
  CHECK(half.encode(std::uint64_t{0xFFF8040000000000}) == 0xFE01);
  CHECK(bitfault::float8_e4m3_format.encode(0x7F800001u) == 0x7F);
  CHECK(bitfault::float8_e4m3_format.encode(0xFFC00000u) == 0xFF);
  CHECK(bitfault::float8_e4m3_format.decode<std::uint32_t>(0xFF) == 0xFFC00000u);
  CHECK(minifloat_format{2, 1, special_codes::none}.encode(0xFFC00000u) == 0);
}

#if defined(HAS_F16C_TEST)
namespace {

bool cpu_has_f16c() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_F16C) != 0 &&
         __builtin_cpu_supports("avx");
}
__attribute__((target("f16c"))) std::uint32_t hardware_half(float f) {
  const __m128i packed = _mm_cvtps_ph(_mm_set_ss(f), _MM_FROUND_TO_NEAREST_INT);
  return static_cast<std::uint32_t>(_mm_cvtsi128_si32(packed)) & 0xFFFF;
}
__attribute__((target("f16c"))) float hardware_float(std::uint32_t code) {
  return _cvtsh_ss(static_cast<std::uint16_t>(code));
}

} // namespace
#endif

TEST_CASE("half agrees with the processor's own conversion, where there is one") {
  constexpr auto half = bitfault::half_format;
  std::uint32_t wrong = half.encode(word32(1.5f)) != 0x3E00;
#if defined(HAS_F16C_TEST)
  if (cpu_has_f16c()) {
    // The processor makes signalling NaNs quiet; bits are kept here.
    const auto quiet = [](std::uint32_t code) {
      return (code & 0x7FFF) > 0x7C00 ? code | 0x0200 : code;
    };
    for (std::uint32_t code = 0; code < 0x10000; ++code) {
      const std::uint32_t ours = half.decode<std::uint32_t>(code);
      wrong += word32(hardware_float(code)) !=
               (std::isnan(std::bit_cast<float>(ours)) ? ours | 0x00400000u : ours);
    }
    constexpr std::uint32_t stride = 1999; // odd; all 2^32 words were compared once, by hand
    std::uint32_t word = 0;
    for (std::uint32_t i = 0; i < 0xFFFFFFFFu / stride; ++i, word += stride)
      wrong += quiet(half.encode(word)) != hardware_half(std::bit_cast<float>(word));
  }
#endif
  CHECK(wrong == 0);
}

TEST_CASE("bfloat16 is the upper half of a float, rounded to nearest even") {
  constexpr auto bfloat16 = bitfault::bfloat16_format;
  std::uint32_t wrong = 0;
  for (std::uint32_t code = 0; code < 0x10000; ++code)
    wrong += bfloat16.decode<std::uint32_t>(code) != code << 16;
  constexpr std::uint32_t stride = 1999;
  for (std::uint64_t wide = 0; wide <= 0xFFFFFFFFu; wide += stride) {
    const auto word = static_cast<std::uint32_t>(wide);
    if (std::isnan(std::bit_cast<float>(word)))
      continue;
    wrong += bfloat16.encode(word) != (word + 0x7FFF + ((word >> 16) & 1)) >> 16;
  }
  CHECK(wrong == 0);
}

TEST_CASE("one flipped bit makes special codes as often as the formats say") {
  struct expected {
    minifloat_format format;
    int ordinary_flips, special;
  };
  for (const auto& [format, ordinary_flips, special] :
       {expected{bitfault::float8_e4m3_format, 2032, 14},
        expected{bitfault::float8_e5m2_format, 1984, 40}}) {
    int flips = 0, became_special = 0;
    for (std::uint32_t code = 0; code < 256; ++code) {
      if (format.is_special(code))
        continue;
      for (unsigned bit = 0; bit < 8; ++bit) {
        ++flips;
        const auto real = std::bit_cast<double>(format.decode<std::uint64_t>(code ^ (1u << bit)));
        if (!std::isfinite(real))
          ++became_special;
      }
    }
    CHECK(flips == ordinary_flips);
    CHECK(became_special == special);
  }
}

TEST_CASE("which formats hold which others") {
  using bitfault::bfloat16_format, bitfault::half_format;
  STATIC_REQUIRE(half_format.fits(bitfault::float8_e4m3_format));
  STATIC_REQUIRE(half_format.fits(bitfault::float8_e5m2_format));
  STATIC_REQUIRE(bfloat16_format.fits(bitfault::float8_e4m3_format));
  STATIC_REQUIRE_FALSE(half_format.fits(bfloat16_format));
  STATIC_REQUIRE_FALSE(bfloat16_format.fits(half_format));
  STATIC_REQUIRE_FALSE(bitfault::float8_e4m3_format.fits(bitfault::float8_e5m2_format));
  STATIC_REQUIRE(minifloat_format::binary_fits<std::uint32_t>({8, 23}));
  STATIC_REQUIRE_FALSE(minifloat_format::binary_fits<std::uint32_t>({8, 7, special_codes::none}));
  STATIC_REQUIRE(minifloat_format::binary_fits<std::uint64_t>({8, 7, special_codes::none}));
}

TEST_CASE("conversions of small floats are constant expressions") {
  STATIC_REQUIRE(bitfault::half_format.encode(0x3FC00000u) == 0x3E00);
  STATIC_REQUIRE(bitfault::half_format.decode<std::uint64_t>(0x3E00) == 0x3FF8000000000000);
}

namespace {

enum unscoped { one };
/// Converts, and cannot be copied.
struct measurement {
  double value;
  explicit measurement(double v) : value(v) {}
  measurement(const measurement&) = delete;
  measurement& operator=(const measurement&) = delete;
  operator double() const { return value; } // NOLINT(google-explicit-constructor)
};
struct broken {
  operator float() const { throw 7; } // NOLINT(google-explicit-constructor)
};

} // namespace

TEMPLATE_TEST_CASE("half and bfloat16 are made from what converts to float or double, rounded once",
                   "", bitfault::half, bitfault::bfloat16) {
  // In float, the last bit of this would be lost, and then there would be a tie.
  const double half_unit = std::is_same_v<TestType, bitfault::half> ? 0x1p-11 : 0x1p-8;
  const double above_tie = 1 + half_unit + 0x1p-40;
  const TestType rounded_up(1 + 2 * half_unit);
  REQUIRE(TestType(above_tie) == rounded_up);
  REQUIRE(TestType(static_cast<float>(above_tie)) == TestType(1.0));
  CHECK(TestType(std::ref(above_tie)) == rounded_up);
  CHECK(TestType(measurement(above_tie)) == rounded_up);
  const std::atomic<float> shared{1.5f};
  CHECK(TestType(shared) == TestType(1.5f));
  CHECK_THROWS_AS(TestType(broken{}), int);
}

TEMPLATE_TEST_CASE("half and bfloat16 are not made from what is no number, nor from long double",
                   "", bitfault::half, bitfault::bfloat16) {
  STATIC_REQUIRE_FALSE(std::is_constructible_v<TestType, unscoped>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<TestType, long double>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<TestType, void*>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<TestType, std::true_type>);
  STATIC_REQUIRE(std::is_constructible_v<TestType, bool>);
  STATIC_REQUIRE(std::is_constructible_v<TestType, char>);
  STATIC_REQUIRE(std::is_constructible_v<float, TestType>);
  STATIC_REQUIRE(std::is_constructible_v<double, TestType>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<int, TestType>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<long double, TestType>);
}
