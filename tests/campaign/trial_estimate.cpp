// SPDX-License-Identifier: MIT
#include "bitfault/campaign/trial_estimate.hpp"

#include "catch.hpp"

using namespace bitfault::campaign;

TEST_CASE("an estimate of nothing says that everything is possible") {
  const trial_estimate nothing;
  CHECK(nothing.of == 0);
  CHECK(nothing.bounds == bitfault::interval{0, 1});
  CHECK(nothing.method == interval_method::none);
}

TEST_CASE("every method has its name") {
  CHECK(name_of(interval_method::none) == "none");
  CHECK(name_of(interval_method::exact) == "exact");
  CHECK(name_of(interval_method::wilson) == "wilson");
  CHECK(name_of(interval_method::clopper_pearson) == "clopper_pearson");
  CHECK(name_of(interval_method::clustered) == "clustered");
  CHECK(name_of(interval_method::two_way) == "two_way");
  CHECK(name_of(interval_method::anytime) == "anytime");
  CHECK(name_of(interval_method::bounded_mean) == "bounded_mean");
}
