// SPDX-License-Identifier: MIT
#pragma once

#include "../network.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace demo {

[[nodiscard]] inline std::string base64(const std::string& bytes) {
  static constexpr char digits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](std::size_t at) {
      return at < bytes.size() ? std::uint32_t{static_cast<unsigned char>(bytes[at])} : 0U;
    };
    const std::uint32_t three = byte(i) << 16U | byte(i + 1) << 8U | byte(i + 2);
    for (std::size_t digit = 0; digit < 4; ++digit) {
      out += i + digit > bytes.size() ? '=' : digits[three >> (18 - 6 * digit) & 63U];
    }
  }
  return out;
}

/// An image of the data set, dark on white, as a bitmap inside an address.
[[nodiscard]] inline std::string image_address(std::span<const float> pixels) {
  constexpr auto width = static_cast<std::uint32_t>(input_shape.width);
  constexpr auto height = static_cast<std::uint32_t>(input_shape.height);
  static_assert(width % 4 == 0, "rows of a bitmap are padded to four bytes");
  constexpr std::uint32_t palette = 256 * 4;
  std::string file = "BM";
  const auto put = [&](std::uint32_t value, int bytes) {
    for (; bytes > 0; --bytes, value >>= 8U) {
      file += static_cast<char>(value & 255U);
    }
  };
  put(54 + palette + width * height, 4);
  put(0, 4);
  put(54 + palette, 4); // where the pixels begin
  put(40, 4);
  put(width, 4);
  put(height, 4);
  put(1, 2);
  put(8, 2); // bits of a pixel
  for (int i = 0; i < 6; ++i) {
    put(0, 4);
  }
  for (std::uint32_t grey = 0; grey < 256; ++grey) {
    put(grey << 16U | grey << 8U | grey, 4);
  }
  for (std::uint32_t y = height; y-- > 0;) { // the lowest row first
    for (std::uint32_t x = 0; x < width; ++x) {
      put(255U - static_cast<std::uint32_t>(pixels[y * width + x] * 255.0F + 0.5F), 1);
    }
  }
  return "data:image/bmp;base64," + base64(file);
}

} // namespace demo
