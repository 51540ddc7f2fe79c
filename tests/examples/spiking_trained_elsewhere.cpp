// SPDX-License-Identifier: MIT

// Networks that other projects trained, with two neuron models: the engine
// computes what they do. The files are not part of this repository; where they
// are absent, the tests say so.

#include "spiking/events/binning.hpp"
#include "spiking/events/nmnist.hpp"
#include "spiking/network.hpp"
#include "spiking/weights_file.hpp"

#include "catch.hpp"
#include "shared_data.hpp"

#ifdef SPIKING_HAS_NIR
#include "spiking/nir_file.hpp"
#endif

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <random>
#include <span>
#include <sstream>
#include <string>
#include <vector>

namespace {

using spiking::index_t;
using spiking::reset_kind;
using spiking::shape;

#ifdef SPIKING_HAS_NIR
/// Rows of a file of numbers with one line of headings.
[[nodiscard]] std::vector<std::vector<int>> read_csv(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::vector<std::vector<int>> rows;
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    std::istringstream cells(line);
    rows.emplace_back();
    for (std::string cell; std::getline(cells, cell, ',');)
      rows.back().push_back(std::stoi(cell));
  }
  return rows;
}
#endif

/// snnTorch's Leaky, reset by subtraction, as its documentation has it; one
/// layer.
struct leaky_by_hand {
  double beta = 0, threshold = 0;
  std::vector<double> mem{};

  std::vector<double> operator()(const std::vector<double>& input) {
    mem.resize(input.size(), 0.0);
    std::vector<double> spikes(input.size());
    for (std::size_t n = 0; n < input.size(); ++n) {
      const double reset = mem[n] - threshold > 0 ? 1.0 : 0.0;
      mem[n] = beta * mem[n] + input[n] - reset * threshold;
      spikes[n] = mem[n] - threshold > 0 ? 1.0 : 0.0;
    }
    return spikes;
  }
};

[[nodiscard]] double number(const spiking::weights_file& from, const std::string& name) {
  return static_cast<double>(from.floats(name, {}).at(0));
}

/// nn.Conv2d(in, out, 5, padding="same") and nn.MaxPool2d(2), by plain loops.
[[nodiscard]] std::vector<double> convolved_and_pooled(const std::vector<double>& image, shape in,
                                                       const std::vector<float>& weight,
                                                       const std::vector<float>& bias) {
  const auto out = static_cast<index_t>(bias.size());
  std::vector<double> pooled;
  const auto at = [&](index_t o, index_t y, index_t x) {
    double sum = static_cast<double>(bias[static_cast<std::size_t>(o)]);
    for (index_t c = 0; c < in.channels; ++c)
      for (index_t ky = std::max<index_t>(0, 2 - y); ky < std::min<index_t>(5, in.height + 2 - y);
           ++ky)
        for (index_t kx = std::max<index_t>(0, 2 - x); kx < std::min<index_t>(5, in.width + 2 - x);
             ++kx)
          sum +=
              static_cast<double>(
                  weight[static_cast<std::size_t>(((o * in.channels + c) * 5 + ky) * 5 + kx)]) *
              image[static_cast<std::size_t>((c * in.height + y + ky - 2) * in.width + x + kx - 2)];
    return sum;
  };
  for (index_t o = 0; o < out; ++o)
    for (index_t y = 0; y < in.height; y += 2)
      for (index_t x = 0; x < in.width; x += 2)
        pooled.push_back(
            std::max({at(o, y, x), at(o, y, x + 1), at(o, y + 1, x), at(o, y + 1, x + 1)}));
  return pooled;
}

} // namespace

#ifdef SPIKING_HAS_NIR
TEST_CASE("spiking: the NIR network for N-MNIST fires as often as where it was "
          "trained") {
  const auto model = shared_data("models-snn/nir-scnn");
  const auto recordings = shared_data("n-mnist");
  if (!model || !recordings) {
    WARN("skipped: there is no folder of shared data with models-snn/nir-scnn "
         "and n-mnist");
    SUCCEED();
    return;
  }
  auto net = spiking::read_nir(*model / "cnn_sinabs.nir");
  const auto golden = read_csv(*model / "golden_nmnist_test100.csv");
  REQUIRE(golden.size() == 100);
  const std::vector<std::string> firing{"1", "3", "6", "10", "12"};
  constexpr std::size_t steps = 300;
  int right = 0;
  int wrong_rows = 0;
  for (const auto& row : golden) {
    REQUIRE(row.size() == 17);
    const auto seen = spiking::bin_by_time<double>(
        spiking::read_nmnist(*recordings / (std::to_string(row[0]) + ".bs2")),
        {.start = 0, .width = 1000, .steps = steps});
    std::vector<double> counts(10), spikes(firing.size());
    net.reset();
    for (std::size_t t = 0; t < steps; ++t) {
      const auto out =
          net.step(std::span(seen.values).subspan(t * seen.step_size(), seen.step_size()),
                   [&](std::size_t, const spiking::layer<double>& one) {
                     const auto which =
                         std::find(firing.begin(), firing.end(), one.name) - firing.begin();
                     if (static_cast<std::size_t>(which) < firing.size())
                       for (const double x : one.activation)
                         spikes[static_cast<std::size_t>(which)] += x;
                   });
      for (std::size_t c = 0; c < counts.size(); ++c)
        counts[c] += out[c];
    }
    std::vector<int> result{row[0], row[1]};
    for (const auto& list : {counts, spikes})
      for (const double x : list)
        result.push_back(static_cast<int>(x));
    wrong_rows += result == row ? 0 : 1;
    CHECK(result == row);
    right += spiking::best_class<double>(counts) == static_cast<std::size_t>(row[1]) ? 1 : 0;
  }
  CHECK(wrong_rows == 0);
  CHECK(right == 98);
}
#else
TEST_CASE("spiking: the NIR network for N-MNIST is left out of a build without "
          "HDF5") {
  WARN("skipped: HDF5 (Debian package libhdf5-dev) was not found");
  SUCCEED();
}
#endif

