// SPDX-License-Identifier: MIT
#pragma once

#include "../data.hpp"
#include "../network.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace demo {

/// The images that a campaign runs on, as the network wants them, and the right answers.
struct inputs {
  std::vector<float> pixels;
  std::vector<std::uint8_t> labels;

  inputs() = default;
  /// The first `count` images of a set. Throws std::out_of_range if there are fewer.
  inputs(const labelled_images& set, std::size_t count) : pixels(set.normalized(0, count)) {
    if (set.image_size() != image_size) {
      throw std::runtime_error("the images have " + std::to_string(set.image_size()) +
                               " pixels, the network takes " + std::to_string(image_size));
    }
    labels.assign(set.labels.begin(), set.labels.begin() + static_cast<std::ptrdiff_t>(count));
  }

  static constexpr auto image_size = static_cast<std::size_t>(input_shape.size());

  [[nodiscard]] std::size_t count() const noexcept { return labels.size(); }
  [[nodiscard]] std::span<const float> images(std::size_t first, std::size_t number) const {
    return std::span(pixels).subspan(first * image_size, number * image_size);
  }
};

/// Logits of images [begin, begin + count), and how many of them the network gets right.
struct evaluation {
  std::vector<float> logits;
  std::vector<std::uint8_t> best;
  std::size_t right = 0;

  evaluation(network& net, const inputs& in, std::size_t begin, std::size_t count) {
    constexpr std::size_t batch = 250;
    const std::size_t end = begin + count;
    for (std::size_t first = begin; first < end; first += batch) {
      const std::size_t size = std::min(batch, end - first);
      const auto now = net.infer(in.images(first, size));
      logits.insert(logits.end(), now.begin(), now.end());
      for (std::size_t i = 0; i < size; ++i) {
        best.push_back(static_cast<std::uint8_t>(best_class(now, i)));
        right += best.back() == in.labels[first + i] ? 1U : 0U;
      }
    }
  }

  [[nodiscard]] std::span<const float> logits_of(std::size_t image) const {
    return std::span(logits).subspan(image * classes, classes);
  }
};

} // namespace demo
