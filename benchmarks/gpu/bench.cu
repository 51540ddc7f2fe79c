// SPDX-License-Identifier: MIT
// Faults in 1 GB of floats on a GPU, beside a copy of it and a kernel written by hand: medians of
// CUDA events. Without a device it exits with 77.
//
// Usage: bench [JSON_FILE]
#include <bitfault/backends/thrust/cuda.cuh>
#include <bitfault/embedded.hpp>

#include <cuda_runtime.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <random>
#include <string>
#include <vector>

using namespace bitfault;

namespace {

constexpr index_t floats = 250'000'000;
constexpr double bytes = 4.0 * floats;

void must(cudaError_t e, const char* what) {
  if (e == cudaSuccess)
    return;
  std::fprintf(stderr, "%s: %s\n", what, cudaGetErrorName(e));
  std::exit(1);
}
void must(const status& s, const char* what) {
  if (s.ok())
    return;
  std::fprintf(stderr, "%s: %s\n", what, message(s).text);
  std::exit(1);
}

/// The twin of `exactly`: precomputed words, one thread each.
__global__ void flip_words(std::uint32_t* data, const std::uint64_t* sites, index_t count) {
  const index_t i = index_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i < count)
    atomicXor(reinterpret_cast<unsigned*>(data) + sites[i] / 32, 1u << (sites[i] % 32));
}

struct result {
  std::string name;
  double median; ///< microseconds
  double least, most;
  double moved; ///< bytes that have to be read and written; 0: sparse
};

/// Times `work(stream, round)`: a few rounds to warm up, then single rounds between events.
template <class Work>
result measure(const std::string& name, double moved, cudaStream_t stream, Work work) {
  constexpr int warm = 3, rounds = 31;
  cudaEvent_t begin{}, end{};
  must(cudaEventCreate(&begin), "cudaEventCreate");
  must(cudaEventCreate(&end), "cudaEventCreate");
  std::vector<double> times;
  for (int round = 0; round < warm + rounds; ++round) {
    must(cudaEventRecord(begin, stream), "cudaEventRecord");
    work(static_cast<std::uint64_t>(round));
    must(cudaEventRecord(end, stream), "cudaEventRecord");
    must(cudaEventSynchronize(end), name.c_str());
    float milliseconds = 0;
    must(cudaEventElapsedTime(&milliseconds, begin, end), "cudaEventElapsedTime");
    if (round >= warm)
      times.push_back(1e3 * milliseconds);
  }
  cudaEventDestroy(begin);
  cudaEventDestroy(end);
  std::sort(times.begin(), times.end());
  return {name, times[times.size() / 2], times.front(), times.back(), moved};
}

} // namespace

