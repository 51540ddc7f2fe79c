// SPDX-License-Identifier: MIT
#pragma once

// Reader of the idx files that MNIST and Fashion-MNIST come in, plain or gzip-compressed.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace demo {

/// Images with their labels. Pixels are {count, rows, columns}, row-major, 0 to 255.
struct labelled_images {
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::vector<std::uint8_t> pixels;
  std::vector<std::uint8_t> labels;

  [[nodiscard]] std::size_t count() const noexcept { return labels.size(); }
  [[nodiscard]] std::size_t image_size() const noexcept { return rows * columns; }

  /// Writes images [first, first + count) as floats in [0, 1] (pixel / 255), as the network wants
  /// them, to `to`, which must hold count * image_size() floats. Throws std::out_of_range.
  void normalized(std::size_t first, std::size_t count, std::span<float> to) const;

  /// The same into a vector of its own.
  [[nodiscard]] std::vector<float> normalized(std::size_t first, std::size_t count) const;
};

/// Reads an image file and its label file. Throws std::runtime_error, whose message names the file
/// and what is wrong with it: it cannot be opened, is truncated or corrupt, is no such idx file,
/// has bytes left over, or the two files' counts differ.
[[nodiscard]] labelled_images load_images(const std::filesystem::path& images,
                                          const std::filesystem::path& labels);

/// The test set of 10,000 or the training set of 60,000 images, under their usual file names.
[[nodiscard]] labelled_images load_test_set(const std::filesystem::path& folder);
[[nodiscard]] labelled_images load_training_set(const std::filesystem::path& folder);

} // namespace demo
