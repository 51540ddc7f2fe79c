// SPDX-License-Identifier: MIT
// Every element: one loop, vectorised as the loop by hand is.
#include <bitfault/embedded.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>

using namespace bitfault;

extern "C" void flip_all_library(std::uint32_t (&w)[1024]) {
  static constexpr auto plan =
      make_injector(bit_flip{}, every{}, bits::all{}).bind<std::uint32_t>(extents{1024});
  static_cast<void>(plan.apply(serial{}, view(w), fault_key{}));
}
extern "C" void flip_all_by_hand(std::uint32_t (&w)[1024]) {
  std::size_t i = 0;
  do {
    w[i] ^= 0xFFFFFFFFu;
  } while (++i < 1024);
}

extern "C" void flip_signs_library(float (&w)[1000]) {
  static constexpr auto plan =
      make_injector(bit_flip{}, every{}, bits::sign{}).bind<float>(extents{1000});
  static_cast<void>(plan.apply(serial{}, view(w), fault_key{}));
}
extern "C" void flip_signs_by_hand(float (&w)[1000]) {
  std::size_t i = 0;
  do {
    w[i] = std::bit_cast<float>(std::bit_cast<std::uint32_t>(w[i]) ^ 0x80000000u);
  } while (++i < 1000);
}

extern "C" void set_exponents_library(double (&w)[512]) {
  static constexpr auto plan = make_injector(stuck_at_1{}, every{}, bits::as_one{bits::exponent{}})
                                   .bind<double>(extents{512});
  static_cast<void>(plan.apply(serial{}, view(w), fault_key{}));
}
extern "C" void set_exponents_by_hand(double (&w)[512]) {
  std::size_t i = 0;
  do {
    w[i] = std::bit_cast<double>(std::bit_cast<std::uint64_t>(w[i]) | 0x7FF0000000000000u);
  } while (++i < 512);
}

extern "C" void clear_bytes_library(std::uint8_t (&w)[256]) {
  static constexpr auto plan =
      make_injector(stuck_at_0{}, every{}, bits::given{7}).bind<std::uint8_t>(extents{256});
  static_cast<void>(plan.apply(serial{}, view(w), fault_key{}));
}
extern "C" void clear_bytes_by_hand(std::uint8_t (&w)[256]) {
  for (std::size_t i = 0; i < 256; ++i)
    w[i] &= 0x7Fu;
}

extern "C" void zero_library(float (&w)[1024]) {
  static constexpr auto plan = make_injector([](float, auto& /*random*/) { return 0.0f; }, every{})
                                   .bind<float>(extents{1024});
  static_cast<void>(plan.apply(serial{}, view(w), fault_key{}));
}
extern "C" void zero_by_hand(float (&w)[1024]) {
  for (std::size_t i = 0; i < 1024; ++i)
    w[i] = 0.0f;
}
