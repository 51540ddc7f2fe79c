// SPDX-License-Identifier: MIT
#pragma once

#include "monitor.hpp"
#include "tensor_ref.hpp"
#include "to_doubles.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>

namespace bitfault::campaign {

namespace detail {

/// Elements are taken in blocks of so many: within one, sums go in four lanes.
inline constexpr std::size_t block_size = 256;
using block = std::array<double, block_size>;

/// Elements [first, first + values.size()) as doubles.
inline void load_block(const tensor_ref& t, index_t first, std::span<double> values) {
  if (t.contiguous()) {
    to_doubles(t.type(), t.data() + first * t.type().bytes, values);
    return;
  }
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = t.real(first + static_cast<index_t>(i));
}

/// Calls f(values, first) for one block after the other; f may change its values.
template <class F>
void for_each_block(const tensor_ref& t, const F& f) {
  block room{};
  for (index_t first = 0; first < t.size(); first += block_size) {
    const std::size_t count = std::min<std::size_t>(block_size, t.size() - first);
    const std::span<double> values(room.data(), count);
    load_block(t, first, values);
    f(values, first);
  }
}

/// A sum of many terms that keeps what rounding drops.
///
/// Source: A. Neumaier, Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen,
/// Zeitschrift fuer Angewandte Mathematik und Mechanik 54 (1974), 39-51.
class long_sum {
public:
  void add(double x) noexcept {
    const double next = sum_ + x;
    dropped_ += std::abs(sum_) >= std::abs(x) ? (sum_ - next) + x : (x - next) + sum_;
    sum_ = next;
  }
  /// Adds f(x) for each x, all of them finite.
  template <class F>
  void add_each(std::span<const double> values, const F& f) noexcept {
    std::array<double, 4> lanes{};
    std::size_t i = 0;
    for (; i + 4 <= values.size(); i += 4)
      for (std::size_t lane = 0; lane < 4; ++lane)
        lanes[lane] += f(values[i + lane]);
    for (; i < values.size(); ++i)
      lanes[0] += f(values[i]);
    for (const double lane : lanes)
      add(lane);
  }
  double total() const noexcept { return sum_ + dropped_; }

private:
  double sum_ = 0, dropped_ = 0;
};

/// The product of many magnitudes, as mantissa and exponent, so that it neither overflows nor
/// needs a logarithm for each factor.
class long_product {
public:
  /// Multiplies by the magnitudes of a block's elements that are finite and not 0.
  void multiply(std::span<const double> values) noexcept {
    constexpr std::uint64_t fraction = (std::uint64_t{1} << 52) - 1;
    constexpr std::uint64_t one = std::uint64_t{1023} << 52;
    // Each lane multiplies so many mantissas below 2, at most.
    static_assert(block_size / 4 < 1000);
    std::array<double, 4> lanes{1, 1, 1, 1};
    std::int64_t exponent = 0, count = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      auto word = std::bit_cast<std::uint64_t>(values[i]);
      auto field = static_cast<std::int64_t>(word >> 52 & 0x7FF);
      if (field == 0x7FF || (word << 1) == 0)
        continue;
      if (field == 0) { // subnormal: made normal first
        word = std::bit_cast<std::uint64_t>(values[i] * 0x1p64);
        field = static_cast<std::int64_t>(word >> 52 & 0x7FF) - 64;
      }
      exponent += field - 1023;
      ++count;
      lanes[i % 4] *= std::bit_cast<double>((word & fraction) | one);
    }
    for (const double lane : lanes) {
      int shift = 0;
      mantissa_ = std::frexp(mantissa_ * lane, &shift);
      exponent += shift;
    }
    exponent_ += exponent;
    count_ += count;
  }
  std::uint64_t factors() const noexcept { return static_cast<std::uint64_t>(count_); }
  /// The root of as many factors as there were; 0 if there were none.
  double geometric_mean() const {
    if (count_ == 0)
      return 0;
    const std::int64_t whole = exponent_ / count_;
    const double rest = static_cast<double>(exponent_ % count_) + std::log2(mantissa_);
    return std::ldexp(std::exp2(rest / static_cast<double>(count_)), static_cast<int>(whole));
  }

private:
  double mantissa_ = 1;
  std::int64_t exponent_ = 0, count_ = 0;
};

/// Keeps the finite ones of some values, moved together. Returns them.
inline std::span<double> keep_finite(std::span<double> values) noexcept {
  std::size_t kept = 0;
  for (const double x : values) {
    values[kept] = x;
    kept += std::isfinite(x) ? 1 : 0;
  }
  return values.first(kept);
}

/// The smallest and the largest number among some values, and how many are none.
struct extremes {
  double lowest = std::numeric_limits<double>::infinity();
  double highest = -std::numeric_limits<double>::infinity();
  std::uint64_t nan_count = 0;
};
inline extremes extremes_of(std::span<const double> values) noexcept {
  extremes e; // comparisons with NaN are false
  for (const double x : values) {
    e.lowest = x < e.lowest ? x : e.lowest;
    e.highest = x > e.highest ? x : e.highest;
    e.nan_count += std::isnan(x) ? 1 : 0;
  }
  return e;
}

/// How many of `count` contiguous words of two tensors are equal.
template <class Word>
std::uint64_t count_equal_words(const std::byte* a, const std::byte* b,
                                std::uint64_t count) noexcept {
  std::uint64_t equal = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    Word x, y;
    std::memcpy(&x, a + i * sizeof x, sizeof x);
    std::memcpy(&y, b + i * sizeof y, sizeof y);
    equal += x == y ? 1 : 0;
  }
  return equal;
}

