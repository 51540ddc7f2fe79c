// SPDX-License-Identifier: MIT
#pragma once

// ResNet for CIFAR-10 as its authors have it (He et al., Deep Residual Learning for Image
// Recognition, 2015, section 4.2, shortcuts of option A), to load weights of others into.

#include "trained.hpp"

#include <torch/torch.h>

#include <cstdint>
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