TEST_CASE("spiking: the snnTorch network for DVS128 Gesture fires as its "
          "formulas say") {
  const auto folder = shared_data("models-snn/neurobench");
  if (!folder) {
    WARN("skipped: there is no folder of shared data with "
         "models-snn/neurobench");
    SUCCEED();
    return;
  }
  const auto from = spiking::read_weights(*folder / "dvs_gesture_snn.safetensors");
  const std::vector<shape> inputs{{2, 32, 32}, {16, 16, 16}, {32, 8, 8}, {64, 4, 4}};
  std::vector<std::vector<float>> weights, biases;
  std::vector<leaky_by_hand> leaky;
  spiking::network<double> net(inputs[0]);
  for (std::size_t l = 0; l < 4; ++l) {
    const std::string number_of = std::to_string(l + 1);
    const std::string name = l < 3 ? "conv" + number_of : "linear1";
    const auto in = static_cast<std::size_t>(inputs[l].channels);
    const std::size_t out = l < 3 ? static_cast<std::size_t>(inputs[l + 1].channels) : 11;
    weights.push_back(from.floats(name + ".weight", l < 3 ? std::vector<std::size_t>{out, in, 5, 5}
                                                          : std::vector<std::size_t>{11, 1024}));
    biases.push_back(from.floats(name + ".bias", {out}));
    leaky.push_back({number(from, "lif" + number_of + ".beta"),
                     number(from, "lif" + number_of + ".threshold")});

    spiking::synapses<double> connections(static_cast<index_t>(out),
                                          static_cast<index_t>(weights[l].size() / out));
    std::copy(weights[l].begin(), weights[l].end(), connections.weight.data());
    std::copy(biases[l].begin(), biases[l].end(), connections.bias.data());
    if (l < 3) {
      net.add(name, spiking::convolution<double>{{5, 1, 2}, connections});
      net.add("pool" + number_of, spiking::pooling{spiking::pooling_kind::maximum, {2, 2, 0}});
    } else {
      net.add(name, spiking::dense<double>{connections});
    }
    spiking::neurons<double> group({.reset = reset_kind::by_subtraction,
                                    .fires_at_threshold = false,
                                    .resets_in_next_step = true},
                                   net.output().size());
    std::fill(group.leak.begin(), group.leak.end(), leaky[l].beta);
    std::fill(group.threshold.begin(), group.threshold.end(), leaky[l].threshold);
    net.add("lif" + number_of, std::move(group));
  }

  std::mt19937 random(8);
  std::vector<double> spikes(4);
  for (int t = 0; t < 12; ++t) {
    std::vector<double> frame(static_cast<std::size_t>(inputs[0].size()));
    for (std::size_t i = 0; i < frame.size(); ++i) // a cloud of events that moves to the right
      frame[i] =
          i % 32 / 6 == static_cast<std::size_t>(t) / 3 ? static_cast<double>(random() % 4) : 0.0;
    std::vector<double> now = frame;
    std::vector<std::vector<double>> expected;
    for (std::size_t l = 0; l < 3; ++l) {
      now = leaky[l](convolved_and_pooled(now, inputs[l], weights[l], biases[l]));
      expected.push_back(now);
    }
    std::vector<double> last(11);
    for (std::size_t o = 0; o < 11; ++o) {
      last[o] = static_cast<double>(biases[3][o]);
      for (std::size_t i = 0; i < 1024; ++i)
        last[o] += static_cast<double>(weights[3][o * 1024 + i]) * now[i];
    }
    expected.push_back(leaky[3](last));

    (void)net.step(frame, [&](std::size_t, const spiking::layer<double>& one) {
      if (one.name.substr(0, 3) != "lif")
        return;
      const auto l = static_cast<std::size_t>(one.name[3] - '1');
      CAPTURE(t, one.name);
      CHECK(one.activation == expected[l]);
      const auto state = net.state_of(one);
      double farthest = 0;
      for (std::size_t n = 0; n < state.membrane.size(); ++n)
        farthest = std::max(farthest, std::abs(state.membrane[n] - leaky[l].mem[n]));
      CHECK(farthest < 1e-9); // of membranes up to some tens, added in another order
      for (const double x : one.activation)
        spikes[l] += x;
    });
  }
  for (const double count : spikes) // each layer had something to say
    CHECK(count >= 5);
}