/// How many elements of two tensors of one type and size have the same bits.
inline std::uint64_t count_equal(const tensor_ref& a, const tensor_ref& b) noexcept {
  if (a.contiguous() && b.contiguous()) {
    switch (a.type().bytes) {
    case 1:
      return count_equal_words<std::uint8_t>(a.data(), b.data(), a.size());
    case 2:
      return count_equal_words<std::uint16_t>(a.data(), b.data(), a.size());
    case 4:
      return count_equal_words<std::uint32_t>(a.data(), b.data(), a.size());
    default:
      return count_equal_words<std::uint64_t>(a.data(), b.data(), a.size());
    }
  }
  std::uint64_t equal = 0;
  for (index_t i = 0; i < a.size(); ++i)
    equal += a.load(i) == b.load(i) ? 1 : 0;
  return equal;
}

/// A power of two by which values up to `largest` are multiplied before they are squared, so that
/// squares of very large and very small numbers neither overflow nor vanish. Its inverse is exact.
inline double scale_for(double largest) noexcept {
  if (largest == 0)
    return 1;
  return std::ldexp(1.0, -std::clamp(std::ilogb(largest), -1000, 1000));
}

/// Statistics of a tensor, and how many elements stand behind them.
struct counted_statistics {
  tensor_statistics values{};
  std::uint64_t elements = 0;
  std::uint64_t finite = 0;
  std::uint64_t nonzero = 0; ///< of the finite ones
};

/// One pass for extremes and geometric mean, one for the mean, one for the deviation.
inline counted_statistics measure_counted(const tensor_ref& t) {
  constexpr double inf = std::numeric_limits<double>::infinity();
  counted_statistics result;
  result.elements = t.size();
  double lowest = inf, highest = -inf; // of the finite elements
  double minimum = inf, maximum = -inf;
  std::uint64_t finite = 0;
  long_product product;
  for_each_block(t, [&](std::span<double> values, index_t) {
    const extremes all = extremes_of(values);
    minimum = std::min(minimum, all.lowest);
    maximum = std::max(maximum, all.highest);
    result.values.nan_count += all.nan_count;
    const std::span<const double> kept = keep_finite(values);
    const extremes of_kept = kept.size() == values.size() ? all : extremes_of(kept);
    lowest = std::min(lowest, of_kept.lowest);
    highest = std::max(highest, of_kept.highest);
    finite += kept.size();
    product.multiply(kept);
  });
  if (result.values.nan_count == t.size())
    return result;
  result.values.minimum = minimum;
  result.values.maximum = maximum;
  result.values.geometric_mean = product.geometric_mean();
  result.finite = finite;
  result.nonzero = product.factors();
  if (finite == 0)
    return result;
  if (lowest == highest) { // rounding would leave a deviation
    result.values.mean = lowest;
    return result;
  }

  const double scale = scale_for(std::max(std::abs(lowest), std::abs(highest)));
  const double n = static_cast<double>(finite);
  const auto for_each_kept = [&](const auto& f) {
    for_each_block(t, [&](std::span<double> values, index_t) {
      f(finite == t.size() ? values : keep_finite(values));
    });
  };
  long_sum sum;
  for_each_kept([&](std::span<const double> kept) {
    sum.add_each(kept, [scale](double x) { return x * scale; });
  });
  const double mean = sum.total() / n;
  // The sum of what is left corrects both for the rounding of the mean.
  long_sum squares, left;
  for_each_kept([&](std::span<const double> kept) {
    left.add_each(kept, [scale, mean](double x) { return x * scale - mean; });
    squares.add_each(kept, [scale, mean](double x) {
      const double apart = x * scale - mean;
      return apart * apart;
    });
  });
  const double shift = left.total() / n;
  result.values.mean = (mean + shift) / scale;
  result.values.deviation = std::sqrt(std::max(0.0, squares.total() / n - shift * shift)) / scale;
  return result;
}

