// SPDX-License-Identifier: MIT
// A campaign by the engine on inference on a GPU, and the same campaign on the host beside it: the
// fault lists have to be identical; what comes of a fault may differ where two logits are closer
// than two ways of summing them. Without a device it exits with 77.
#include "cuda_model.hpp"

#include "demo/data.hpp"

#include <bitfault/campaign/campaign.hpp>
#include <bitfault/campaign/memory_store.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace bc = bitfault::campaign;
using namespace cuda_inference;

namespace {

constexpr std::uint64_t images = 100, batch = 20;

std::vector<bc::experiment> experiments() {
  bc::experiment weights, biases, activations;
  weights.name = "weights";
  weights.targets = {"@weights"};
  weights.trials = 300; // single bit flips, each with one random image
  biases.name = "stuck biases";
  biases.targets = {"@biases"};
  biases.fault.which = bc::fault_description::kind::stuck_at_1;
  biases.trials = 100;
  biases.all_inputs = true;
  activations.name = "activations";
  activations.targets = {"@activations"};
  activations.trials = 200;
  return {weights, biases, activations};
}

/// Where faults lie and what is done there. What they meet in an activation depends on the sums
/// before it.
bool same_faults(const bc::trial_record& a, const bc::trial_record& b, bool in_parameters) {
  const auto same = [&](const bc::injected_fault& f, const bc::injected_fault& g) {
    return in_parameters ? f == g : f.target == g.target && f.fault == g.fault;
  };
  return a.number == b.number && a.first_input == b.first_input && a.inputs == b.inputs &&
         std::equal(a.faults.begin(), a.faults.end(), b.faults.begin(), b.faults.end(), same);
}

/// Each image's outcome. Whether a small change is masked by rounding depends on the sums, too.
std::string outcomes(const bc::trial_record& r) {
  std::string letters = r.outcomes_by_input;
  std::replace(letters.begin(), letters.end(), bc::letter_of(bc::outcome::masked),
               bc::letter_of(bc::outcome::tolerable));
  return letters;
}
std::uint32_t sdc_of(const bc::trial_record& r) {
  return r.outcomes[static_cast<std::size_t>(bc::outcome::sdc)];
}

std::vector<bc::trial_record> records(const bc::memory_store& results, std::size_t experiment,
                                      std::uint64_t trials) {
  std::vector<bc::trial_record> list;
  results.for_each_trial(experiment, {0, trials},
                         [&](const bc::trial_record& r) { list.push_back(r); });
  return list;
}

/// The largest difference of two golden logits.
template <class A, class B>
float difference(const A& a, const B& b) {
  float most = 0;
  for (std::uint64_t i = 0; i < images; ++i)
    for (std::size_t c = 0; c < 10; ++c) {
      float x = 0, y = 0;
      std::memcpy(&x, a.golden().output(i) + c * sizeof x, sizeof x);
      std::memcpy(&y, b.golden().output(i) + c * sizeof y, sizeof y);
      most = std::max(most, std::abs(x - y));
    }
  return most;
}

} // namespace

int main() {
  if (!there_is_a_device()) {
    std::puts("skipped: there is no CUDA device here");
    return 77;
  }
  const std::string folder = DEMO_DATA_DIRECTORY;
  const demo::network net = demo::load_network(folder + "/demo_network.safetensors");
  const auto inputs =
      std::make_shared<const demo::labelled_inputs>(demo::load_test_set(folder), images);
  bc::settings settings;
  settings.seed = 42;
  bc::campaign<cuda_model> device([&] { return std::make_unique<cuda_model>(net, inputs, batch); },
                                  settings, experiments());
  bc::campaign<demo::demo_model> host(
      [&] { return std::make_unique<demo::demo_model>(net, inputs, batch); }, settings,
      experiments());
  device.require_live_targets(); // each parameter and layer reaches the output
  bc::memory_store on_device(device.experiments().size()), on_host(device.experiments().size());
  device.run(on_device);
  host.run(on_host);

  const float apart = difference(device, host);
  std::printf("convolutions by %s\ngolden run: logits of device and host differ by at most %g\n\n"
              "%-14s %8s %10s %10s %18s %20s\n",
              device_layers::run_by().c_str(), apart, "faults in", "trials", "SDC device",
              "SDC host", "lists that differ", "outcomes that differ");
  bool right = apart < 1e-3F;
  for (std::size_t n = 0; n < device.experiments().size(); ++n) {
    const auto& e = device.experiments()[n];
    const auto a = records(on_device, n, e.trials()), b = records(on_host, n, e.trials());
    std::uint32_t sdc = 0, sdc_on_host = 0;
    int lists_differ = 0, outcomes_differ = 0;
    for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
      lists_differ += !same_faults(a[i], b[i], !e.activations_only());
      sdc += sdc_of(a[i]);
      sdc_on_host += sdc_of(b[i]);
      outcomes_differ += outcomes(a[i]) != outcomes(b[i]);
    }
    std::printf("%-14s %8zu %10u %10u %18d %20d\n", e.what().name.c_str(), a.size(), sdc,
                sdc_on_host, lists_differ, outcomes_differ);
    right = right && a.size() == e.trials() && b.size() == e.trials() && lists_differ == 0 &&
            sdc > 0 && outcomes_differ * 100 <= static_cast<int>(e.trials());
  }
  return right ? 0 : 1;
}
