// SPDX-License-Identifier: MIT
#pragma once

#include "description_names.hpp"
#include "fault_description.hpp"
#include "fault_space.hpp"
#include "table_reader.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// How faults are written in a configuration, and on the command line: `fault`, `bits`, `amount`.
namespace bitfault::campaign {

namespace detail {

/// How many numbers follow the name of a fault model.
constexpr std::size_t numbers_of(fault_description::kind k) noexcept {
  using kind = fault_description::kind;
  if (k == kind::constant || k == kind::scale)
    return 1;
  return draws_value(k) || k == kind::quantized_flip ? 2 : 0;
}

/// The one key of a table such as {per_bit = 1e-6}, and its value; reports anything else.
struct named_value {
  std::string name;
  const toml::node* value = nullptr;
};
inline std::optional<named_value> only_entry(table_reader& reader, std::string_view key,
                                             const toml::node& node) {
  const toml::table& table = *node.as_table();
  if (table.size() == 1)
    return named_value{std::string(table.begin()->first.str()), &table.begin()->second};
  reader.wrong(key, "this table takes one key, and has " + std::to_string(table.size()));
  return std::nullopt;
}

inline void unknown_name(table_reader& reader, std::string_view key, const std::string& name,
                         const std::vector<std::string>& names) {
  reader.wrong(key, "there is no '" + name + "'; the nearest name is '" +
                        bitfault::detail::nearest_name(names, name) + "'");
}

} // namespace detail

/// "bit_flip", {scale = 2.0}, {normal_noise = [0, 0.1]} and so on.
inline fault_description read_fault(table_reader& reader, std::string_view key = "fault") {
  static const std::string type =
      "\"bit_flip\", \"stuck_at_0\", \"stuck_at_1\", {quantized_flip = [bits, step]}, \"zero\", "
      "{constant = value}, {scale = factor}, {random_value = [from, to]}, "
      "{uniform_noise = [from, to]} or {normal_noise = [mean, deviation]}";
  fault_description fault;
  const toml::node* node = reader.value(key, type, "\"bit_flip\"");
  if (node == nullptr)
    return fault;
  std::string name;
  std::vector<double> numbers;
  if (const auto* text = node->as_string()) {
    name = text->get();
  } else if (node->is_table()) {
    const auto entry = detail::only_entry(reader, key, *node);
    if (!entry)
      return fault;
    name = entry->name;
    const toml::array* list = entry->value->as_array();
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i)
      if ((*list)[i].is_number())
        numbers.push_back(*(*list)[i].value<double>());
    if (entry->value->is_number())
      numbers.push_back(*entry->value->value<double>());
    else if (list == nullptr || numbers.size() != list->size())
      return reader.unexpected(key, entry->value, "one number or a list of two"), fault;
  } else {
    return reader.unexpected(key, node, type), fault;
  }

  using kind = fault_description::kind;
  const std::optional<kind> known = detail::kind_of<kind>(detail::fault_names, name);
  if (!known) {
    const std::vector<std::string> names(detail::fault_names.begin(), detail::fault_names.end());
    return detail::unknown_name(reader, key, name, names), fault;
  }
  const kind which = *known;
  if (numbers.size() != detail::numbers_of(which)) {
    reader.wrong(key, name + " takes " + std::to_string(detail::numbers_of(which)) + " numbers, " +
                          std::to_string(numbers.size()) + " given");
    return fault;
  }
  numbers.resize(2);
  const bool range = which == kind::random_value || which == kind::uniform_noise;
  if (which != kind::constant && !(std::isfinite(numbers[0]) && std::isfinite(numbers[1])))
    reader.wrong(key, name + ": its numbers have to be finite");
  else if (range && !(numbers[0] < numbers[1]))
    reader.wrong(key, name + ": the range from " + detail::plain_number(numbers[0]) + " to " +
                          detail::plain_number(numbers[1]) + " is empty");
  else if (which == kind::quantized_flip && !detail::is_integer_format(numbers[0], numbers[1]))
    reader.wrong(key, "quantized_flip takes a whole number of bits from 2 to 32 and a step above "
                      "0, not " +
                          detail::plain_number(numbers[0]) + " and " +
                          detail::plain_number(numbers[1]));
  else if (which == kind::normal_noise && !(numbers[1] >= 0))
    reader.wrong(key, name + ": the standard deviation " + detail::plain_number(numbers[1]) +
                          " is negative");
  else
    fault = {which, numbers[0], numbers[1], {}};
  return fault;
}

