// SPDX-License-Identifier: MIT
#include "bitfault/statistics/sample_size.hpp"

#include "catch.hpp"
#include "complaint.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

namespace {

using namespace bitfault;

/// ResNet-20 for CIFAR-10: a first layer, three stages of six 3 x 3 layers with 16, 32 and 64
/// channels, and a fully connected one of 64 x 10 with its 10 biases.
std::vector<std::uint64_t> resnet20() {
  std::vector<std::uint64_t> weights{3 * 16 * 9};
  std::uint64_t from = 16;
  for (const std::uint64_t to : {16U, 32U, 64U}) {
    for (int layer = 0; layer < 6; ++layer) {
      weights.push_back(from * to * 9);
      from = to;
    }
  }
  weights.push_back(64 * 10 + 10);
  return weights;
}

/// The whole number of trials at which the normal interval is first no wider than asked for, by
/// trying all of them.
std::uint64_t by_trying(double all, double margin, double z, double p) {
  for (double n = 1; n < all; n += 1)
    if (z * std::sqrt(p * (1 - p) / n * (all - n) / (all - 1)) <= margin)
      return static_cast<std::uint64_t>(n);
  return static_cast<std::uint64_t>(all);
}

} // namespace

TEST_CASE("ResNet-20 needs 16,625 faults network-wise, 307.7 thousand layer-wise, 4.886 million by "
          "layer and bit") {
  // Leveugle et al. (2009) as used by Ruospo et al. (2023): 32 bits, two stuck-at faults each,
  // margin 1 %, t = 2.58.
  const std::vector<std::uint64_t> weights = resnet20();
  const std::uint64_t all = std::accumulate(weights.begin(), weights.end(), std::uint64_t{0});
  REQUIRE(all == 268346);
  REQUIRE(all * 64 == 17174144);
  CHECK(leveugle_sample_size(all * 64, 0.01, 2.58) == 16625);

  std::uint64_t by_layer = 0, by_bit = 0;
  for (const std::uint64_t layer : weights) {
    by_layer += leveugle_sample_size(layer * 64, 0.01, 2.58);
    by_bit += 32 * leveugle_sample_size(layer * 2, 0.01, 2.58);
  }
  CHECK(std::round(static_cast<double>(by_layer) / 100) == 3077);
  CHECK(std::round(static_cast<double>(by_bit) / 1000) == 4886);
  CHECK(std::round(static_cast<double>(by_layer) / 17174144 * 1e4) == 179);
  CHECK(std::round(static_cast<double>(by_bit) / 17174144 * 1e4) == 2845);
}

TEST_CASE("the planned number is the first whose interval is narrow enough") {
  for (const std::uint64_t all : {1U, 2U, 10U, 500U, 20000U})
    for (const double margin : {0.3, 0.05, 0.011})
      for (const double p : {0.5, 0.1, 0.97}) {
        CAPTURE(all, margin, p);
        const double size = static_cast<double>(all);
        CHECK(leveugle_sample_size(all, margin, 1.96, p) ==
              (all == 1 ? 1 : by_trying(size, margin, 1.96, p)));
      }
  CHECK(leveugle_sample_size(0, 0.01, 1.96) == 0);
  CHECK(leveugle_sample_size(1000, 0.01, 1.96, 0) == 0);
}

TEST_CASE("a confidence stands for its exact deviate, a relative margin for a share of the share") {
  CHECK(sample_size(unlimited, 0.01, 0.95) == 9604);
  CHECK(sample_size(unlimited, 0.01, 0.99) == 16588); // 2.5758^2 / 4e-4, not 2.58^2
  CHECK(sample_size(17174144, 0.01, 0.95) == 9599);
  // 1e-4 known to a tenth: 1.96^2 0.9999 / (0.1^2 1e-4).
  CHECK(sample_size_for_relative_margin(unlimited, 0.1, 1e-4) == 3841075);
  CHECK(sample_size_for_relative_margin(17174144, 0.1, 1e-4) ==
        sample_size(17174144, 1e-5, 0.95, 1e-4));
  // The absolute margin of 1 % asks for four trials only, which would find nothing.
  CHECK(sample_size(unlimited, 0.01, 0.95, 1e-4) == 4);
}

TEST_CASE("several populations are planned one by one") {
  const std::vector<std::uint64_t> parts{0, 3, 1000, 17174144};
  const std::vector<std::uint64_t> sizes = sample_sizes(parts, 0.01, 0.95);
  REQUIRE(sizes.size() == 4);
  for (std::size_t i = 0; i < 4; ++i)
    CHECK(sizes[i] == sample_size(parts[i], 0.01, 0.95));
}

TEST_CASE("a plan without a margin, a confidence or a share is refused") {
  CHECK(complaint([] { return sample_size(100, 0); }) ==
        "bitfault: leveugle_sample_size: a margin of 0; it must be above 0 and finite");
  CHECK(complaint([] { return sample_size(100, 0.01, 99); }).find("confidence of 99") !=
        std::string::npos);
  CHECK(complaint([] { return sample_size(100, 0.01, 0.95, 2); }) ==
        "bitfault: leveugle_sample_size: an expected share of 2; it must lie between 0 and 1");
  CHECK(complaint([] {
          return sample_size_for_relative_margin(100, 0.1, 0);
        }).find("an expected share of 0") != std::string::npos);
}
