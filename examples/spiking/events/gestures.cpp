// SPDX-License-Identifier: MIT
#include "gestures.hpp"

#include "aedat.hpp"
#include "event_file.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace spiking {
namespace {

constexpr std::string_view header_line = "class,startTime_usec,endTime_usec";

/// Text from a file in a message: not too long, and nothing that a terminal would act upon.
[[nodiscard]] std::string quoted(std::string_view text) {
  constexpr std::size_t longest = 40;
  std::string result = "'";
  for (const char c : text.substr(0, longest)) {
    result += c >= ' ' && c <= '~' ? c : '?';
  }
  return result + (text.size() > longest ? "...'" : "'");
}

/// The lines of a text, one after another, without their ends.
class line_reader {
public:
  line_reader(std::string_view text, const std::string& name) : rest_(text), name_(name) {}

  [[nodiscard]] bool done() const { return rest_.empty(); }

  [[nodiscard]] std::string_view next() {
    ++number_;
    auto line = rest_.substr(0, rest_.find('\n'));
    rest_.remove_prefix(std::min(line.size() + 1, rest_.size()));
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    return line;
  }

  [[noreturn]] void fail(const std::string& what) const {
    detail::fail_at_line(name_, number_, what);
  }

private:
  std::string_view rest_;
  const std::string& name_;
  std::size_t number_ = 0;
};

[[nodiscard]] std::int64_t whole_number(std::string_view text, const line_reader& in) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) {
    in.fail("the number " + quoted(text) + " is too large");
  }
  if (error != std::errc{} || end != text.data() + text.size()) {
    in.fail("a whole number expected, not " + quoted(text));
  }
  if (value < 0) {
    in.fail("negative number: " + std::to_string(value));
  }
  return value;
}

[[nodiscard]] gesture_label label_of(std::string_view line, const line_reader& in,
                                     std::int64_t classes) {
  const auto commas = std::count(line.begin(), line.end(), ',');
  if (commas != 2) {
    in.fail("3 numbers with commas between them expected, not " + quoted(line));
  }
  std::array<std::int64_t, 3> numbers{};
  for (auto& number : numbers) {
    const auto text = line.substr(0, line.find(','));
    number = whole_number(text, in);
    line.remove_prefix(std::min(text.size() + 1, line.size()));
  }
  const gesture_label label{
      .gesture = numbers[0], .start_microseconds = numbers[1], .end_microseconds = numbers[2]};
  if (label.gesture < 1 || label.gesture > classes) {
    in.fail("class " + std::to_string(label.gesture) + " is none of 1 to " +
            std::to_string(classes));
  }
  if (label.end_microseconds <= label.start_microseconds) {
    in.fail("the end at " + std::to_string(label.end_microseconds) +
            " us is not after the start at " + std::to_string(label.start_microseconds) + " us");
  }
  return label;
}

} // namespace

std::vector<gesture_label> parse_labels(std::string_view text, const std::string& name,
                                        std::int64_t classes) {
  line_reader in(text, name);
  if (const auto first = in.next(); first != header_line) {
    in.fail("'" + std::string(header_line) + "' expected, not " + quoted(first));
  }
  std::vector<gesture_label> labels;
  while (!in.done()) {
    const auto line = in.next();
    labels.push_back(label_of(line, in, classes));
  }
  return labels;
}

std::vector<gesture_label> read_labels(const std::filesystem::path& file, std::int64_t classes) {
  const auto bytes = detail::read_file(file);
  return parse_labels({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, file.string(),
                      classes);
}

std::vector<gesture_sample> cut(const recording& from, const std::vector<gesture_label>& labels,
                                const std::string& name) {
  std::vector<gesture_sample> samples;
  samples.reserve(labels.size());
  for (const auto& label : labels) {
    const std::size_t line = samples.size() + 2; // the first line names the columns
    if (from.events.empty()) {
      detail::fail_at_line(name, line, "a gesture in a recording without events");
    }
    const std::int64_t first = from.events.front().microseconds;
    const std::int64_t last = from.events.back().microseconds;
    if (label.start_microseconds < first || label.end_microseconds - 1 > last) {
      detail::fail_at_line(name, line,
                           "the gesture from " + std::to_string(label.start_microseconds) + " to " +
                               std::to_string(label.end_microseconds) +
                               " us lies outside the recording, whose events are of " +
                               std::to_string(first) + " to " + std::to_string(last) + " us");
    }
    const auto at = [&](std::int64_t time) {
      return std::lower_bound(
          from.events.begin(), from.events.end(), time,
          [](const event& e, std::int64_t bound) { return e.microseconds < bound; });
    };
    gesture_sample sample{.output = static_cast<std::size_t>(label.gesture - 1),
                          .duration_microseconds =
                              label.end_microseconds - label.start_microseconds,
                          .seen = {from.width, from.height, {}}};
    sample.seen.events.assign(at(label.start_microseconds), at(label.end_microseconds));
    for (auto& e : sample.seen.events) {
      e.microseconds -= label.start_microseconds;
    }
    samples.push_back(std::move(sample));
  }
  return samples;
}

std::vector<gesture_sample> read_gestures(const std::filesystem::path& aedat_file) {
  auto labels_file = aedat_file;
  labels_file.replace_filename(aedat_file.stem().string() + "_labels.csv");
  const auto seen = read_aedat(aedat_file);
  return cut(seen, read_labels(labels_file), labels_file.string());
}

} // namespace spiking
