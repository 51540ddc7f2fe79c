// SPDX-License-Identifier: MIT
#include "same_faults.hpp"

#include <cstddef>

using namespace combinations;

TEST_CASE("a scope on a device injects the host's faults and takes them back bit for bit") {
  const auto golden = any_bits<float>(size);
  const auto check = [&](const char* name, const auto& injector) {
    check_scope_on_device(name, injector, golden);
  };
  check("flips", make_injector(bit_flip{}, exactly{300}));
  check("flips of a rate", make_injector(bit_flip{}, rate::per_bit(0.3)));
  check("stuck bits", make_injector(stuck_at_1{}, exactly{2000}));
  check("stuck bits of a low rate", make_injector(stuck_at_0{}, rate::per_bit(1e-3)));
  check("stuck bits of a high rate", make_injector(stuck_at_1{}, rate::per_bit(0.1), burst{2}));
  check("stuck masks that overlap",
        make_injector(stuck_at_0{}, exactly_elements{200}, bits::adjacent{3}, burst{4}));
  check("every element", make_injector(stuck_at_1{}, every{}, bits::as_one{bits::exponent{}}));
  check("values", make_injector(zero{}, exactly_elements{100}, tile{2, 3}));
  check("noise", make_injector(additive_noise{uniform{-1, 1}}, rate::per_element(0.3)));
  check("codes", make_injector(bit_flip{}, exactly{1500}, formats::float8_e4m3{}));
  check("own words, in order", make_injector(rotate_masked{}, exactly{4000}));
  check("intermittent", make_injector(stuck_at_1{}, rate::per_bit(0.04), intermittent{0.3}));
}

TEST_CASE("a scope on a device keeps its words in memory of the caller") {
  const auto injector = make_injector(stuck_at_1{}, exactly{300});
  std::vector<float> memory = any_bits<float>(size);
  const std::vector<float> golden = memory;
  const device_view<float, 4> v(memory.data(), shape);
  const auto device = on(thrust::omp::par);
  const index_t bytes = device.scratch_bytes(injector.bind(v), device_key);
  CHECK(bytes == 16 + 300 * 16);
  CHECK(device.scratch_bytes(make_injector(bit_flip{}, exactly{300}).bind(v), device_key) == 0);
  alignas(16) std::byte scratch[32 + 300 * 16];
  {
    auto injected = injector.scoped(device, v, device_key, span<std::byte>(scratch, bytes));
    CHECK(words_that_differ(memory, golden) > 0);
    CHECK(injected.restore().ok());
    CHECK(same_bytes(memory, golden));
    memory[0] = 5;
  }
  CHECK(memory[0] == 5.0f); // restored once, not twice
  memory = golden;

  const auto refused = [&](span<std::byte> given, refusal why) {
    try {
      auto injected = injector.scoped(device, v, device_key, given);
      FAIL("a scope was made");
    } catch (const bitfault::error& e) {
      CHECK(e.why().reason == why);
    }
    CHECK(same_bytes(memory, golden));
  };
  refused(span<std::byte>(scratch, bytes - 1), refusal::scratch_too_small);
  refused(span<std::byte>(scratch + 1, bytes), refusal::unsupported_layout);
}

TEST_CASE("scopes on a device nest, and move") {
  std::vector<float> memory = any_bits<float>(size);
  const std::vector<float> golden = memory;
  const device_view<float, 4> v(memory.data(), shape);
  {
    auto outer =
        make_injector(stuck_at_1{}, exactly{900}).scoped(on(thrust::omp::par), v, device_key);
    const std::vector<float> between = memory;
    {
      auto inner =
          make_injector(constant{2}, exactly{90}).scoped(on(thrust::omp::par), v, device_key);
      auto moved = std::move(inner);
      CHECK(!same_bytes(memory, between));
    }
    CHECK(same_bytes(memory, between));
  }
  CHECK(same_bytes(memory, golden));
}
