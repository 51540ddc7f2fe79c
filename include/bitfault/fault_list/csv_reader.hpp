// SPDX-License-Identifier: MIT
#pragma once

#include "../injector/fault_span.hpp"
#include "coordinates.hpp"
#include "csv.hpp"
#include "file_error.hpp"
#include "header.hpp"
#include "text_numbers.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bitfault::detail {

/// Text without the byte order mark that some editors put before it.
constexpr std::string_view without_mark(std::string_view text) noexcept {
  constexpr std::string_view mark = "\xEF\xBB\xBF";
  return text.starts_with(mark) ? text.substr(mark.size()) : text;
}

class csv_reader {
public:
  csv_reader(std::string_view text, const std::string& name)
      : text_(without_mark(text)), name_(name) {}

  std::pair<fault_list_header, std::vector<listed_fault>> read() {
    next_line();
    if (trimmed(line_) != csv_first_line)
      fail("expected '" + std::string(csv_first_line) + "'");
    bool columns = false;
    while (next_line()) {
      if (trimmed(line_).empty())
        continue;
      if (trimmed(line_).front() == '#') {
        if (!columns)
          read_entry();
      } else if (!columns) {
        read_columns();
        columns = true;
      } else {
        read_fault();
      }
    }
    if (!columns)
      fail("the file ends before the line '" + std::string(csv_columns) + "'");
    return {std::move(header_), std::move(faults_)};
  }

private:
  enum entry {
    format_version,
    draw_version_number,
    seed,
    trial,
    stream,
    step,
    word_bits,
    element_type,
    extents,
    tensor,
    policies,
    entries
  };
  static constexpr std::string_view entry_names[entries] = {
      "format version", "draw version", "seed",    "trial",  "stream",  "step",
      "word bits",      "element type", "extents", "tensor", "policies"};

  [[noreturn]] void fail(const std::string& what) const {
    raise(file_error::at_line(name_, number_, what));
  }

  static std::string_view trimmed(std::string_view s) noexcept {
    while (!s.empty() && (s.front() == ' ' || s.front() == '\t'))
      s.remove_prefix(1);
    while (!s.empty() && (s.back() == ' ' || s.back() == '\t'))
      s.remove_suffix(1);
    return s;
  }

  bool next_line() {
    if (text_.empty())
      return false;
    ++number_;
    const std::size_t end = text_.find('\n');
    line_ = text_.substr(0, end);
    text_.remove_prefix(end == std::string_view::npos ? text_.size() : end + 1);
    if (!line_.empty() && line_.back() == '\r')
      line_.remove_suffix(1);
    return true;
  }

  /// `# seed: 42`; lines with other keys, or none, are the user's own comments.
  void read_entry() {
    const std::size_t colon = line_.find(':');
    if (colon == std::string_view::npos)
      return;
    const std::size_t sign = line_.find('#');
    if (colon < sign)
      return;
    const std::string_view key = trimmed(line_.substr(sign + 1, colon - sign - 1));
    std::string_view value = line_.substr(colon + 1);
    if (!value.empty() && value.front() == ' ')
      value.remove_prefix(1);
    for (std::size_t i = 0; i < entries; ++i) {
      if (key != entry_names[i])
        continue;
      if (std::exchange(seen_[i], true))
        fail("'" + std::string(key) + "' is given twice");
      set(static_cast<entry>(i), value);
    }
  }

  std::uint64_t number(std::string_view text, std::string_view what, std::uint64_t limit) const {
    std::uint64_t n = 0;
    text = trimmed(text);
    if (!whole_number(text, n))
      fail("expected a number for '" + std::string(what) + "', found '" + std::string(text) + "'");
    if (n > limit)
      fail(std::string(what) + " " + std::to_string(n) + " is above " + std::to_string(limit));
    return n;
  }
  std::vector<std::uint64_t> numbers(std::string_view text, std::string_view what) const {
    std::vector<std::uint64_t> list;
    for (text = trimmed(text); !text.empty();) {
      const std::string_view one = text.substr(0, text.find(' '));
      list.push_back(number(one, what, ~std::uint64_t{0}));
      text = trimmed(text.substr(one.size()));
    }
    return list;
  }

  void set(entry e, std::string_view value) {
    constexpr std::uint64_t any = ~std::uint64_t{0}, small = 0xFFFFFFFFu;
    const std::string_view name = entry_names[e];
    switch (e) {
    case format_version:
      if (const std::uint64_t n = number(value, name, any); n > csv_format_version)
        fail("format version " + std::to_string(n) + " is newer than " +
             std::to_string(csv_format_version) + ", the newest that this library reads");
      else if (n == 0)
        fail("format version 0 does not exist");
      return;
    case draw_version_number:
      header_.draw_version = static_cast<std::uint32_t>(number(value, name, small));
      return;
    case seed:
      header_.key.seed = number(value, name, any);
      return;
    case trial:
      header_.key.trial = number(value, name, any);
      return;
    case stream:
      header_.key.stream = static_cast<std::uint32_t>(number(value, name, small));
      return;
    case step:
      header_.key.step = static_cast<std::uint32_t>(number(value, name, small));
      return;
    case word_bits:
      header_.word_bits = static_cast<unsigned>(number(value, name, 64));
      return;
    case element_type:
      header_.element_type = trimmed(value);
      return;
    case extents:
      header_.extents = numbers(value, name);
      return;
    case tensor:
      header_.tensor = value;
      return;
    case policies:
      header_.policies = value;
      return;
    case entries:
      return;
    }
  }

