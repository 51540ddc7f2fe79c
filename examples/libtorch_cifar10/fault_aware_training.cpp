// SPDX-License-Identifier: MIT
// What training with faults gains: networks trained with bit flips in their weights and networks
// trained without, on the same images in the same order, are compared under bit flips.
//
//     cifar10_fault_aware_training [--data FOLDER] [--seeds N] [--epochs N] [--every N] ...
//
// Weights count as stored in eight bits, numbers from -2 to 2 in steps of 1/64: a flip changes one
// by up to 2. The folder holds test images of CIFAR-10, MNIST or Fashion-MNIST (see images.hpp);
// the first of them train, the last 2,000 test.

#include "images.hpp"

#include <bitfault/bitfault.hpp>
#include <bitfault/integrations/torch.hpp>
#include <bitfault/statistics/quantile.hpp>

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

struct options {
  std::string data = CIFAR10_IMAGES;
  std::uint64_t seeds = 8;
  int epochs = 6;
  std::int64_t images = 8000;  ///< to train with
  std::int64_t every = 2;      ///< faults in every so many-th step
  int from = 1;                ///< and from this epoch on, counted from 0
  double rate = 2e-3;          ///< flips per bit while training
  std::uint64_t patterns = 20; ///< drawings of faults for each rate while testing
  std::vector<double> rates{1e-4, 1e-3, 2e-3, 5e-3, 1e-2}; ///< while testing
};

struct labelled {
  at::Tensor images, labels;
};

torch::nn::Sequential make_network() {
  using torch::nn::Conv2d;
  using torch::nn::Conv2dOptions;
  using torch::nn::MaxPool2d;
  using torch::nn::ReLU;
  return torch::nn::Sequential(Conv2d(Conv2dOptions(3, 8, 3).padding(1)), ReLU(), MaxPool2d(2),
                               Conv2d(Conv2dOptions(8, 16, 3).padding(1)), ReLU(), MaxPool2d(2),
                               torch::nn::Flatten(), torch::nn::Linear(16 * 8 * 8, 10));
}

auto flips_at(double rate) {
  return bitfault::make_injector(bitfault::bit_flip{}, bitfault::rate::per_bit(rate),
                                 bitfault::formats::fixed_point<1, 6>{});
}

/// Trains a new network. Nothing but the faults depends on `with_faults`.
torch::nn::Sequential train(const options& o, std::uint64_t seed, bool with_faults,
                            const labelled& set) {
  torch::manual_seed(seed);
  torch::nn::Sequential net = make_network();
  torch::optim::Adam optimiser(net->parameters(), torch::optim::AdamOptions(2e-3));
  const auto flips = flips_at(o.rate);
  std::uint32_t step = 0;
  for (int epoch = 0; epoch < o.epochs; ++epoch) {
    const at::Tensor order = torch::randperm(set.images.size(0));
    for (const at::Tensor& rows : order.split(64)) {
      const at::Tensor images = set.images.index_select(0, rows);
      const at::Tensor labels = set.labels.index_select(0, rows);
      const bool faulty = with_faults && epoch >= o.from && step % o.every == 0;
      // [step]
      optimiser.zero_grad();
      {
        std::optional<bitfault::parameter_fault_scope> faults;
        if (faulty)
          faults.emplace(
              bitfault::parameter_faults(*net, "*.weight", flips, {.seed = seed, .step = step}));
        torch::cross_entropy_loss(net->forward(images), labels).backward();
      } // the weights are whole again, and the gradients are those of the faulty ones
      torch::nn::utils::clip_grad_norm_(net->parameters(), 1);
      optimiser.step();
      // [/step]
      ++step;
    }
  }
  net->eval();
  return net;
}

double accuracy(torch::nn::Sequential& net, const labelled& set) {
  std::int64_t right = 0;
  for (std::int64_t first = 0; first < set.images.size(0); first += 500) {
    const std::int64_t count = std::min<std::int64_t>(500, set.images.size(0) - first);
    right += (net->forward(set.images.narrow(0, first, count)).argmax(1) ==
              set.labels.narrow(0, first, count))
                 .sum()
                 .item<std::int64_t>();
  }
  return 100.0 * static_cast<double>(right) / static_cast<double>(set.images.size(0));
}

