// SPDX-License-Identifier: MIT
#include "combinations.cuh"
#include "drawn_on_the_host.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

using namespace device_test;

namespace {

struct stream_of_test {
  cudaStream_t stream{};
  stream_of_test() { must(cudaStreamCreate(&stream), "cudaStreamCreate"); }
  ~stream_of_test() { cudaStreamDestroy(stream); }
  void wait() const { must(cudaStreamSynchronize(stream), "cudaStreamSynchronize"); }
};

template <class T>
void widths(const char* name) {
  const auto golden = any_bits<T>(size);
  const std::string type = name;
  check_same(type + " exactly", make_injector(bit_flip{}, exactly{900}), golden);
  check_same(type + " high rate", make_injector(bit_flip{}, rate::per_bit(0.3)), golden);
  check_same(type + " bursts", make_injector(stuck_at_0{}, exactly{400}, burst{2}), golden);
  check_same(type + " every", make_injector(zero{}, every{}), golden);
}

/// What stands for inference: it reads one buffer and writes another.
__global__ void copy_words(const std::uint32_t* from, std::uint32_t* to, index_t words) {
  const index_t i = index_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i < words)
    to[i] = from[i];
}
void start_copy(const float* from, float* to, cudaStream_t stream) {
  copy_words<<<static_cast<unsigned>((size + 127) / 128), 128, 0, stream>>>(
      reinterpret_cast<const std::uint32_t*>(from), reinterpret_cast<std::uint32_t*>(to), size);
  must(cudaGetLastError(), "copy_words");
}

/// A kernel between the scope's two ends sees the faults, though nobody waits.
template <class Injector>
void scopes_on_the_stream(const char* name, const Injector& injector) {
  const auto golden = any_bits<float>(size);
  auto expected = golden;
  injector.apply(view(expected.data(), shape), key).or_throw();
  const device_array<float> memory(golden), seen(golden), after(golden);
  const device_array<std::byte> scratch(std::vector<std::byte>(200000));
  const stream_of_test s;
  {
    const auto injected = injector.scoped(on(s.stream), device_view<float, 4>(memory.data(), shape),
                                          key, span<std::byte>(scratch.data(), 200000));
    start_copy(memory.data(), seen.data(), s.stream);
  }
  start_copy(memory.data(), after.data(), s.stream);
  s.wait();
  check(same_bytes(seen.get(), expected), std::string("scope: what a kernel sees: ") + name);
  check(same_bytes(after.get(), golden), std::string("scope: what the next one sees: ") + name);
}

template <class Injector>
void scopes(const char* name, const Injector& injector) {
  const auto golden = any_bits<float>(size);
  auto expected = golden;
  injector.apply(view(expected.data(), shape), key).or_throw();
  const device_array<float> memory(golden);
  const device_view<float, 4> v(memory.data(), shape);
  const stream_of_test s;
  {
    auto injected = injector.scoped(on(s.stream), v, key);
    s.wait();
    check(same_bytes(memory.get(), expected), std::string("scope: injected: ") + name);
    check(injected.restore().ok(), std::string("scope: restore: ") + name);
  }
  s.wait();
  check(same_bytes(memory.get(), golden), std::string("scope: as before: ") + name);
}

/// `host`: the list of the host, and what applying it leaves; see drawn_on_the_host.cpp.
template <class Injector>
void draws(const char* name, const Injector& injector, const host_draw& host) {
  const device_array<float> memory(numbers<float>(size));
  const device_view<float, 4> v(memory.data(), shape);
  const stream_of_test s;
  const auto faults = on(s.stream).draw(injector, v, key);
  check(faults.to_host() == host.faults, std::string("draw: the host's list: ") + name);
  check(faults.apply(v).ok(), std::string("draw: apply: ") + name);
  s.wait();
  check(same_bytes(memory.get(), host.words), std::string("draw: the host's words: ") + name);
}

void strided() {
  const auto injector = make_injector(bit_flip{}, exactly{900});
  const strides<4> gaps{-6 * 5 * 20, 5 * 20, 20, 2};
  std::vector<float> before = any_bits<float>(4 * 6 * 5 * 20), wanted = before;
  const index_t corner = 3 * 6 * 5 * 20;
  injector.apply(view(wanted.data() + corner, shape, gaps), key).or_throw();
  const device_array<float> memory(before);
  const stream_of_test s;
  check(injector
            .apply(on(s.stream), strided_device_view<float, 4>(memory.data() + corner, shape, gaps),
                   key)
            .ok(),
        "strided: apply");
  s.wait();
  check(same_bytes(memory.get(), wanted), "strided: the host's words");
}