  void read_columns() {
    logged_ = trimmed(line_) == std::string(csv_columns) + std::string(csv_logged_columns);
    if (!logged_ && trimmed(line_) != csv_columns)
      fail("expected the columns '" + std::string(csv_columns) + "'");
    for (std::size_t i = 0; i < tensor; ++i)
      if (!seen_[i])
        fail("no line '# " + std::string(entry_names[i]) + ": ...' before the columns");
    if (const std::string wrong = wrong_in_header(header_); !wrong.empty())
      fail(wrong);
    count_elements(header_.extents, elements_);
  }

  std::uint64_t word(std::string_view text, std::string_view column) const {
    std::uint64_t n = 0;
    if (!hexadecimal_number(text, n))
      fail("column '" + std::string(column) + "': expected 0x and hexadecimal digits, found '" +
           std::string(text) + "'");
    return n;
  }

  std::uint64_t read_element(std::string_view element, std::string_view coordinates) const {
    std::uint64_t flat = 0;
    if (!coordinates.empty() || header_.extents.empty()) {
      if (const status s =
              element_at(header_.extents, numbers(coordinates, "coordinates"), "", flat);
          !s.ok())
        fail(sentence(s));
      if (!element.empty() && number(element, "element", ~std::uint64_t{0}) != flat)
        fail("element " + std::string(element) + " is not the one of the coordinates, which is " +
             std::to_string(flat) + "; one of the two columns may be left empty");
      return flat;
    }
    if (element.empty())
      fail("neither element nor coordinates are given");
    return number(element, "element", ~std::uint64_t{0});
  }

  std::uint64_t read_bits(std::string_view bits) const {
    if (bits == "all")
      return low_bits(header_.word_bits);
    if (bits.substr(0, 2) == "0x")
      return word(bits, "bits");
    std::uint64_t mask = 0;
    for (const std::uint64_t bit : numbers(bits, "bits")) {
      if (bit >= header_.word_bits)
        fail("bit " + std::to_string(bit) + " is outside a word of " +
             std::to_string(header_.word_bits) + " bits");
      if (((mask >> bit) & 1) != 0)
        fail("bit " + std::to_string(bit) + " is given twice");
      mask |= std::uint64_t{1} << bit;
    }
    return mask;
  }

  void read_fault() {
    std::array<std::string_view, 7> field;
    const std::size_t wanted = logged_ ? 7 : 5;
    std::size_t count = 0;
    for (std::string_view rest = line_;; ++count) {
      const std::size_t comma = rest.find(',');
      if (count < field.size())
        field[count] = trimmed(rest.substr(0, comma));
      if (comma == std::string_view::npos)
        break;
      rest.remove_prefix(comma + 1);
    }
    if (++count != wanted)
      fail("expected " + std::to_string(wanted) + " columns, found " + std::to_string(count));

    listed_fault f;
    f.element = read_element(field[0], field[1]);
    f.mask = read_bits(field[2]);
    std::size_t action = 0;
    while (action < std::size(action_names) && action_names[action] != field[3])
      ++action;
    if (action == std::size(action_names))
      fail("action '" + std::string(field[3]) +
           "' does not exist; there are flip, stuck_at_0, stuck_at_1 and write");
    f.action = static_cast<fault_action>(action);
    if (f.action == fault_action::write)
      f.value = word(field[4], "value");
    else if (!field[4].empty())
      fail("a value belongs to the action write only");
    if (const status s = check_fault(header_, elements_, faults_.size(), f); !s.ok())
      fail(sentence(s));
    if ((f.value & ~f.mask) != 0)
      fail("the value has bits outside the mask");
    if (logged_) {
      const std::uint64_t before = word(field[5], "before"), after = word(field[6], "after");
      if (((before | after) & ~low_bits(header_.word_bits)) != 0)
        fail("'before' or 'after' is wider than a word of " + std::to_string(header_.word_bits) +
             " bits");
      if (after != faulty_word(f, before))
        fail("'after' is not what the fault makes of 'before'");
    }
    faults_.push_back(f);
  }

  std::string_view text_;
  const std::string& name_;
  std::string_view line_{};
  std::uint64_t number_ = 0;
  bool seen_[entries]{};
  bool logged_ = false;
  fault_list_header header_{};
  std::uint64_t elements_ = 0;
  std::vector<listed_fault> faults_{};
};

/// Throws file_error with the line.
inline std::pair<fault_list_header, std::vector<listed_fault>> from_csv(std::string_view text,
                                                                        const std::string& name) {
  return csv_reader(text, name).read();
}

} // namespace bitfault::detail
