// SPDX-License-Identifier: MIT
#include "commands.hpp"
#include "faulty_copy.hpp"

#include <bitfault/campaign/bound_experiment.hpp>
#include <bitfault/campaign/fault_reader.hpp>
#include <bitfault/campaign/inject.hpp>
#include <bitfault/fault_list/edit_distance.hpp>
#include <bitfault/fault_list/file_error.hpp>
#include <bitfault/fault_list/name_pattern.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <iostream>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace tool {
namespace {

namespace engine = bitfault::campaign;
using bitfault::file_error;

struct options {
  std::string input;
  output_options where;
  raw_form raw;
  std::string fault = "bit_flip", bits = "any", amount = "single";
  std::uint64_t seed = 1, trial = 0;
  std::vector<std::string> tensors{"*"};
};

/// CLI11 takes -1 and 2^64 for whole numbers too.
const CLI::Validator whole_number(
    [](const std::string& text) {
      std::uint64_t n = 0;
      return bitfault::detail::whole_number(text, n)
                 ? std::string()
                 : "'" + text + "' is no whole number from 0 to 18446744073709551615";
    },
    "");

/// A word of the command line as a value of a configuration: a number if it is one.
toml::array list_of(const std::string& text) {
  toml::array list;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    const char *first = text.data() + at, *last = text.data() + end;
    std::int64_t whole = 0;
    double number = 0;
    if (const auto r = std::from_chars(first, last, whole);
        r.ec == std::errc{} && r.ptr == last && first != last)
      list.push_back(whole);
    else if (const auto s = std::from_chars(first, last, number);
             s.ec == std::errc{} && s.ptr == last && first != last)
      list.push_back(number);
    else
      list.push_back(std::string(first, last));
    at = end + 1;
  }
  return list;
}
void insert_value(toml::table& table, const std::string& key, const std::string& text) {
  toml::array list = list_of(text);
  if (list.size() > 1)
    table.insert(key, std::move(list));
  else
    list[0].visit([&](auto& value) { table.insert(key, std::move(value)); });
}
/// name=value, or value alone: {name = value} in a configuration.
void insert_form(toml::table& table, const std::string& key, const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos)
    return insert_value(table, key, text);
  toml::table inside;
  insert_value(inside, text.substr(0, equals), text.substr(equals + 1));
  table.insert(key, std::move(inside));
}

engine::experiment experiment_of(const options& o) {
  toml::table table;
  insert_form(table, "fault", o.fault);
  insert_form(table, "bits", o.bits);
  insert_form(table, "amount", o.amount);
  engine::configuration_log log;
  engine::table_reader reader(table, "", log);
  engine::experiment e;
  e.name = "inject";
  e.targets = {"*"};
  e.fault = engine::read_fault(reader);
  e.fault.bits = engine::read_bits(reader);
  const std::vector<engine::fault_amount> amounts = engine::read_amounts(reader);
  if (amounts.size() > 1)
    reader.wrong("amount", "one number here; a sweep is for campaigns");
  if (!log.problems.empty())
    throw engine::configuration_error("command line", std::move(log.problems));
  e.amount = amounts.front();
  e.trials = e.amount.which == engine::fault_amount::kind::single ? 0 : 1;
  return e;
}

/// The tensors that at least one pattern fits, by their names.
std::vector<const file_tensor*> chosen_tensors(const tensor_file& file,
                                               const std::vector<std::string>& patterns) {
  std::vector<const file_tensor*> chosen;
  std::vector<std::string> names;
  for (const file_tensor& tensor : file.tensors)
    names.push_back(tensor.name);
  for (const std::string& pattern : patterns)
    if (std::none_of(names.begin(), names.end(), [&](const std::string& name) {
          return bitfault::fits_pattern(name, pattern);
        }))
      throw file_error(file.path.string(),
                       "no tensor fits '" + pattern + "'" +
                           (names.empty()
                                ? "; there is none at all"
                                : "; the nearest name is '" +
                                      bitfault::detail::nearest_name(names, pattern) + "'"));
  for (const file_tensor& tensor : file.tensors)
    if (std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
          return bitfault::fits_pattern(tensor.name, pattern);
        })) {
      check_target(file, tensor);
      chosen.push_back(&tensor);
    }
  return chosen;
}