int main(int argc, char** argv) {
  int devices = 0;
  if (cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0) {
    std::puts("skipped: there is no CUDA device here");
    return 77;
  }
  cudaDeviceProp device{};
  must(cudaGetDeviceProperties(&device, 0), "cudaGetDeviceProperties");
  int driver = 0;
  must(cudaDriverGetVersion(&driver), "cudaDriverGetVersion");
  float *data = nullptr, *other = nullptr;
  must(cudaMalloc(&data, 4 * floats), "cudaMalloc");
  must(cudaMalloc(&other, 4 * floats), "cudaMalloc");
  must(cudaMemset(data, 0, 4 * floats), "cudaMemset");
  cudaStream_t stream{};
  must(cudaStreamCreate(&stream), "cudaStreamCreate");
  const device_view<float> v(data, extents{floats});

  std::vector<result> results;
  results.push_back(measure("copy, device to device", 2 * bytes, stream, [&](std::uint64_t) {
    must(cudaMemcpyAsync(other, data, 4 * floats, cudaMemcpyDeviceToDevice, stream), "copy");
  }));
  const auto injected = [&](const char* name, double moved, const auto& injector) {
    const auto plan = injector.bind(v);
    results.push_back(measure(name, moved, stream, [&](std::uint64_t round) {
      must(plan.apply(on(stream), v, {.seed = 1, .trial = round}), name);
    }));
  };
  injected("every, one bit", 2 * bytes, make_injector(bit_flip{}, every{}, bits::sign{}));
  injected("every, zero", 2 * bytes, make_injector(zero{}, every{}));
  injected("every, normal noise", 2 * bytes, make_injector(additive_noise{normal{0, 1}}, every{}));
  injected("rate::per_bit(0.3)", 2 * bytes, make_injector(bit_flip{}, rate::per_bit(0.3)));
  injected("rate::per_bit(0.01)", 2 * bytes, make_injector(bit_flip{}, rate::per_bit(0.01)));
  injected("rate::per_bit(1e-6)", 0, make_injector(bit_flip{}, rate::per_bit(1e-6)));
  injected("exactly{1000000}", 0, make_injector(bit_flip{}, exactly{1'000'000}));
  injected("exactly{100}", 0, make_injector(bit_flip{}, exactly{100}));

  constexpr index_t faults = 1'000'000;
  std::vector<std::uint64_t> sites(faults);
  std::mt19937_64 next(1);
  for (std::uint64_t& s : sites)
    s = next() % (32 * floats);
  std::uint64_t* on_device = nullptr;
  must(cudaMalloc(&on_device, 8 * faults), "cudaMalloc");
  must(cudaMemcpy(on_device, sites.data(), 8 * faults, cudaMemcpyHostToDevice), "cudaMemcpy");
  results.push_back(measure("10^6 precomputed words, by hand", 0, stream, [&](std::uint64_t) {
    flip_words<<<static_cast<unsigned>((faults + 255) / 256), 256, 0, stream>>>(
        reinterpret_cast<std::uint32_t*>(data), on_device, faults);
    must(cudaGetLastError(), "flip_words");
  }));

  // A graph of 100 injections, so that one of them can be told from the launch.
  constexpr int repeats = 100;
  trial_and_step* state = nullptr;
  must(cudaMalloc(&state, sizeof *state), "cudaMalloc");
  must(cudaMemset(state, 0, sizeof *state), "cudaMemset");
  const auto few = make_injector(bit_flip{}, exactly{100}).bind(v);
  cudaGraph_t graph{};
  cudaGraphExec_t ready{};
  must(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "capture");
  for (int i = 0; i < repeats; ++i)
    must(few.apply(on(stream, state), v, {.seed = 1}), "apply in a graph");
  must(cudaStreamEndCapture(stream, &graph), "capture");
  must(cudaGraphInstantiate(&ready, graph, 0), "cudaGraphInstantiate");
  result in_graph = measure("exactly{100} in a graph", 0, stream,
                            [&](std::uint64_t) { must(cudaGraphLaunch(ready, stream), "launch"); });
  for (double* t : {&in_graph.median, &in_graph.least, &in_graph.most})
    *t /= repeats;
  results.push_back(in_graph);

  const double copy = results[0].median;
  std::printf("%s, CUDA %d.%d, 1 GB of floats, 31 rounds\n\n", device.name, CUDART_VERSION / 1000,
              CUDART_VERSION % 1000 / 10);
  std::printf("%-34s %12s %12s %12s %10s %10s\n", "", "median us", "least", "most", "GB/s",
              "of copy");
  for (const result& r : results) {
    const double rate = r.moved / r.median * 1e-3;
    std::printf("%-34s %12.2f %12.2f %12.2f %10.0f %9.1f%%\n", r.name.c_str(), r.median, r.least,
                r.most, rate, r.moved > 0 ? 100 * copy / r.median : 100 * r.median / copy);
  }
  std::puts("\nof copy: of dense work, its bandwidth; of sparse work, its time");
  if (argc < 2)
    return 0;
  std::FILE* const file = std::fopen(argv[1], "w");
  if (file == nullptr) {
    std::fprintf(stderr, "%s cannot be written\n", argv[1]);
    return 1;
  }
  const std::time_t now = std::time(nullptr);
  char day[16]{};
  std::strftime(day, sizeof day, "%Y-%m-%d", std::gmtime(&now));
  std::fprintf(file,
               "{\"device\": \"%s\", \"cuda\": %d, \"driver\": %d, \"date\": \"%s\", "
               "\"floats\": %zu, \"microseconds\": [\n",
               device.name, CUDART_VERSION, driver, day, floats);
  for (std::size_t i = 0; i < results.size(); ++i)
    std::fprintf(file,
                 "  {\"name\": \"%s\", \"median\": %.3f, \"least\": %.3f, \"most\": %.3f, "
                 "\"bytes\": %.0f}%s\n",
                 results[i].name.c_str(), results[i].median, results[i].least, results[i].most,
                 results[i].moved, i + 1 < results.size() ? "," : "");
  std::fputs("]}\n", file);
  return std::fclose(file) == 0 ? 0 : 1;
}