/// "any", "exponent", 30, [30, 29], {adjacent = 2} and so on.
inline mask_family read_bits(table_reader& reader, std::string_view key = "bits") {
  static const std::string type =
      "\"any\", \"sign\", \"exponent\", \"mantissa\", \"all\", the number of a bit, a list of "
      "such numbers or {adjacent = width}";
  mask_family family;
  const toml::node* node = reader.value(key, type, "\"any\"");
  if (node == nullptr)
    return family;
  const auto small = [&](const toml::node& n, std::int64_t least, std::int64_t most,
                         const std::string& what) -> std::optional<unsigned> {
    if (const auto* found = n.as_integer();
        found != nullptr && found->get() >= least && found->get() <= most)
      return static_cast<unsigned>(found->get());
    reader.unexpected(key, &n,
                      what + " from " + std::to_string(least) + " to " + std::to_string(most));
    return std::nullopt;
  };
  const auto add_bit = [&](const toml::node& n) {
    const std::optional<unsigned> bit = small(n, 0, 63, "the number of a bit");
    for (const unsigned b : family.bits)
      if (bit && b == *bit)
        reader.wrong(key, "bit " + std::to_string(b) + " is given twice");
    if (bit)
      family.bits.push_back(*bit);
  };
  if (const auto* text = node->as_string()) {
    using kind = mask_family::kind;
    const std::optional<kind> which = detail::kind_of<kind>(detail::bits_names, text->get());
    if (which && *which != kind::given && *which != kind::adjacent) // these are no texts
      family.which = *which;
    else
      detail::unknown_name(reader, key, text->get(),
                           {"any", "sign", "exponent", "mantissa", "all"});
  } else if (node->is_integer()) {
    family.which = mask_family::kind::given;
    add_bit(*node);
  } else if (const auto* list = node->as_array()) {
    family.which = mask_family::kind::given;
    for (const toml::node& n : *list)
      add_bit(n);
    if (list->empty())
      reader.wrong(key, "the list has no bits in it");
  } else if (node->is_table()) {
    const auto entry = detail::only_entry(reader, key, *node);
    if (entry && entry->name != "adjacent")
      detail::unknown_name(reader, key, entry->name, {"adjacent"});
    else if (entry)
      if (const auto width = small(*entry->value, 1, 64, "a number of neighbouring bits"))
        family = {mask_family::kind::adjacent, {}, *width};
  } else {
    reader.unexpected(key, node, type);
  }
  return family;
}

/// "single", {exactly = 10}, {per_bit = 1e-6} and so on; a list of numbers gives as many amounts.
inline std::vector<fault_amount> read_amounts(table_reader& reader,
                                              std::string_view key = "amount") {
  static const std::string type =
      "\"single\", {exactly = faults}, {fraction = share}, {per_bit = probability}, "
      "{per_element = probability} or {per_target = probability}; a list instead of the number "
      "makes one experiment of each";
  using kind = fault_amount::kind;
  std::vector<fault_amount> otherwise(1);
  const toml::node* node = reader.value(key, type, "\"single\"");
  if (node == nullptr || (node->is_string() && node->as_string()->get() == "single"))
    return otherwise;
  if (!node->is_table())
    return reader.unexpected(key, node, type), otherwise;
  const auto entry = detail::only_entry(reader, key, *node);
  if (!entry)
    return otherwise;
  const std::optional<kind> which = detail::kind_of<kind>(detail::amount_names, entry->name);
  if (!which || *which == kind::single) {
    detail::unknown_name(reader, key, entry->name,
                         {"exactly", "fraction", "per_bit", "per_element", "per_target"});
    return otherwise;
  }
  std::vector<fault_amount> amounts;
  const auto add = [&](const toml::node& n) {
    fault_amount a{*which, 1, 0};
    const auto* count = n.as_integer();
    const double rate = n.is_number() ? *n.value<double>() : -1;
    const bool counted = a.which == kind::exactly;
    if (counted && count != nullptr && count->get() >= 0)
      a.count = static_cast<std::uint64_t>(count->get());
    else if (!counted && rate >= 0 && rate <= 1)
      a.rate = rate;
    else
      return reader.unexpected(key, &n,
                               counted ? "a whole number of faults" : "a number from 0 to 1");
    amounts.push_back(a);
  };
  if (const auto* list = entry->value->as_array()) {
    for (const toml::node& n : *list)
      add(n);
    if (list->empty())
      reader.wrong(key, "the list has no numbers in it");
  } else {
    add(*entry->value);
  }
  return amounts.empty() ? otherwise : amounts;
}

namespace detail {

inline std::string toml_form(const fault_description& f) {
  const std::string name(name_in(fault_names, f.which));
  const std::size_t count = numbers_of(f.which);
  if (count == 0)
    return toml_text(name);
  std::string numbers = toml_number(f.a);
  if (count == 2)
    numbers = "[" + numbers + ", " + toml_number(f.b) + "]";
  return "{" + name + " = " + numbers + "}";
}

inline std::string toml_form(const mask_family& family) {
  if (family.which == mask_family::kind::adjacent)
    return "{adjacent = " + std::to_string(family.width) + "}";
  if (family.which != mask_family::kind::given)
    return toml_text(name_in(bits_names, family.which));
  std::string list;
  for (const unsigned bit : family.bits)
    list += (list.empty() ? "" : ", ") + std::to_string(bit);
  return "[" + list + "]";
}

inline std::string toml_form(const fault_amount& a) {
  if (a.which == fault_amount::kind::single)
    return "\"single\"";
  return "{" + std::string(name_in(amount_names, a.which)) + " = " +
         (a.which == fault_amount::kind::exactly ? std::to_string(a.count) : toml_number(a.rate)) +
         "}";
}

} // namespace detail
} // namespace bitfault::campaign
