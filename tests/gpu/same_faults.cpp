// SPDX-License-Identifier: MIT
#include "same_faults.hpp"

#include <bitfault/integrations/dlpack.hpp>

#include "like_dltensor.hpp"

using namespace combinations;

namespace {

template <class T>
void check_width(const char* name) {
  const auto golden = any_bits<T>(size);
  check_same_on_device(name, make_injector(bit_flip{}, exactly{900}), golden);
  check_same_on_device(name, make_injector(bit_flip{}, rate::per_bit(0.3)), golden);
  check_same_on_device(name, make_injector(stuck_at_1{}, rate::per_bit(0.006)), golden);
  check_same_on_device(name, make_injector(stuck_at_0{}, exactly{400}, burst{2}), golden);
  check_same_on_device(name, make_injector(zero{}, every{}), golden);
}

} // namespace

TEST_CASE("a device gives the host's faults in words of every width") {
  check_width<std::int8_t>("int8");
  check_width<bfloat16>("bfloat16");
  check_width<double>("double");
}

TEST_CASE("a device gives a bool its one bit") {
  check_same_on_device("bool", make_injector(bit_flip{}, rate::per_bit(0.3)),
                       any_bits<std::uint8_t>(size));
  bool host[size]{}, device[size]{};
  const auto injector = make_injector(bit_flip{}, rate::per_bit(0.3));
  REQUIRE(injector.apply(view(host), device_key).ok());
  REQUIRE(injector.apply(on(thrust::omp::par), device_view<bool>(device, extents{size}), device_key)
              .ok());
  CHECK(std::memcmp(host, device, size) == 0);
}

TEST_CASE("other systems of Thrust, a device_vector and a DLTensor give the same faults") {
  const auto injector = make_injector(bit_flip{}, exactly{300});
  std::vector<float> golden = numbers<float>(size), expected = golden;
  REQUIRE(injector.apply(view(expected), device_key).ok());

  std::vector<float> memory = golden;
  REQUIRE(
      injector
          .apply(on(thrust::cpp::par), device_view<float>(memory.data(), extents{size}), device_key)
          .ok());
  CHECK(same_bytes(memory, expected));

  thrust::device_vector<float> vector(golden.begin(), golden.end());
  REQUIRE(injector.apply(on(thrust::omp::par), vector, device_key).ok());
  thrust::copy(vector.begin(), vector.end(), memory.begin());
  CHECK(same_bytes(memory, expected));

  // A const one can be looked at, not injected into.
  STATIC_REQUIRE(std::is_const_v<decltype(view(std::as_const(vector)))::element_type>);

  memory = golden;
  std::int64_t sizes[1] = {static_cast<std::int64_t>(size)};
  const like_dltensor tensor{memory.data(), {2, 0}, 1, {2, 32, 1}, sizes, nullptr, 0};
  REQUIRE(injector.apply(on(thrust::omp::par), device_view_as<float>(tensor), device_key).ok());
  CHECK(same_bytes(memory, expected));
}

TEST_CASE("a DLTensor with strides gets the host's faults, and nothing beside it") {
  const auto injector = make_injector(stuck_at_1{}, exactly{300});
  const std::vector<float> golden = any_bits<float>(size);
  std::vector<float> expected = golden;
  REQUIRE(injector.apply(view(expected.data(), shape), device_key).ok());

  // Axes in another order, the rows backwards, and gaps.
  std::int64_t sizes[4] = {4, 6, 5, 7}, distances[4] = {1, 320, -64, 9};
  std::vector<float> memory = any_bits<float>(6 * 320, 97);
  const like_dltensor tensor{memory.data() + 256, {13, 0}, 4, {2, 32, 1}, sizes, distances, 0};
  const auto v = strided_device_view_as<float>(tensor);
  std::vector<float> wanted = memory;
  for (index_t i = 0; i < size; ++i) {
    *v.address(i) = golden[i];
    wanted[static_cast<index_t>(v.address(i) - memory.data())] = expected[i];
  }
  REQUIRE(injector.apply(on(thrust::omp::par), v, device_key).ok());
  CHECK(same_bytes(memory, wanted));
}

TEST_CASE("a delayed choice of steps and a switched-off injector reach a device unchanged") {
  std::vector<float> memory(100);
  const device_view<float> v(memory.data(), extents{100});
  const auto timed = during(one_step(3), make_injector(bit_flip{}, exactly{10}));
  REQUIRE(timed.apply(on(thrust::omp::par), v, {.step = 2}).ok());
  CHECK(words_that_differ(memory, std::vector<float>(100)) == 0);
  REQUIRE(timed.apply(on(thrust::omp::par), v, {.step = 3}).ok());
  CHECK(words_that_differ(memory, std::vector<float>(100)) > 0);
  memory.assign(100, 0);
  const auto off = make_injector(bit_flip{}, exactly{10}, enable<false>{});
  REQUIRE(off.apply(on(thrust::omp::par), v, {.step = 3}).ok());
  CHECK(words_that_differ(memory, std::vector<float>(100)) == 0);
}

TEST_CASE("permanent faults come back on a device after the buffer was rewritten") {
  const auto injector = make_injector(stuck_at_1{}, exactly{50}, permanent{}, bits::range{0, 7});
  std::vector<float> memory(size), expected(size);
  const device_view<float> v(memory.data(), extents{size});
  REQUIRE(injector.apply(view(expected), {.seed = 4}).ok());
  for (std::uint32_t step = 0; step < 3; ++step) {
    memory.assign(size, 0);
    REQUIRE(injector.reapply(on(thrust::omp::par), v, {.seed = 4, .step = step}).ok());
    CHECK(same_bytes(memory, expected));
  }
}

TEST_CASE("bad input is refused on a device as on the host, and changes nothing") {
  std::vector<float> memory(100);
  const device_view<float> v(memory.data(), extents{100});
  const auto refused = [&](const auto& injector, const auto& view_, refusal why) {
    CHECK(injector.apply(on(thrust::omp::par), view_, device_key).reason == why);
    CHECK(words_that_differ(memory, std::vector<float>(100)) == 0);
  };
  refused(make_injector(bit_flip{}, exactly{3201}), v, refusal::too_many_faults);
  refused(make_injector(bit_flip{}, rate::per_bit(1.5)), v, refusal::rate_not_a_probability);
  refused(make_injector(bit_flip{}, exactly{1}), device_view<float>(nullptr, extents{100}),
          refusal::null_data);
  const auto plan = make_injector(bit_flip{}, exactly{1}).bind<float>(extents{99});
  CHECK(plan.apply(on(thrust::omp::par), v, device_key).reason == refusal::extents_differ);
  CHECK(make_injector(bit_flip{}, exactly{0})
            .apply(on(thrust::omp::par), device_view<float>(nullptr, extents{0}), device_key)
            .ok());
}
