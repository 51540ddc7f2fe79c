// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace bitfault {

namespace detail {

constexpr std::array<std::uint32_t, 256> make_crc32_table() noexcept {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t rest = i;
    for (int bit = 0; bit < 8; ++bit)
      rest = (rest >> 1) ^ ((rest & 1) != 0 ? 0xEDB88320u : 0u);
    table[i] = rest;
  }
  return table;
}
inline constexpr auto crc32_table = make_crc32_table();

} // namespace detail

/// CRC-32 of bytes: polynomial 0x04C11DB7 reflected, start and final exclusive-or 0xFFFFFFFF, as in
/// IEEE 802.3, gzip and PNG. It finds every error burst of up to 32 bits. O(n). Host.
constexpr std::uint32_t crc32(std::string_view bytes) noexcept {
  std::uint32_t crc = 0xFFFFFFFFu;
  for (const char c : bytes)
    crc = (crc >> 8) ^ detail::crc32_table[(crc ^ static_cast<unsigned char>(c)) & 0xFFu];
  return crc ^ 0xFFFFFFFFu;
}

} // namespace bitfault
