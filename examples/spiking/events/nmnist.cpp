// SPDX-License-Identifier: MIT
#include "nmnist.hpp"

#include "event_file.hpp"

#include <cstddef>

namespace spiking {
namespace {

constexpr std::size_t event_size = 5;

} // namespace

recording parse_nmnist(std::span<const std::uint8_t> bytes, const std::string& name,
                       sensor_size sensor) {
  recording result{.width = sensor.width, .height = sensor.height, .events = {}};
  result.events.reserve(bytes.size() / event_size);
  for (std::size_t at = 0; at != bytes.size(); at += event_size) {
    if (bytes.size() - at < event_size) {
      detail::fail_at_byte(name, at,
                           "truncated event: it takes 5 bytes, the file has " +
                               std::to_string(bytes.size() - at) + " more");
    }
    const auto b = bytes.subspan(at, event_size);
    const auto time = std::uint32_t{b[2]} << 16U | std::uint32_t{b[3]} << 8U | b[4];
    detail::append(result,
                   {.microseconds = std::int64_t{time & 0x7FFFFFU},
                    .x = b[0],
                    .y = b[1],
                    .polarity = (time >> 23U) != 0},
                   name, at);
  }
  return result;
}

recording read_nmnist(const std::filesystem::path& file, sensor_size sensor) {
  return parse_nmnist(detail::read_file(file), file.string(), sensor);
}

std::vector<std::uint8_t> nmnist_bytes(const recording& from) {
  detail::check_writable(from, 0x7FFFFF, 0xFF, "N-MNIST");
  std::vector<std::uint8_t> to;
  to.reserve(from.events.size() * event_size);
  for (const auto& e : from.events) {
    const auto time =
        static_cast<std::uint32_t>(e.microseconds) | static_cast<std::uint32_t>(e.polarity) << 23U;
    to.push_back(static_cast<std::uint8_t>(e.x));
    to.push_back(static_cast<std::uint8_t>(e.y));
    to.push_back(static_cast<std::uint8_t>(time >> 16U));
    to.push_back(static_cast<std::uint8_t>(time >> 8U));
    to.push_back(static_cast<std::uint8_t>(time));
  }
  return to;
}

void write_nmnist(const std::filesystem::path& file, const recording& from) {
  detail::write_file(file, nmnist_bytes(from));
}

} // namespace spiking
