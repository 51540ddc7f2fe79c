// SPDX-License-Identifier: MIT
#include "bitfault/statistics/normal_quantile.hpp"

#include "catch.hpp"

#include <cmath>
#include <limits>
#include <numbers>

TEST_CASE("the normal quantile has its published values and undoes the distribution") {
  using bitfault::detail::two_sided_normal_quantile;
  CHECK(two_sided_normal_quantile(0.95) == Approx(1.959963984540054).epsilon(1e-14));
  CHECK(two_sided_normal_quantile(0.99) == Approx(2.575829303548901).epsilon(1e-14));
  CHECK(two_sided_normal_quantile(0.6826894921370859) == Approx(1).epsilon(1e-14));
  for (double confidence = 0.001; confidence < 1; confidence += 0.001) {
    const double z = two_sided_normal_quantile(confidence);
    CAPTURE(confidence, z);
    CHECK(std::erf(z / std::numbers::sqrt2) == Approx(confidence).epsilon(1e-12));
  }
  // As far out as a double below 1 reaches.
  const double last = 1 - std::numeric_limits<double>::epsilon() / 2;
  CHECK(std::erfc(two_sided_normal_quantile(last) / std::numbers::sqrt2) ==
        Approx(1 - last).epsilon(1e-9));
}

TEST_CASE(
    "Student's quantile has its closed forms at 1 and 2 degrees, and tends to the normal one") {
  using bitfault::detail::two_sided_student_quantile;
  for (const double confidence : {0.1, 0.5, 0.9, 0.95, 0.99, 0.9999}) {
    CAPTURE(confidence);
    // One degree: Cauchy. Two: the distribution function is 1/2 + t / (2 sqrt(2 + t^2)).
    CHECK(two_sided_student_quantile(confidence, 1) ==
          Approx(std::tan(std::numbers::pi / 2 * confidence)).epsilon(1e-11));
    CHECK(two_sided_student_quantile(confidence, 2) ==
          Approx(confidence * std::sqrt(2 / (1 - confidence * confidence))).epsilon(1e-11));
    CHECK(two_sided_student_quantile(confidence, 1e9) ==
          Approx(bitfault::detail::two_sided_normal_quantile(confidence)).epsilon(1e-7));
  }
}
