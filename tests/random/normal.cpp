// SPDX-License-Identifier: MIT
#include <bitfault/random/fault_key.hpp>
#include <bitfault/random/normal.hpp>

#include "catch.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <vector>

using bitfault::normal_deviate;

namespace {

constexpr std::uint64_t sign_bit = std::uint64_t{1} << 63;
constexpr long double unit = 1.0L / (1 << bitfault::normal_fraction_bits);

/// P(Z > z).
long double upper_tail(long double z) { return std::erfc(z / std::sqrt(2.0L)) / 2; }

/// z with P(Z > z) = p, by bisection.
long double upper_quantile(long double p) {
  long double low = -1, high = 10;
  for (int i = 0; i < 80; ++i) {
    const long double middle = (low + high) / 2;
    (upper_tail(middle) > p ? low : high) = middle;
  }
  return (low + high) / 2;
}

/// The tail probability that the 63 lower bits stand for.
long double tail_of(std::uint64_t uniform) {
  const auto r = static_cast<long double>(uniform & ~sign_bit);
  return std::ldexp(r + 0.5L, -64);
}

std::vector<double> sorted_sample(std::uint32_t count) {
  const bitfault::random_stream stream(bitfault::fault_key{.seed = 2024});
  std::vector<double> sample;
  for (std::uint32_t i = 0; i < count / 2; ++i) {
    const bitfault::philox_block block = stream.block(bitfault::purpose::model, i);
    for (const unsigned half : {0u, 1u})
      sample.push_back(static_cast<double>(normal_deviate(block.wide(half)) * unit));
  }
  std::sort(sample.begin(), sample.end());
  return sample;
}

} // namespace

TEST_CASE("normal deviates have golden values") {
  // The quantiles were computed with mpmath 1.3 at 40 digits: the root z of erfc(z / sqrt(2)) / 2 =
  // (r + 1/2) / 2^64, where r are the 63 lower bits and bit 63 is the sign. The deviates are
  // frozen: another value would be another draw.
  struct golden {
    std::uint64_t uniform;
    std::int32_t deviate;
    double quantile;
  };
  constexpr golden table[] = {
      {0x0000000000004000, 533920424, 7.95603434769353},
      {0x0000000000004001, 533919918, 7.95602679245815},
      {0x0000000000007FFF, 528131981, 7.86977981959401},
      {0x0000000000123456, 497064203, 7.40683384033961},
      {0x0000000100000000, 418105678, 6.23026013797081},
      {0x0000DEADBEEFCAFE, 281940634, 4.20124281612965},
      {0x0010000000000000, 234015592, 3.48710410411443},
      {0x00FFFFFFFFFFFFFF, 178514102, 2.66006746861746},
      {0x0100000000000000, 178514101, 2.66006746861746},
      {0x0123456789ABCDEF, 175576796, 2.61629820364396},
      {0x0A1B2C3D4E5F6071, 117895933, 1.75678625745244},
      {0x1000000000000000, 102953081, 1.53412054435255},
      {0x243F6A8885A308D3, 72020642, 1.07319126918871},
      {0x3FFFFFFFFFFFFFFF, 45264236, 0.674489750196082},
      {0x4000000000000000, 45264234, 0.674489750196082},
      {0x5A5A5A5A5A5A5A5A, 25326344, 0.377391943828554},
      {0x6666666666666666, 17001836, 0.253347103135800},
      {0x7FFFFFF000000000, -4, 9.33791799326525e-9},
      {0x7FFFFFFFFFFFFFFF, -5, 6.79422955242131e-20},
      {0x8000000000004000, -533920424, -7.95603434769353},
      {0x80000000DEADBEEF, -419569253, -6.25206906478483},
      {0x8123456789ABCDEF, -175576796, -2.61629820364396},
      {0xBFFFFFFFFFFFFFFF, -45264236, -0.674489750196082},
      {0xC90FDAA22168C234, -38042606, -0.566879096858742},
      {0xFFFFFFFFFFFFFFFF, 5, -6.79422955242131e-20},
  };
  for (const golden& g : table) {
    CAPTURE(g.uniform);
    CHECK(normal_deviate(g.uniform) == g.deviate);
    CHECK(std::fabs(g.deviate * static_cast<double>(unit) - g.quantile) < 2e-7);
  }
  // Where the tail is cut.
  CHECK(normal_deviate(0) == 533920424);
  CHECK(normal_deviate(0x3FFF) == 528131981);
  CHECK(normal_deviate(sign_bit) == -533920424);
}

