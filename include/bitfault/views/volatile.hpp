// SPDX-License-Identifier: MIT
#pragma once

#include "view.hpp"

#include <cstddef>
#include <cstdint>

namespace bitfault {

/// Memory that something else than the program may read or write: registers of a peripheral, a
/// buffer that DMA fills, a variable of an interrupt handler. Row-major, one element behind the
/// other. A fault reads its element once and writes it once, with accesses as wide as the element;
/// no other element is accessed. Does not own. Host, freestanding.
template <class T, std::size_t Rank = 1>
class volatile_view {
public:
  using element_type = volatile T;
  static constexpr bool contiguous = false; // no sweeps, no prefetch

  BITFAULT_FN constexpr volatile_view(volatile T* data, const extents<Rank>& e) noexcept
      : data_(data), extents_(e) {}

  BITFAULT_FN constexpr const bitfault::extents<Rank>& extents() const noexcept { return extents_; }
  BITFAULT_FN constexpr volatile T* data() const noexcept { return data_; }
  BITFAULT_FN BITFAULT_INLINE constexpr volatile T* address(index_t flat) const noexcept {
    return data_ + flat;
  }

private:
  volatile T* data_;
  bitfault::extents<Rank> extents_;
};

/// `view(pointer to volatile, size)`.
template <class T>
  requires(element<T>)
BITFAULT_FN constexpr volatile_view<T, 1> view(volatile T* data, index_t size) noexcept {
  return {data, extents<1>(size)};
}

/// `view(pointer to volatile, extents{16, 8})`.
template <class T, std::size_t Rank>
  requires(element<T>)
BITFAULT_FN constexpr volatile_view<T, Rank> view(volatile T* data,
                                                  const extents<Rank>& e) noexcept {
  return {data, e};
}

/// `memory_mapped<std::uint32_t>(0x4000'4000, extents{8})`: a range of addresses. Requires that it
/// may be accessed in units of T and is aligned for T.
template <element T, std::size_t Rank>
volatile_view<T, Rank> memory_mapped(std::uintptr_t address, const extents<Rank>& e) noexcept {
  return {reinterpret_cast<volatile T*>(address), e};
}

} // namespace bitfault
