// SPDX-License-Identifier: MIT
#include "bitfault/campaign/regression.hpp"

#include "catch.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <vector>

namespace bitfault::campaign {
namespace {

using outputs = std::vector<double>;

double value(const criterion& c, const outputs& golden, const outputs& faulty,
             std::optional<std::uint32_t> label = {}) {
  return c.value({golden, faulty, label, 3});
}

} // namespace

TEST_CASE("a difference is over tau if one element moved further, not if it moved so far") {
  const criterion angle = absolute_difference(0.5);
  CHECK(angle.name == "absolute_difference");
  CHECK(angle.is_flag);
  CHECK(value(angle, {1, 2}, {1.5, 1.5}) == 0);
  CHECK(value(angle, {1, 2}, {1, 1.25}) == 1);
  CHECK(value(angle, {1, 2}, {1.75, 2}) == 1);
  CHECK(value(angle, {}, {}) == 0);
  CHECK(absolute_difference(1, "angle").name == "angle");
}

TEST_CASE("a relative difference is of each element's own golden magnitude") {
  const criterion tenth = relative_difference(0.25);
  CHECK(tenth.is_flag);
  CHECK(value(tenth, {8, -8}, {10, -6}) == 0);
  CHECK(value(tenth, {8, -8}, {8, -10.5}) == 1);
  CHECK(value(tenth, {8, 1}, {9, 2}) == 1); // 1 is an eighth of 8, but all of 1
  CHECK(value(tenth, {0, 1}, {1e-300, 1}) == 1);
  CHECK(value(tenth, {0, 1}, {-0.0, 1}) == 0);
}

TEST_CASE("the loss difference is that of two cross-entropies") {
  const criterion loss = loss_difference();
  CHECK_FALSE(loss.is_flag);
  // Two equal logits: ln 2. Logits 0 and ln 3: the label's share is 3/4, so ln 4/3.
  CHECK(value(loss, {0, 0}, {0, std::log(3.0)}, 1) ==
        Approx(std::log(4.0 / 3) - std::log(2.0)).epsilon(1e-14));
  CHECK(value(loss, {0, 0}, {0, std::log(3.0)}, 0) ==
        Approx(std::log(4.0) - std::log(2.0)).epsilon(1e-14));
  // A constant on all logits changes nothing; large ones do not overflow.
  CHECK(value(loss, {1, 2, 3}, {1001, 1002, 1003}, 2) == Approx(0).margin(1e-12));
  CHECK(value(loss, {0, 0}, {1e38, 0}, 1) == Approx(1e38));
  CHECK_THROWS_WITH(value(loss, {0, 0}, {0, 0}), "bitfault: loss_difference: input 3 has no label");
  CHECK_THROWS_WITH(value(loss, {0, 0}, {0, 0}, 2),
                    "bitfault: loss_difference: input 3 has the label 2; there are 2 outputs");
}

TEST_CASE("mean intersection over union is the one counted by hand, on either layout") {
  // Four pixels, three classes. Golden: 0 0 1 2; faulty: 0 1 1 1.
  const outputs golden{5, 5, 0, 0, /**/ 1, 1, 5, 0, /**/ 0, 0, 0, 5};
  const outputs faulty{5, 0, 0, 0, /**/ 1, 5, 5, 6, /**/ 0, 0, 0, 5};
  const class_axis first{3, true}, last{3, false};
  // Class 0: 1 of 2. Class 1: 1 of 3. Class 2: 0 of 1.
  const double expected = (1.0 / 2 + 1.0 / 3 + 0) / 3;
  CHECK(mean_iou(golden, faulty, first) == Approx(expected).epsilon(1e-15));
  const auto turned = [](const outputs& by_class) {
    outputs by_pixel;
    for (std::size_t pixel = 0; pixel < 4; ++pixel)
      for (std::size_t c = 0; c < 3; ++c)
        by_pixel.push_back(by_class[c * 4 + pixel]);
    return by_pixel;
  };
  CHECK(mean_iou(turned(golden), turned(faulty), last) == Approx(expected).epsilon(1e-15));

  CHECK(value(mean_iou_loss(first), golden, faulty) == Approx(1 - expected).epsilon(1e-15));
  CHECK_FALSE(mean_iou_loss(first).is_flag);
  CHECK(value(mean_iou_below(0.28, first), golden, faulty) == 1);
  CHECK(value(mean_iou_below(0.27, first), golden, faulty) == 0);
  CHECK(mean_iou_below(0.5, first).is_flag);
}

TEST_CASE("classes that nobody shows do not count, and equal segmentations lose nothing") {
  // Two pixels of four classes, all of class 1 and of class 1 and 2.
  const class_axis last{4, false};
  const outputs golden{0, 1, 0, 0, /**/ 0, 1, 0, 0};
  const outputs faulty{0, 1, 0, 0, /**/ 0, 1, 2, 0};
  CHECK(mean_iou(golden, faulty, last) == Approx((1.0 / 2 + 0) / 2));
  CHECK(mean_iou(golden, golden, last) == 1);
  CHECK(mean_iou({}, {}, last) == 1);
  // Ties go to the lowest class, and a NaN is never the best.
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(mean_iou(outputs{1, 1, 0, 0}, outputs{1, 0, 0, 0}, last) == 1);
  CHECK(mean_iou(outputs{nan, 1, 0, 0}, outputs{0, 1, 0, 0}, last) == 1);
}

TEST_CASE("outputs that are no whole pixels are refused with their size") {
  const outputs seven(7);
  CHECK_THROWS_WITH(mean_iou(seven, seven, {3, true}),
                    "bitfault: mean_iou: outputs of 7 and 7 scores, for pixels of 3 classes each");
  CHECK_THROWS_AS(mean_iou(seven, seven, {0, true}), std::invalid_argument);
  CHECK_THROWS_AS(mean_iou(seven, outputs(14), {7, true}), std::invalid_argument);
}

} // namespace bitfault::campaign
