// SPDX-License-Identifier: MIT
// Networks that others have trained, in the project's own definitions: they answer as in Python,
// with faults and without.

#include <bitfault/bitfault.hpp>
#include <bitfault/campaign/campaign.hpp>
#include <bitfault/campaign/describe.hpp>
#include <bitfault/campaign/store.hpp>
#include <bitfault/integrations/torch/recorded_model.hpp>

#include "bytes.hpp"
#include "catch.hpp"
#include "lenet.hpp"
#include "resnet.hpp"
#include "shared_data.hpp"

#include <torch/torch.h>
#include <torch/version.h>

#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace {

namespace bc = bitfault::campaign;
namespace fs = std::filesystem;

struct data_of_others {
  fs::path lenet, resnet20, resnet32, images;
};

/// Empty, and said so, where there is no folder of shared data.
std::optional<data_of_others> find_data() {
  const auto models = shared_data("models-cifar10");
  const auto images = shared_data("cifar-10-batches-bin/test_batch.bin");
  if (!models || !images) {
    WARN("skipped: there is no folder of shared data with models-cifar10 and cifar-10-batches-bin");
    return {};
  }
  return data_of_others{*models / "lenet5" / "lenet_cifar10.safetensors",
                        *models / "resnet" / "resnet20.safetensors",
                        *models / "resnet" / "resnet32.safetensors", *images};
}

template <class Network>
Network load(Network network, const fs::path& weights) {
  load_safetensors(*network, weights);
  network->eval();
  return network;
}

[[maybe_unused]] int run(const std::string& command) {
  std::cout << std::flush;
  return std::system(command.c_str());
}

/// How many of the 10,000 test images each network of others gets right.
void check_answers() {
  const auto data = find_data();
  if (!data) {
    SUCCEED();
    return;
  }
  constexpr std::int64_t count = 10000;
  const auto [images, labels] = cifar10(data->images, count);
  auto resnet20 = load(resnet(3), data->resnet20);
  CHECK(count_right(resnet20, images, labels) == 9173U);
  auto resnet32 = load(resnet(5), data->resnet32);
  CHECK(count_right(resnet32, images, labels) == 9263U);
  constexpr std::array<float, 3> half{0.5F, 0.5F, 0.5F};
  auto lenet5 = load(lenet(), data->lenet);
  CHECK(count_right(lenet5, cifar10(data->images, count, half, half).first, labels) == 6226U);
}

/// So many single faults in weights and as many in activations, here and in Python.
void compare_with_python([[maybe_unused]] std::uint64_t trials) {
  const auto data = find_data();
  if (!data) {
    SUCCEED();
    return;
  }
#ifndef BITFAULT_PYTHON_WITH_TORCH
  WARN("skipped: no Python with torch and numpy was found when CMake ran");
  SUCCEED();
#else
  const std::string python =
      std::string("OMP_NUM_THREADS=1 ") + BITFAULT_PYTHON_WITH_TORCH + " -B ";
  if (run(python + "-c 'import sys, torch; sys.exit(not torch.__version__.startswith(\"" +
          TORCH_VERSION + "\"))'") != 0) {
    WARN("skipped: Python has another version of PyTorch, with other kernels, than " TORCH_VERSION);
    SUCCEED();
    return;
  }
  at::set_num_threads(1);
  const at::Tensor images = cifar10(data->images, 2).first;
  const auto make = [&] {
    auto own = load(resnet(3), data->resnet20);
    return std::make_unique<bitfault::recorded_model>(
        *own, [own](const at::Tensor& x) mutable { return c10::IValue(own->forward(x)); }, images,
        2);
  };
  bc::experiment weights;
  weights.name = "weights";
  weights.targets = {"@parameters"};
  weights.trials = trials;
  weights.all_inputs = true;
  bc::experiment activations = weights;
  activations.name = "activations";
  activations.targets = {"@activations", "@input"};
  bc::campaign<bitfault::recorded_model> campaign(make, bc::settings{.seed = 11},
                                                  {weights, activations});

  const fs::path folder =
      fs::temp_directory_path() / ("bitfault_with_python_" + std::to_string(getpid()));
  fs::create_directory(folder);
  const std::string database = (folder / "campaign.sqlite").string();
  const std::string logits = (folder / "logits.bin").string();
  {
    auto results = bc::store::open(database, bc::describe(campaign, "ResNet-20", ""));
    results.set_golden(bc::summary_of(campaign.golden()));
    campaign.run(results);
    // What the trials in the file put out.
    std::ofstream out(logits, std::ios::binary);
    const auto runner = campaign.make_runner();
    for (std::size_t e = 0; e < 2; ++e)
      results.for_each_trial(e, [&](const bc::trial_record& trial) {
        runner->run_with(trial.faults, [&](std::uint64_t, const std::byte* output) {
          out.write(reinterpret_cast<const char*>(output), 10 * sizeof(float));
        });
      });
  }
  REQUIRE(fs::file_size(logits) == 2 * weights.trials * 2 * 10 * sizeof(float));
  const std::string script =
      (fs::path(__FILE__).parent_path() / "python" / "compare_logits.py").string();
  const std::string command = python + "'" + script + "' '" + database + "' '" + logits + "' '" +
                              data->resnet20.string() + "' '" + data->images.string() + "'";
  CHECK(run(command) == 0);
  // It sees one bit.
  {
    std::fstream file(logits, std::ios::binary | std::ios::in | std::ios::out);
    const auto byte = static_cast<char>(file.get() ^ 1);
    file.seekp(0);
    file.put(byte);
  }
  CHECK(run(command + " >/dev/null 2>&1") != 0);
  fs::remove_all(folder);
#endif
}

} // namespace

TEST_CASE("torch: trained networks of others answer as in Python") { check_answers(); }

TEST_CASE("torch: under 1,000 single faults each in weights and activations, ResNet-20's logits "
          "are those of Python's PyTorch with the same bits flipped by numpy, bit for bit") {
  compare_with_python(1000);
}
