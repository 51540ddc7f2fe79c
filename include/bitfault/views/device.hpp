// SPDX-License-Identifier: MIT
#pragma once

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

  constexpr device_view(T* data, const extents<Rank>& e) noexcept : data_(data), extents_(e) {}

  constexpr const bitfault::extents<Rank>& extents() const noexcept { return extents_; }
  constexpr T* data() const noexcept { return data_; }
  constexpr T* address(index_t flat) const noexcept { return data_ + flat; }

private:
  T* data_;
  bitfault::extents<Rank> extents_;
};

} // namespace bitfault
