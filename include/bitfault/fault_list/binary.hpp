// SPDX-License-Identifier: MIT
#pragma once

#include "../injector/fault_span.hpp"
#include "crc32.hpp"
#include "file_error.hpp"
#include "header.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The binary form of a fault list: docs/fault_list_format.md. Every number goes byte by byte, the
/// least significant one first, so files are the same on every machine.
namespace bitfault::detail {

/// No text begins like this, and a transfer that changes line ends or strips bits shows at once.
inline constexpr std::string_view binary_magic = "\x89"
                                                 "BFL\r\n\x1A\n";
inline constexpr std::uint32_t binary_format_version = 1;
inline constexpr std::size_t bytes_per_fault = 25;

struct byte_writer {
  std::string bytes;

  template <class Number>
  void number(Number n) {
    for (unsigned i = 0; i < sizeof(Number); ++i)
      bytes.push_back(static_cast<char>(static_cast<unsigned char>(std::uint64_t{n} >> (8 * i))));
  }
  void text(std::string_view t) {
    number(static_cast<std::uint32_t>(t.size()));
    bytes.append(t);
  }
};

class byte_reader {
public:
  byte_reader(std::string_view bytes, const std::string& name) : bytes_(bytes), name_(name) {}

  std::size_t at() const noexcept { return at_; }
  std::size_t left() const noexcept { return bytes_.size() - at_; }
  [[noreturn]] void fail(std::size_t where, const std::string& what) const {
    raise(file_error::at_byte(name_, where, what));
  }

  std::string_view take(std::uint64_t count, const char* what) {
    if (count > left())
      fail(bytes_.size(), std::string("truncated: the file ends within the ") + what);
    at_ += static_cast<std::size_t>(count);
    return bytes_.substr(at_ - static_cast<std::size_t>(count), static_cast<std::size_t>(count));
  }
  template <class Number>
  Number number(const char* what) {
    const std::string_view raw = take(sizeof(Number), what);
    std::uint64_t n = 0;
    for (unsigned i = 0; i < sizeof(Number); ++i)
      n |= std::uint64_t{static_cast<unsigned char>(raw[i])} << (8 * i);
    return static_cast<Number>(n);
  }
  std::string text(const char* what) {
    return std::string(take(number<std::uint32_t>(what), what));
  }

private:
  std::string_view bytes_;
  const std::string& name_;
  std::size_t at_ = 0;
};

inline std::string to_binary(const fault_list_header& h, std::span<const listed_fault> faults) {
  byte_writer out;
  out.bytes = binary_magic;
  out.number(binary_format_version);
  out.number(h.draw_version);
  out.number(h.key.seed);
  out.number(h.key.trial);
  out.number(h.key.stream);
  out.number(h.key.step);
  out.number(std::uint32_t{h.word_bits});
  out.number(static_cast<std::uint32_t>(h.extents.size()));
  for (const std::uint64_t size : h.extents)
    out.number(size);
  out.text(h.element_type);
  out.text(h.tensor);
  out.text(h.policies);
  out.number(static_cast<std::uint64_t>(faults.size()));
  out.bytes.reserve(out.bytes.size() + bytes_per_fault * faults.size() + 4);
  for (const listed_fault& f : faults) {
    out.number(f.element);
    out.number(f.mask);
    out.number(f.value);
    out.number(static_cast<std::uint8_t>(f.action));
  }
  out.number(crc32(out.bytes));
  return std::move(out.bytes);
}

/// Throws file_error with the byte.
inline std::pair<fault_list_header, std::vector<listed_fault>>
from_binary(std::string_view bytes, const std::string& name) {
  byte_reader in(bytes, name);
  const std::string_view magic = bytes.substr(0, binary_magic.size());
  if (magic != binary_magic.substr(0, magic.size()) || magic.empty())
    in.fail(0, "this is no fault list: the file begins with neither its magic bytes nor "
               "'# bitfault fault list'");
  in.take(binary_magic.size(), "magic bytes");
  const auto version = in.number<std::uint32_t>("format version");
  if (version > binary_format_version)
    in.fail(8, "format version " + std::to_string(version) + " is newer than " +
                   std::to_string(binary_format_version) + ", the newest that this library reads");
  if (version == 0)
    in.fail(8, "format version 0 does not exist");

  fault_list_header h;
  h.draw_version = in.number<std::uint32_t>("draw version");
  h.key.seed = in.number<std::uint64_t>("key");
  h.key.trial = in.number<std::uint64_t>("key");
  h.key.stream = in.number<std::uint32_t>("key");
  h.key.step = in.number<std::uint32_t>("key");
  h.word_bits = in.number<std::uint32_t>("word width");
  const auto rank = in.number<std::uint32_t>("rank");
  if (rank > in.left() / 8)
    in.fail(bytes.size(), "truncated: the file ends within the extents");
  for (std::uint32_t axis = 0; axis < rank; ++axis)
    h.extents.push_back(in.number<std::uint64_t>("extents"));
  h.element_type = in.text("element type");
  h.tensor = in.text("tensor's name");
  h.policies = in.text("text for the policies");

  // Sizes first, then the checksum, then what the bytes mean: each message says the first cause.
  const auto count = in.number<std::uint64_t>("number of faults");
  const std::size_t entries = in.at();
  if (count > in.left() / bytes_per_fault)
    in.fail(bytes.size(), "truncated: " + std::to_string(count) +
                              " faults announced, but the file ends after " +
                              std::to_string(in.left() / bytes_per_fault));
  std::vector<listed_fault> faults(static_cast<std::size_t>(count));
  std::vector<std::uint8_t> actions(faults.size());
  for (std::size_t i = 0; i < faults.size(); ++i) {
    faults[i].element = in.number<std::uint64_t>("faults");
    faults[i].mask = in.number<std::uint64_t>("faults");
    faults[i].value = in.number<std::uint64_t>("faults");
    actions[i] = in.number<std::uint8_t>("faults");
  }
  const std::size_t end = in.at();
  const auto stored = in.number<std::uint32_t>("checksum");
  if (in.left() != 0)
    in.fail(in.at(), std::to_string(in.left()) + " bytes follow the end of the list");
  if (stored != crc32(bytes.substr(0, end)))
    in.fail(end, "the checksum is wrong; the file is damaged");

  if (const std::string wrong = wrong_in_header(h); !wrong.empty())
    in.fail(40, wrong);
  std::uint64_t elements = 0;
  count_elements(h.extents, elements);
  for (std::size_t i = 0; i < faults.size(); ++i) {
    const std::size_t here = entries + bytes_per_fault * i;
    const std::string which = "fault " + std::to_string(i) + ": ";
    if (actions[i] > static_cast<std::uint8_t>(fault_action::write))
      in.fail(here + 24, which + "action " + std::to_string(actions[i]) + " does not exist");
    faults[i].action = static_cast<fault_action>(actions[i]);
    if (const status s = check_fault(h, elements, i, faults[i]); !s.ok())
      in.fail(here + (s.reason == refusal::element_outside ? 0u : 8u), which + sentence(s));
    const bool writes = faults[i].action == fault_action::write;
    if ((faults[i].value & ~(writes ? faults[i].mask : 0)) != 0)
      in.fail(here + 16, which + "the value has bits outside the mask");
  }
  return {std::move(h), std::move(faults)};
}

} // namespace bitfault::detail
