// SPDX-License-Identifier: MIT
#pragma once

namespace bitfault {

/// Version of the library, as released.
struct version_number {
  int major_version;
  int minor_version;
  int patch_version;
};
inline constexpr version_number library_version{0, 1, 0};

/// Version of the draw: which sites a key gives. It is frozen by golden vectors; a new draw gets a
/// new number and never replaces an old one.
inline constexpr unsigned draw_version = 1;

} // namespace bitfault
