// SPDX-License-Identifier: MIT
#include "combinations.cuh"
#include "drawn_on_the_host.hpp"

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

void permanent_faults() {
  const auto injector = make_injector(stuck_at_1{}, exactly{50}, permanent{}, bits::range{0, 7});
  const std::vector<float> zeros(size);
  auto expected = zeros;
  injector.apply(view(expected), {.seed = 4}).or_throw();
  device_array<float> memory(zeros);
  const stream_of_test s;
  for (std::uint32_t step = 0; step < 3; ++step) {
    memory.set(zeros);
    check(injector
              .reapply(on(s.stream), device_view<float>(memory.data(), extents{size}),
                       {.seed = 4, .step = step})
              .ok(),
          "permanent: reapply");
    s.wait();
    check(same_bytes(memory.get(), expected), "permanent: the same faults in each step");
  }
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
}

} // namespace

int main() {
  if (const int skipped = begin(); skipped != 0)
    return skipped;
  widths<std::int8_t>("int8");
  widths<half>("half");
  widths<double>("double");
  scopes("flips", make_injector(bit_flip{}, exactly{300}));
  scopes("stuck bits", make_injector(stuck_at_1{}, exactly{2000}));
  scopes("stuck bits of a rate", make_injector(stuck_at_1{}, rate::per_bit(0.05)));
  scopes("values", make_injector(zero{}, exactly_elements{100}, tile{2, 3}));
  draws("exactly", drawn_flips(), host_draw_of_flips(key));
  draws("rate", drawn_rate(), host_draw_of_rate(key));
  draws("values", drawn_values(), host_draw_of_values(key));
  strided();
  permanent_faults();
  graphs("exactly", make_injector(bit_flip{}, exactly{100}));
  graphs("rate", make_injector(stuck_at_1{}, rate::per_bit(1e-3)));
  bad_input();
  return end();
}
