// SPDX-License-Identifier: MIT
#pragma once

// Images for networks that take three planes of 32 x 32: CIFAR-10's binary batches, or the idx
// files of MNIST and Fashion-MNIST, which are put in the middle and take all three planes. For
// other networks: any images in a pair of .npy files.

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace cifar10 {

inline constexpr std::size_t planes = 3, side = 32, classes = 10;
inline constexpr std::size_t image_bytes = planes * side * side;

/// Pixels {count, 3, 32, 32}, row-major, 0 to 255, with their labels.
struct labelled_images {
  std::vector<std::uint8_t> pixels;
  std::vector<std::uint32_t> labels;

  [[nodiscard]] std::size_t count() const noexcept { return labels.size(); }
  /// Images [first, first + count) as floats: pixel / 255, less the mean of its plane, over the
  /// deviation of its plane. Throws std::out_of_range.
  [[nodiscard]] at::Tensor normalized(std::size_t first, std::size_t count) const;
};

/// Reads batches of CIFAR-10: records of a label byte and 3,072 pixels. Throws std::runtime_error
/// with the file, what is wrong with it and at which offset: no whole number of records, a label
/// over 9.
[[nodiscard]] labelled_images read_batches(const std::vector<std::filesystem::path>& files);

/// The test images in a folder: `test_batch.bin` of CIFAR-10, or else the idx files of MNIST or
/// Fashion-MNIST (`t10k-images-idx3-ubyte`, also with `.gz`). Throws std::runtime_error.
[[nodiscard]] labelled_images read_test_images(const std::filesystem::path& folder);

/// The training images in a folder: `data_batch_1.bin` to `data_batch_5.bin`, as many as there are,
/// or the idx files. Throws std::runtime_error.
[[nodiscard]] labelled_images read_training_images(const std::filesystem::path& folder);

/// What a network takes: images, the batch outermost, and their labels.
struct network_inputs {
  at::Tensor images;
  std::vector<std::uint32_t> labels;
};

/// The first `count` images in a folder: those of `images.npy` and `labels.npy` if they are there,
/// else those of `read_test_images`, normalised.
///
/// images.npy has the images along its first axis, row-major: float32 of any shape, which are taken
/// as they are, or uint8 of {count, 3, 32, 32}, which are normalised. labels.npy has one uint8,
/// int32 or int64 for each. Throws std::runtime_error with the file, the offset and what is wrong
/// there, std::out_of_range if there are fewer images.
[[nodiscard]] network_inputs read_inputs(const std::filesystem::path& folder, std::size_t count);

} // namespace cifar10
