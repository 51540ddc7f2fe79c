// SPDX-License-Identifier: MIT
#include "aedat.hpp"

#include "event_file.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace spiking {
namespace {

constexpr std::string_view magic = "#!AER-DAT3.1";
constexpr std::string_view end_of_header = "#!END-HEADER";
constexpr std::string_view format_line = "#Format: ";

constexpr std::size_t packet_header_size = 28;
constexpr std::int32_t polarity_type = 1;
constexpr std::int32_t polarity_size = 8;
constexpr std::int32_t polarity_time_offset = 4;

/// The 28 bytes before the events of a packet: two numbers of 16 bits, then six of 32.
struct packet_header {
  std::int32_t type = 0;
  std::int32_t event_size = 0;
  std::int32_t time_offset = 0;
  std::int32_t overflow = 0;
  std::int32_t capacity = 0;
  std::int32_t number = 0;
  std::int32_t valid = 0;
};

class aedat_parser {
public:
  aedat_parser(std::span<const std::uint8_t> bytes, const std::string& name, sensor_size sensor)
      : bytes_(bytes), name_(name) {
    result_.width = sensor.width;
    result_.height = sensor.height;
  }

  [[nodiscard]] recording parse() && {
    file_header();
    while (at_ != bytes_.size()) {
      packet();
    }
    return std::move(result_);
  }

private:
  [[noreturn]] void fail(std::size_t byte, const std::string& what) const {
    detail::fail_at_byte(name_, byte, what);
  }

  /// The next line of the header without its end (CR LF; LF alone is taken too).
  [[nodiscard]] std::string_view line() {
    const auto rest = bytes_.subspan(at_);
    const auto end = std::find(rest.begin(), rest.end(), std::uint8_t{'\n'});
    if (end == rest.end()) {
      fail(at_, "truncated header: the file ends before the line " + std::string(end_of_header));
    }
    const auto size = static_cast<std::size_t>(end - rest.begin());
    std::string_view text(reinterpret_cast<const char*>(rest.data()), size);
    at_ += size + 1;
    if (text.ends_with('\r')) {
      text.remove_suffix(1);
    }
    return text;
  }

  void file_header() {
    const auto first = bytes_.first(std::min(bytes_.size(), magic.size()));
    if (!std::equal(first.begin(), first.end(), magic.begin()) || line() != magic) {
      fail(0, "no AEDAT 3.1 file: its first line must be " + std::string(magic));
    }
    for (;;) {
      const std::size_t begin = at_;
      if (at_ == bytes_.size() || bytes_[at_] != '#') {
        fail(begin, "truncated header: a line that begins with # or the line " +
                        std::string(end_of_header) + " expected");
      }
      const auto text = line();
      if (text == end_of_header) {
        return;
      }
      if (text.starts_with(format_line) && text.substr(format_line.size()) != "RAW") {
        fail(begin, "the format of the events must be RAW");
      }
    }
  }

  [[nodiscard]] std::int32_t word(std::size_t at) const {
    return static_cast<std::int32_t>(detail::little_endian_word(bytes_, at));
  }

  [[nodiscard]] packet_header read_packet_header() {
    const std::size_t begin = at_;
    if (bytes_.size() - begin < packet_header_size) {
      fail(begin, "truncated packet header: it takes 28 bytes, the file has " +
                      std::to_string(bytes_.size() - begin) + " more");
    }
    packet_header head;
    head.type = static_cast<std::int16_t>(bytes_[begin] | bytes_[begin + 1] << 8U);
    head.event_size = word(begin + 4);
    head.time_offset = word(begin + 8);
    head.overflow = word(begin + 12);
    head.capacity = word(begin + 16);
    head.number = word(begin + 20);
    head.valid = word(begin + 24);

    const auto not_negative = [&](std::int32_t value, std::size_t offset, const char* what) {
      if (value < 0) {
        fail(begin + offset, "negative " + std::string(what) + ": " + std::to_string(value));
      }
    };
    not_negative(head.type, 0, "event type");
    not_negative(head.event_size, 4, "event size");
    not_negative(head.time_offset, 8, "timestamp offset");
    not_negative(head.overflow, 12, "timestamp overflow");
    not_negative(head.capacity, 16, "capacity");
    not_negative(head.number, 20, "number of events");
    not_negative(head.valid, 24, "number of valid events");
    if (head.capacity != head.number) {
      fail(begin + 16, "the packet states a capacity of " + std::to_string(head.capacity) +
                           " events and has " + std::to_string(head.number) +
                           ": in a file both are the same");
    }
    if (head.valid > head.number) {
      fail(begin + 24, "the packet states " + std::to_string(head.valid) +
                           " valid events and has " + std::to_string(head.number));
    }
    if (head.type == polarity_type && head.event_size != polarity_size) {
      fail(begin + 4,
           "a polarity event takes 8 bytes, the packet states " + std::to_string(head.event_size));
    }
    if (head.type == polarity_type && head.time_offset != polarity_time_offset) {
      fail(begin + 8, "the timestamp of a polarity event stands at its byte 4, the packet states " +
                          std::to_string(head.time_offset));
    }
    at_ += packet_header_size;
    return head;
  }

