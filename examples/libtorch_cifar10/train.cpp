// SPDX-License-Identifier: MIT
// Trains the network of this example and writes it as TorchScript:
//
//     cifar10_train --data FOLDER --out FILE [--epochs N]
//
// In FOLDER lie the batches of CIFAR-10, or the files of MNIST or Fashion-MNIST. One thread and a
// fixed seed: the same machine and version give the same network.

#include "images.hpp"

#include <torch/script.h>
#include <torch/torch.h>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

namespace {

torch::jit::Module convolution(const std::string& name, std::int64_t from, std::int64_t to) {
  torch::jit::Module m(name);
  const double bound = 1.0 / std::sqrt(static_cast<double>(9 * from));
  m.register_parameter("weight", torch::randn({to, from, 3, 3}) * (bound * std::sqrt(2.0)), false);
  m.register_parameter("bias", torch::zeros({to}), false);
  m.define(
      "def forward(self, x):\n  return torch.conv2d(x, self.weight, self.bias, [1, 1], [1, 1])\n");
  return m;
}

/// Three convolutions of 16, 32 and 64 channels, each with ReLU and max pooling, and a dense layer:
/// 33,834 parameters.
torch::jit::Module make_network() {
  torch::jit::Module net("cifar10_network");
  net.register_module("conv1", convolution("conv1", 3, 16));
  net.register_module("conv2", convolution("conv2", 16, 32));
  net.register_module("conv3", convolution("conv3", 32, 64));
  torch::jit::Module dense("dense");
  dense.register_parameter("weight", torch::randn({10, 1024}) / 32, false);
  dense.register_parameter("bias", torch::zeros({10}), false);
  dense.define("def forward(self, x):\n  return torch.linear(x, self.weight, self.bias)\n");
  net.register_module("dense", dense);
  net.define("def forward(self, x):\n"
             "  x = torch.max_pool2d(torch.relu(self.conv1.forward(x)), [2, 2])\n"
             "  x = torch.max_pool2d(torch.relu(self.conv2.forward(x)), [2, 2])\n"
             "  x = torch.max_pool2d(torch.relu(self.conv3.forward(x)), [2, 2])\n"
             "  return self.dense.forward(torch.flatten(x, 1))\n");
  return net;
}

/// Each image mirrored or not and shifted by up to two pixels, at random.
at::Tensor varied(const at::Tensor& images) {
  const at::Tensor mirrored =
      torch::where(torch::rand({images.size(0), 1, 1, 1}) < 0.5, images.flip({3}), images);
  const auto shift = torch::randint(-2, 3, {2});
  return torch::roll(mirrored, {shift[0].item<std::int64_t>(), shift[1].item<std::int64_t>()},
                     {2, 3});
}

double accuracy(torch::jit::Module& net, const cifar10::labelled_images& set) {
  const torch::NoGradGuard no_grad;
  std::size_t right = 0;
  constexpr std::size_t batch = 500;
  for (std::size_t first = 0; first < set.count(); first += batch) {
    const std::size_t count = std::min(batch, set.count() - first);
    const at::Tensor answers = net.forward({set.normalized(first, count)}).toTensor().argmax(1);
    for (std::size_t i = 0; i < count; ++i)
      right += answers[static_cast<std::int64_t>(i)].item<std::int64_t>() ==
                       static_cast<std::int64_t>(set.labels[first + i])
                   ? 1
                   : 0;
  }
  return 100.0 * static_cast<double>(right) / static_cast<double>(set.count());
}

void train(const std::string& data, const std::string& out, int epochs) {
  at::set_num_threads(1);
  torch::manual_seed(1);
  const cifar10::labelled_images training = cifar10::read_training_images(data);
  const cifar10::labelled_images test = cifar10::read_test_images(data);
  torch::jit::Module net = make_network();
  std::vector<at::Tensor> parameters;
  for (const at::Tensor& p : net.parameters())
    parameters.push_back(p.requires_grad_());
  torch::optim::Adam optimiser(parameters, torch::optim::AdamOptions(2e-3));
  constexpr std::int64_t batch = 128;
  const auto count = static_cast<std::int64_t>(training.count());
  for (int epoch = 0; epoch < epochs; ++epoch) {
    for (auto& group : optimiser.param_groups())
      static_cast<torch::optim::AdamOptions&>(group.options())
          .lr(2e-3 * (1 + std::cos(3.141592653589793 * epoch / epochs)) / 2);
    const at::Tensor order = torch::randperm(count);
    double loss_sum = 0;
    for (std::int64_t first = 0; first + batch <= count; first += batch) {
      std::vector<at::Tensor> rows;
      std::vector<std::int64_t> labels;
      for (std::int64_t i = first; i < first + batch; ++i) {
        const auto n = static_cast<std::size_t>(order[i].item<std::int64_t>());
        rows.push_back(training.normalized(n, 1));
        labels.push_back(training.labels[n]);
      }
      optimiser.zero_grad();
      const at::Tensor loss = torch::cross_entropy_loss(
          net.forward({varied(torch::cat(rows))}).toTensor(), torch::tensor(labels));
      loss.backward();
      optimiser.step();
      loss_sum += loss.item<double>();
    }
    std::cout << "epoch " << epoch + 1 << " of " << epochs << ": loss "
              << loss_sum / static_cast<double>(count / batch) << ", " << accuracy(net, test)
              << " % of the test images right" << std::endl;
  }
  for (const at::Tensor& p : parameters)
    p.requires_grad_(false);
  net.eval();
  net.save(out);
}

} // namespace

int main(int argc, char** argv) {
  CLI::App app{"Trains the network of the CIFAR-10 example."};
  std::string data, out;
  int epochs = 15;
  app.add_option("--data", data, "folder with the training and test images")->required();
  app.add_option("--out", out, "the TorchScript file to write")->required();
  app.add_option("--epochs", epochs, "passes over the training images")->check(CLI::Range(1, 1000));
  CLI11_PARSE(app, argc, argv);
  try {
    train(data, out, epochs);
  } catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 1;
  }
  return 0;
}
