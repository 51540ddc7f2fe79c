// SPDX-License-Identifier: MIT
#include "bitfault/campaign/measure.hpp"

#include "../support/chance.hpp"
#include "bitfault/core/bfloat16.hpp"
#include "bitfault/core/half.hpp"
#include "bitfault/views/flat.hpp"
#include "bitfault/views/strided.hpp"
#include "catch.hpp"

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <vector>

namespace bitfault::campaign {
namespace {

const float nan = std::numeric_limits<float>::quiet_NaN();
const float inf = std::numeric_limits<float>::infinity();

template <class T>
tensor_ref tensor(std::vector<T>& elements) {
  return {*type<T>(), reinterpret_cast<std::byte*>(elements.data()), {elements.size()}};
}
template <class T>
tensor_statistics statistics(std::vector<T> elements) {
  return measure(tensor(elements));
}
template <class T>
monitor_record distances(std::vector<T> golden, std::vector<T> faulty) {
  const tensor_ref g = tensor(golden);
  return measure(7, g, measure(g), tensor(faulty));
}

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

TEST_CASE("distances of a few elements are those computed by hand") {
  const monitor_record d = distances<float>({1, 2, 3, 4}, {1, 5, 3, 0});
  CHECK(d.layer == 7);
  CHECK(d.rmse == 2.5); // squares 0, 9, 0, 16
  CHECK(d.mae == 1.75);
  CHECK(d.share_equal == 0.5);
  CHECK(d.golden == statistics<float>({1, 2, 3, 4}));
  CHECK(d.faulty == statistics<float>({1, 5, 3, 0}));
}

TEST_CASE("shares are equal by bits, distances leave out what is not finite") {
  // 0 and -0 are other bits and no distance; a NaN equals itself by bits.
  CHECK(distances<float>({0, 1}, {-0.0F, 1}).share_equal == 0.5);
  CHECK(distances<float>({0, 1}, {-0.0F, 1}).rmse == 0);
  const monitor_record d = distances<float>({nan, 2, 3, 1, inf}, {nan, nan, inf, 4, inf});
  CHECK(d.share_equal == 0.4);
  CHECK(d.rmse == 3);
  CHECK(d.mae == 3);
  CHECK(d.faulty.nan_count == 2);

  const monitor_record same = distances<float>({nan, 2}, {nan, 2});
  CHECK(same.share_equal == 1);
  CHECK(same.rmse == 0);
  CHECK(same.faulty == statistics<float>({nan, 2}));
  CHECK(distances<float>({}, {}).share_equal == 1);
  CHECK(distances<float>({nan}, {1}).mae == 0);
  CHECK(distances<float>({nan}, {1}).share_equal == 0);
}

TEST_CASE("distances neither overflow nor vanish before the numbers themselves do") {
  const monitor_record wide = distances<double>({1.5e308, 0}, {-1.5e308, 0});
  CHECK(wide.mae == Approx(1.5e308).epsilon(1e-14)); // half of 3e308, which no double holds
  const monitor_record large = distances<double>({1e300, 1}, {-1e300, 1});
  CHECK(large.rmse == Approx(std::sqrt(2.0) * 1e300).epsilon(1e-14));
  CHECK(distances<double>({5e-324}, {0}).rmse == 5e-324);
  CHECK(distances<double>({1e-200}, {2e-200}).rmse == Approx(1e-200).epsilon(1e-14));
  // 2^-24 of 3.4e38, in one element of many.
  std::vector<float> golden(1000, 1), faulty = golden;
  faulty[999] = std::bit_cast<float>(std::bit_cast<std::uint32_t>(1.0F) ^ 1U);
  CHECK(distances(golden, faulty).mae == Approx(std::ldexp(1.0, -23) / 1000).epsilon(1e-14));
  CHECK(distances(golden, faulty).rmse ==
        Approx(std::ldexp(1.0, -23) / std::sqrt(1000.0)).epsilon(1e-14));
  CHECK(distances(golden, faulty).share_equal == 0.999);
}

TEST_CASE("distances of random tensors agree with a naive twin in long double") {
  chance::numbers numbers(6);
  for (int round = 0; round < 50; ++round) {
    std::vector<float> golden(1 + numbers.below(2000)), faulty(golden.size());
    long double squares = 0, absolute = 0, n = 0, equal = 0;
    for (std::size_t i = 0; i < golden.size(); ++i) {
      golden[i] = std::bit_cast<float>(static_cast<std::uint32_t>(numbers.next()));
      faulty[i] = numbers.below(2) == 0
                      ? golden[i]
                      : std::bit_cast<float>(static_cast<std::uint32_t>(numbers.next()));
      equal += std::bit_cast<std::uint32_t>(golden[i]) == std::bit_cast<std::uint32_t>(faulty[i]);
      if (!std::isfinite(golden[i]) || !std::isfinite(faulty[i]))
        continue;
      const long double apart = static_cast<long double>(golden[i]) - faulty[i];
      n += 1;
      squares += apart * apart;
      absolute += std::fabs(apart);
    }
    const monitor_record d = distances(golden, faulty);
    CHECK(d.share_equal == Approx(static_cast<double>(equal / golden.size())).epsilon(1e-14));
    CHECK(d.rmse ==
          Approx(static_cast<double>(n == 0 ? 0 : std::sqrt(squares / n))).epsilon(1e-12));
    CHECK(d.mae == Approx(static_cast<double>(n == 0 ? 0 : absolute / n)).epsilon(1e-12));
  }
}

TEST_CASE("a tensor with gaps gives the same bits as the dense copy of its elements") {
  chance::numbers numbers(7);
  std::vector<float> memory(3 * 1000), dense(1000), other(1000);
  for (float& x : memory)
    x = static_cast<float>(numbers.below(1000)) / 7 - 50;
  for (std::size_t i = 0; i < dense.size(); ++i) {
    dense[i] = memory[3 * i];
    other[i] = memory[3 * i + 1];
  }
  const tensor_ref gaps(view(memory.data(), extents{1000}, strides{3}));
  REQUIRE_FALSE(gaps.contiguous());
  CHECK(measure(gaps) == measure(tensor(dense)));
  const tensor_statistics s = measure(gaps);
  CHECK(measure(0, gaps, s, tensor(other)) == measure(0, tensor(dense), s, tensor(other)));
  CHECK(measure(0, tensor(dense), s, gaps).share_equal == 1);
}

TEST_CASE("tensors that cannot be compared are refused with their sizes") {
  std::vector<float> golden(3), faulty(4);
  std::vector<double> wide(3);
  CHECK_THROWS_WITH(measure(0, tensor(golden), {}, tensor(faulty)),
                    "bitfault: measure: the golden tensor has 3 float32, the faulty one 4 float32");
  CHECK_THROWS_AS(measure(0, tensor(golden), {}, tensor(wide)), std::invalid_argument);
}

} // namespace bitfault::campaign
