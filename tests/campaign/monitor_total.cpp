// SPDX-License-Identifier: MIT
#include <bitfault/campaign/monitor_total.hpp>

#include "../support/chance.hpp"
#include "catch.hpp"
#include "measured.hpp"

#include <bitfault/campaign/model.hpp>
#include <bitfault/views/strided.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <vector>

namespace bitfault::campaign {
namespace {

template <class T>
monitor_record distances(std::vector<T> golden, std::vector<T> faulty) {
  monitor_total total(7);
  total.add(tensor(golden), tensor(faulty));
  return total.record();
}

/// The same in parts that begin at the given places.
template <class T>
monitor_record in_parts(const std::vector<T>& golden, const std::vector<T>& faulty,
                        std::vector<std::size_t> begins) {
  monitor_total total(7);
  begins.push_back(golden.size());
  std::size_t first = 0;
  for (const std::size_t next : begins) {
    const auto part = [&](const std::vector<T>& all) {
      return std::vector<T>(all.begin() + static_cast<std::ptrdiff_t>(first),
                            all.begin() + static_cast<std::ptrdiff_t>(next));
    };
    std::vector<T> g = part(golden), f = part(faulty);
    total.add(tensor(g), tensor(f));
    first = next;
  }
  return total.record();
}

void check_near(const tensor_statistics& s, const tensor_statistics& whole) {
  CHECK(s.minimum == whole.minimum);
  CHECK(s.maximum == whole.maximum);
  CHECK(s.nan_count == whole.nan_count);
  CHECK(s.mean == Approx(whole.mean).epsilon(1e-12).margin(1e-14 * whole.deviation));
  CHECK(s.deviation == Approx(whole.deviation).epsilon(1e-12));
  CHECK(s.geometric_mean == Approx(whole.geometric_mean).epsilon(1e-12));
}
void check_near(const monitor_record& m, const monitor_record& whole) {
  check_near(m.golden, whole.golden);
  check_near(m.faulty, whole.faulty);
  CHECK(m.rmse == Approx(whole.rmse).epsilon(1e-12));
  CHECK(m.mae == Approx(whole.mae).epsilon(1e-12));
  CHECK(m.share_equal == whole.share_equal);
}

} // namespace

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

TEST_CASE("several parts give what all their elements give at once") {
  chance::numbers numbers(8);
  for (int round = 0; round < 200; ++round) {
    std::vector<float> golden(1 + numbers.below(600)), faulty(golden.size());
    for (std::size_t i = 0; i < golden.size(); ++i) {
      golden[i] = static_cast<float>(numbers.below(2000)) / 64 - 10;
      faulty[i] = numbers.below(3) != 0 ? golden[i] : golden[i] * 3 + 1;
      // Some rounds have any bits at all: NaN, infinity, subnormal and huge numbers.
      if (round % 4 == 0 && numbers.below(5) == 0)
        faulty[i] = std::bit_cast<float>(static_cast<std::uint32_t>(numbers.next()));
    }
    std::vector<std::size_t> begins; // parts without elements are there too
    for (std::uint64_t n = numbers.below(6); n > 0; --n)
      begins.push_back(numbers.below(golden.size() + 1));
    std::sort(begins.begin(), begins.end());
    check_near(in_parts(golden, faulty, begins), distances(golden, faulty));
  }
}

TEST_CASE("parts with nothing to tell of change nothing") {
  const std::vector<float> golden{nan, nan, 0, 0, 2, 8, inf}, faulty{nan, nan, 0, 0, 2, 4, -inf};
  const monitor_record whole = distances(golden, faulty);
  CHECK(whole.rmse == Approx(std::sqrt(16.0 / 4)).epsilon(1e-15));
  check_near(in_parts(golden, faulty, {2, 4, 6}), whole); // NaN, zeros, numbers, infinity
  check_near(in_parts(golden, faulty, {1, 2, 3, 4, 5, 6}), whole);
  // Parts that are constant: no rounding leaves a deviation.
  const std::vector<float> same(9, 0.1F);
  CHECK(in_parts(same, same, {2, 5, 6}) == distances(same, same));
}

TEST_CASE("parts are joined without overflow") {
  const std::vector<double> golden{1.7e308, 1.7e308, -1.7e308}, faulty{-1.7e308, 1.7e308, -1e308};
  for (const auto& begins : {std::vector<std::size_t>{1}, {2}, {1, 2}}) {
    const monitor_record m = in_parts(golden, faulty, begins);
    CHECK(m.golden.mean == Approx(1.7e308 / 3).epsilon(1e-12));
    CHECK(m.golden.deviation == Approx(1.7e308 * (std::sqrt(8.0) / 3)).epsilon(1e-12));
    CHECK(m.golden.geometric_mean == Approx(1.7e308).epsilon(1e-12));
  }
}

TEST_CASE("a tensor with gaps gives the same bits as the dense copy of its elements, compared") {
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
  monitor_total of_gaps(7);
  of_gaps.add(gaps, tensor(other));
  CHECK(of_gaps.record() == distances(dense, other));
  monitor_total same(7);
  same.add(tensor(dense), gaps);
  CHECK(same.record().share_equal == 1);
}

TEST_CASE("tensors that cannot be compared are refused with their sizes") {
  std::vector<float> golden(3), faulty(4);
  std::vector<double> wide(3);
  monitor_total total(0);
  CHECK_THROWS_WITH(total.add(tensor(golden), tensor(faulty)),
                    "bitfault: monitor: the golden tensor has 3 float32, the faulty one 4 float32");
  CHECK_THROWS_AS(total.add(tensor(golden), tensor(wide)), std::invalid_argument);
  CHECK(total.record() == monitor_total(0).record());
}

} // namespace bitfault::campaign