/// How far two tensors are apart, and how many elements stand behind that.
struct counted_distances {
  double rmse = 0;
  double mae = 0;
  std::uint64_t equal = 0; ///< elements with the same bits
  std::uint64_t pairs = 0; ///< that are finite on both sides
};

/// Of two tensors of one type and size.
inline counted_distances measure_distances(const tensor_ref& golden, const tensor_ref& faulty) {
  counted_distances result;
  result.equal = count_equal(golden, faulty);

  // Distances of the pairs that are finite, block by block; `part` keeps them from overflowing.
  const auto for_each_distance = [&](double part, const auto& f) {
    block other{};
    for_each_block(golden, [&](std::span<double> g, index_t first) {
      const std::span<double> apart(other.data(), g.size());
      load_block(faulty, first, apart);
      bool all_finite = true;
      for (std::size_t i = 0; i < g.size(); ++i) {
        all_finite = all_finite && std::isfinite(g[i]) && std::isfinite(apart[i]);
        apart[i] = std::abs(g[i] * part - apart[i] * part);
      }
      if (!all_finite) { // the difference is no number then, or overflowed
        load_block(faulty, first, apart);
        for (std::size_t i = 0; i < g.size(); ++i)
          apart[i] = std::isfinite(g[i]) && std::isfinite(apart[i])
                         ? std::abs(g[i] * part - apart[i] * part)
                         : -1;
      }
      f(apart);
    });
  };
  std::uint64_t finite = 0;
  double largest = 0;
  for_each_distance(1, [&](std::span<const double> apart) {
    std::uint64_t its_finite = 0;
    double its_largest = 0;
    for (const double a : apart) {
      its_finite += a >= 0 ? 1 : 0;
      its_largest = a > its_largest ? a : its_largest;
    }
    finite += its_finite;
    largest = std::max(largest, its_largest);
  });
  result.pairs = finite;
  if (finite == 0 || largest == 0)
    return result;
  const double part = std::isinf(largest) ? 0.5 : 1;
  const double scale = std::isinf(largest) ? 0x1p-1000 : scale_for(largest);
  long_sum absolute, squares;
  for_each_distance(part, [&](std::span<const double> apart) {
    const auto scaled = [scale](double a) { return a >= 0 ? a * scale : 0.0; };
    absolute.add_each(apart, scaled);
    squares.add_each(apart, [scaled](double a) { return scaled(a) * scaled(a); });
  });
  const double n = static_cast<double>(finite);
  result.mae = absolute.total() / n / scale / part;
  result.rmse = std::sqrt(squares.total() / n) / scale / part;
  return result;
}

} // namespace detail

/// Statistics of a tensor. Relative error of the mean about 1e-14 of the mean magnitude, of
/// deviation and geometric mean about 1e-13. The same program gives the same bits each time,
/// whatever the tensor's strides. O(n), no allocation. Host only.
inline tensor_statistics measure(const tensor_ref& t) { return detail::measure_counted(t).values; }

} // namespace bitfault::campaign
