// SPDX-License-Identifier: MIT
#pragma once

#include "../fault_list/file_error.hpp"
#include "measure.hpp"
#include "monitor.hpp"
#include "tensor_ref.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>

namespace bitfault::campaign {

namespace detail {

/// The shares of two sets of elements in both together.
struct joint_weights {
  double a = 0, b = 0;
  joint_weights(std::uint64_t of_a, std::uint64_t of_b)
      : a(static_cast<double>(of_a) / static_cast<double>(of_a + of_b)),
        b(static_cast<double>(of_b) / static_cast<double>(of_a + of_b)) {}

  /// From the heavier one towards the other, so that neither the difference nor a step overflows.
  double mean(double x, double y) const noexcept {
    return a < b ? y + 2 * a * (x / 2 - y / 2) : x + 2 * b * (y / 2 - x / 2);
  }
  double root_mean_square(double x, double y) const noexcept {
    return std::hypot(std::sqrt(a) * x, std::sqrt(b) * y);
  }
};

/// Puts the statistics of more elements to those of some.
inline void join(counted_statistics& a, const counted_statistics& b) {
  tensor_statistics& x = a.values;
  const tensor_statistics& y = b.values;
  const bool numbers_in_a = a.elements != x.nan_count;
  if (b.elements != y.nan_count) {
    x.minimum = numbers_in_a ? std::min(x.minimum, y.minimum) : y.minimum;
    x.maximum = numbers_in_a ? std::max(x.maximum, y.maximum) : y.maximum;
  }
  x.nan_count += y.nan_count;
  if (b.finite != 0) {
    const joint_weights w(a.finite, b.finite);
    // Of the deviations, and of the two means from the common one.
    x.deviation = std::hypot(w.root_mean_square(x.deviation, y.deviation),
                             2 * std::sqrt(w.a * w.b) * (x.mean / 2 - y.mean / 2));
    x.mean = w.mean(x.mean, y.mean);
  }
  if (a.nonzero == 0 || x.geometric_mean == y.geometric_mean) {
    x.geometric_mean = b.nonzero == 0 ? x.geometric_mean : y.geometric_mean;
  } else if (b.nonzero != 0) {
    const joint_weights w(a.nonzero, b.nonzero);
    x.geometric_mean =
        std::exp2(w.a * std::log2(x.geometric_mean) + w.b * std::log2(y.geometric_mean));
  }
  a.elements += b.elements;
  a.finite += b.finite;
  a.nonzero += b.nonzero;
}

inline void join(counted_distances& a, const counted_distances& b) {
  if (b.pairs != 0) {
    const joint_weights w(a.pairs, b.pairs);
    a.rmse = w.root_mean_square(a.rmse, b.rmse);
    a.mae = w.mean(a.mae, b.mae);
  }
  a.equal += b.equal;
  a.pairs += b.pairs;
}

} // namespace detail

/// What a monitor sees in a layer's output, over all parts in which a trial computes it: the
/// statistics of all elements together, golden and faulty, and their distances. One part gives what
/// `measure` gives; each further one adds a relative error of about 1e-15.
class monitor_total {
public:
  explicit monitor_total(std::uint32_t layer) : layer_(layer) {}

  /// One more part. Where all bits are equal, distances and faulty statistics are not computed.
  ///
  /// Requires tensors of one type and size; throws std::invalid_argument otherwise. O(n), no
  /// allocation. Host only.
  void add(const tensor_ref& golden, const tensor_ref& faulty) {
    if (golden.size() != faulty.size() || golden.type().name != faulty.type().name)
      bitfault::detail::raise(std::invalid_argument(
          "bitfault: monitor: the golden tensor has " + std::to_string(golden.size()) + " " +
          std::string(golden.type().name) + ", the faulty one " + std::to_string(faulty.size()) +
          " " + std::string(faulty.type().name)));
    const detail::counted_statistics without = detail::measure_counted(golden);
    const bool same =
        golden.size() == 0 || (golden.contiguous() && faulty.contiguous() &&
                               std::memcmp(golden.data(), faulty.data(), golden.bytes()) == 0);
    detail::join(golden_, without);
    detail::join(faulty_, same ? without : detail::measure_counted(faulty));
    detail::join(distances_, same ? detail::counted_distances{0, 0, golden.size(), without.finite}
                                  : detail::measure_distances(golden, faulty));
  }

  /// Of all parts so far. No elements at all are all equal.
  monitor_record record() const noexcept {
    const double elements = static_cast<double>(golden_.elements);
    return {layer_,
            golden_.values,
            faulty_.values,
            distances_.rmse,
            distances_.mae,
            golden_.elements == 0 ? 1 : static_cast<double>(distances_.equal) / elements};
  }

private:
  std::uint32_t layer_;
  detail::counted_statistics golden_{}, faulty_{};
  detail::counted_distances distances_{};
};

} // namespace bitfault::campaign
