// SPDX-License-Identifier: MIT
#pragma once

// ResNet for CIFAR-10 as its authors have it (He et al., Deep Residual Learning for Image
// Recognition, 2015, section 4.2, shortcuts of option A), to load weights of others into.

#include <torch/torch.h>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

struct resnet_block_impl : torch::nn::Module {
  resnet_block_impl(std::int64_t from, std::int64_t to)
      : conv1(options(from, to, from == to ? 1 : 2)), conv2(options(to, to, 1)), bn1(to), bn2(to),
        added(to - from) {
    register_module("conv1", conv1);
    register_module("bn1", bn1);
    register_module("conv2", conv2);
    register_module("bn2", bn2);
  }
  static torch::nn::Conv2dOptions options(std::int64_t from, std::int64_t to, std::int64_t stride) {
    return torch::nn::Conv2dOptions(from, to, 3).stride(stride).padding(1).bias(false);
  }
  at::Tensor forward(const at::Tensor& x) {
    using torch::indexing::None;
    using torch::indexing::Slice;
    at::Tensor y = bn2(conv2(torch::relu(bn1(conv1(x)))));
    if (added == 0)
      y += x;
    else
      y += torch::constant_pad_nd(
          x.index({Slice(), Slice(), Slice(None, None, 2), Slice(None, None, 2)}),
          {0, 0, 0, 0, added / 2, added / 2});
    return torch::relu(y);
  }
  torch::nn::Conv2d conv1, conv2;
  torch::nn::BatchNorm2d bn1, bn2;
  std::int64_t added;
};
TORCH_MODULE_IMPL(resnet_block, resnet_block_impl);

struct resnet_impl : torch::nn::Module {
  explicit resnet_impl(int blocks)
      : conv1(resnet_block_impl::options(3, 16, 1)), bn1(16), linear(64, 10) {
    register_module("conv1", conv1);
    register_module("bn1", bn1);
    std::int64_t from = 16;
    for (const std::int64_t to : {16, 32, 64}) {
      torch::nn::Sequential stage;
      for (int i = 0; i < blocks; ++i, from = to)
        stage->push_back(resnet_block(from, to));
      stages.push_back(register_module("layer" + std::to_string(stages.size() + 1), stage));
    }
    register_module("linear", linear);
  }
  at::Tensor forward(const at::Tensor& x) {
    at::Tensor y = torch::relu(bn1(conv1(x)));
    for (torch::nn::Sequential& stage : stages)
      y = stage->forward(y);
    y = torch::avg_pool2d(y, y.size(3));
    return linear(y.view({y.size(0), -1}));
  }
  torch::nn::Conv2d conv1;
  torch::nn::BatchNorm2d bn1;
  std::vector<torch::nn::Sequential> stages;
  torch::nn::Linear linear;
};
TORCH_MODULE_IMPL(resnet, resnet_impl);

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

/// Images and labels of a batch file of CIFAR-10, as those weights want them.
inline std::pair<at::Tensor, std::vector<std::uint32_t>> cifar10(const std::filesystem::path& path,
                                                                 std::int64_t count) {
  std::ifstream file(path, std::ios::binary);
  std::vector<unsigned char> bytes(static_cast<std::size_t>(count) * 3073);
  if (!file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size())))
    throw std::runtime_error(path.string() + ": too short");
  const at::Tensor all = torch::from_blob(bytes.data(), {count, 3073}, torch::kByte);
  const at::Tensor mean = torch::tensor({0.485F, 0.456F, 0.406F}).view({1, 3, 1, 1});
  const at::Tensor deviation = torch::tensor({0.229F, 0.224F, 0.225F}).view({1, 3, 1, 1});
  std::vector<std::uint32_t> labels;
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
    labels.push_back(bytes[i * 3073]);
  return {(all.narrow(1, 1, 3072).to(torch::kFloat).view({count, 3, 32, 32}) / 255 - mean) /
              deviation,
          labels};
}
