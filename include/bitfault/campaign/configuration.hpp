// SPDX-License-Identifier: MIT
#pragma once

#include "../fault_list/file.hpp"
#include "classification.hpp"
#include "configuration_error.hpp"
#include "experiment_reader.hpp"
#include "table_reader.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <toml++/toml.h>

namespace bitfault::campaign {

/// Where a report goes if nobody says where: beside the database, with the ending .html.
inline std::string report_beside(const std::filesystem::path& store) {
  const std::filesystem::path report = std::filesystem::path(store).replace_extension(".html");
  return report == store ? report.string() + ".html" : report.string();
}

/// Where a campaign leaves its results.
struct output_files {
  std::string store = "campaign.sqlite";                 ///< the database
  std::string report = report_beside("campaign.sqlite"); ///< empty: none

  friend bool operator==(const output_files&, const output_files&) = default;
};

/// What a TOML file says about a campaign: docs/campaign/configuration.md.
struct configuration {
  std::string path; ///< the file, for messages
  bitfault::campaign::settings settings{};
  std::vector<experiment> experiments{}; ///< one for each value of a sweep
  /// The table [model], which only the model's own reader understands: see `read_model`.
  /// Shared, since a copy of it would not know its lines. Never null.
  std::shared_ptr<const toml::table> model = std::make_shared<const toml::table>();
  output_files output{};
};

/// The kind of model that a configuration names; empty if it names none.
inline std::string model_kind(const configuration& c) {
  return (*c.model)["kind"].value_or(std::string());
}

namespace detail {

struct named_shortcut {
  std::string_view name;
  bool settings::*is_on;
};
inline constexpr std::array<named_shortcut, 3> named_shortcuts{
    {{"start_at_fault", &settings::start_at_fault},
     {"stop_if_masked", &settings::stop_if_masked},
     {"share_batches", &settings::share_batches}}};

struct named_size {
  std::string_view name;
  std::uint64_t bytes;
};
inline constexpr std::array<named_size, 9> named_sizes{{{"B", 1},
                                                        {"kB", 1000},
                                                        {"MB", 1000'000},
                                                        {"GB", 1000'000'000},
                                                        {"TB", 1000'000'000'000},
                                                        {"KiB", std::uint64_t{1} << 10U},
                                                        {"MiB", std::uint64_t{1} << 20U},
                                                        {"GiB", std::uint64_t{1} << 30U},
                                                        {"TiB", std::uint64_t{1} << 40U}}};

/// "256 MiB" as bytes.
inline std::optional<std::uint64_t> bytes_of(std::string_view text) {
  std::uint64_t n = 0;
  const auto r = std::from_chars(text.data(), text.data() + text.size(), n);
  if (r.ec != std::errc{})
    return std::nullopt;
  std::string_view unit = text.substr(static_cast<std::size_t>(r.ptr - text.data()));
  unit.remove_prefix(std::min(unit.find_first_not_of(' '), unit.size()));
  for (const named_size& size : named_sizes)
    if (size.name == unit && n <= std::numeric_limits<std::uint64_t>::max() / size.bytes)
      return n * size.bytes;
  return std::nullopt;
}

inline std::uint64_t read_cache(table_reader& reader, std::uint64_t otherwise) {
  const std::string type = "a whole number of bytes, or text such as \"256 MiB\"";
  const toml::node* node = reader.value("cache", type, "\"256 MiB\"");
  if (node == nullptr)
    return otherwise;
  if (const auto* n = node->as_integer(); n != nullptr && n->get() >= 0)
    return static_cast<std::uint64_t>(n->get());
  if (node->is_string())
    if (const auto bytes = bytes_of(node->as_string()->get()))
      return *bytes;
  reader.unexpected("cache", node, type);
  return otherwise;
}

inline void read_shortcuts(table_reader& reader, settings& s) {
  std::vector<std::string> all;
  for (const named_shortcut& shortcut : named_shortcuts)
    all.emplace_back(shortcut.name);
  const std::vector<std::string> wanted = reader.texts("shortcuts", all);
  for (const std::string& name : wanted)
    if (std::find(all.begin(), all.end(), name) == all.end())
      unknown_name(reader, "shortcuts", name, all);
  for (const named_shortcut& shortcut : named_shortcuts)
    s.*shortcut.is_on = std::find(wanted.begin(), wanted.end(), shortcut.name) != wanted.end();
}

/// The criteria by their names, and the one that decides.
inline void read_criteria(table_reader& reader, const std::vector<criterion>& known, settings& s) {
  std::vector<std::string> names, flags, asked;
  for (const criterion& c : known) {
    names.push_back(c.name);
    if (c.is_flag)
      flags.push_back(c.name);
  }
  const auto find = [&](const std::string& name) {
    const auto at = std::find_if(known.begin(), known.end(),
                                 [&](const criterion& c) { return c.name == name; });
    return at == known.end() ? nullptr : &*at;
  };
  for (const std::string& name : reader.texts("criteria", names)) {
    if (std::find(asked.begin(), asked.end(), name) != asked.end())
      reader.wrong("criteria", "'" + name + "' is given twice");
    else if (const criterion* c = find(name))
      s.criteria.push_back(*c);
    else
      unknown_name(reader, "criteria", name, names);
    asked.push_back(name);
  }
  s.headline = reader.text("headline", s.headline);
  const criterion* headline = find(s.headline);
  if (headline == nullptr)
    unknown_name(reader, "headline", s.headline, flags);
  else if (!headline->is_flag)
    reader.wrong("headline", "'" + s.headline + "' is a number; the headline has to be a flag");
  else if (std::find(asked.begin(), asked.end(), s.headline) == asked.end())
    reader.wrong("headline", "'" + s.headline + "' is not among the criteria");
}

inline settings read_settings(table_reader reader, const std::vector<criterion>& known) {
  settings s;
  s.name = reader.text("name", s.name);
  s.seed = reader.whole_number("seed", s.seed);
  read_criteria(reader, known, s);
  s.monitors = reader.texts("monitors", s.monitors);
  s.declared_dead = reader.texts("declared_dead", s.declared_dead);
  if (auto golden = reader.table("golden")) {
    s.golden_repeats =
        static_cast<std::uint32_t>(golden->whole_number("repeats", s.golden_repeats, 1, 1000));
    golden->finish();
  }
  s.output_check = reader.flag("output_check", s.output_check);
  s.threads = static_cast<unsigned>(reader.whole_number("threads", s.threads, 1, most_threads));
  s.cache_bytes = read_cache(reader, s.cache_bytes);
  read_shortcuts(reader, s);
  s.isolate = reader.flag("isolate", s.isolate);
  s.time_limit = reader.number_between("time_limit", s.time_limit, 0);
  reader.finish();
  return s;
}

inline output_files read_output(table_reader reader) {
  output_files files;
  files.store = reader.text("store", files.store);
  if (files.store.empty())
    reader.wrong("store", "a campaign needs a database");
  files.report = report_beside(files.store);
  if (const toml::node* node = reader.value("report", "text", ""); node != nullptr) {
    if (node->is_string())
      files.report = node->as_string()->get();
    else
      reader.unexpected("report", node, "text");
  }
  reader.finish();
  return files;
}

/// What a parsed file says; what is wrong with it goes into the log.
inline configuration read_tables(toml::table file, std::string path,
                                 const std::vector<criterion>& known, configuration_log& log) {
  configuration c;
  c.path = std::move(path);
  table_reader reader(file, "", log);
  static const toml::table nothing;
  const auto campaign = reader.table("campaign");
  // Without the table there are its defaults, which may need a criterion that is not there.
  c.settings = read_settings(campaign.value_or(table_reader(nothing, "campaign", log)), known);
  auto model = reader.table("model");
  if (model)
    model->text("kind");
  const std::string type = "tables, each headed [[experiment]]";
  const toml::node* experiments = reader.value("experiment", type, "");
  const toml::array* list = experiments == nullptr ? nullptr : experiments->as_array();
  if (experiments != nullptr && (list == nullptr || !list->is_homogeneous<toml::table>()))
    reader.unexpected("experiment", experiments, type);
  else if (list != nullptr)
    for (const toml::node& node : *list)
      read_experiment(table_reader(*node.as_table(), "experiment", log), c.experiments);
  if (const auto output = reader.table("output"))
    c.output = read_output(*output);
  reader.finish();
  if (model)
    c.model = std::make_shared<const toml::table>(std::move(*file["model"].as_table()));
  return c;
}

} // namespace detail

/// Reads a configuration. `known` are the criteria that it may name. Throws `configuration_error`
/// with all that is wrong in the text: line, key, what was found and what was expected. Experiments
/// and the table [model] may be missing: what there has to be is for the caller to say.
inline configuration
read_configuration(std::string_view text, const std::string& path = "configuration",
                   const std::vector<criterion>& known = classification_criteria()) {
  toml::table file;
  try {
    file = toml::parse(text, path);
  } catch (const toml::parse_error& e) {
    throw configuration_error(path, {{e.source().begin.line, std::string(e.description())}});
  }
  configuration_log log;
  configuration c = detail::read_tables(std::move(file), path, known, log);
  if (!log.problems.empty())
    throw configuration_error(path, std::move(log.problems));
  return c;
}

/// The same for a file. Throws `file_error` where it cannot be read.
inline configuration
load_configuration(const std::filesystem::path& path,
                   const std::vector<criterion>& known = classification_criteria()) {
  return read_configuration(bitfault::detail::read_file(path), path.string(), known);
}

/// Calls `make(table_reader&)` to make a model from the table [model] of a configuration, and
/// returns what it returns. The key `kind` is read already. Throws `configuration_error` for what
/// the reader has found wrong, and for keys that it was not asked for. The reader may be called
/// again for each further instance.
template <class Make>
auto read_model(const configuration& c, Make&& make) {
  configuration_log log;
  table_reader reader(*c.model, "model", log);
  reader.text("kind", "");
  const auto check = [&] {
    if (!log.problems.empty())
      throw configuration_error(c.path, log.problems);
  };
  try {
    auto made = make(reader);
    reader.finish();
    check();
    return made;
  } catch (const configuration_error&) {
    throw;
  } catch (...) {
    check(); // a wrong key is the cause, whatever came of it
    throw;
  }
}

} // namespace bitfault::campaign
