// SPDX-License-Identifier: MIT
#pragma once

#include "../fault_list/edit_distance.hpp"
#include "configuration_error.hpp"

#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <toml++/toml.h>

namespace bitfault::campaign {

/// A key that a reader has asked for: what it takes and what it is without it.
struct configuration_key {
  std::string name;          ///< with its tables: "campaign.golden.repeats"
  std::string type;          ///< in words: "a whole number from 1 to 1024"
  std::string default_value; ///< as one writes it in the file; empty: there is none

  friend bool operator==(const configuration_key&, const configuration_key&) = default;
};

/// What reading has found out so far, over all tables of a file.
struct configuration_log {
  std::vector<configuration_problem> problems;
  std::vector<configuration_key> keys; ///< in the order in which they were asked for, each once
};

namespace detail {

/// The shortest decimal number that is read back as the same double, as TOML writes floats.
inline std::string toml_number(double n) {
  if (std::isnan(n))
    return "nan";
  if (std::isinf(n))
    return n < 0 ? "-inf" : "inf";
  char digits[32];
  std::string text(digits, std::to_chars(digits, digits + sizeof digits, n).ptr);
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

/// A number for people: 1, not 1.0.
inline std::string plain_number(double n) {
  std::string text = toml_number(n);
  return text.ends_with(".0") ? text.substr(0, text.size() - 2) : text;
}

inline std::string toml_text(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (code < 0x20 || code == 0x7F) {
      constexpr char digits[] = "0123456789ABCDEF";
      quoted += std::string("\\u00") + digits[code >> 4] + digits[code & 15];
    } else {
      if (c == '"' || c == '\\')
        quoted += '\\';
      quoted += c;
    }
  }
  return quoted + '"';
}

/// TOML's whole numbers end at 2^63 - 1; what lies above is written as text.
inline std::string toml_whole_number(std::uint64_t n) {
  const bool fits = n <= std::uint64_t{std::numeric_limits<std::int64_t>::max()};
  return fits ? std::to_string(n) : toml_text(std::to_string(n));
}

inline std::string toml_texts(const std::vector<std::string>& texts) {
  std::string list;
  for (const std::string& text : texts)
    list += (list.empty() ? "" : ", ") + toml_text(text);
  return "[" + list + "]";
}

/// What a file has where something else was expected.
inline std::string found_value(const toml::node& node) {
  if (const auto* text = node.as_string())
    return "the text " + toml_text(text->get());
  if (const auto* n = node.as_integer())
    return "the number " + std::to_string(n->get());
  if (const auto* n = node.as_floating_point())
    return "the number " + toml_number(n->get());
  if (const auto* flag = node.as_boolean())
    return flag->get() ? "true" : "false";
  if (node.is_array())
    return "a list";
  return node.is_table() ? "a table" : "a date or time";
}

} // namespace detail

/// Reads one table of a configuration. It notes each key that it is asked for, so that `finish`
/// can report those that nobody asked for, with the nearest one that is known. What is wrong goes
/// into the log, and reading goes on with the default, so that one run finds all problems of a
/// file.
///
///     double leak = reader.number("leak", 0.9, 0, 1);
///     std::string weights = reader.text("weights");      // without a default: required
///
/// The table and the log must outlive the reader.
class table_reader {
public:
  /// `name` is the table's, empty for the whole file.
  table_reader(const toml::table& table, std::string name, configuration_log& log)
      : table_(&table), name_(std::move(name)), log_(&log) {}

  bool has(std::string_view key) const { return table_->contains(key); }
  std::uint64_t line() const { return table_->source().begin.line; }
  const std::string& name() const noexcept { return name_; }

  /// The value of a key, for forms that no function below reads; null without it. `type` and
  /// `default_value` say in words what it takes.
  const toml::node* value(std::string_view key, std::string type, std::string default_value) {
    std::string whole = name_.empty() ? std::string(key) : name_ + "." + std::string(key);
    known_.emplace_back(key);
    for (const configuration_key& k : log_->keys)
      if (k.name == whole)
        return table_->get(key);
    log_->keys.push_back({std::move(whole), std::move(type), std::move(default_value)});
    return table_->get(key);
  }

  std::string text(std::string_view key, const std::optional<std::string>& otherwise = {}) {
    const std::string type = "text";
    const toml::node* node = value(key, type, otherwise ? detail::toml_text(*otherwise) : "");
    if (const auto* found = node == nullptr ? nullptr : node->as_string())
      return found->get();
    unexpected(key, node, type);
    return otherwise.value_or("");
  }

  bool flag(std::string_view key, const std::optional<bool>& otherwise = {}) {
    const std::string type = "true or false";
    const toml::node* node = value(key, type, !otherwise ? "" : *otherwise ? "true" : "false");
    if (const auto* found = node == nullptr ? nullptr : node->as_boolean())
      return found->get();
    unexpected(key, node, type);
    return otherwise.value_or(false);
  }

  /// A number from `least` to `most`.
  std::uint64_t whole_number(std::string_view key, const std::optional<std::uint64_t>& otherwise,
                             std::uint64_t least = 0,
                             std::uint64_t most = std::numeric_limits<std::uint64_t>::max()) {
    const std::string type =
        most == std::numeric_limits<std::uint64_t>::max()
            ? "a whole number, at least " + std::to_string(least)
            : "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
    const toml::node* node =
        value(key, type, otherwise ? detail::toml_whole_number(*otherwise) : "");
    if (const auto found = whole(node); found && *found >= least && *found <= most)
      return *found;
    unexpected(key, node, type);
    return otherwise.value_or(least);
  }