/// Lasting faults, again after each kernel that rewrites the buffer; nobody waits in between.
template <class Injector>
void lasting_faults(const char* name, const Injector& injector) {
  constexpr std::uint32_t steps = 4;
  const auto golden = any_bits<float>(size);
  const device_array<float> source(golden), memory(golden);
  std::vector<std::unique_ptr<device_array<float>>> seen;
  for (std::uint32_t step = 0; step < steps; ++step)
    seen.push_back(std::make_unique<device_array<float>>(golden));
  const stream_of_test s;
  bool ok = true;
  for (std::uint32_t step = 0; step < steps; ++step) {
    start_copy(source.data(), memory.data(), s.stream);
    ok = ok && injector
                   .reapply(on(s.stream), device_view<float, 4>(memory.data(), shape),
                            {.seed = 4, .step = step})
                   .ok();
    start_copy(memory.data(), seen[step]->data(), s.stream);
  }
  s.wait();
  check(ok, std::string("lasting: reapply: ") + name);
  for (std::uint32_t step = 0; step < steps; ++step) {
    auto expected = golden;
    injector.reapply(view(expected.data(), shape), {.seed = 4, .step = step}).or_throw();
    check(same_bytes(seen[step]->get(), expected),
          std::string("lasting: the host's faults in step ") + std::to_string(step) + ": " + name);
  }
}

/// Noise on doubles: the same sites, and the same numbers but for the last digits.
void noise_in_doubles() {
  const auto injector = make_injector(additive_noise{normal{0, 1}}, rate::per_element(0.3));
  const auto golden = numbers<double>(size);
  auto expected = golden;
  injector.apply(view(expected.data(), shape), key).or_throw();
  const device_array<double> memory(golden);
  const stream_of_test s;
  check(injector.apply(on(s.stream), device_view<double, 4>(memory.data(), shape), key).ok(),
        "noise in doubles: apply");
  s.wait();
  const auto found = memory.get();
  bool same_sites = true, close = true;
  for (index_t i = 0; i < size; ++i) {
    same_sites = same_sites && (found[i] != golden[i]) == (expected[i] != golden[i]);
    close = close && std::abs(found[i] - expected[i]) <= 1e-12;
  }
  check(same_sites, "noise in doubles: the same sites");
  check(close, "noise in doubles: the same numbers");
}

/// A graph that is captured once: each run of it injects the next trial.
template <class Injector>
void graphs(const char* name, const Injector& injector) {
  const std::vector<float> golden = numbers<float>(size);
  const device_array<float> memory(golden), source(golden);
  const device_array<trial_and_step> state({{.trial = 3, .step = 9}});
  const stream_of_test s;
  cudaGraph_t graph{};
  must(cudaStreamBeginCapture(s.stream, cudaStreamCaptureModeThreadLocal), "begin of capture");
  must(cudaMemcpyAsync(memory.data(), source.data(), size * sizeof(float), cudaMemcpyDeviceToDevice,
                       s.stream),
       "cudaMemcpyAsync");
  const status injected = injector.apply(on(s.stream, state.data()),
                                         device_view<float, 4>(memory.data(), shape), {.seed = 77});
  const status counted = count_trial(s.stream, state.data());
  must(cudaStreamEndCapture(s.stream, &graph), "end of capture");
  check(injected.ok() && counted.ok(), std::string("graph: captured: ") + name);
  cudaGraphExec_t ready{};
  must(cudaGraphInstantiate(&ready, graph, 0), "cudaGraphInstantiate");
  for (std::uint64_t trial = 3; trial < 7; ++trial) {
    must(cudaGraphLaunch(ready, s.stream), "cudaGraphLaunch");
    s.wait();
    auto expected = golden;
    injector.apply(view(expected.data(), shape), {.seed = 77, .trial = trial, .step = 9})
        .or_throw();
    check(same_bytes(memory.get(), expected), std::string("graph: each trial: ") + name);
  }
  cudaGraphExecDestroy(ready);
  cudaGraphDestroy(graph);
}

