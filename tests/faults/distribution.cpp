// SPDX-License-Identifier: MIT
// Moments and bounds of noise. Keys are fixed; bounds are stated in standard errors of a right
// sampler: 5 of them are missed by 0.6 in a million keys, 6 by 2 in a billion.
#include "catch.hpp"

#include <bitfault/bitfault.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

using namespace bitfault;

namespace {

constexpr std::size_t n = 200000;

template <class Distribution>
std::vector<double> draws(const Distribution& distribution) {
  std::vector<double> values(n);
  REQUIRE(make_injector(replacement{distribution}, every{}).apply(view(values), {.seed = 12}).ok());
  return values;
}

double moment(const std::vector<double>& values, double about, int power) {
  double sum = 0;
  for (const double v : values)
    sum += std::pow(v - about, power);
  return sum / static_cast<double>(values.size());
}

} // namespace

TEST_CASE("normal noise has the moments of a normal distribution") {
  const auto z = draws(normal{0, 1});
  const double root = std::sqrt(static_cast<double>(n));
  CHECK(std::abs(moment(z, 0, 1)) < 5 / root);
  CHECK(std::abs(moment(z, 0, 2) - 1) < 5 * std::sqrt(2) / root);
  CHECK(std::abs(moment(z, 0, 3)) < 5 * std::sqrt(15) / root);
  CHECK(std::abs(moment(z, 0, 4) - 3) < 5 * std::sqrt(96) / root);
  int beyond_2 = 0;
  for (const double v : z)
    beyond_2 += std::abs(v) > 2;
  CHECK(std::abs(beyond_2 - 0.0455003 * n) < 5 * std::sqrt(0.0455 * 0.9545 * n));

  const auto shifted = draws(normal{10, 0.5});
  bool is_affine = true;
  for (std::size_t i = 0; i < n; ++i)
    is_affine = is_affine && shifted[i] == 10 + 0.5 * z[i];
  CHECK(is_affine); // 0.5 * z is exact
}

TEST_CASE("uniform noise fills its range evenly and never leaves it") {
  const auto u = draws(uniform{-2, 6});
  std::vector<double> bins(16);
  for (const double v : u) {
    REQUIRE(v >= -2);
    REQUIRE(v <= 6);
    ++bins[static_cast<std::size_t>((v + 2) * 2) == 16 ? 15
                                                       : static_cast<std::size_t>((v + 2) * 2)];
  }
  double chi2 = 0;
  for (const double b : bins)
    chi2 += (b - n / 16.0) * (b - n / 16.0) / (n / 16.0);
  CHECK(chi2 < 50.5); // 15 degrees of freedom: exceeded by one key in 100,000
  CHECK(chi2 > 1.5);  // and below this by one in 100,000
  CHECK(std::abs(moment(u, 2, 2) - 64.0 / 12) < 5 * std::sqrt(64.0 * 64 / 180 / n));
}

TEST_CASE("uniform whole numbers take every value of their range alike") {
  const auto whole = draws(uniform_integer{-3, 4});
  std::vector<double> counts(8);
  for (const double v : whole) {
    REQUIRE(v == std::floor(v));
    REQUIRE((v >= -3 && v <= 4));
    ++counts[static_cast<std::size_t>(v + 3)];
  }
  double chi2 = 0;
  for (const double c : counts)
    chi2 += (c - n / 8.0) * (c - n / 8.0) / (n / 8.0);
  CHECK(chi2 < 35.2); // 7 degrees of freedom: exceeded by one key in 100,000

  const random_stream stream({.seed = 4});
  random_source random(stream, 0, 0, 0);
  const uniform_integer everything{std::numeric_limits<std::int64_t>::min(),
                                   std::numeric_limits<std::int64_t>::max()};
  bool negative = false, positive = false;
  for (int i = 0; i < 100; ++i) {
    const std::int64_t v = everything.integer(random);
    negative = negative || v < -(std::int64_t{1} << 62);
    positive = positive || v > (std::int64_t{1} << 62);
  }
  CHECK((negative && positive));
  CHECK(uniform_integer{5, 5}.integer(random) == 5);
}

TEST_CASE("noise is the same with and without fused multiply-add") {
  // The product is exact in double, so contraction cannot change the sum. Checked for scales whose
  // own mantissa is full.
  const random_stream stream({.seed = 8});
  for (std::uint64_t i = 0; i < 20000; ++i) {
    random_source a(stream, i, 0, i), b(stream, i, 0, i);
    const double scale_given = 0.1 + static_cast<double>(i) * 1.7e-5;
    const double offset = -3.3;
    const auto scale_used = static_cast<double>(static_cast<float>(scale_given));
    const double z = static_cast<double>(normal_deviate(b.next64())) * 0x1p-26;
    const double expected = std::fma(scale_used, z, offset);
    const double product = scale_used * z;
    const double drawn = normal{offset, scale_given}(a);
    REQUIRE(drawn == expected);
    REQUIRE(drawn == offset + product);
  }
}

TEST_CASE("the range of a distribution may go beyond that of float") {
  const auto wide = draws(uniform{-1e300, 1e300});
  double least = 0, most = 0;
  for (const double v : wide) {
    REQUIRE(std::isfinite(v));
    least = std::min(least, v);
    most = std::max(most, v);
  }
  CHECK(least < -0.99e300);
  CHECK(most > 0.99e300);
  const auto narrow = draws(normal{0, 1e-60});
  CHECK(moment(narrow, 0, 2) == Approx(1e-120).epsilon(0.05));
  for (const double v : draws(normal{0, 1e300}))
    REQUIRE(std::isfinite(v));
  // In the range of float the scale has a float's 24 bits, ties to even.
  CHECK(bitfault::detail::short_double(0.1) == static_cast<double>(0.1f));
  CHECK(bitfault::detail::short_double(1 + 0x1p-24) == 1);
  CHECK(bitfault::detail::short_double(1 + 0x3p-24) == 1 + 0x1p-22);
  CHECK(bitfault::detail::short_double(-1 - 0x1.8p-24) == -1 - 0x1p-23);
}

TEST_CASE("noise in bfloat16 and half is that of double, rounded once") {
  constexpr std::size_t m = 5000;
  std::vector<double> exact(m, 0.75);
  std::vector<half> halves(m, half(0.75));
  std::vector<bfloat16> brains(m, bfloat16(0.75));
  std::vector<float> floats(m, 0.75f);
  const auto injector = make_injector(additive_noise{normal{0.1, 0.3}}, every{});
  const fault_key key{.seed = 21};
  REQUIRE(injector.apply(view(exact), key).ok());
  REQUIRE(injector.apply(view(halves), key).ok());
  REQUIRE(injector.apply(view(brains), key).ok());
  REQUIRE(injector.apply(view(floats), key).ok());
  for (std::size_t i = 0; i < m; ++i) {
    REQUIRE(floats[i] == static_cast<float>(exact[i]));
    REQUIRE(halves[i] == half(exact[i]));
    REQUIRE(brains[i] == bfloat16(exact[i]));
  }
}

TEST_CASE("elements draw independent noise") {
  const auto z = draws(normal{0, 1});
  double product = 0;
  for (std::size_t i = 1; i < n; ++i)
    product += z[i] * z[i - 1];
  CHECK(std::abs(product / n) < 5 / std::sqrt(static_cast<double>(n)));
}
