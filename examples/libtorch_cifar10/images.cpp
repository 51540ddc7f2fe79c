// SPDX-License-Identifier: MIT
#include "images.hpp"

#include "../../tools/bitfault/tensor_file.hpp"
#include "../demo/data.hpp"

#include <bitfault/fault_list/file_error.hpp>
#include <bitfault/fault_list/text_numbers.hpp>

#include <ATen/ops/empty.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

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

[[noreturn]] void too_few(std::uint64_t count, std::uint64_t there) {
  throw std::out_of_range(std::to_string(count) + " images asked for, there are " +
                          std::to_string(there));
}

/// A .npy file with its header read.
struct npy_file {
  explicit npy_file(const std::filesystem::path& path)
      : name(path.string()), in(path, std::ios::binary) {
    if (!in)
      throw std::runtime_error(name + ": cannot be opened");
    tensor = tool::read_npy(in, name, std::filesystem::file_size(path)).at(0);
    if (tensor.big_endian || tensor.columns_first || tensor.extents.empty())
      refuse("the elements have to be little-endian and row-major, the first axis the images'");
  }
  [[noreturn]] void refuse(const std::string& what) const {
    throw bitfault::file_error(name, what);
  }
  /// The bytes of the first `count` entries of the first axis.
  std::string first(std::uint64_t count) {
    const std::uint64_t there = tensor.extents[0];
    if (count > there)
      too_few(count, there);
    return tool::read_bytes(in, name, tensor.offset,
                            tensor.size() / there * count * tensor.type->bytes);
  }

  std::string name;
  std::ifstream in;
  tool::file_tensor tensor;
};

std::vector<std::uint32_t> read_labels(const std::filesystem::path& path, std::uint64_t images,
                                       std::uint64_t count) {
  npy_file file(path);
  const std::string_view type = file.tensor.type->name;
  if (file.tensor.extents.size() != 1 || file.tensor.extents[0] != images ||
      (type != "uint8" && type != "int32" && type != "int64"))
    file.refuse("has " + file.tensor.dtype + " of shape [" +
                bitfault::detail::joined(file.tensor.extents, ",") + "]; expected [" +
                std::to_string(images) + "], one uint8, int32 or int64 for each image");
  const std::string bytes = file.first(count);
  const unsigned width = file.tensor.type->bytes;
  std::vector<std::uint32_t> labels;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t word =
        tool::little_endian(std::string_view(bytes).substr(i * width, width));
    if (word >> 31U != 0)
      throw bitfault::file_error::at_byte(file.name, file.tensor.offset + i * width,
                                          "label " + std::to_string(i) +
                                              " is negative, or 2^31 and more");
    labels.push_back(static_cast<std::uint32_t>(word));
  }
  return labels;
}

network_inputs read_npy_pair(const std::filesystem::path& folder, std::size_t count) {
  npy_file file(folder / "images.npy");
  const std::vector<std::uint64_t>& extents = file.tensor.extents;
  const bool pixels = file.tensor.type->name == "uint8";
  const std::vector<std::uint64_t> three_planes{extents[0], planes, side, side};
  if (file.tensor.type->name != "float32" && !(pixels && extents == three_planes))
    file.refuse("has " + file.tensor.dtype + " of shape [" +
                bitfault::detail::joined(extents, ",") +
                "]; expected float32 of any shape, or uint8 of [images,3,32,32]");
  network_inputs all{{}, read_labels(folder / "labels.npy", extents[0], count)};
  const std::string bytes = file.first(count);
  if (pixels) {
    labelled_images set;
    set.pixels.assign(bytes.begin(), bytes.end());
    set.labels = all.labels;
    all.images = set.normalized(0, count);
    return all;
  }
  std::vector<std::int64_t> shape(extents.begin(), extents.end());
  shape[0] = static_cast<std::int64_t>(count);
  all.images = at::empty(shape);
  std::memcpy(all.images.data_ptr(), bytes.data(), bytes.size());
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

network_inputs read_inputs(const std::filesystem::path& folder, std::size_t count) {
  if (std::filesystem::exists(folder / "images.npy"))
    return read_npy_pair(folder, count);
  labelled_images all = read_test_images(folder);
  if (count > all.count())
    too_few(count, all.count());
  network_inputs first{all.normalized(0, count), std::move(all.labels)};
  first.labels.resize(count);
  return first;
}

} // namespace cifar10