  /// A number from `least` to `most`; whole numbers are numbers too, NaN is none.
  double number(std::string_view key, const std::optional<double>& otherwise = {},
                double least = -std::numeric_limits<double>::infinity(),
                double most = std::numeric_limits<double>::infinity()) {
    const std::string type =
        std::isinf(least) && std::isinf(most)
            ? "a number"
            : "a number from " + detail::plain_number(least) + " to " + detail::plain_number(most);
    const toml::node* node = value(key, type, otherwise ? detail::plain_number(*otherwise) : "");
    const auto found = node == nullptr ? std::nullopt : node->value<double>();
    if (found && node->is_number() && *found >= least && *found <= most)
      return *found;
    unexpected(key, node, type);
    return otherwise.value_or(std::isinf(least) ? 0 : least);
  }

  /// A number above `low` and below `high`.
  double number_between(std::string_view key, const std::optional<double>& otherwise, double low,
                        double high = std::numeric_limits<double>::infinity()) {
    const std::string type = "a number above " + detail::plain_number(low) +
                             (std::isinf(high) ? "" : " and below " + detail::plain_number(high));
    const toml::node* node = value(key, type, otherwise ? detail::plain_number(*otherwise) : "");
    const auto found = node == nullptr ? std::nullopt : node->value<double>();
    if (found && node->is_number() && *found > low && *found < high)
      return *found;
    unexpected(key, node, type);
    return otherwise.value_or(low);
  }

  /// A list of texts; a single one needs no brackets.
  std::vector<std::string> texts(std::string_view key,
                                 const std::optional<std::vector<std::string>>& otherwise = {}) {
    const std::string type = "text or a list of texts";
    const toml::node* node = value(key, type, otherwise ? detail::toml_texts(*otherwise) : "");
    const toml::array* list = node == nullptr ? nullptr : node->as_array();
    std::vector<std::string> found;
    if (node != nullptr && node->is_string())
      found.push_back(node->as_string()->get());
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i)
      if (const auto* text = (*list)[i].as_string())
        found.push_back(text->get());
    if (list != nullptr ? found.size() == list->size() : !found.empty())
      return found;
    unexpected(key, node, type);
    return otherwise.value_or(std::vector<std::string>{});
  }

  /// A table inside this one, if it is there.
  std::optional<table_reader> table(std::string_view key) {
    const toml::node* node = value(key, "a table", "");
    if (node == nullptr)
      return std::nullopt;
    if (const toml::table* found = node->as_table())
      return table_reader(*found, name_.empty() ? std::string(key) : name_ + "." + std::string(key),
                          *log_);
    unexpected(key, node, "a table");
    return std::nullopt;
  }

  /// Reports that the value of a key is not what was expected, or that it is missing (null).
  /// Nothing is reported for a key that is missing and has a default.
  void unexpected(std::string_view key, const toml::node* node, const std::string& expected) {
    const std::string whole = name_.empty() ? std::string(key) : name_ + "." + std::string(key);
    if (node != nullptr) {
      log_->problems.push_back(
          {node->source().begin.line,
           whole + ": expected " + expected + ", found " + detail::found_value(*node)});
      return;
    }
    for (const configuration_key& k : log_->keys)
      if (k.name == whole && !k.default_value.empty())
        return;
    log_->problems.push_back({line(), whole + " is missing; it takes " + expected});
  }
  /// Reports anything else that is wrong with a key.
  void wrong(std::string_view key, const std::string& what) {
    const toml::node* node = table_->get(key);
    log_->problems.push_back({node == nullptr ? line() : node->source().begin.line,
                              (name_.empty() ? "" : name_ + ".") + std::string(key) + ": " + what});
  }

  /// Reports the keys of the table that nobody has asked for.
  void finish() {
    for (const auto& [key, node] : *table_) {
      const std::string_view text = key.str();
      bool found = false;
      for (const std::string& k : known_)
        found = found || k == text;
      if (found)
        continue;
      const std::string where = name_.empty() ? "the configuration" : "[" + name_ + "]";
      const std::string nearest = bitfault::detail::nearest_name(known_, text);
      log_->problems.push_back(
          {key.source().begin.line,
           where + " has no " + (node.is_table() ? "table" : "key") + " '" + std::string(text) +
               "'" +
               (nearest.empty() ? "; it has none" : "; the nearest name is '" + nearest + "'")});
    }
  }

private:
  static std::optional<std::uint64_t> whole(const toml::node* node) {
    if (node == nullptr)
      return std::nullopt;
    if (const auto* n = node->as_integer(); n != nullptr && n->get() >= 0)
      return static_cast<std::uint64_t>(n->get());
    const auto* text = node->as_string();
    std::uint64_t n = 0;
    if (text == nullptr)
      return std::nullopt;
    const std::string& digits = text->get();
    const auto r = std::from_chars(digits.data(), digits.data() + digits.size(), n);
    if (r.ec != std::errc{} || r.ptr != digits.data() + digits.size())
      return std::nullopt;
    return n;
  }

  const toml::table* table_;
  std::string name_;
  configuration_log* log_;
  std::vector<std::string> known_;
};

} // namespace bitfault::campaign
