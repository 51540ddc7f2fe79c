// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <bitfault/backends/thrust/fault_work.hpp>
#include <bitfault/embedded.hpp>

#include <array>
#include <type_traits>

using namespace bitfault;

namespace {

constexpr index_t size = 64;
using words = std::array<std::uint16_t, size>;

/// The body of a kernel, called for each launch index in a constant expression.
template <class Injector>
constexpr words on_a_device(const Injector& injector, const fault_key& key) {
  words memory{};
  const auto v = view(memory.data(), extents{size});
  const auto plan = injector.bind(v);
  using plan_type = std::remove_const_t<decltype(plan)>;
  using view_type = std::remove_const_t<decltype(v)>;
  const bitfault::detail::fault_work<plan_type, view_type,
                                     bitfault::detail::change_word<plain_memory>>
      work{plan, v, {}};
  const auto started = work.start(key);
  for (index_t item = work.items(); item-- > 0;)
    work(item, started);
  return memory;
}

template <class Injector>
constexpr words on_the_host(const Injector& injector, const fault_key& key) {
  words memory{};
  static_cast<void>(injector.apply(serial_executor<1>{}, view(memory.data(), extents{size}), key));
  return memory;
}

template <class Injector>
constexpr bool same(const Injector& injector) {
  const fault_key key{.seed = 3, .trial = 1};
  const words device = on_a_device(injector, key);
  return device == on_the_host(injector, key) && device != words{};
}

} // namespace

TEST_CASE("the bodies of the kernels are constant expressions that give the host's faults") {
  STATIC_REQUIRE(same(make_injector(bit_flip{}, exactly{20})));
  STATIC_REQUIRE(same(make_injector(stuck_at_1{}, exactly_elements{20}, bits::range{3, 9})));
  STATIC_REQUIRE(same(make_injector(bit_flip{}, at{3, 5}, bits::all{}, burst{3})));
  STATIC_REQUIRE(same(make_injector(stuck_at_1{}, rate::per_bit(0.3))));
  STATIC_REQUIRE(same(make_injector(bit_flip{}, rate::per_bit(0.01))));
  STATIC_REQUIRE(same(make_injector(bit_flip{}, every{}, bits::all{})));
  STATIC_REQUIRE(same(make_injector(constant{7}, exactly{9}, burst{2})));
}

TEST_CASE("work is cut so that no two items share what cannot be shared") {
  using bitfault::detail::work_shape;
  const auto shape = [](const auto& injector) {
    const auto plan = injector.template bind<float>(extents{size});
    using plan_type = std::remove_const_t<decltype(plan)>;
    return bitfault::detail::shape_of_work<plan_type, flat_view<float, 1>>(true);
  };
  CHECK(shape(make_injector(bit_flip{}, exactly{1})) == work_shape::events);
  CHECK(shape(make_injector(bit_flip{}, every{}, bits::all{})) == work_shape::sweep);
  CHECK(shape(make_injector(bit_flip{}, every{}, bits::all{}, burst{2})) == work_shape::events);
  CHECK(shape(make_injector(bit_flip{}, rate::per_bit(0.1))) == work_shape::rate);
  // Two events of a chain that is no plain operation may meet: their order matters.
  CHECK(shape(make_injector(chain{bit_flip{}, stuck_at_1{}}, exactly{9}, bits::adjacent{2})) ==
        work_shape::in_order);
}
