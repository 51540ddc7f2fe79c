// SPDX-License-Identifier: MIT
#pragma once

#include "../contracts/combinations.hpp"
#include "catch.hpp"

#include <bitfault/backends/thrust/thrust.cuh>

#include <thrust/system/cpp/execution_policy.h>
#include <thrust/system/omp/execution_policy.h>

#include <string>
#include <type_traits>
#include <vector>

/// The kernels' bodies, run by Thrust's OpenMP system and by a plain loop, against the host.
namespace combinations {

inline constexpr fault_key device_key{.seed = 2026, .trial = 5, .stream = 2, .step = 7};

/// The items of work one by one, the last one first: a launch in the least likely order.
template <class Plan, class View>
void run_backwards(const Plan& plan, const View& view, const fault_key& key) {
  using memory = bitfault::detail::device_memory;
  const auto bytes = bitfault::detail::bytes_of(view);
  const auto inside = bitfault::detail::kernel_view(view);
  const bitfault::detail::fault_work<Plan, std::remove_const_t<decltype(inside)>,
                                     bitfault::detail::change_word<memory>>
      work{plan, inside, {memory(bytes.begin, bytes.end)}};
  const auto started = work.start(key);
  for (index_t item = work.items(); item-- > 0;)
    work(item, started);
}

/// Contract 1 on devices: the words that the host leaves, also in strided memory, and nothing else.
template <class T, class Injector>
void check_same_on_device(const std::string& name, const Injector& injector,
                          const std::vector<T>& golden) {
  INFO(name);
  std::vector<T> expected = golden;
  REQUIRE(injector.apply(view(expected.data(), shape), device_key).ok());
  CHECK(words_that_differ(expected, golden) > 0);

  // Each place of the first element in a 32-bit word, between walls that have to stand.
  for (index_t offset = 0; offset < (sizeof(T) < 4 ? 4 / sizeof(T) : 1); ++offset) {
    INFO("offset " << offset);
    const std::vector<T> around = any_bits<T>(size + 16, 99);
    std::vector<T> memory = around, wanted = around;
    std::copy(golden.begin(), golden.end(), memory.begin() + 4 + static_cast<int>(offset));
    std::copy(expected.begin(), expected.end(), wanted.begin() + 4 + static_cast<int>(offset));
    const std::vector<T> before = memory;
    const device_view<T, 4> v(memory.data() + 4 + offset, shape);
    REQUIRE(injector.apply(on(thrust::omp::par), v, device_key).ok());
    CHECK(same_bytes(memory, wanted));
    memory = before;
    run_backwards(injector.bind(v), v, device_key);
    CHECK(same_bytes(memory, wanted));
  }

  const strides<4> gaps{-6 * 5 * 20, 5 * 20, 20, 2};
  const index_t room = 4 * 6 * 5 * 20;
  std::vector<T> memory = any_bits<T>(room, 98);
  const strided_device_view<T, 4> v(memory.data() + 3 * 6 * 5 * 20 + 3, shape, gaps);
  std::vector<T> wanted = memory;
  for (index_t i = 0; i < size; ++i) {
    *v.address(i) = golden[i];
    wanted[static_cast<index_t>(v.address(i) - memory.data())] = expected[i];
  }
  REQUIRE(injector.apply(on(thrust::omp::par), v, device_key).ok());
  CHECK(same_bytes(memory, wanted));
}

/// A scope on a device gives the host's words and takes them back bit for bit.
template <class T, class Injector>
void check_scope_on_device(const std::string& name, const Injector& injector,
                           const std::vector<T>& golden) {
  INFO(name);
  std::vector<T> expected = golden, memory = golden;
  REQUIRE(injector.apply(view(expected.data(), shape), device_key).ok());
  const device_view<T, 4> v(memory.data(), shape);
  {
    auto injected = injector.scoped(on(thrust::omp::par), v, device_key);
    CHECK(same_bytes(memory, expected));
  }
  CHECK(same_bytes(memory, golden));
}

} // namespace combinations
