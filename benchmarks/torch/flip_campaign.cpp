// SPDX-License-Identifier: MIT
// A campaign of single bit flips on ResNet-20, for the scripts in benchmarks/peers:
//
//     torch_flip_campaign WEIGHTS IMAGES COUNT BATCH INPUTS THREADS DATABASE LOGITS TRIALS
//     TARGET...
//
// WEIGHTS is a safetensors file, IMAGES a batch file of CIFAR-10, of which the first COUNT are
// taken. INPUTS is "all" or "one": on how many images each trial runs. LOGITS is "-", or the file
// to which the logits of each trial and its inputs go, as float32; with "one" each trial runs once
// more for it, on all images. There is an experiment of TRIALS trials for each TARGET.
//
// Prints one line: seconds and seconds of processor time that the trials took, and the same of the
// golden run.

#include "../../tests/integrations/torch/resnet.hpp"

#include <bitfault/bitfault.hpp>
#include <bitfault/campaign/campaign.hpp>
#include <bitfault/campaign/describe.hpp>
#include <bitfault/campaign/store.hpp>
#include <bitfault/integrations/torch/recorded_model.hpp>

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <exception>
#include <fstream>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

namespace bc = bitfault::campaign;

struct watch {
  static double now(clockid_t clock) {
    std::timespec t{};
    clock_gettime(clock, &t);
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
  }
  double wall = now(CLOCK_MONOTONIC), processor = now(CLOCK_PROCESS_CPUTIME_ID);

  std::string text() const {
    return std::to_string(now(CLOCK_MONOTONIC) - wall) + " " +
           std::to_string(now(CLOCK_PROCESS_CPUTIME_ID) - processor);
  }
};

void run(const std::vector<std::string>& given) {
  at::set_num_threads(1); // campaigns have threads of their own
  const auto [images, labels] = cifar10(given[1], std::stoll(given[2]));
  const auto make = [&images = images, &labels = labels, &given] {
    resnet net(3);
    load_safetensors(*net, given[0]);
    net->eval();
    return std::make_unique<bitfault::recorded_model>(
        *net, [net](const at::Tensor& x) mutable { return c10::IValue(net->forward(x)); }, images,
        std::stoull(given[3]), labels);
  };
  bc::settings settings;
  settings.threads = static_cast<unsigned>(std::stoul(given[5]));
  settings.golden_repeats = 1;
  settings.cache_bytes = std::uint64_t{4} << 30U; // all layers of 1,000 images
  std::vector<bc::experiment> experiments;
  for (std::size_t i = 9; i < given.size(); ++i) {
    bc::experiment flips;
    flips.name = given[i];
    flips.targets = {given[i]};
    flips.trials = std::stoull(given[8]);
    flips.all_inputs = given[4] == "all";
    experiments.push_back(flips);
  }
  const watch for_golden;
  bc::campaign<bitfault::recorded_model> campaign(make, settings, experiments);
  auto results = bc::store::open(given[6], bc::describe(campaign, "ResNet-20", ""));
  results.set_golden(bc::summary_of(campaign.golden()));
  const std::string golden = for_golden.text();
  const watch for_trials;
  campaign.run(results);
  std::cout << for_trials.text() << " " << golden << "\n";
  if (given[7] == "-")
    return;
  std::ofstream logits(given[7], std::ios::binary);
  const auto runner = campaign.make_runner();
  for (std::size_t e = 0; e < experiments.size(); ++e)
    results.for_each_trial(e, [&](const bc::trial_record& trial) {
      runner->run_with(trial.faults, [&](std::uint64_t input, const std::byte* output) {
        if (input >= trial.first_input && input < trial.first_input + trial.inputs)
          logits.write(reinterpret_cast<const char*>(output), 10 * sizeof(float));
      });
    });
  logits.close();
  if (!logits)
    throw std::runtime_error(given[7] + ": could not be written");
}

} // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> given(argv + 1, argv + argc);
  if (given.size() < 10) {
    std::cerr << "torch_flip_campaign WEIGHTS IMAGES COUNT BATCH all|one THREADS DATABASE LOGITS|- "
                 "TRIALS TARGET...\n";
    return 2;
  }
  try {
    run(given);
  } catch (const std::exception& e) {
    std::cerr << e.what() << "\n";
    return 1;
  }
  return 0;
}
