// SPDX-License-Identifier: MIT

// Networks that the sinabs project trained, with its integrate-and-fire neurons: many spikes in a
// step, and a lower bound of the membrane. The engine fires as often in every layer as sinabs 3.1.3
// itself does (oracles/sinabs_networks.py). The weights are not part of this repository; where they
// are absent, the tests say so.

#include "spiking/events/binning.hpp"
#include "spiking/events/simulated_gestures.hpp"
#include "spiking/network.hpp"
#include "spiking/weights_file.hpp"

#include "catch.hpp"
#include "demo/data.hpp"
#include "shared_data.hpp"

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace {

using spiking::index_t;
using spiking::kernel;

/// Appends layers by the number of their weights in the file.
class builder {
public:
  builder(spiking::shape input, const std::filesystem::path& file)
      : net_(input), from_(spiking::read_weights(file)) {}

  void convolve(int number, kernel window) {
    const auto& extents = from_.tensors.at(std::to_string(number) + ".weight").extents;
    add(number, spiking::convolution<double>{window, weights(number, extents)});
  }
  void connect(int number) {
    const auto& extents = from_.tensors.at(std::to_string(number) + ".weight").extents;
    add(number, spiking::dense<double>{weights(number, extents)});
  }
  void pool() {
    net_.add("pool" + std::to_string(net_.layers().size()),
             spiking::pooling{spiking::pooling_kind::average, {2, 2, 0}});
  }
  [[nodiscard]] spiking::network<double> done() { return std::move(net_); }

private:
  [[nodiscard]] spiking::synapses<double> weights(int number,
                                                  const std::vector<std::size_t>& extents) const {
    const auto values = from_.floats(std::to_string(number) + ".weight", extents);
    const auto out = static_cast<index_t>(extents.at(0));
    spiking::synapses<double> result(out, static_cast<index_t>(values.size()) / out);
    std::copy(values.begin(), values.end(), result.weight.data());
    return result;
  }
  template <class Layer>
  void add(int number, Layer layer) {
    net_.add(std::to_string(number), std::move(layer));
    spiking::neurons<double> group(
        {.reset = spiking::reset_kind::by_subtraction, .fires_many_times = true},
        net_.output().size());
    group.lowest = -1;
    net_.add("spikes" + std::to_string(number), std::move(group));
  }

  spiking::network<double> net_;
  spiking::weights_file from_;
};

/// Spikes of each layer of neurons in all, and then of each output.
[[nodiscard]] std::vector<int> spikes_of(spiking::network<double>& net,
                                         std::span<const double> frames) {
  std::vector<double> layers, outputs(static_cast<std::size_t>(net.output().size()));
  const auto one = static_cast<std::size_t>(net.input().size());
  net.reset();
  for (std::size_t first = 0; first < frames.size(); first += one) {
    std::size_t next = 0;
    const auto out =
        net.step(frames.subspan(first, one), [&](std::size_t, const spiking::layer<double>& l) {
          if (!std::holds_alternative<spiking::neurons<double>>(l.kind))
            return;
          layers.resize(std::max(layers.size(), next + 1));
          layers[next++] += std::accumulate(l.activation.begin(), l.activation.end(), 0.0);
        });
    for (std::size_t o = 0; o < outputs.size(); ++o)
      outputs[o] += out[o];
  }
  std::vector<int> result;
  for (const auto* list : {&layers, &outputs})
    for (const double x : *list)
      result.push_back(static_cast<int>(x));
  return result;
}

} // namespace

