// SPDX-License-Identifier: MIT
#pragma once

// Weights that others have trained, and CIFAR-10, as the networks of these tests take them.

#include <torch/torch.h>

#include <nlohmann/json.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

/// Reads the parameters and buffers of a module from a safetensors file of float32 and int64.
template <class Module>
void load_safetensors(Module& module, const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(file), {});
  std::uint64_t length = 0;
  if (bytes.size() < sizeof length)
    throw std::runtime_error(path.string() + ": not a safetensors file");
  std::memcpy(&length, bytes.data(), sizeof length);
  const auto header = nlohmann::json::parse(bytes.substr(8, length));
  const torch::NoGradGuard no_grad;
  const auto take = [&](const std::string& name, at::Tensor t) {
    const auto at = header.at(name).at("data_offsets");
    if (at.at(1).get<std::size_t>() - at.at(0).get<std::size_t>() != t.nbytes())
      throw std::runtime_error(path.string() + ": " + name + " has another size");
    std::memcpy(t.data_ptr(), bytes.data() + 8 + length + at.at(0).get<std::size_t>(), t.nbytes());
  };
  for (const auto& p : module.named_parameters())
    take(p.key(), p.value());
  for (const auto& b : module.named_buffers())
    take(b.key(), b.value());
}

/// The first images and labels of a batch file of CIFAR-10, as ResNet's weights want them.
inline std::pair<at::Tensor, std::vector<std::uint32_t>>
cifar10(const std::filesystem::path& path, std::int64_t count,
        const std::array<float, 3>& means = {0.485F, 0.456F, 0.406F},
        const std::array<float, 3>& deviations = {0.229F, 0.224F, 0.225F}) {
  std::ifstream file(path, std::ios::binary);
  std::vector<unsigned char> bytes(static_cast<std::size_t>(count) * 3073);
  if (!file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size())))
    throw std::runtime_error(path.string() + ": too short");
  const at::Tensor all = torch::from_blob(bytes.data(), {count, 3073}, torch::kByte);
  const auto planes = [](const std::array<float, 3>& values) {
    return torch::tensor({values[0], values[1], values[2]}).view({1, 3, 1, 1});
  };
  std::vector<std::uint32_t> labels;
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
    labels.push_back(bytes[i * 3073]);
  return {
      (all.narrow(1, 1, 3072).to(torch::kFloat).view({count, 3, 32, 32}) / 255 - planes(means)) /
          planes(deviations),
      labels};
}

/// How many of the answers of a network are the labels, in batches of 500 and the rest.
template <class Network>
std::size_t count_right(Network& network, const at::Tensor& images,
                        const std::vector<std::uint32_t>& labels) {
  const torch::NoGradGuard no_grad;
  std::size_t right = 0, i = 0;
  for (const at::Tensor& batch : images.split(500)) {
    const at::Tensor answers = network->forward(batch).argmax(1);
    for (std::int64_t row = 0; row < answers.size(0); ++row, ++i)
      right += answers[row].template item<std::int64_t>() == static_cast<std::int64_t>(labels[i]);
  }
  return right;
}
