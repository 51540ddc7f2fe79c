// SPDX-License-Identifier: MIT
#include <bitfault/bitfault.hpp>
#include <bitfault/core/bfloat16.hpp>
#include <bitfault/core/half.hpp>

#include "catch.hpp"
#include "every_code.hpp"

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

using bitfault::formats::adaptive_float;

namespace {

/// The number of each positive code, from the definition.
std::vector<double> numbers(int exponent_bits, int mantissa_bits, int bias) {
  std::vector<double> result;
  for (int e = 0; e < 1 << exponent_bits; ++e)
    for (int m = 0; m < 1 << mantissa_bits; ++m)
      result.push_back(std::ldexp(1 + std::ldexp(m, -mantissa_bits), e + bias));
  result[0] = 0; // in the place of 2^bias
  return result;
}

} // namespace

TEST_CASE("every code of an adaptive float comes back") {
  for (const int bias : {-20, -10, -3, 0, 5}) {
    CHECK(lost_codes<float>(adaptive_float<3, 4>{bias}) == 0);
    CHECK(lost_codes<double>(adaptive_float<3, 4>{bias}) == 0);
    CHECK(lost_codes<float>(adaptive_float<5, 10>{bias}) == 0);
    CHECK(lost_codes<bitfault::bfloat16>(adaptive_float<4, 3>{bias}) == 0);
    CHECK(lost_codes<float>(adaptive_float<2, 1>{bias}) == 0);
  }
  CHECK(lost_codes<bitfault::half>(adaptive_float<3, 4>{-20}) == 0);
}

TEST_CASE("an adaptive float is the nearest number of its table") {
  std::mt19937 random(5);
  for (const int bias : {-12, -7, 0}) {
    const std::vector<double> table = numbers(3, 4, bias);
    const auto format = adaptive_float<3, 4>{bias};
    int wrong = 0;
    const auto check = [&](double x) {
      std::size_t best = 0;
      for (std::size_t i = 1; i < table.size(); ++i) {
        const long double exact = x; // differences in double would make ties of their own
        const long double distance = std::fabs(exact - table[i]);
        const long double least = std::fabs(exact - table[best]);
        if (distance < least || (distance == least && i % 2 == 0))
          best = i;
      }
      wrong += code_of<double>(format, x) != best;
      wrong += code_of<double>(format, -x) != best + 128;
      wrong += seen<double>(format, -x) != -table[best];
    };
    for (std::size_t i = 0; i + 1 < table.size(); ++i) {
      const double middle = (table[i] + table[i + 1]) / 2;
      for (const double x :
           {table[i], middle, std::nextafter(middle, 1e9), std::nextafter(middle, 0), table[i + 1]})
        check(x);
    }
    for (int i = 0; i < 10'000; ++i)
      check(std::ldexp(1 + static_cast<double>(random()) * 0x1p-32, bias - 3 + i % 13));
    check(std::ldexp(1, bias));
    check(1e6);
    CHECK(wrong == 0);
  }
}

TEST_CASE("an adaptive float has neither infinity nor NaN") {
  const auto format = adaptive_float<3, 4>{-7};
  CHECK(seen<float>(format, INFINITY) == 1.9375);
  CHECK(seen<float>(format, -1e30) == -1.9375);
  CHECK(code_of<float>(format, NAN) == 0);
  CHECK(code_of<float>(format, -0.0) == 0x80);
}

TEST_CASE("the bias of an adaptive float follows the largest magnitude") {
  CHECK(adaptive_float<3, 4>::bias_for(1.0) == -7);
  CHECK(adaptive_float<3, 4>::bias_for(1.99) == -7);
  CHECK(adaptive_float<3, 4>::bias_for(-0.3) == -9);
  CHECK(adaptive_float<2, 5>::bias_for(100.0) == 3);
}

TEST_CASE("check refuses a bias whose numbers the element type does not hold") {
  CHECK(adaptive_float<3, 4>{-145}.check<float>().ok());
  CHECK(lost_codes<float>(adaptive_float<3, 4>{-145}) == 0);
  CHECK_FALSE(adaptive_float<3, 4>{-146}.check<float>().ok());
  CHECK(adaptive_float<3, 4>{120}.check<float>().ok());
  CHECK(lost_codes<float>(adaptive_float<3, 4>{120}) == 0);
  CHECK_FALSE(adaptive_float<3, 4>{121}.check<float>().ok());
  CHECK(adaptive_float<3, 4>{121}.check<double>().ok());
  CHECK(adaptive_float<3, 4>{-20}.check<bitfault::half>().ok());
  CHECK_FALSE(adaptive_float<3, 4>{-21}.check<bitfault::half>().ok());
  CHECK(adaptive_float<3, 4>{-1021}.check<double>().ok());
  CHECK(lost_codes<double>(adaptive_float<3, 4>{-1021}) == 0);
  CHECK(adaptive_float<3, 4>{9999}.check<double>().reason == bitfault::refusal::bad_parameter);
}
