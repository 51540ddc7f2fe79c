// SPDX-License-Identifier: MIT
#include "drawn_on_the_host.hpp"

#include "../../contracts/combinations.hpp"

namespace device_test {
namespace {

template <class Injector>
host_draw draw(const Injector& injector, const bitfault::fault_key& key) {
  host_draw result;
  result.words = combinations::numbers<float>(combinations::size);
  const auto v = bitfault::view(result.words.data(), combinations::shape);
  const auto list = injector.draw(v, key);
  result.faults.assign(list.begin(), list.end());
  injector.apply(v, key).or_throw();
  return result;
}

} // namespace

host_draw host_draw_of_flips(const bitfault::fault_key& key) { return draw(drawn_flips(), key); }
host_draw host_draw_of_rate(const bitfault::fault_key& key) { return draw(drawn_rate(), key); }
host_draw host_draw_of_values(const bitfault::fault_key& key) { return draw(drawn_values(), key); }

} // namespace device_test
