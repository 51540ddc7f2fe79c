// SPDX-License-Identifier: MIT
// What examples/cuda_inference asks of cuDNN: on a fake that convolves on the host, so that it
// takes neither cuDNN nor a GPU. The outputs have to be those of the example's plain kernels.
#include "checks.hpp"
#include "fake_cudnn/fake_cudnn.hpp"
#include "fake_runtime.hpp"

#include "../../../examples/cuda_inference/convolutions.hpp"
#include "../../../examples/cuda_inference/layers.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

using namespace cuda_inference;
using device_test::check;

namespace {

constexpr int images = 3;
const auto stream = reinterpret_cast<cudaStream_t>(0x57);

std::vector<float> numbers(int size, std::uint32_t state) {
  std::vector<float> values(static_cast<std::size_t>(size));
  for (float& v : values) {
    state = state * 1664525 + 1013904223;
    v = static_cast<float>(state >> 8) / (1 << 24) - 0.5F;
  }
  return values;
}

/// Whether both are the same number, or both none: a fault may make an infinity or a NaN.
bool close(float a, float b) {
  return std::isfinite(a) ? std::abs(a - b) <= 1e-5F * std::max(1.0F, std::abs(a))
         : std::isnan(a)  ? std::isnan(b)
                          : a == b;
}

void convolves_as_the_kernels_do(convolutions& with, std::size_t n, float faulty,
                                 const std::string& name) {
  const layer& l = layers[n];
  const auto in = numbers(images * l.in.size(), 1);
  auto weight = numbers(l.out.channels * l.in.channels * 9, 2);
  weight[weight.size() / 2] = faulty; // in the middle of all, where nothing is symmetric
  const auto bias = numbers(l.out.channels, 3);
  const auto outputs = static_cast<std::size_t>(images * l.out.size());
  std::vector<float> expected(outputs), found(outputs + 1, NAN); // what lay there does not count
  found.back() = 7;
  run(l, in.data(), weight.data(), bias.data(), expected.data(), images,
      [](int count, const auto& f) {
        for (int i = 0; i < count; ++i)
          f(i);
      });
  fake.calls.clear();
  cudnn_asked.calls.clear();
  with.start(n, in.data(), weight.data(), bias.data(), found.data(), stream);

  const std::string what = "layer " + std::to_string(n) + ", a weight of " + name;
  bool same = found.back() == 7;
  for (std::size_t i = 0; i < outputs; ++i)
    same = same && close(expected[i], found[i]);
  check(same, what + ": the outputs of the plain kernels");
  bool on_stream = cudnn_asked.calls.size() == 2;
  for (const auto& call : cudnn_asked.calls)
    on_stream = on_stream && call.stream == stream;
  check(on_stream, what + ": two calls, on the caller's stream");
  check(fake.calls.empty(), what + ": it neither allocates nor waits");
  check(cudnn_asked.math == CUDNN_FMA_MATH, what + ": floats, no TF32");
  check(cudnn_asked.algorithm == CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM ||
            cudnn_asked.algorithm == CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM,
        what + ": an algorithm that sums each output alone");
}

} // namespace

int main() {
  {
    convolutions with(images);
    check(fake.calls == std::vector<std::string>{"allocate"}, "one workspace, allocated once");
    check(convolutions::name() == "cuDNN 12345", "it says that it is cuDNN");
    for (std::size_t n = 0; n < layer_count; ++n)
      if (layers[n].kind == layer_kind::convolution) {
        convolves_as_the_kernels_do(with, n, 0.25F, "0.25");
        convolves_as_the_kernels_do(with, n, 3e38F, "3e38");
        convolves_as_the_kernels_do(with, n, std::numeric_limits<float>::infinity(), "infinity");
      }
    fake.calls.clear();
  }
  check(cudnn_asked.alive == 0 && fake.calls == std::vector<std::string>{"free"},
        "the end leaves nothing behind");
  return device_test::exit_status();
}