void bad_input() {
  const auto injector = make_injector(bit_flip{}, exactly{10});
  const stream_of_test s;
  int pageable = 0;
  must(cudaDeviceGetAttribute(&pageable, cudaDevAttrPageableMemoryAccess, 0), "attribute");
  if (pageable == 0) {
    std::vector<float> host(size, 1.0f);
    const status refused =
        injector.apply(on(s.stream), device_view<float>(host.data(), extents{size}), key);
    check(refused.reason == refusal::device_error &&
              std::string(refused.place) == "cudaErrorInvalidDevicePointer",
          "bad input: a host pointer is named so");
    check(host == std::vector<float>(size, 1.0f), "bad input: host memory is unchanged");
    const std::vector<index_t> list{1, 2, 3};
    const device_array<float> memory(host);
    check(make_injector(bit_flip{}, at{list})
                  .apply(on(s.stream), device_view<float>(memory.data(), extents{size}), key)
                  .reason == refusal::device_error,
          "bad input: a list in host memory is refused");
  }
  const device_array<float> memory(std::vector<float>(size, 1.0f));
  const index_t far = size + (index_t{1} << 30);
  check(injector.apply(on(s.stream), device_view<float>(memory.data(), extents{far}), key).reason ==
            refusal::sizes_differ,
        "bad input: extents larger than the allocation");
  check(make_injector(bit_flip{}, exactly{size * 32 + 1})
                .apply(on(s.stream), device_view<float>(memory.data(), extents{size}), key)
                .reason == refusal::too_many_faults,
        "bad input: more faults than sites");
  check(memory.get() == std::vector<float>(size, 1.0f), "bad input: the tensor is unchanged");

  int devices = 0;
  must(cudaGetDeviceCount(&devices), "cudaGetDeviceCount");
  if (devices > 1) {
    must(cudaSetDevice(1), "cudaSetDevice");
    const device_array<float> other(std::vector<float>(size, 1.0f));
    const auto refused = [&](const float* tensor, const char* what) {
      const status why = injector.apply(
          on(s.stream), device_view<float>(const_cast<float*>(tensor), extents{size}), key);
      check(std::string(why.place) == "cudaErrorInvalidDevice", what);
    };
    refused(other.data(), "bad input: a stream of another device than the current one");
    must(cudaSetDevice(0), "cudaSetDevice");
    refused(other.data(), "bad input: a tensor of another device");
    check(other.get() == std::vector<float>(size, 1.0f), "bad input: that tensor is unchanged");
  }
}

} // namespace

int main() {
  if (const int skipped = begin(); skipped != 0)
    return skipped;
  widths<std::int8_t>("int8");
  widths<half>("half");
  widths<bfloat16>("bfloat16");
  widths<std::uint32_t>("uint32");
  widths<double>("double");
  scopes("flips", make_injector(bit_flip{}, exactly{300}));
  scopes("stuck bits", make_injector(stuck_at_1{}, exactly{2000}));
  scopes("stuck bits of a rate", make_injector(stuck_at_1{}, rate::per_bit(0.05)));
  scopes("values", make_injector(zero{}, exactly_elements{100}, tile{2, 3}));
  draws("exactly", drawn_flips(), host_draw_of_flips(key));
  draws("rate", drawn_rate(), host_draw_of_rate(key));
  draws("values", drawn_values(), host_draw_of_values(key));
  strided();
  scopes_on_the_stream("flips", make_injector(bit_flip{}, exactly{300}));
  scopes_on_the_stream("stuck bits", make_injector(stuck_at_0{}, rate::per_bit(0.05)));
  scopes_on_the_stream("own words", make_injector(rotate_masked{}, exactly{4000}));
  lasting_faults("permanent", make_injector(stuck_at_1{}, exactly{500}, permanent{}));
  lasting_faults("intermittent", make_injector(bit_flip{}, rate::per_bit(0.04), intermittent{0.3}));
  noise_in_doubles();
  graphs("exactly", make_injector(bit_flip{}, exactly{100}));
  graphs("rate", make_injector(stuck_at_1{}, rate::per_bit(1e-3)));
  graphs("intermittent", make_injector(bit_flip{}, exactly{900}, intermittent{0.5}));
  bad_input();
  return end();
}