TEST_CASE("a normal deviate is the inverse distribution function, within 2e-7") {
  long double worst = 0;
  const auto check = [&worst](std::uint64_t uniform) {
    const long double z = normal_deviate(uniform) * unit;
    worst = std::max(worst, std::fabs(z - upper_quantile(tail_of(uniform))));
  };
  for (int octave = 0; octave < 49; ++octave)
    for (std::uint64_t i = 0; i < 200; ++i) {
      // 200 even steps from 2^62 to just below 2^63, moved down by the octave.
      const std::uint64_t top = (std::uint64_t{1} << 62) + i * ((std::uint64_t{1} << 62) / 199 - 1);
      check(top >> octave);
    }
  CHECK(static_cast<double>(worst) < 2e-7);
  CHECK(static_cast<double>(worst) > 1e-8); // else nothing was compared
}

TEST_CASE("beyond a tail probability of 2^-50 normal deviates stay below 8") {
  const std::int32_t largest = normal_deviate(0);
  CHECK(largest < 8 << bitfault::normal_fraction_bits);
  CHECK(static_cast<double>(largest * unit) ==
        Approx(static_cast<double>(upper_quantile(0x1p-50L))).margin(1e-5));
  for (std::uint64_t r = 1; r < std::uint64_t{1} << 14; r *= 2)
    CHECK(normal_deviate(r) <= largest);
  CHECK(normal_deviate(std::uint64_t{1} << 15) < largest);
}

TEST_CASE("bit 63 is the sign of a normal deviate, exactly") {
  const bitfault::random_stream stream(bitfault::fault_key{.seed = 7});
  int wrong = 0;
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    const std::uint64_t uniform = stream.block(bitfault::purpose::model, i).wide(0) & ~sign_bit;
    const std::int32_t z = normal_deviate(uniform);
    wrong += normal_deviate(uniform | sign_bit) != -z;
  }
  CHECK(wrong == 0);
}

TEST_CASE("a float times a normal deviate is exact in double") {
  CHECK(std::bit_width(static_cast<std::uint32_t>(normal_deviate(0))) + 24 <= 53);
}

TEST_CASE("the middle of the distribution meets at zero") {
  CHECK(static_cast<double>(std::abs(normal_deviate(~sign_bit)) * unit) < 2e-7);
}

TEST_CASE("two million normal deviates have the moments and the distribution of a normal") {
  const std::vector<double> sample = sorted_sample(2'000'000);
  const auto n = static_cast<double>(sample.size());
  double mean = 0, second = 0, third = 0, fourth = 0;
  for (const double z : sample) {
    mean += z / n;
    second += z * z / n;
    third += z * z * z / n;
    fourth += z * z * z * z / n;
  }
  // Five standard errors: of z, z^2 (variance 2), z^3 (15), z^4 (96).
  CHECK(std::fabs(mean) < 5 * std::sqrt(1 / n));
  CHECK(std::fabs(second - 1) < 5 * std::sqrt(2 / n));
  CHECK(std::fabs(third) < 5 * std::sqrt(15 / n));
  CHECK(std::fabs(fourth - 3) < 5 * std::sqrt(96 / n));

  // Kolmogorov and Smirnov: sqrt(n) D exceeds 1.95 once in a thousand samples.
  double distance = 0;
  for (std::size_t i = 0; i < sample.size(); ++i) {
    const double cdf = std::erfc(-sample[i] / std::sqrt(2.0)) / 2;
    const auto before = static_cast<double>(i) / n, after = static_cast<double>(i + 1) / n;
    distance = std::max({distance, cdf - before, after - cdf});
  }
  CHECK(std::sqrt(n) * distance < 1.95);

  // Chi-square over octaves of both tails, which Kolmogorov and Smirnov see least: 2 x 15 cells
  // and 29 degrees of freedom exceed 58.3 once in a thousand samples.
  double chi_square = 0;
  for (const double sign : {-1.0, 1.0}) {
    std::vector<double> count(15, 0.0);
    for (const double z : sample) {
      if (z * sign <= 0)
        continue;
      const double tail = std::erfc(z * sign / std::sqrt(2.0)) / 2;
      const int octave = -1 - std::ilogb(tail) - 1;
      count[static_cast<std::size_t>(std::clamp(octave, 0, 14))] += 1;
    }
    for (int octave = 0; octave < 15; ++octave) {
      const double expected = n * std::ldexp(1.0, octave < 14 ? -2 - octave : -15);
      const double difference = count[static_cast<std::size_t>(octave)] - expected;
      chi_square += difference * difference / expected;
    }
  }
  CHECK(chi_square < 58.3);
}
