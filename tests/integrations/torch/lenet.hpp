// SPDX-License-Identifier: MIT
#pragma once

// LeNet-5 for three planes of 32 x 32, to load weights of others into.

#include <torch/torch.h>

struct lenet_impl : torch::nn::Module {
  lenet_impl()
      : conv1(torch::nn::Conv2dOptions(3, 6, 5)), conv2(torch::nn::Conv2dOptions(6, 16, 5)),
        fc1(400, 120), fc2(120, 84), fc3(84, 10) {
    register_module("conv1", conv1);
    register_module("conv2", conv2);
    register_module("fc1", fc1);
    register_module("fc2", fc2);
    register_module("fc3", fc3);
  }
  at::Tensor forward(const at::Tensor& x) {
    at::Tensor y = torch::max_pool2d(torch::relu(conv1(x)), 2);
    y = torch::max_pool2d(torch::relu(conv2(y)), 2);
    y = torch::relu(fc1(torch::flatten(y, 1)));
    return fc3(torch::relu(fc2(y)));
  }
  torch::nn::Conv2d conv1, conv2;
  torch::nn::Linear fc1, fc2, fc3;
};
TORCH_MODULE_IMPL(lenet, lenet_impl);
