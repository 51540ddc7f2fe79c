// SPDX-License-Identifier: MIT
#pragma once

#include "device_test.cuh"

#define BITFAULT_TEST_ALLOCATOR ::device_test::managed_allocator
#include "../../contracts/combinations.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace device_test {

using namespace combinations;

inline constexpr fault_key key{.seed = 2026, .trial = 5, .stream = 2, .step = 7};

/// The host's words on the device, in dense memory that begins anywhere in a 32-bit word, between
/// walls that have to stand.
template <class T, class Injector>
void check_same(const std::string& name, const Injector& injector, const std::vector<T>& golden) {
  std::vector<T> expected = golden;
  injector.apply(view(expected.data(), shape), key).or_throw();
  cudaStream_t stream{};
  must(cudaStreamCreate(&stream), "cudaStreamCreate");
  for (index_t offset = 0; offset < (sizeof(T) < 4 ? 4 / sizeof(T) : 1); ++offset) {
    std::vector<T> memory = any_bits<T>(size + 16, 99), wanted = memory;
    const auto first = static_cast<std::ptrdiff_t>(4 + offset);
    std::copy(golden.begin(), golden.end(), memory.begin() + first);
    std::copy(expected.begin(), expected.end(), wanted.begin() + first);
    const device_array<T> device(memory);
    const status s =
        injector.apply(on(stream), device_view<T, 4>(device.data() + first, shape), key);
    must(cudaStreamSynchronize(stream), name.c_str());
    if (!s.ok())
      std::printf("%s\n", message(s).text);
    check(s.ok() && same_bytes(device.get(), wanted), name + ", offset " + std::to_string(offset));
  }
  must(cudaStreamDestroy(stream), "cudaStreamDestroy");
}

} // namespace device_test
