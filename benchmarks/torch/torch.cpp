// SPDX-License-Identifier: MIT
// What faults cost in a LibTorch model: hooks, flips in an activation, flips in weights.
//
// Each pass with faults is compared with one without, in alternation. With one thread, times are
// those of the thread on its processor, so that other programs do not count; with two, wall clock.
// `overhead` is the median of the pairs' (with / without - 1), in per cent.

#include "networks.hpp"

#include <bitfault/bitfault.hpp>
#include <bitfault/integrations/torch.hpp>

#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>
#include <torch/torch.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <memory>
#include <type_traits>
#include <vector>

namespace {

double seconds(bool of_processor) {
  std::timespec t{};
  clock_gettime(of_processor ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

double median(std::vector<double> v) {
  std::nth_element(v.begin(), v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2), v.end());
  return v[v.size() / 2];
}

/// Runs both in alternation, each first every other time.
template <class Plain, class Faulty>
void alternate(benchmark::State& state, int threads, const Plain& plain, const Faulty& faulty) {
  at::set_num_threads(threads);
  const torch::NoGradGuard no_grad;
  std::vector<double> without, with, ratios;
  plain();
  faulty();
  const auto time = [&](const auto& body) {
    const double begin = seconds(threads == 1);
    body();
    return seconds(threads == 1) - begin;
  };
  for (auto _ : state) {
    const bool plain_first = ratios.size() % 2 == 0;
    const double first = plain_first ? time(plain) : time(faulty);
    const double second = plain_first ? time(faulty) : time(plain);
    without.push_back(plain_first ? first : second);
    with.push_back(plain_first ? second : first);
    ratios.push_back(with.back() / without.back());
    state.SetIterationTime(with.back());
  }
  state.counters["plain_ms"] = 1e3 * median(without);
  state.counters["faulty_ms"] = 1e3 * median(with);
  state.counters["overhead"] = 100 * (median(ratios) - 1);
  state.counters["of_fastest"] = 100 * (*std::min_element(with.begin(), with.end()) /
                                            *std::min_element(without.begin(), without.end()) -
                                        1);
}

struct net_of_20 {
  resnet net{3};
  static constexpr const char* last = "linear";
};
struct net_of_vgg {
  vgg11 net{};
  static constexpr const char* last = "linear";
};

/// A hook whose fault is in the last layer: all others are looked at, and nothing is done.
template <class Network>
void hook_elsewhere(benchmark::State& state) {
  Network n;
  n.net->eval();
  const at::Tensor images = torch::randn({64, 3, 32, 32});
  const auto one = bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{1});
  const auto names = std::make_shared<const bitfault::module_tensors>(*n.net);
  alternate(
      state, static_cast<int>(state.range(0)),
      [&] { benchmark::DoNotOptimize(n.net->forward(images)); },
      [&] {
        const auto faults =
            bitfault::activation_faults(names, {.module = Network::last}, one, {.seed = 1});
        benchmark::DoNotOptimize(n.net->forward(images));
      });
}

/// The same hook on one image of 8 x 8 (VGG-11: 32 x 32), where the operators themselves take
/// little: `hook_us` is what it costs a pass, whatever the size of its tensors.
template <class Network>
void hook_alone(benchmark::State& state) {
  Network n;
  n.net->eval();
  at::set_num_threads(1);
  const torch::NoGradGuard no_grad;
  const std::int64_t side = std::is_same_v<Network, net_of_20> ? 8 : 32;
  const at::Tensor images = torch::randn({1, 3, side, side});
  const auto one = bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{1});
  const auto names = std::make_shared<const bitfault::module_tensors>(*n.net);
  std::vector<double> costs;
  for (auto _ : state) {
    const double begin = seconds(true);
    benchmark::DoNotOptimize(n.net->forward(images));
    const double middle = seconds(true);
    {
      const auto faults =
          bitfault::activation_faults(names, {.module = Network::last}, one, {.seed = 1});
      benchmark::DoNotOptimize(n.net->forward(images));
    }
    const double end = seconds(true);
    costs.push_back((end - middle) - (middle - begin));
    state.SetIterationTime(end - middle);
  }
  state.counters["hook_us"] = 1e6 * median(costs);
}

