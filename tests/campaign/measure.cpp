// SPDX-License-Identifier: MIT
#include "bitfault/campaign/measure.hpp"

#include "../support/chance.hpp"
#include "bitfault/core/bfloat16.hpp"
#include "bitfault/core/half.hpp"
#include "bitfault/views/flat.hpp"
#include "bitfault/views/strided.hpp"
#include "catch.hpp"
#include "measured.hpp"

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace bitfault::campaign {
namespace {

/// The definitions, in long double, element by element.
template <class T>
tensor_statistics naive(const std::vector<T>& elements) {
  tensor_statistics s;
  long double sum = 0, logs = 0, squares = 0, n = 0, nonzero = 0;
  bool any = false;
  for (const T e : elements) {
    const long double x = to_real(e);
    if (std::isnan(x)) {
      ++s.nan_count;
      continue;
    }
    s.minimum = any ? std::fmin(s.minimum, static_cast<double>(x)) : static_cast<double>(x);
    s.maximum = any ? std::fmax(s.maximum, static_cast<double>(x)) : static_cast<double>(x);
    any = true;
    if (std::isinf(x))
      continue;
    n += 1;
    sum += x;
    if (x != 0) {
      nonzero += 1;
      logs += std::log(std::fabs(x));
    }
  }
  if (n == 0)
    return s;
  const long double mean = sum / n;
  for (const T e : elements)
    if (const long double x = to_real(e); std::isfinite(x))
      squares += (x - mean) * (x - mean);
  s.mean = static_cast<double>(mean);
  s.deviation = static_cast<double>(std::sqrt(squares / n));
  s.geometric_mean = nonzero == 0 ? 0 : static_cast<double>(std::exp(logs / nonzero));
  return s;
}

void check_equal(const tensor_statistics& s, const tensor_statistics& expected) {
  CHECK(s.minimum == expected.minimum);
  CHECK(s.maximum == expected.maximum);
  CHECK(s.nan_count == expected.nan_count);
  CHECK(s.mean == Approx(expected.mean).epsilon(1e-12));
  CHECK(s.deviation == Approx(expected.deviation).epsilon(1e-12));
  CHECK(s.geometric_mean == Approx(expected.geometric_mean).epsilon(1e-12));
}

} // namespace

TEST_CASE("statistics of a few elements are those computed by hand") {
  const tensor_statistics s = statistics<float>({1, -2, 4, -8, 0});
  CHECK(s.minimum == -8);
  CHECK(s.maximum == 4);
  CHECK(s.mean == -1);
  CHECK(s.deviation == 4); // squares of 2, -1, 5, -7 and 1 sum to 80
  CHECK(s.geometric_mean == Approx(std::sqrt(8.0)).epsilon(1e-15)); // fourth root of 64
  CHECK(s.nan_count == 0);
}

TEST_CASE("NaN is counted and nothing else, infinity is an extreme and nothing else") {
  const tensor_statistics s = statistics<float>({nan, 1, inf, 3, nan});
  CHECK(s == tensor_statistics{1, static_cast<double>(inf), 2, 1, s.geometric_mean, 2});
  CHECK(s.geometric_mean == Approx(std::sqrt(3.0)).epsilon(1e-15));
  CHECK(statistics<float>({-inf, inf}) ==
        tensor_statistics{-static_cast<double>(inf), static_cast<double>(inf), 0, 0, 0, 0});
  CHECK(statistics<float>({nan, nan}) == tensor_statistics{0, 0, 0, 0, 0, 2});
  CHECK(statistics<float>({}) == tensor_statistics{});
  CHECK(statistics<float>({-0.0F, 0.0F}) == tensor_statistics{});
}

TEST_CASE("closed forms hold: a ladder of numbers, powers of two, a constant") {
  std::vector<std::int32_t> ladder(100'001);
  for (std::size_t i = 0; i < ladder.size(); ++i)
    ladder[i] = static_cast<std::int32_t>(i) - 50'000;
  const tensor_statistics s = statistics(ladder);
  CHECK(s.mean == 0);
  const double n = 100'001;
  CHECK(s.deviation == Approx(std::sqrt((n * n - 1) / 12)).epsilon(1e-14));

  std::vector<double> powers; // subnormal ones too
  for (int e = -1074; e <= 1023; ++e)
    powers.push_back(std::ldexp(1.0, e));
  CHECK(statistics(powers).geometric_mean == Approx(std::exp2(-25.5)).epsilon(1e-14));

  const tensor_statistics same = statistics(std::vector<float>(10'007, 0.1F));
  CHECK(same.mean == static_cast<double>(0.1F));
  CHECK(same.deviation == 0);
  CHECK(same.geometric_mean == Approx(static_cast<double>(0.1F)).epsilon(1e-12));
}

TEST_CASE("no precision is lost where naive formulas lose it") {
  // A small spread far from 0: mean of squares minus square of the mean would be noise.
  std::vector<double> far(10'000);
  for (std::size_t i = 0; i < far.size(); ++i)
    far[i] = 1e9 + static_cast<double>(i % 2);
  CHECK(statistics(far).mean == 1e9 + 0.5);
  CHECK(statistics(far).deviation == Approx(0.5).epsilon(1e-12));
  // Neighbouring numbers, whose mean is no double.
  const double next = 1 + std::numeric_limits<double>::epsilon();
  CHECK(statistics<double>({1, next}).deviation == std::ldexp(1.0, -53));
  // Squares that overflow, and squares that vanish.
  CHECK(statistics<double>({1e300, -1e300}).deviation == Approx(1e300).epsilon(1e-14));
  CHECK(statistics<double>({1.7e308, 1.7e308, 1.5e308}).mean ==
        Approx(4.9 / 3 * 1e308).epsilon(1e-14));
  CHECK(statistics<double>({1e-300, -1e-300}).deviation == Approx(1e-300).epsilon(1e-14));
  CHECK(statistics<double>({5e-324, 1.5e-323}).mean == 1e-323);
}

TEST_CASE("statistics of random tensors agree with a naive twin in long double") {
  chance::numbers numbers(5);
  const auto check = [&]<class T>(T, std::size_t count) {
    for (int round = 0; round < 20; ++round) {
      std::vector<T> elements(round == 0 ? count : numbers.below(count));
      for (T& e : elements) // any bits, so NaN, infinity, subnormal and huge numbers are there
        e = from_word<T>(static_cast<word_t<T>>(numbers.next()));
      check_equal(statistics(elements), naive(elements));
    }
  };
  check(float{}, 3000);
  check(half{}, 3000);
  check(bfloat16{}, 3000);
  check(std::int8_t{}, 3000);
  check(std::uint16_t{}, 3000);
  check(std::int32_t{}, 3000);
}

TEST_CASE("a tensor with gaps gives the same bits as the dense copy of its elements") {
  chance::numbers numbers(7);
  std::vector<float> memory(3 * 1000), dense(1000);
  for (float& x : memory)
    x = static_cast<float>(numbers.below(1000)) / 7 - 50;
  for (std::size_t i = 0; i < dense.size(); ++i)
    dense[i] = memory[3 * i];
  const tensor_ref gaps(view(memory.data(), extents{1000}, strides{3}));
  REQUIRE_FALSE(gaps.contiguous());
  CHECK(measure(gaps) == measure(tensor(dense)));
}

} // namespace bitfault::campaign
