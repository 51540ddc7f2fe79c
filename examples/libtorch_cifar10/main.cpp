// SPDX-License-Identifier: MIT
// Campaigns on networks for CIFAR-10, from TOML files, without Python:
//
//     cifar10_campaign [--data FOLDER] [--model FILE] run weights.toml
//
// All commands of `bitfault` that have to do with campaigns are here. The model is any TorchScript
// file that takes {batch, 3, 32, 32} and gives a score for each of ten classes.

#include "images.hpp"

#include <bitfault/bitfault.hpp>
#include <bitfault/campaign/tool.hpp>
#include <bitfault/integrations/torch/recorded_model.hpp>

#include <ATen/Parallel.h>
#include <torch/script.h>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

torch::jit::Module load(const std::string& file) {
  if (!std::filesystem::exists(file))
    throw std::runtime_error(file + ": there is no such file");
  try {
    torch::jit::Module net = torch::jit::load(file);
    net.eval();
    return net;
  } catch (const c10::Error& e) {
    const std::string why = e.what_without_backtrace();
    throw std::runtime_error(file + ": is no TorchScript file: " + why.substr(0, why.find('\n')));
  }
}

} // namespace

int main(int argc, char** argv) {
  at::set_num_threads(1); // campaigns have threads of their own
  CLI::App app{"Fault-injection campaigns on networks for CIFAR-10."};
  std::string data, model;
  app.add_option("--data", data, "folder with test_batch.bin of CIFAR-10, or MNIST's files");
  app.add_option("--model", model, "TorchScript file");

  // [kind]
  bitfault::campaign::model_kinds kinds;
  kinds.add("torchscript", [&](bitfault::campaign::table_reader& keys) {
    const std::string file = keys.text("file", CIFAR10_DATA "/network.pt");
    const std::string images = keys.text("data", CIFAR10_IMAGES);
    const std::uint64_t count = keys.whole_number("images", 100, 1, 1000000);
    const std::uint64_t batch = keys.whole_number("batch", 10, 1, 10000);
    const auto set = cifar10::read_test_images(data.empty() ? images : data);
    const std::vector<std::uint32_t> labels(
        set.labels.begin(), set.labels.begin() + static_cast<std::ptrdiff_t>(
                                                     std::min<std::uint64_t>(count, set.count())));
    return std::make_unique<bitfault::recorded_model>(load(model.empty() ? file : model),
                                                      set.normalized(0, count), batch, labels);
  });
  // [/kind]

  bitfault::campaign::tool_command chosen;
  bitfault::campaign::add_campaign_commands(app, kinds,
                                            bitfault::campaign::classification_criteria(), chosen);
  return bitfault::campaign::run_command_line(app, chosen, argc, argv);
}
