// SPDX-License-Identifier: MIT
// One given bit of one given element, with a plan that is a constant: what is left of the library
// is what one would write. Each plan is used once, as in firmware: what two places share, a
// compiler may rightly call instead.
#include <bitfault/embedded.hpp>

#include <bit>
#include <cstdint>

using namespace bitfault;

extern "C" void flip_word_library(std::uint32_t (&w)[64]) {
  static constexpr auto plan =
      make_injector(bit_flip{}, at{5}, bits::given{30}).bind<std::uint32_t>(extents{64});
  static_cast<void>(plan.apply(serial{}, view(w), fault_key{}));
}
extern "C" void flip_word_by_hand(std::uint32_t (&w)[64]) { w[5] ^= 0x40000000u; }

extern "C" void flip_float_library(float (&w)[64]) {
  static constexpr auto plan =
      make_injector(bit_flip{}, at{5}, bits::given{30}).bind<float>(extents{64});
  static_cast<void>(plan.apply(serial{}, view(w), fault_key{}));
}
extern "C" void flip_float_by_hand(float (&w)[64]) {
  w[5] = std::bit_cast<float>(std::bit_cast<std::uint32_t>(w[5]) ^ 0x40000000u);
}

extern "C" void set_library(std::int8_t (&w)[3][10]) {
  static constexpr auto plan = make_injector(stuck_at_1{}, at{coordinates{2, 7}}, bits::sign{})
                                   .bind<std::int8_t>(extents{3, 10});
  static_cast<void>(plan.apply(serial{}, view(&w[0][0], extents{3, 10}), fault_key{}));
}
extern "C" void set_by_hand(std::int8_t (&w)[3][10]) {
  w[2][7] = static_cast<std::int8_t>(w[2][7] | -128);
}

extern "C" void clear_library(std::uint16_t (&w)[64]) {
  static constexpr auto plan =
      make_injector(stuck_at_0{}, at{63}, bits::as_one{bits::range{from_msb(3), from_msb(0)}})
          .bind<std::uint16_t>(extents{64});
  static_cast<void>(plan.apply(serial{}, view(w), fault_key{}));
}
extern "C" void clear_by_hand(std::uint16_t (&w)[64]) { w[63] &= 0x0FFFu; }

extern "C" void own_model_library(double (&w)[64]) {
  static constexpr auto plan =
      make_injector([](double value, auto& /*random*/) { return value * 0.5; }, at{3})
          .bind<double>(extents{64});
  static_cast<void>(plan.apply(serial{}, view(w), fault_key{}));
}
extern "C" void own_model_by_hand(double (&w)[64]) { w[3] = w[3] * 0.5; }
