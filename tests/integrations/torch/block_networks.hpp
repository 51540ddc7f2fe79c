// SPDX-License-Identifier: MIT
#pragma once

// A small residual network as a module of torch::nn and as TorchScript, and faults for it.

#include <bitfault/bitfault.hpp>

#include <torch/torch.h>

#include <torch/script.h>

#include <cstdint>
#include <string>

namespace block_networks {

inline const bitfault::fault_key key{.seed = 3};
inline const auto three_flips =
    bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{3}, bitfault::bits::mantissa{});
inline const auto top_bits =
    bitfault::make_injector(bitfault::bit_flip{}, bitfault::every{}, bitfault::bits::sign{});

struct block_impl : torch::nn::Module {
  explicit block_impl(std::int64_t c)
      : conv1(torch::nn::Conv2dOptions(c, c, 3).padding(1)),
        conv2(torch::nn::Conv2dOptions(c, c, 3).padding(1)) {
    register_module("conv1", conv1);
    register_module("act", act);
    register_module("conv2", conv2);
  }
  at::Tensor forward(const at::Tensor& x) {
    at::Tensor y = conv2(act(conv1(x)));
    y += x;
    return torch::relu(y);
  }
  torch::nn::Conv2d conv1, conv2;
  torch::nn::ReLU act;
};
TORCH_MODULE_IMPL(block, block_impl);

struct net_impl : torch::nn::Module {
  net_impl() : stem(torch::nn::Conv2dOptions(3, 4, 3)), layer1(block(4), block(4)), fc(4, 10) {
    register_module("stem", stem);
    register_module("layer1", layer1);
    register_module("fc", fc);
  }
  at::Tensor forward(const at::Tensor& x) {
    const at::Tensor y = layer1->forward(torch::relu(stem(x)));
    return fc(torch::avg_pool2d(y, 6).flatten(1));
  }
  torch::nn::Conv2d stem;
  torch::nn::Sequential layer1;
  torch::nn::Linear fc;
};
TORCH_MODULE_IMPL(net, net_impl);

inline net make_net() {
  torch::manual_seed(1);
  net n;
  n->eval();
  return n;
}
inline at::Tensor images() {
  torch::manual_seed(2);
  return torch::randn({2, 3, 8, 8});
}

/// The same network as TorchScript: two blocks in a list of modules, one activation that is shared.
inline torch::jit::Module make_script(const net& from) {
  torch::jit::Module block("block"), inner("inner"), top("top");
  const auto conv = [](const std::string& name, const torch::nn::Conv2d& c, int padding) {
    torch::jit::Module m(name);
    m.register_parameter("weight", c->weight.detach().clone(), false);
    m.register_parameter("bias", c->bias.detach().clone(), false);
    m.define("def forward(self, x):\n  return torch.conv2d(x, self.weight, self.bias, [1, 1], [" +
             std::to_string(padding) + ", " + std::to_string(padding) + "])\n");
    return m;
  };
  torch::jit::Module act("act");
  act.define("def forward(self, x):\n  return torch.relu(x)\n");
  top.register_module("stem", conv("stem", from->stem, 0));
  torch::jit::Module layer("layer");
  for (const std::string name : {"first", "second"}) {
    const auto b = from->layer1->at<block_impl>(name == "first" ? 0 : 1);
    torch::jit::Module m(name);
    m.register_module("conv1", conv(name + "_conv1", b.conv1, 1));
    m.register_module("act", act);
    m.register_module("conv2", conv(name + "_conv2", b.conv2, 1));
    m.define("def forward(self, x):\n"
             "  y = self.conv2.forward(self.act.forward(self.conv1.forward(x)))\n"
             "  y += x\n"
             "  return torch.relu(y)\n");
    layer.register_module(name, m);
  }
  layer.define("def forward(self, x):\n  return self.second.forward(self.first.forward(x))\n");
  top.register_module("layer1", layer);
  top.register_module("act", act);
  torch::jit::Module fc("fc");
  fc.register_parameter("weight", from->fc->weight.detach().clone(), false);
  fc.register_parameter("bias", from->fc->bias.detach().clone(), false);
  fc.define("def forward(self, x):\n  return torch.linear(x, self.weight, self.bias)\n");
  top.register_module("fc", fc);
  top.define("def forward(self, x):\n"
             "  y = self.layer1.forward(self.act.forward(self.stem.forward(x)))\n"
             "  y = torch.flatten(torch.avg_pool2d(y, [6, 6]), 1)\n"
             "  return self.fc.forward(torch.relu(y))\n");
  top.eval();
  return top;
}

} // namespace block_networks
