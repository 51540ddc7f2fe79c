// SPDX-License-Identifier: MIT
// A small campaign on a GPU: one flipped bit in a weight of the demo network for each trial, in
// device memory, and the same trial on the host beside it. The fault lists have to be identical;
// the logits differ by what two ways of summing differ. Without a device it exits with 77.
#include "network.cuh"
#include "reference.hpp"

#include <bitfault/backends/thrust/cuda.cuh>
#include <bitfault/embedded.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

using namespace cuda_inference;

namespace {

constexpr int images = 200;
constexpr std::uint64_t trials = 400;

std::vector<float> on_host(const floats& device, cudaStream_t stream) {
  std::vector<float> values(device.size());
  must(cudaMemcpyAsync(values.data(), device.data(), values.size() * sizeof(float),
                       cudaMemcpyDeviceToHost, stream),
       "copy of the logits");
  must(cudaStreamSynchronize(stream), "inference");
  return values;
}

/// The class of an image: the largest logit, the lowest of equals, never a NaN beside a number.
int class_of(const std::vector<float>& logits, int image) {
  const float* const one = logits.data() + 10 * image;
  int best = 0;
  for (int c = 1; c < 10; ++c)
    if (one[c] > one[best] || (std::isnan(one[best]) && !std::isnan(one[c])))
      best = c;
  return best;
}

int classes_that_differ(const std::vector<float>& a, const std::vector<float>& b) {
  int differ = 0;
  for (int image = 0; image < images; ++image)
    differ += class_of(a, image) != class_of(b, image);
  return differ;
}

} // namespace

int main() {
  int devices = 0;
  if (cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0) {
    std::puts("skipped: there is no CUDA device here");
    return 77;
  }
  const reference host(images);
  std::vector<floats> parameters;
  for (const tensor& p : host.parameters())
    parameters.emplace_back(p.values);
  const floats input(host.images());
  network device(parameters, images);
  cudaStream_t stream{};
  must(cudaStreamCreate(&stream), "cudaStreamCreate");

  const std::vector<float> golden = on_host(device.infer(input, stream), stream);
  const std::vector<float> golden_host = host.logits();
  float apart = 0;
  for (std::size_t i = 0; i < golden.size(); ++i)
    apart = std::max(apart, std::abs(golden[i] - golden_host[i]));
  std::printf("convolutions by %s\n"
              "golden run: logits of device and host differ by at most %g, classes of %d images\n",
              convolutions::name().c_str(), apart, classes_that_differ(golden, golden_host));

  int lists_differ = 0, changed = 0, changed_on_host = 0, apart_in_trials = 0;
  for (std::uint64_t t = 0; t < trials; ++t) {
    const std::size_t number = 2 * (t % 4); // the weights of each layer in turn
    const bitfault::fault_key key{
        .seed = 42, .trial = t, .stream = static_cast<std::uint32_t>(number)};
    const floats& weights = parameters[number];
    const bitfault::device_view<float> view(weights.data(), bitfault::extents{weights.size()});

    const auto faults = bitfault::on(stream).draw(fault(), view, key).to_host();
    std::vector<float> logits;
    {
      const auto injected = fault().scoped(bitfault::on(stream), view, key);
      logits = on_host(device.infer(input, stream), stream);
    }
    const trial same = host.inject(number, key);
    lists_differ += faults != same.faults;
    changed += classes_that_differ(logits, golden);
    changed_on_host += classes_that_differ(same.logits, golden_host);
    apart_in_trials += classes_that_differ(logits, same.logits);
  }
  const bool restored = on_host(device.infer(input, stream), stream) == golden;
  std::printf("%d trials, %d images each: SDC-1 in %d inferences on the device, %d on the host; "
              "%d classes apart\n"
              "fault lists that differ: %d; weights restored: %s\n",
              static_cast<int>(trials), images, changed, changed_on_host, apart_in_trials,
              lists_differ, restored ? "yes" : "NO");
  // A class may differ where two logits are closer than the two sums; that is rare.
  const bool close = apart < 1e-3f && apart_in_trials < static_cast<int>(trials) * images / 1000;
  return lists_differ == 0 && restored && close ? 0 : 1;
}
