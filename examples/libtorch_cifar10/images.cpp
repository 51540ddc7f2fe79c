// SPDX-License-Identifier: MIT
#include "images.hpp"

#include "../demo/data.hpp"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace cifar10 {
namespace {

// As torchvision normalises images for its networks that were trained on ImageNet.
constexpr std::array<float, planes> mean{0.485F, 0.456F, 0.406F};
constexpr std::array<float, planes> deviation{0.229F, 0.224F, 0.225F};

void append(labelled_images& all, const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    throw std::runtime_error(path.string() + ": cannot be opened");
  const std::vector<char> bytes(std::istreambuf_iterator<char>(file), {});
  constexpr std::size_t record = 1 + image_bytes;
  if (bytes.empty() || bytes.size() % record != 0)
    throw std::runtime_error(path.string() + ": has " + std::to_string(bytes.size()) +
                             " bytes, no whole number of records of " + std::to_string(record) +
                             "; the last record begins at offset " +
                             std::to_string(bytes.size() / record * record));
  for (std::size_t at = 0; at < bytes.size(); at += record) {
    const auto label = static_cast<unsigned char>(bytes[at]);
    if (label >= classes)
      throw std::runtime_error(path.string() + ": at offset " + std::to_string(at) + ": label " +
                               std::to_string(label) + "; there are 0 to 9");
    all.labels.push_back(label);
    const auto first = bytes.begin() + static_cast<std::ptrdiff_t>(at) + 1;
    all.pixels.insert(all.pixels.end(), first, first + image_bytes);
  }
}

labelled_images padded(const demo::labelled_images& grey) {
  if (grey.rows > side || grey.columns > side)
    throw std::runtime_error("images of " + std::to_string(grey.rows) + " x " +
                             std::to_string(grey.columns) + " are larger than 32 x 32");
  labelled_images all;
  all.labels.assign(grey.labels.begin(), grey.labels.end());
  all.pixels.resize(grey.count() * image_bytes);
  const std::size_t top = (side - grey.rows) / 2, left = (side - grey.columns) / 2;
  for (std::size_t i = 0; i < grey.count(); ++i)
    for (std::size_t plane = 0; plane < planes; ++plane)
      for (std::size_t row = 0; row < grey.rows; ++row)
        std::copy_n(grey.pixels.data() + i * grey.image_size() + row * grey.columns, grey.columns,
                    all.pixels.data() + i * image_bytes + (plane * side + top + row) * side + left);
  return all;
}

} // namespace

at::Tensor labelled_images::normalized(std::size_t first, std::size_t count) const {
  if (first + count > this->count() || first + count < first)
    throw std::out_of_range("images " + std::to_string(first) + " to " +
                            std::to_string(first + count) + " asked for, there are " +
                            std::to_string(this->count()));
  const at::Tensor t = at::empty({static_cast<std::int64_t>(count), planes, side, side});
  auto* to = static_cast<float*>(t.data_ptr());
  const std::uint8_t* from = pixels.data() + first * image_bytes;
  for (std::size_t i = 0; i < count * image_bytes; ++i) {
    const std::size_t plane = i / (side * side) % planes;
    to[i] = (static_cast<float>(from[i]) / 255.0F - mean[plane]) / deviation[plane];
  }
  return t;
}

labelled_images read_batches(const std::vector<std::filesystem::path>& files) {
  labelled_images all;
  for (const auto& file : files)
    append(all, file);
  return all;
}

labelled_images read_test_images(const std::filesystem::path& folder) {
  if (std::filesystem::exists(folder / "test_batch.bin"))
    return read_batches({folder / "test_batch.bin"});
  return padded(demo::load_test_set(folder));
}

labelled_images read_training_images(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> batches;
  for (const char number : {'1', '2', '3', '4', '5'})
    if (auto file = folder / (std::string("data_batch_") + number + ".bin");
        std::filesystem::exists(file))
      batches.push_back(std::move(file));
  return batches.empty() ? padded(demo::load_training_set(folder)) : read_batches(batches);
}

} // namespace cifar10
