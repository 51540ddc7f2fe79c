// SPDX-License-Identifier: MIT
#pragma once

#include "fault_key.hpp"

#include <cstdint>

namespace bitfault {

/// The random numbers that a fault model may use for one cell. They depend on the fault key, the
/// element and the mask, and on nothing else; `event` is the number of the event in its draw
/// (selectors that number their events; otherwise the site). Host, device, freestanding.
///
/// Draw once in an expression: in `random.next32() - random.next32()` the compiler may take either
/// draw first, and two compilers would give two faults for one key. Give each draw a name.
class random_source {
public:
  BITFAULT_FN constexpr random_source(const random_stream& stream, std::uint64_t element,
                                      std::uint32_t mask_number, std::uint64_t event) noexcept
      : stream_(&stream), element_(element), event_(event), call_(mask_number << 16) {}

  /// 32 uniform bits.
  BITFAULT_FN constexpr std::uint32_t next32() noexcept {
    if (used_ == 4)
      refill();
    return block_.word[used_++];
  }
  /// 64 uniform bits.
  BITFAULT_FN constexpr std::uint64_t next64() noexcept {
    const std::uint64_t low = next32();
    return low | (std::uint64_t{next32()} << 32);
  }
  /// Uniform in [0, n); bias below n / 2^64. Requires n > 0.
  BITFAULT_FN constexpr std::uint64_t below(std::uint64_t n) noexcept {
    return detail::mul_high(next64(), n);
  }
  BITFAULT_FN constexpr std::uint64_t event() const noexcept { return event_; }
  BITFAULT_FN constexpr std::uint64_t element() const noexcept { return element_; }

private:
  BITFAULT_FN constexpr void refill() noexcept {
    block_ = stream_->block(purpose::model, element_, call_++);
    used_ = 0;
  }
  const random_stream* stream_;
  std::uint64_t element_;
  std::uint64_t event_;
  std::uint32_t call_;
  philox_block block_{};
  unsigned used_ = 4;
};

} // namespace bitfault
