// SPDX-License-Identifier: MIT
#pragma once

#include "strided.hpp"
#include "view.hpp"

#include <cstddef>

namespace bitfault {

/// Contiguous memory of a device, as a type of its own: host injection into it does not compile,
/// because the host must not follow the pointer. A device backend turns it into a view of its own.
template <class T, std::size_t Rank = 1>
class device_view {
public:
  using element_type = T;
  static constexpr bool contiguous = true;
  static constexpr bool on_device = true;

  BITFAULT_FN constexpr device_view(T* data, const extents<Rank>& e) noexcept
      : data_(data), extents_(e) {}

  BITFAULT_FN constexpr const bitfault::extents<Rank>& extents() const noexcept { return extents_; }
  BITFAULT_FN constexpr T* data() const noexcept { return data_; }
  BITFAULT_FN constexpr T* address(index_t flat) const noexcept { return data_ + flat; }

private:
  T* data_;
  bitfault::extents<Rank> extents_;
};

/// Memory of a device with a distance for each axis. Elements must not overlap, see
/// `check_distinct`.
template <class T, std::size_t Rank>
class strided_device_view : public strided_view<T, Rank> {
public:
  static constexpr bool on_device = true;

  BITFAULT_FN constexpr strided_device_view(T* first, const bitfault::extents<Rank>& e,
                                            const strides<Rank>& s) noexcept
      : strided_view<T, Rank>(first, e, s) {
    if (e.size() == 0)
      return;
    past_ = 1;
    for (std::size_t axis = 0; axis < e.rank; ++axis) {
      const std::ptrdiff_t length = static_cast<std::ptrdiff_t>(e[axis] - 1) * s[axis];
      (length < 0 ? lowest_ : past_) += length;
    }
  }

  /// The element with the lowest address, and the one behind the highest.
  BITFAULT_FN constexpr T* lowest() const noexcept { return this->data() + lowest_; }
  BITFAULT_FN constexpr T* past() const noexcept { return this->data() + past_; }

private:
  std::ptrdiff_t lowest_ = 0;
  std::ptrdiff_t past_ = 0;
};

} // namespace bitfault