/// So many flips (third argument) among the bits of what the first convolution puts out: LibTorch
/// has the first argument's threads, the injector the second's (0: LibTorch's own). `flips_share`
/// is what they take by themselves, in a tensor that was written just before, of the plain pass:
/// whole passes scatter by more than that.
template <class Network>
void flips_in_activation(benchmark::State& state) {
  Network n;
  n.net->eval();
  const at::Tensor images = torch::randn({64, 3, 32, 32});
  const auto flips = bitfault::make_injector(
      bitfault::bit_flip{}, bitfault::exactly{static_cast<bitfault::index_t>(state.range(2))});
  const auto names = std::make_shared<const bitfault::module_tensors>(*n.net);
  const int threads = static_cast<int>(state.range(0));
  const auto pass = [&] { benchmark::DoNotOptimize(n.net->forward(images)); };
  const auto faulty_pass = [&](const auto& executor) {
    const auto faults =
        bitfault::activation_faults(names, {.module = "conv1"}, flips, executor, {.seed = 1});
    pass();
  };
  const auto flip = [&](const auto& executor) {
    const torch::NoGradGuard no_grad;
    const at::Tensor output =
        n.net->named_modules()["conv1"]->template as<torch::nn::Conv2d>()->forward(images);
    std::vector<double> times;
    for (std::uint64_t trial = 0; trial < 50; ++trial) {
      output.add_(0);
      const double begin = seconds(threads == 1);
      bitfault::apply(flips, executor, output, {.seed = 1, .trial = trial}).or_throw();
      times.push_back(seconds(threads == 1) - begin);
    }
    return median(times);
  };
  double flips_seconds = 0;
  const auto measure = [&](const auto& executor) {
    alternate(state, threads, pass, [&] { faulty_pass(executor); });
    flips_seconds = flip(executor);
  };
  if (state.range(1) == 0)
    measure(bitfault::torch_threads());
  else if (state.range(1) == 1)
    measure(bitfault::serial{});
  else
    measure(bitfault::threads(state.range(1)));
  state.counters["flips_ms"] = 1e3 * flips_seconds;
  state.counters["flips_share"] = 100 * 1e3 * flips_seconds / state.counters["plain_ms"];
}

/// 100,000 flips among the weights of a ResNet-18, in each tensor as many, and back.
void flips_in_weights(benchmark::State& state) {
  resnet18_weights net;
  const auto tensors = net->parameters().size();
  const auto flips = bitfault::make_injector(bitfault::bit_flip{},
                                             bitfault::exactly{(100'000 + tensors - 1) / tensors});
  std::vector<double> times;
  for (auto _ : state) {
    const double begin = seconds(true);
    { const auto faults = bitfault::parameter_faults(*net, "*", flips, {.seed = 1}); }
    times.push_back(seconds(true) - begin);
    state.SetIterationTime(times.back());
  }
  state.counters["ms"] = 1e3 * median(times);
}

BENCHMARK(hook_alone<net_of_20>)->UseManualTime()->Iterations(300);
BENCHMARK(hook_alone<net_of_vgg>)->UseManualTime()->Iterations(100);
BENCHMARK(hook_elsewhere<net_of_20>)->Arg(1)->Arg(2)->UseManualTime()->Iterations(40);
BENCHMARK(hook_elsewhere<net_of_vgg>)->Arg(1)->Arg(2)->UseManualTime()->Iterations(40);
BENCHMARK(flips_in_activation<net_of_20>)
    ->ArgsProduct({{1}, {1}, {100'000, 1'000'000}})
    ->ArgsProduct({{2}, {0, 1, 2}, {100'000, 1'000'000}})
    ->UseManualTime()
    ->Iterations(20);
BENCHMARK(flips_in_activation<net_of_vgg>)
    ->ArgsProduct({{1}, {1}, {100'000, 1'000'000}})
    ->ArgsProduct({{2}, {0, 1, 2}, {100'000, 1'000'000}})
    ->UseManualTime()
    ->Iterations(20);
BENCHMARK(flips_in_weights)->UseManualTime()->Iterations(100);

} // namespace

BENCHMARK_MAIN();