TEST_CASE("spiking: the sinabs network for DVS128 Gesture fires as often as in sinabs") {
  const auto folder = shared_data("models-snn/sinabs");
  if (!folder) {
    WARN("skipped: there is no folder of shared data with models-snn/sinabs");
    SUCCEED();
    return;
  }
  builder b({2, 128, 128}, *folder / "dvs_gesture_params.safetensors");
  b.convolve(0, {2, 2, 0});
  for (const int number : {2, 5, 8, 11, 14}) {
    b.convolve(number, {3, 1, 1});
    b.pool();
  }
  b.convolve(18, {2, 1, 0});
  b.connect(22);
  b.connect(24);
  auto net = b.done();
  const std::vector<std::vector<int>> expected{
      {60125, 213608, 168565, 47336, 12303, 5688, 2868, 7777, 663, 0,
       0,     0,      0,      0,     0,     0,    0,    0,    0,   663},
      {69857, 246575, 159606, 47044, 14536, 6194, 1849, 3918, 447, 0,
       222,   9,      101,    80,    0,     0,    0,    0,    0,   35},
      {53687, 193447, 139863, 39782, 13798, 4855, 1467, 2880, 337, 0,
       0,     137,    3,      0,     108,   47,   0,    0,    0,   42},
      {98525, 339354, 216102, 59495, 20596, 8021, 2277, 5526, 398, 0,
       10,    0,      308,    24,    0,     0,    0,    25,   0,   31},
      {70160, 243863, 163071, 47543, 15014, 5839, 1819, 3882, 451, 0,
       140,   0,      35,     217,   0,     0,    0,    0,    10,  49},
      {106632, 364912, 236339, 64114, 21861, 7500, 2212, 4330, 522, 16,
       0,      40,     0,      0,     245,   153,  22,   36,   0,   10},
      {74654, 261676, 180876, 51386, 16818, 6107, 1873, 3641, 388, 0,
       0,     56,     0,      2,     36,    247,  7,    10,   0,   30},
      {166118, 562656, 327483, 72600, 26348, 10355, 2337, 5202, 521, 1,
       0,      1,      0,      0,     72,    100,   3,    1,    138, 205},
      {122765, 436398, 288796, 85863, 22895, 4653, 1576, 4091, 369, 0,
       0,      15,     0,      0,     0,     0,    0,    4,    58,  292},
      {37159, 137454, 105085, 34220, 12126, 4038, 888, 2204, 151, 0,
       0,     0,      69,     20,    0,     0,    36,  0,    2,   24},
      {65815, 235819, 168485, 53272, 14837, 4676, 1081, 2519, 232, 3,
       4,     0,      0,      0,     0,     0,    0,    8,    25,  192}};
  const auto made = spiking::simulate_gestures(0);
  const auto gestures = spiking::cut(made.seen, made.labels, "simulated");
  REQUIRE(gestures.size() == expected.size());
  for (std::size_t g = 0; g < gestures.size(); ++g) {
    CAPTURE(g);
    auto frames = spiking::bin_by_time<double>(gestures[g].seen, {0, 50'000, 30});
    for (double& count : frames.values)
      count *= 8; // these recordings have few events
    CHECK(spikes_of(net, frames.values) == expected[g]);
  }
}

TEST_CASE("spiking: the sinabs network for MNIST fires as often as in sinabs") {
  const auto folder = shared_data("models-snn/sinabs");
  const auto images = shared_data("mnist");
  if (!folder || !images) {
    WARN("skipped: there is no folder of shared data with models-snn/sinabs and mnist");
    SUCCEED();
    return;
  }
  builder b({1, 28, 28}, *folder / "mnist_params.safetensors");
  b.convolve(0, {5, 1, 0});
  b.pool();
  b.convolve(3, {5, 1, 0});
  b.pool();
  b.convolve(6, {3, 1, 0});
  b.pool();
  b.connect(10);
  b.connect(12);
  auto net = b.done();
  const std::vector<std::vector<int>> expected{
      {131133, 26282, 2746, 1073, 17, 0, 0, 3, 2, 0, 0, 0, 10, 0, 2},
      {198679, 32105, 3444, 1383, 19, 3, 4, 9, 2, 0, 0, 0, 0, 1, 0},
      {76747, 16373, 2081, 750, 6, 0, 5, 0, 0, 1, 0, 0, 0, 0, 0},
      {246661, 42441, 4277, 1595, 19, 10, 0, 4, 0, 0, 0, 3, 0, 0, 2},
      {144949, 27271, 2981, 1071, 15, 0, 2, 0, 0, 8, 0, 1, 1, 0, 3}};
  const auto digits = demo::load_test_set(images->string());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CAPTURE(i);
    std::vector<double> frames;
    for (int t = 0; t < 200; ++t)
      for (std::size_t p = 0; p < 784; ++p) {
        const int level = digits.pixels[i * 784 + p];
        frames.push_back((t + 1) * level / 255 - t * level / 255);
      }
    const auto spikes = spikes_of(net, frames);
    CHECK(spikes == expected[i]);
    // the class that fires most often is the digit that is written there
    const auto most = std::max_element(spikes.begin() + 5, spikes.end()) - spikes.begin() - 5;
    CHECK(most == digits.labels[i]);
  }
}