/// The trial of the experiment on these tensors: as a campaign would draw it whose first experiment
/// this is.
std::vector<tensor_faults> draw(const options& o, const tensor_file& file,
                                const engine::experiment& e) {
  const std::vector<const file_tensor*> chosen = chosen_tensors(file, o.tensors);
  std::vector<engine::target> targets;
  for (const file_tensor* tensor : chosen)
    targets.push_back({tensor->name, engine::target_kind::weight, tensor->type, tensor->extents,
                       tensor->size(), targets.size()});
  const engine::bound_experiment bound(e, 0, o.seed, targets);
  if (e.trials == 0 && o.trial >= bound.trials())
    throw std::invalid_argument("bitfault: --trial " + std::to_string(o.trial) + ": there are " +
                                std::to_string(bound.trials()) +
                                " fault sites, and each trial takes another");
  std::ifstream in(file.path, std::ios::binary);
  std::vector<std::vector<bitfault::listed_fault>> faults(targets.size());
  std::map<std::pair<std::uint32_t, std::uint64_t>, std::uint64_t> words;
  for (const engine::fault_site& site : bound.sites_of(o.trial)) {
    const file_tensor& tensor = *chosen[site.target];
    const std::pair place(site.target, site.element);
    if (words.find(place) == words.end())
      words[place] = load_word(in, file.path.string(), tensor, site.element);
    const bitfault::listed_fault f =
        engine::fault_at(e.fault, *tensor.type, site, words[place], bound.values_of(o.trial));
    words[place] = bitfault::faulty_word(f, words[place]);
    faults[site.target].push_back(f);
  }
  std::vector<tensor_faults> drawn;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    // Where nothing was hit at all, the list still says of what.
    if (faults[i].empty() && (!words.empty() || i > 0))
      continue;
    bitfault::fault_list_header header = header_of(*chosen[i]);
    header.key = {.seed = o.seed, .trial = o.trial};
    header.policies = "fault = " + engine::detail::toml_form(e.fault) +
                      ", bits = " + engine::detail::toml_form(e.fault.bits) +
                      ", amount = " + engine::detail::toml_form(e.amount);
    drawn.push_back({chosen[i], bitfault::fault_list(header, std::move(faults[i]))});
  }
  return drawn;
}

void inject(const options& o) {
  const engine::experiment e = experiment_of(o);
  static_cast<void>(o.where.target(o.input)); // before the work
  const tensor_file file = read_tensor_file(o.input, o.raw);
  std::vector<tensor_faults> faults = draw(o, file, e);
  find_words_before(file, faults);
  write_results(file, faults, o.where);
  print_faults(std::cout, faults);
}

} // namespace

void add_raw_options(CLI::App& app, raw_form& raw) {
  app.add_option("--dtype", raw.dtype,
                 "Raw bytes: their type (float16, bfloat16, float32, float64, int8, uint8, bool "
                 "and so on), least significant byte first");
  app.add_option("--shape", raw.extents, "Raw bytes: extents, outermost axis first: 64,3,3,3")
      ->delimiter(',')
      ->check(whole_number)
      ->each([&raw](const std::string&) { raw.has_extents = true; });
}

void add_inject(CLI::App& app, command& chosen) {
  auto o = std::make_shared<options>();
  CLI::App* sub = app.add_subcommand("inject", "Copies a file of tensors with faults in the copy");
  sub->add_option("input", o->input, ".safetensors, .npy, or raw bytes (.bin)")->required();
  sub->add_option("-o,--output", o->where.output, "The copy");
  sub->add_flag("--in-place", o->where.in_place, "Replaces the input instead");
  sub->add_option(
         "--fault", o->fault,
         "bit_flip, stuck_at_0, stuck_at_1, quantized_flip=BITS,STEP, zero, constant=VALUE, "
         "scale=FACTOR, random_value=FROM,TO, uniform_noise=FROM,TO or normal_noise=MEAN,DEVIATION")
      ->capture_default_str();
  sub->add_option("--bits", o->bits,
                  "any, sign, exponent, mantissa, all, bit numbers (30 or 30,29), adjacent=WIDTH")
      ->capture_default_str();
  sub->add_option("--amount", o->amount,
                  "single, exactly=FAULTS, fraction=SHARE, per_bit=PROBABILITY or "
                  "per_element=PROBABILITY, over all tensors together; or per_target=PROBABILITY")
      ->capture_default_str();
  sub->add_option("--tensor", o->tensors, "Only these: names, or patterns with * and ?")
      ->expected(1)
      ->take_all()
      ->capture_default_str();
  sub->add_option("--seed", o->seed, "Of the random numbers")
      ->check(whole_number)
      ->capture_default_str();
  sub->add_option("--trial", o->trial, "Another one gives other faults")
      ->check(whole_number)
      ->capture_default_str();
  sub->add_option("--list", o->where.list, "Writes the faults as a list too, as CSV");
  add_raw_options(*sub, o->raw);
  sub->final_callback([o, &chosen] { chosen = [o] { inject(*o); }; });
}

} // namespace tool
