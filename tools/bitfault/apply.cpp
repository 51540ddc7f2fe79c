// SPDX-License-Identifier: MIT
#include "commands.hpp"
#include "faulty_copy.hpp"

#include <bitfault/fault_list/address.hpp>
#include <bitfault/fault_list/file_error.hpp>

#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tool {
namespace {

using bitfault::file_error;

struct options {
  std::string faults, input;
  output_options where;
  raw_form raw;
};

std::string shape_text(const bitfault::fault_list_header& h) {
  return h.element_type + " [" + bitfault::detail::joined(h.extents, ", ") + "]";
}

/// The list for the tensor that it names.
tensor_faults fitted(const tensor_file& file, bitfault::fault_list list, const std::string& from) {
  const file_tensor& tensor = find_tensor(file, list.header().tensor);
  const bitfault::fault_list_header there = header_of(tensor);
  if (list.header().element_type != there.element_type ||
      list.header().word_bits != there.word_bits || list.header().extents != there.extents)
    throw file_error(from, "the list is for " + shape_text(list.header()) + "; tensor '" +
                               tensor.name + "' of " + file.path.string() + " is " +
                               shape_text(there));
  return {&tensor, std::move(list)};
}

void apply(const options& o) {
  static_cast<void>(o.where.target(o.input)); // before the work
  const bool is_address = o.faults.compare(0, 4, "bf1:") == 0;
  std::vector<bitfault::fault_list> lists;
  if (!is_address)
    lists = load_lists(o.faults);
  const tensor_file file = read_tensor_file(o.input, o.raw);
  std::vector<tensor_faults> faults;
  if (is_address) {
    const bitfault::fault_address a = bitfault::parse_address(o.faults);
    const file_tensor& tensor = find_tensor(file, a.tensor);
    const bitfault::fault_list_header header = header_of(tensor);
    faults.push_back({&tensor, bitfault::fault_list(header, {bitfault::to_fault(a, header)})});
  }
  for (bitfault::fault_list& list : lists)
    faults.push_back(fitted(file, std::move(list), o.faults));
  for (std::size_t i = 0; i < faults.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (faults[i].tensor == faults[j].tensor)
        throw file_error(o.faults, "two lists for tensor '" + faults[i].tensor->name + "'");
  find_words_before(file, faults);
  write_results(file, faults, o.where);
  print_faults(std::cout, faults);
}

} // namespace

void add_apply(CLI::App& app, command& chosen) {
  auto o = std::make_shared<options>();
  CLI::App* sub = app.add_subcommand("apply", "Copies a file of tensors with given faults in it");
  sub->add_option("faults", o->faults,
                  "A fault list, as --list writes it, or an address: bf1:conv1.weight[3,0,1,2]^30")
      ->required();
  sub->add_option("input", o->input, ".safetensors, .npy, or raw bytes (.bin)")->required();
  sub->add_option("-o,--output", o->where.output, "The copy");
  sub->add_flag("--in-place", o->where.in_place, "Replaces the input instead");
  sub->add_option("--list", o->where.list,
                  "Writes the faults as a list with the words before and after");
  add_raw_options(*sub, o->raw);
  sub->final_callback([o, &chosen] { chosen = [o] { apply(*o); }; });
}

} // namespace tool
