// SPDX-License-Identifier: MIT
#pragma once

#include "../fault_list/file_error.hpp"
#include "classification.hpp"
#include "criterion.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace bitfault::campaign {

namespace detail {

/// A flag: whether `differs(golden, faulty)` holds for at least one element.
template <class Differs>
criterion flag_of_elements(std::string name, Differs differs) {
  return {std::move(name),
          [differs](const compared_outputs& o) {
            for (std::size_t i = 0; i < o.golden.size(); ++i)
              if (differs(o.golden[i], o.faulty[i]))
                return 1.0;
            return 0.0;
          },
          true};
}

[[noreturn]] inline void refuse_output(const std::string& what) {
  bitfault::detail::raise(std::invalid_argument("bitfault: " + what));
}

/// Cross-entropy of the softmax of `scores` against the class `label`, without overflow.
inline double cross_entropy(std::span<const double> scores, std::size_t label) {
  const double top = scores[top_answer(scores)];
  double sum = 0;
  for (const double x : scores)
    sum += std::exp(x - top);
  return std::log(sum) - (scores[label] - top);
}

} // namespace detail

/// At least one element moved by more than `tau` (a steering angle, a distance). The unit is the
/// output's. Name it, where a campaign has several.
inline criterion absolute_difference(double tau, std::string name = "absolute_difference") {
  return detail::flag_of_elements(std::move(name), [tau](double golden, double faulty) {
    return std::abs(faulty - golden) > tau;
  });
}

/// At least one element moved by more than `tau` times its golden magnitude; from 0, by anything.
inline criterion relative_difference(double tau, std::string name = "relative_difference") {
  return detail::flag_of_elements(std::move(name), [tau](double golden, double faulty) {
    return std::abs(faulty - golden) > tau * std::abs(golden);
  });
}

/// A number: the cross-entropy against the label, faulty minus golden, in nats. Outputs are taken
/// as logits. Each input needs a label below the number of outputs: asking for another throws
/// std::invalid_argument.
inline criterion loss_difference() {
  return {"loss_difference",
          [](const compared_outputs& o) {
            if (!o.label.has_value() || *o.label >= o.golden.size())
              detail::refuse_output("loss_difference: input " + std::to_string(o.input) +
                                    (o.label.has_value()
                                         ? " has the label " + std::to_string(*o.label) +
                                               "; there are " + std::to_string(o.golden.size()) +
                                               " outputs"
                                         : " has no label"));
            return detail::cross_entropy(o.faulty, *o.label) -
                   detail::cross_entropy(o.golden, *o.label);
          },
          false};
}

/// How a segmentation's output lies in memory.
struct class_axis {
  std::size_t classes = 0;
  bool outermost = true; ///< (class, y, x); otherwise innermost: (y, x, class)
};

/// The mean intersection over union of two segmentations: the best class of each pixel in the one
/// and in the other (ties: the lowest class), over the classes that at least one of them shows. 1
/// if they agree everywhere. Throws std::invalid_argument for outputs that are no whole pixels.
/// O(outputs).
inline double mean_iou(std::span<const double> golden, std::span<const double> faulty,
                       const class_axis& axis) {
  if (axis.classes == 0 || golden.size() % axis.classes != 0 || golden.size() != faulty.size())
    detail::refuse_output("mean_iou: outputs of " + std::to_string(golden.size()) + " and " +
                          std::to_string(faulty.size()) + " scores, for pixels of " +
                          std::to_string(axis.classes) + " classes each");
  const std::size_t pixels = golden.size() / axis.classes;
  const std::size_t to_pixel = axis.outermost ? 1 : axis.classes;
  const std::size_t to_class = axis.outermost ? pixels : 1;
  const auto class_at = [&](std::span<const double> scores, std::size_t pixel) {
    const std::size_t first = pixel * to_pixel;
    std::size_t top = 0;
    for (std::size_t c = 1; c < axis.classes; ++c) {
      const double best = scores[first + top * to_class], x = scores[first + c * to_class];
      if (x > best || (std::isnan(best) && !std::isnan(x)))
        top = c;
    }
    return top;
  };
  struct overlap {
    std::size_t both = 0, either = 0;
  };
  std::vector<overlap> overlaps(axis.classes);
  for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
    const std::size_t was = class_at(golden, pixel), is = class_at(faulty, pixel);
    ++overlaps[was].either;
    if (was == is)
      ++overlaps[was].both;
    else
      ++overlaps[is].either;
  }
  double sum = 0, shown = 0;
  for (const overlap& o : overlaps) {
    if (o.either == 0)
      continue;
    sum += static_cast<double>(o.both) / static_cast<double>(o.either);
    shown += 1;
  }
  return shown == 0 ? 1 : sum / shown;
}

/// A number: 1 minus the mean intersection over union with the golden segmentation. It is what is
/// lost, so that inputs whose output is golden, which are not asked, count as 0.
inline criterion mean_iou_loss(const class_axis& axis) {
  return {"mean_iou_loss",
          [axis](const compared_outputs& o) { return 1 - mean_iou(o.golden, o.faulty, axis); },
          false};
}

/// The mean intersection over union with the golden segmentation is below `threshold`.
inline criterion mean_iou_below(double threshold, const class_axis& axis) {
  return {"mean_iou_below",
          [threshold, axis](const compared_outputs& o) {
            return mean_iou(o.golden, o.faulty, axis) < threshold ? 1.0 : 0.0;
          },
          true};
}

} // namespace bitfault::campaign