/// Without faults, and the mean under faults for each rate: the same faults for every network.
std::vector<double> accuracies(const options& o, torch::nn::Sequential& net, const labelled& set) {
  const torch::NoGradGuard no_grad;
  std::vector<double> all{accuracy(net, set)};
  for (const double rate : o.rates) {
    double sum = 0;
    for (std::uint64_t trial = 0; trial < o.patterns; ++trial) {
      const auto faults = bitfault::parameter_faults(*net, "*.weight", flips_at(rate),
                                                     {.seed = 99, .trial = trial});
      sum += accuracy(net, set);
    }
    all.push_back(sum / static_cast<double>(o.patterns));
  }
  return all;
}

double median_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

void run(const options& o) {
  at::set_num_threads(1);
  const auto read = cifar10::read_test_images(o.data);
  constexpr std::size_t test = 2000;
  if (read.count() < static_cast<std::size_t>(o.images) + test)
    throw std::runtime_error(o.data + ": has " + std::to_string(read.count()) +
                             " images; asked for are " + std::to_string(o.images) +
                             " to train with, and 2000 to test");
  const auto part = [&](std::size_t first, std::size_t count) {
    const auto begin = read.labels.begin() + static_cast<std::ptrdiff_t>(first);
    const std::vector<std::int64_t> labels(begin, begin + static_cast<std::ptrdiff_t>(count));
    return labelled{read.normalized(first, count), torch::tensor(labels)};
  };
  const labelled training = part(0, static_cast<std::size_t>(o.images));
  const labelled testing = part(read.count() - test, test);

  // [rate][seed], without faults in front
  std::vector<std::vector<double>> plain(o.rates.size() + 1), aware = plain, gain = plain;
  for (std::uint64_t seed = 1; seed <= o.seeds; ++seed) {
    auto without = train(o, seed, false, training);
    auto with = train(o, seed, true, training);
    const auto a = accuracies(o, without, testing), b = accuracies(o, with, testing);
    for (std::size_t i = 0; i < a.size(); ++i) {
      plain[i].push_back(a[i]);
      aware[i].push_back(b[i]);
      gain[i].push_back(b[i] - a[i]);
    }
    std::cerr << "seed " << seed << " of " << o.seeds << " done\n";
  }
  std::printf("%d epochs on %lld images; faults in every %lld. step from epoch %d on, %g per bit\n"
              "median accuracy over %llu seeds in %%, %llu drawings of faults each; gain with the "
              "interval\nthat covers the median of all seeds at 95 %%\n\n"
              "flips per bit   trained without   with    gain\n",
              o.epochs, static_cast<long long>(o.images), static_cast<long long>(o.every), o.from,
              o.rate, static_cast<unsigned long long>(o.seeds),
              static_cast<unsigned long long>(o.patterns));
  for (std::size_t i = 0; i < gain.size(); ++i) {
    std::sort(gain[i].begin(), gain[i].end());
    const auto interval = bitfault::quantile_interval(gain[i], 0.5);
    std::printf("%13g   %15.2f   %5.2f   %+.2f [%+.2f, %+.2f]\n", i == 0 ? 0 : o.rates[i - 1],
                median_of(plain[i]), median_of(aware[i]), median_of(gain[i]), interval.lower,
                interval.upper);
  }
}

} // namespace

int main(int argc, char** argv) {
  CLI::App app{"Compares networks that were trained with faults and without, under faults."};
  options o;
  app.add_option("--data", o.data, "folder with test images");
  app.add_option("--seeds", o.seeds, "networks of each kind")->check(CLI::Range(1, 1000));
  app.add_option("--epochs", o.epochs, "passes over the training images")
      ->check(CLI::Range(1, 1000));
  app.add_option("--images", o.images, "images to train with")->check(CLI::Range(64, 1000000));
  app.add_option("--every", o.every, "faults in every so many-th step")
      ->check(CLI::Range(1, 1000000));
  app.add_option("--from", o.from, "no faults before this epoch")->check(CLI::Range(0, 1000));
  app.add_option("--rate", o.rate, "flips per bit while training")->check(CLI::Range(0.0, 1.0));
  app.add_option("--rates", o.rates, "flips per bit while testing")->check(CLI::Range(0.0, 1.0));
  app.add_option("--patterns", o.patterns, "drawings of faults for each rate")
      ->check(CLI::Range(1, 100000));
  CLI11_PARSE(app, argc, argv);
  try {
    run(o);
  } catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 1;
  }
  return 0;
}
