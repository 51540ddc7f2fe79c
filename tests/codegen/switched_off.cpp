// SPDX-License-Identifier: MIT
// An injector that is switched off leaves no instruction, whatever it is made of.
#include <bitfault/embedded.hpp>

#include <cstddef>
#include <cstdint>

using namespace bitfault;

extern "C" void apply_nothing(float* w, std::size_t n, std::uint64_t trial) {
  const auto injector = make_injector(bit_flip{}, exactly{100}, enable<false>{});
  static_cast<void>(injector.apply(view(w, n), {.seed = 1, .trial = trial}));
}

extern "C" void rate_nothing(std::int8_t* w, std::size_t n, double p) {
  constexpr rate::per_element rate(1e-3); // tables are made where a rate is written down
  const auto injector =
      make_injector(additive_noise{normal{0, p}}, rate, burst{4}, permanent{}, enable<false>{});
  static_cast<void>(injector.reapply(view(w, n), fault_key{}));
}

extern "C" void plan_nothing(float* w, std::size_t n) {
  const auto injector = make_injector(bit_flip{}, exactly{5}, enable<false>{});
  const auto bound = injector.bind(view(w, n));
  static_cast<void>(bound.apply(serial{}, view(w, n), fault_key{}));
  static_cast<void>(bound.restore(serial{}, view(w, n), fault_key{}));
}

extern "C" void scope_nothing(double* w, std::size_t n) {
  const auto injector = make_injector(zero{}, every{}, enable<false>{});
  auto injected = injector.scoped(view(w, n), fault_key{});
}

extern "C" void checked_scope_nothing(double* w, std::size_t n) {
  const auto injector = make_injector(stuck_at_1{}, at{3}, enable<false>{});
  auto injected = injector.scoped_checked(view(w, n), fault_key{});
}

extern "C" int infer(const float* w);

extern "C" int around_library(float* w, std::size_t n) {
  const auto injector = make_injector(bit_flip{}, exactly{3}, enable<false>{});
  auto injected = injector.scoped(view(w, n), fault_key{});
  return infer(w);
}
extern "C" int around_by_hand(float* w, std::size_t /*n*/) { return infer(w); }