  void packet() {
    const packet_header head = read_packet_header();
    const auto size = static_cast<std::uint64_t>(head.event_size);
    const std::uint64_t room = bytes_.size() - at_;
    if (static_cast<std::uint64_t>(head.number) * size > room) {
      const std::uint64_t complete = room / size;
      const auto end = at_ + static_cast<std::size_t>(complete * size);
      if (room % size != 0) {
        fail(end, "truncated event: it takes " + std::to_string(size) + " bytes, the file has " +
                      std::to_string(room % size) + " more");
      }
      fail(end, "truncated packet: it states " + std::to_string(head.number) +
                    " events, the file ends after " + std::to_string(complete));
    }
    if (head.type == polarity_type) {
      for (std::int32_t i = 0; i < head.number; ++i, at_ += polarity_size) {
        polarity_event(head.overflow);
      }
    } else {
      at_ += static_cast<std::size_t>(static_cast<std::uint64_t>(head.number) * size);
    }
  }

  /// Bit 0 valid, 1 polarity, 2 to 16 y, 17 to 31 x; then the time.
  void polarity_event(std::int32_t overflow) {
    const std::uint32_t data = detail::little_endian_word(bytes_, at_);
    if ((data & 1U) == 0) {
      return;
    }
    const std::int32_t time = word(at_ + 4);
    if (time < 0) {
      fail(at_ + 4, "negative timestamp: " + std::to_string(time));
    }
    detail::append(result_,
                   {.microseconds = std::int64_t{overflow} << 31U | time,
                    .x = static_cast<std::uint16_t>(data >> 17U),
                    .y = static_cast<std::uint16_t>(data >> 2U & 0x7FFFU),
                    .polarity = (data & 2U) != 0},
                   name_, at_);
  }

  std::span<const std::uint8_t> bytes_;
  const std::string& name_;
  std::size_t at_ = 0;
  recording result_;
};

void put(std::vector<std::uint8_t>& to, std::uint32_t word, int bytes) {
  for (int i = 0; i < bytes; ++i) {
    to.push_back(static_cast<std::uint8_t>(word >> 8U * static_cast<unsigned>(i)));
  }
}

void put(std::vector<std::uint8_t>& to, std::string_view text) {
  to.insert(to.end(), text.begin(), text.end());
}

} // namespace

recording parse_aedat(std::span<const std::uint8_t> bytes, const std::string& name,
                      sensor_size sensor) {
  return aedat_parser(bytes, name, sensor).parse();
}

recording read_aedat(const std::filesystem::path& file, sensor_size sensor) {
  return parse_aedat(detail::read_file(file), file.string(), sensor);
}

std::vector<std::uint8_t> aedat_bytes(const recording& from, const std::string& source) {
  detail::check_writable(from, (std::int64_t{1} << 62U) - 1, 0x7FFF, "AEDAT 3.1");

  std::vector<std::uint8_t> to;
  for (const auto text : {magic, std::string_view("#Format: RAW")}) {
    put(to, text);
    put(to, "\r\n");
  }
  put(to, "#Source 1: " + source + "\r\n#Start-Time: 1970-01-01 00:00:00 (TZ+0000)\r\n");
  put(to, end_of_header);
  put(to, "\r\n");

  constexpr std::ptrdiff_t largest_packet = 4096;
  for (auto begin = from.events.begin(); begin != from.events.end();) {
    const std::int64_t overflow = begin->microseconds >> 31U;
    const auto limit = begin + std::min(largest_packet, from.events.end() - begin);
    const auto end = std::find_if(
        begin, limit, [&](const event& e) { return e.microseconds >> 31U != overflow; });
    const auto number = static_cast<std::uint32_t>(end - begin);
    put(to, polarity_type, 2);
    put(to, 1, 2); // the source, as the header numbers it
    put(to, polarity_size, 4);
    put(to, polarity_time_offset, 4);
    put(to, static_cast<std::uint32_t>(overflow), 4);
    for (int i = 0; i < 3; ++i) { // capacity, number, valid
      put(to, number, 4);
    }
    for (; begin != end; ++begin) {
      const auto polarity = begin->polarity ? 2U : 0U;
      put(to, std::uint32_t{begin->x} << 17U | std::uint32_t{begin->y} << 2U | polarity | 1U, 4);
      put(to, static_cast<std::uint32_t>(begin->microseconds & 0x7FFFFFFF), 4);
    }
  }
  return to;
}

void write_aedat(const std::filesystem::path& file, const recording& from,
                 const std::string& source) {
  detail::write_file(file, aedat_bytes(from, source));
}

} // namespace spiking
