// SPDX-License-Identifier: MIT
#pragma once

// Networks of usual sizes with random weights, for timings.

#include "../../tests/integrations/torch/resnet.hpp"

#include <torch/torch.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

/// VGG-11 for images of 32 x 32: eight convolutions with ReLU, five poolings, one dense layer.
struct vgg11_impl : torch::nn::Module {
  vgg11_impl() : linear(512, 10) {
    std::int64_t from = 3;
    for (const std::int64_t to : {64, 128, 256, 256, 512, 512, 512, 512}) {
      convolutions.push_back(
          register_module(std::string("conv").append(std::to_string(convolutions.size() + 1)),
                          torch::nn::Conv2d(torch::nn::Conv2dOptions(from, to, 3).padding(1))));
      from = to;
    }
    register_module("linear", linear);
  }
  at::Tensor forward(at::Tensor x) {
    for (std::size_t i = 0; i < convolutions.size(); ++i) {
      x = torch::relu(convolutions[i](x));
      if (i == 0 || i == 1 || i % 2 == 1)
        x = torch::max_pool2d(x, 2);
    }
    return linear(x.flatten(1));
  }
  std::vector<torch::nn::Conv2d> convolutions;
  torch::nn::Linear linear;
};
TORCH_MODULE_IMPL(vgg11, vgg11_impl);

/// Tensors of the sizes that the weights of a ResNet-18 for CIFAR-10 have: 11.2 million elements.
struct resnet18_weights_impl : torch::nn::Module {
  resnet18_weights_impl() {
    const auto add = [&](std::initializer_list<std::int64_t> sizes) {
      register_parameter(std::string("w").append(std::to_string(parameters().size())),
                         torch::randn(sizes) * 0.05);
    };
    add({64, 3, 3, 3});
    std::int64_t from = 64;
    for (const std::int64_t to : {64, 128, 256, 512}) {
      for (int block = 0; block < 2; ++block, from = to) {
        add({to, from, 3, 3});
        add({to, to, 3, 3});
        if (from != to)
          add({to, from, 1, 1});
      }
    }
    add({10, 512});
  }
};
TORCH_MODULE_IMPL(resnet18_weights, resnet18_weights_impl);
