// SPDX-License-Identifier: MIT
// A campaign on inference code that exists: which parts of a network are how sensitive, and how
// sure that is.

#include <bitfault/bitfault.hpp>
#include <bitfault/campaign/campaign.hpp>
#include <bitfault/campaign/describe.hpp>
#include <bitfault/campaign/store.hpp>
#include <bitfault/campaign/summary_table.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace {

// Stands for the inference code that you have: two dense layers, 4 inputs, 8 hidden, 3 classes.
struct network {
  std::vector<float> hidden = std::vector<float>(8 * 4), output = std::vector<float>(3 * 8);

  network() {
    for (std::size_t i = 0; i < hidden.size(); ++i)
      hidden[i] = std::sin(static_cast<float>(i) * 1.7F);
    for (std::size_t i = 0; i < output.size(); ++i)
      output[i] = std::cos(static_cast<float>(i) * 2.3F);
  }
  static void dense(const std::vector<float>& weights, const float* in, std::size_t size,
                    float* out) {
    for (std::size_t row = 0; row < weights.size() / size; ++row) {
      float sum = 0;
      for (std::size_t i = 0; i < size; ++i)
        sum += weights[row * size + i] * in[i];
      out[row] = std::max(sum, 0.0F);
    }
  }
};

std::vector<float> make_images() {
  std::vector<float> all(200 * 4);
  for (std::size_t i = 0; i < all.size(); ++i)
    all[i] = std::sin(static_cast<float>(i) * 0.9F) + 1;
  return all;
}
const std::vector<float> images = make_images();

// [model]
namespace bc = bitfault::campaign;

// What a campaign asks of it: its layers, its parameters, and how one layer is run.
struct my_model {
  network net;

  std::vector<bc::layer> layers() const { // name, which layers it reads, type, extents
    return {{"input", {}, bc::type<float>(), {4}},
            {"hidden", {0}, bc::type<float>(), {8}},
            {"output", {1}, bc::type<float>(), {3}}};
  }
  std::vector<bc::parameter> parameters() { // name, memory, kind, which layers read it
    return {{"hidden.weight", bitfault::view(net.hidden), bc::parameter_kind::weight, {1}},
            {"output.weight", bitfault::view(net.output), bc::parameter_kind::weight, {2}}};
  }
  std::uint64_t inputs() const { return images.size() / 4; }
  std::uint64_t batch() const { return 1; }

  void run_layer(std::size_t n, std::uint64_t first, std::span<const bc::tensor_ref> in,
                 const bc::tensor_ref& out) {
    if (n == 0)
      std::copy_n(images.begin() + static_cast<std::ptrdiff_t>(4 * first), 4, out.as<float>());
    else if (n == 1)
      network::dense(net.hidden, in[0].as<float>(), 4, out.as<float>());
    else
      network::dense(net.output, in[0].as<float>(), 8, out.as<float>());
  }
};
// [/model]

} // namespace

int main() {
  const auto path = std::filesystem::temp_directory_path() /
                    ("bitfault_" + std::to_string(std::random_device{}()) + ".sqlite");

  // [campaign]
  bc::experiment weights, activations;
  weights.name = "weights";
  weights.trials = 1000; // single bit flips in any weight, each with one random input
  activations.name = "activations";
  activations.targets = {"@activations"};
  activations.trials = 300;
  bc::settings settings;
  settings.seed = 42;
  settings.threads = 2;

  bc::campaign<my_model> campaign([] { return std::make_unique<my_model>(); }, settings,
                                  {weights, activations});
  campaign.require_live_targets();

  auto results = bc::store::open(path, bc::describe(campaign, "my network", ""));
  results.set_golden(bc::summary_of(campaign.golden()));
  campaign.run(results); // killed? Run it again: it goes on where it was.
  std::fputs(bc::summary_table(results).c_str(), stdout);
  // [/campaign]

  const bool all_there = results.stored(0).count() == 1000 && results.stored(1).count() == 300;
  return all_there ? 0 : 1;
}
