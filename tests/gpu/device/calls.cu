// SPDX-License-Identifier: MIT
// Which calls of CUDA the library makes, and what it says when they fail: on a CUDA runtime that
// runs nothing (fake_runtime.cpp), so that it takes no GPU.
#include "checks.hpp"
#include "fake_runtime.hpp"

#include <bitfault/backends/thrust/cuda.cuh>
#include <bitfault/embedded.hpp>

#include <string>
#include <vector>

using namespace bitfault;
using device_test::check;

namespace {

constexpr index_t size = 10000;
float tensor[size];
alignas(16) std::byte own_memory[100000];
const auto stream = reinterpret_cast<cudaStream_t>(0x57);
const device_view<float> whole(tensor, extents{size});
constexpr fault_key key{.seed = 1};

using calls = std::vector<std::string>;

/// The fake as new, with the tensor in device memory.
void start() {
  fake = {};
  fake.memory = {{tensor, sizeof tensor}, {own_memory, sizeof own_memory}};
}

auto flips() { return make_injector(bit_flip{}, exactly{300}); }
auto stuck() { return make_injector(stuck_at_1{}, exactly{300}); }

/// Nothing was started, and the outcome says why in CUDA's own words.
void check_refused(const status& s, const char* name, const std::string& what) {
  check(s.reason == refusal::device_error && std::string(s.place) == name && fake.calls.empty(),
        what);
}

/// What throws: the place of the refusal.
template <class F>
std::string thrown_by(F f) {
  try {
    f();
    return "nothing";
  } catch (const error& e) {
    return e.why().place;
  }
}

void calls_of_apply() {
  start();
  check(flips().apply(on(stream), whole, key).ok() && fake.calls == calls{"launch"},
        "apply: one kernel, and nothing else");
  const auto& launch = fake.launches.at(0);
  check(launch.stream == stream && launch.threads == 256 && launch.blocks == 2,
        "apply: on the caller's stream, a thread for each of 300 events");
  start();
  check(make_injector(bit_flip{}, every{}, bits::sign{}).apply(on(stream), whole, key).ok() &&
            fake.launches.at(0).blocks == (size / 4 + 255) / 256,
        "apply: a sweep takes a thread for each 16 bytes");
  start();
  check(make_injector(bit_flip{}, exactly{200000}).apply(on(stream), whole, key).ok() &&
            fake.launches.at(0).blocks == 4 * 32,
        "apply: no more blocks than 32 for each multiprocessor");
  start();
  check(make_injector(bit_flip{}, exactly{0}).apply(on(stream), whole, key).ok() &&
            fake.calls.empty(),
        "apply: no kernel where there is nothing to do");
  start();
  trial_and_step* const state = reinterpret_cast<trial_and_step*>(own_memory);
  check(flips().apply(on(stream, state), whole, key).ok() && count_trial(stream, state).ok() &&
            fake.calls == calls{"launch", "launch"} && fake.launches[1].blocks == 1 &&
            fake.launches[1].threads == 1 && fake.launches[1].stream == stream,
        "graph: apply is one kernel, count_trial another of one thread");
}

void wrong_states_of_graphs() {
  start();
  trial_and_step* const none = nullptr;
  check(flips().apply(on(stream, none), whole, key).reason == refusal::null_data &&
            count_trial(stream, none).reason == refusal::null_data && fake.calls.empty(),
        "graph: no trial and step: refused");
  trial_and_step on_host;
  check_refused(flips().apply(on(stream, &on_host), whole, key), "cudaErrorInvalidDevicePointer",
                "graph: a trial and step in host memory is refused");
  check_refused(count_trial(stream, &on_host), "cudaErrorInvalidDevicePointer",
                "graph: and is not counted");
}

void calls_of_scopes() {
  start();
  {
    const auto scope = flips().scoped(on(stream), whole, key);
    check(fake.calls == calls{"launch"}, "scope of flips: one kernel");
  }
  check(fake.calls == calls{"launch", "launch"}, "scope of flips: one more at its end");
  start();
  {
    const auto scope = stuck().scoped(on(stream), whole, key);
    check(fake.calls == calls{"allocate", "fill", "launch"}, "scope of stuck bits: its memory");
  }
  check(fake.calls == calls{"allocate", "fill", "launch", "launch", "free"},
        "scope of stuck bits: taken back, then freed");
  start();
  {
    const auto scope = stuck().scoped(on(stream), whole, key, span<std::byte>(own_memory));
    check(fake.calls == calls{"fill", "launch"}, "scope in memory of the caller: no allocation");
  }
  check(fake.calls == calls{"fill", "launch", "launch"}, "scope in memory of the caller: its end");
  start();
  {
    auto scope = stuck().scoped(on(stream), whole, key);
    fake.launch = cudaErrorIllegalAddress;
    check(std::string(scope.restore().place) == "cudaErrorIllegalAddress",
          "scope: restore tells what CUDA says");
  }
  check(fake.calls.back() == "free", "scope: its memory is freed after an error, too");
}

void calls_of_draw() {
  start();
  {
    const auto faults = on(stream).draw(flips(), whole, key);
    check(fake.calls == calls{"allocate", "fill", "launch"}, "draw: its memory and one kernel");
    check(faults.to_host().empty() && fake.calls.back() == "wait", // the fake draws nothing
          "draw: only to_host waits");
    check(faults.apply(whole).ok() && fake.calls.back() == "launch", "draw: apply is one kernel");
    fake.synchronize = cudaErrorIllegalAddress;
    check(thrown_by([&] { static_cast<void>(faults.to_host()); }) == "cudaErrorIllegalAddress",
          "draw: to_host tells what went wrong on the device");
  }
  check(fake.calls.back() == "free", "draw: freed at its end");
}

void failed_calls() {
  start();
  fake.launch = cudaErrorLaunchOutOfResources;
  const status s = flips().apply(on(stream), whole, key);
  check(s.reason == refusal::device_error && s.value == cudaErrorLaunchOutOfResources &&
            std::string(s.place) == "cudaErrorLaunchOutOfResources",
        "a launch that fails is an outcome with CUDA's number and name");
  start();
  fake.launch = cudaErrorLaunchOutOfResources;
  check(thrown_by([] { static_cast<void>(stuck().scoped(on(stream), whole, key)); }) ==
                "cudaErrorLaunchOutOfResources" &&
            fake.calls == calls{"allocate", "fill", "launch", "free"},
        "a scope whose launch fails throws it and frees its memory");
  start();
  fake.allocate = cudaErrorMemoryAllocation;
  check(thrown_by([] { static_cast<void>(stuck().scoped(on(stream), whole, key)); }) ==
                "cudaErrorMemoryAllocation" &&
            fake.calls == calls{"allocate"},
        "a scope that gets no memory throws it and starts nothing");
  start();
  fake.allocate = cudaErrorMemoryAllocation;
  check(thrown_by([] { static_cast<void>(on(stream).draw(flips(), whole, key)); }) ==
                "cudaErrorMemoryAllocation" &&
            fake.calls == calls{"allocate"},
        "a draw that gets no memory throws it and starts nothing");
  start();
  fake.get_device = cudaErrorNoDevice;
  check_refused(flips().apply(on(stream), whole, key), "cudaErrorNoDevice",
                "no device: refused by that name");
  start();
  fake.last_error = cudaErrorMemoryAllocation; // of a call of the user's, before
  check(flips().apply(on(stream), whole, key).ok() &&
            cudaGetLastError() == cudaErrorMemoryAllocation,
        "an error from before is neither taken for an outcome of apply nor cleared");
}

void wrong_memory() {
  start();
  fake.memory.clear();
  check_refused(flips().apply(on(stream), whole, key), "cudaErrorInvalidDevicePointer",
                "a host pointer is refused by that name");
  fake.reaches_host_memory = true;
  check(flips().apply(on(stream), whole, key).ok(), "unless the device reaches host memory");
  start();
  fake.memory[0].device = 1;
  check_refused(flips().apply(on(stream), whole, key), "cudaErrorInvalidDevice",
                "a tensor of another device is refused");
  fake.memory[0].type = cudaMemoryTypeManaged;
  check(flips().apply(on(stream), whole, key).ok(), "managed memory is of all devices");
  start();
  fake.device_of_stream = 1;
  check_refused(flips().apply(on(stream), whole, key), "cudaErrorInvalidDevice",
                "a stream of another device than the current one is refused");
  start();
  fake.get_stream_device = cudaErrorCallRequiresNewerDriver;
  check(flips().apply(on(stream), whole, key).ok() && cudaGetLastError() == cudaSuccess,
        "a driver that does not tell a stream's device is believed");
  start();
  fake.memory[0].type = cudaMemoryTypeHost;
  check(flips().apply(on(stream), whole, key).ok(), "pinned memory is reached");
  fake.memory[0].device_address = tensor + 1;
  fake.calls.clear();
  check_refused(flips().apply(on(stream), whole, key), "cudaErrorInvalidDevicePointer",
                "pinned memory that has another address on the device is refused");
}

/// Addresses at which a kernel would fail, and with it all that the process does on the device.
void wrong_alignment() {
  const auto refused = [](const status& s, std::uint64_t beyond, std::uint64_t alignment,
                          const std::string& what) {
    check(s.reason == refusal::unsupported_layout && s.value == beyond && s.limit == alignment &&
              fake.calls.empty(),
          what);
  };
  const auto at = [](std::size_t byte) { return reinterpret_cast<float*>(own_memory + byte); };
  start();
  refused(flips().apply(on(stream), device_view<float>(at(2), extents{100}), key), 2, 4,
          "a tensor of floats at an odd address is refused");
  refused(flips().apply(on(stream), strided_device_view<float, 1>(at(7), extents{100}, strides{2}),
                        key),
          3, 4, "and one with strides");
  check(flips().apply(on(stream), device_view<float>(at(2), extents{0}), key).reason !=
            refusal::unsupported_layout,
        "one without elements may lie anywhere");
  refused(count_trial(stream, reinterpret_cast<trial_and_step*>(own_memory + 4)), 4, 8,
          "graph: a trial and step at an address that is no multiple of 8 is refused");
  const auto faults = on(stream).draw(flips(), whole, key);
  fake.calls.clear();
  refused(faults.apply(device_view<float>(at(1), extents{size})), 1, 4,
          "a list is not applied at an odd address");
}

/// What the host itself could not see.
void memory_of_the_host() {
  start();
  const auto v = view(tensor, extents{size});
  const status s = host_reaches(v);
  check(s.reason == refusal::device_error && std::string(s.place) == "cudaErrorInvalidHostPointer",
        "a device pointer in a view of the host is named so");
  check(host_reaches(view(tensor, extents{0})).ok(), "one without elements is not followed");
  for (const auto type : {cudaMemoryTypeManaged, cudaMemoryTypeHost, cudaMemoryTypeUnregistered}) {
    fake.memory[0].type = type;
    check(host_reaches(v).ok(),
          "memory that the host reaches is taken, type " + std::to_string(static_cast<int>(type)));
  }
  fake.memory.clear();
  check(host_reaches(v).ok(), "memory that CUDA does not know is the host's");
  for (const cudaError_t none :
       {cudaErrorNoDevice, cudaErrorInsufficientDriver, cudaErrorInvalidValue}) {
    fake.get_attributes = none;
    check(host_reaches(v).ok() && fake.last_error == cudaSuccess,
          "where there is no device all memory is the host's, error " + std::to_string(none));
  }
  fake.get_attributes = cudaErrorInvalidDevice;
  check(host_reaches(v).reason == refusal::device_error, "another error of CUDA's is told");
  fake.get_attributes = cudaSuccess;
}

/// Memory for what a scope keeps that is not what it is said to be.
void wrong_scratch() {
  alignas(16) static std::byte other[100000];
  const auto place = [](span<std::byte> memory) {
    return thrown_by([&] { static_cast<void>(stuck().scoped(on(stream), whole, key, memory)); });
  };
  start();
  const auto shifted = span<std::byte>(own_memory + 8, sizeof own_memory - 8);
  check(place(shifted) == "scoped: scratch" && fake.calls.empty(),
        "scratch that is not aligned for 16 is refused");
  check(place(span<std::byte>(own_memory, 10)) == "scoped (in bytes)" && fake.calls.empty(),
        "scratch that is too small is refused");
  fake.memory.push_back({other, sizeof other, cudaMemoryTypeDevice, 1});
  check(place(span<std::byte>(other)) == "cudaErrorInvalidDevice" && fake.calls.empty(),
        "scratch of another device is refused");
  fake.memory.pop_back();
  check(place(span<std::byte>(other)) == "cudaErrorInvalidDevicePointer" && fake.calls.empty(),
        "scratch in host memory is refused");
  fake.memory.push_back({other, sizeof other / 2});
  check(place(span<std::byte>(other)) ==
                "on(stream): bytes in the allocation, and bytes that are used of it" &&
            fake.calls.empty(),
        "scratch that ends behind its allocation is refused");
}

void wrong_sizes() {
  constexpr std::size_t half = sizeof tensor / 2;
  const auto* const second = reinterpret_cast<const std::byte*>(tensor) + half;
  const auto refused = [](std::uint64_t there, const char* what) {
    const status s = flips().apply(on(stream), whole, key);
    check(s.reason == refusal::sizes_differ && s.value == there && s.limit == sizeof tensor &&
              fake.calls.empty() && fake.retained == 0,
          what);
  };
  start();
  fake.memory = {{tensor, sizeof tensor - 1}};
  refused(sizeof tensor - 1, "a tensor that ends a byte behind its allocation is refused");
  start();
  fake.memory = {{tensor, half}, {second, half}};
  refused(half, "a tensor that goes on in the next allocation is refused");
  const strided_device_view<float, 1> backwards(tensor + size - 1, extents{size}, strides{-1});
  check(flips().apply(on(stream), backwards, key).reason == refusal::sizes_differ,
        "a strided tensor is looked at from its lowest address");
  start();
  fake.memory = {{tensor, half, cudaMemoryTypeDevice, 0, nullptr, true},
                 {second, half, cudaMemoryTypeDevice, 0, nullptr, true}};
  check(flips().apply(on(stream), whole, key).ok() && fake.retained == 0,
        "memory that is mapped in pieces (expandable segments) is one");
  start();
  fake.memory = {{tensor, half, cudaMemoryTypeDevice, 0, nullptr, true}};
  refused(half, "a tensor that goes past the last piece is refused");
}

/// Lists that kernels follow: refused where the device cannot, taken where it can.
void lists() {
  static index_t numbers[3] = {1, 2, 3};
  static std::uint32_t masks[3] = {1, 2, 4};
  static float values[3] = {1, 2, 3};
  const span<const index_t> list(numbers);
  const auto refused = [](const char* what, const auto& injector) {
    start();
    check_refused(injector.apply(on(stream), whole, key), "cudaErrorInvalidDevicePointer",
                  std::string("a list in host memory is refused: ") + what);
    fake.memory.push_back({numbers, sizeof numbers, cudaMemoryTypeManaged});
    fake.memory.push_back({masks, sizeof masks, cudaMemoryTypeManaged});
    fake.memory.push_back({values, sizeof values, cudaMemoryTypeManaged});
    check(injector.apply(on(stream), whole, key).ok(),
          std::string("a list in managed memory is taken: ") + what);
  };
  refused("at", make_injector(bit_flip{}, at{list}));
  refused("elements", make_injector(bit_flip{}, exactly{2}, elements{list}));
  refused("all but these", make_injector(bit_flip{}, exactly{2}, complement{elements{list}}));
  refused("masks", make_injector(flip_masks<std::uint32_t>{masks}, exactly_elements{3}));
  refused("values", make_injector(value_list<float>{values}, exactly_elements{3}));
  refused("a chain", make_injector(chain{zero{}, value_list<float>{values}}, exactly_elements{3}));
  refused("a mixture",
          make_injector(mixture{weighted{1, zero{}}, weighted{2, value_list<float>{values}}},
                        exactly_elements{3}));
}

} // namespace

int main() {
  calls_of_apply();
  wrong_states_of_graphs();
  calls_of_scopes();
  calls_of_draw();
  failed_calls();
  wrong_memory();
  wrong_alignment();
  memory_of_the_host();
  wrong_scratch();
  wrong_sizes();
  lists();
  return device_test::exit_status();
}
