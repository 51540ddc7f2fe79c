// SPDX-License-Identifier: MIT
#include "same_faults.hpp"

using namespace combinations;

namespace {

/// The faults that a device draws are the host's list, and do the same.
template <class Injector>
void check_draw(const char* name, const Injector& injector) {
  INFO(name);
  std::vector<float> memory = numbers<float>(size), expected = memory;
  const device_view<float, 4> v(memory.data(), shape);
  const auto faults = on(thrust::omp::par).draw(injector, v, device_key);
  CHECK(same_bytes(memory, expected)); // drawing changes nothing

  const fault_list host = injector.draw(view(expected.data(), shape), device_key);
  const fault_list device(header_of<float>(shape, device_key), faults.to_host());
  CHECK(device.size() > 0);
  CHECK(device == host);

  REQUIRE(injector.apply(view(expected.data(), shape), device_key).ok());
  REQUIRE(faults.apply(v).ok());
  CHECK(same_bytes(memory, expected));
}

} // namespace

TEST_CASE("a list drawn on a device is the host's list, in its order") {
  check_draw("exactly", make_injector(bit_flip{}, exactly{300}));
  check_draw("stuck bits", make_injector(stuck_at_1{}, exactly{300}, bits::exponent{}, channel(2)));
  check_draw("bursts", make_injector(stuck_at_0{}, exactly_elements{20}, burst{4}));
  check_draw("low rate", make_injector(bit_flip{}, rate::per_bit(1e-3)));
  check_draw("rate by bitmaps", make_injector(bit_flip{}, rate::per_bit(0.01)));
  check_draw("high rate", make_injector(stuck_at_1{}, rate::per_bit(0.3)));
  check_draw("tiles of a rate", make_injector(bit_flip{}, rate::per_element(0.1), tile{2, 3}));
  check_draw("at", make_injector(bit_flip{}, at{5, 99, 400}, bits::mantissa{}));
  check_draw("values", make_injector(scale{-3}, rate::per_element(0.4)));
  check_draw("values that overlap", make_injector(zero{}, exactly{100}, burst{3}));
  check_draw("intermittent", make_injector(bit_flip{}, rate::per_bit(0.04), intermittent{0.3}));
}

TEST_CASE("an empty draw on a device is an empty list") {
  std::vector<float> memory(size);
  const device_view<float, 4> v(memory.data(), shape);
  const auto faults =
      on(thrust::omp::par).draw(make_injector(bit_flip{}, exactly{0}), v, device_key);
  CHECK(faults.to_host().empty());
  CHECK(faults.apply(v).ok());
}

TEST_CASE("an injector that is switched off draws an empty list on a device, too") {
  std::vector<float> memory(size);
  const device_view<float, 4> v(memory.data(), shape);
  const auto off = make_injector(bit_flip{}, exactly{50}, enable<false>{});
  const auto faults = on(thrust::omp::par).draw(off, v, device_key);
  CHECK(faults.to_host().empty());
  CHECK(faults.apply(v).ok());
  CHECK(same_bytes(memory, std::vector<float>(size)));
}

TEST_CASE("the elements of a mask are a list of the host, also those that it leaves out") {
  const element_list chosen({1, 2, 3});
  status s;
  const auto inside = chosen.region().bind(shape, s);
  const auto outside = complement{complement{chosen.region()}}.bind(shape, s);
  const auto anywhere = elements{chosen.numbers()}.bind(shape, s);
  STATIC_REQUIRE(bitfault::detail::list_of_the_host<std::remove_const_t<decltype(inside)>>::value);
  STATIC_REQUIRE(bitfault::detail::list_of_the_host<std::remove_const_t<decltype(outside)>>::value);
  STATIC_REQUIRE(
      !bitfault::detail::list_of_the_host<std::remove_const_t<decltype(anywhere)>>::value);
  CHECK(s.ok());
}

TEST_CASE("a list drawn on a device is refused for a tensor of other extents") {
  std::vector<float> memory(size);
  const device_view<float, 4> v(memory.data(), shape);
  const auto faults =
      on(thrust::omp::par).draw(make_injector(bit_flip{}, exactly{50}), v, device_key);
  CHECK(faults.apply(device_view<float, 4>(memory.data(), extents{4, 6, 5, 6})).reason ==
        refusal::extents_differ);
  CHECK(faults.apply(device_view<float>(memory.data(), extents{size})).reason ==
        refusal::rank_differs);
  CHECK(faults.apply(device_view<float, 4>(nullptr, shape)).reason == refusal::null_data);
  CHECK(same_bytes(memory, std::vector<float>(size)));
}
