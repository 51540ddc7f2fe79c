// SPDX-License-Identifier: MIT
#include "event_file.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>

namespace spiking::detail {
namespace {

[[nodiscard]] std::string text_of(const event& e) {
  return "the event at x = " + std::to_string(e.x) + ", y = " + std::to_string(e.y);
}

/// What is wrong with `next` after the events that `to` has; empty if nothing is.
[[nodiscard]] std::string misfit(const recording& to, const event* before, const event& next) {
  if (next.x >= to.width || next.y >= to.height) {
    return text_of(next) + " lies outside the sensor of " + std::to_string(to.width) + " x " +
           std::to_string(to.height) + " pixels";
  }
  if (before != nullptr && next.microseconds < before->microseconds) {
    return "time runs backwards: " + text_of(next) + " is of " + std::to_string(next.microseconds) +
           " us, the one before it of " + std::to_string(before->microseconds) + " us";
  }
  return {};
}

} // namespace

void fail_at_byte(const std::string& name, std::size_t byte, const std::string& what) {
  throw std::runtime_error(name + ": byte " + std::to_string(byte) + ": " + what);
}

void fail_at_line(const std::string& name, std::size_t line, const std::string& what) {
  throw std::runtime_error(name + ": line " + std::to_string(line) + ": " + what);
}

std::vector<std::uint8_t> read_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    throw std::runtime_error(file.string() + ": cannot be opened");
  }
  std::vector<std::uint8_t> bytes;
  constexpr std::size_t chunk = 1U << 20U;
  do {
    const std::size_t have = bytes.size();
    bytes.resize(have + chunk);
    in.read(reinterpret_cast<char*>(bytes.data() + have), static_cast<std::streamsize>(chunk));
    bytes.resize(have + static_cast<std::size_t>(in.gcount()));
  } while (in);
  if (in.bad()) {
    throw std::runtime_error(file.string() + ": cannot be read");
  }
  return bytes;
}

void write_file(const std::filesystem::path& file, std::span<const std::uint8_t> bytes) {
  std::ofstream out(file, std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (!out) {
    throw std::runtime_error(file.string() + ": cannot be written");
  }
}

std::uint32_t little_endian_word(std::span<const std::uint8_t> bytes, std::size_t at) noexcept {
  return std::uint32_t{bytes[at]} | std::uint32_t{bytes[at + 1]} << 8U |
         std::uint32_t{bytes[at + 2]} << 16U | std::uint32_t{bytes[at + 3]} << 24U;
}

void append(recording& to, const event& next, const std::string& name, std::size_t byte) {
  const event* before = to.events.empty() ? nullptr : &to.events.back();
  if (const auto wrong = misfit(to, before, next); !wrong.empty()) {
    fail_at_byte(name, byte, wrong);
  }
  to.events.push_back(next);
}

void check_writable(const recording& from, std::int64_t latest, std::uint16_t largest,
                    std::string_view format) {
  const event* before = nullptr;
  for (const auto& e : from.events) {
    std::string wrong = misfit(from, before, e);
    if (wrong.empty() && (e.x > largest || e.y > largest)) {
      wrong = text_of(e) + " does not fit: the largest coordinate of the format is " +
              std::to_string(largest);
    }
    if (wrong.empty() && (e.microseconds < 0 || e.microseconds > latest)) {
      wrong = text_of(e) + " is of " + std::to_string(e.microseconds) +
              " us, the format has 0 to " + std::to_string(latest);
    }
    if (!wrong.empty()) {
      throw std::invalid_argument(std::string(format) + ": event " +
                                  std::to_string(&e - from.events.data()) + ": " + wrong);
    }
    before = &e;
  }
}

} // namespace spiking::detail
