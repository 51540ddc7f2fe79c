// SPDX-License-Identifier: MIT
#include "commands.hpp"
#include "faulty_copy.hpp"

#include <bitfault/fault_list/address.hpp>

#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>
#include <string>

namespace tool {
namespace {

struct options {
  std::string address, input;
  raw_form raw;
};

std::string digits(std::uint64_t word, unsigned lowest, unsigned count) {
  std::string text;
  for (unsigned i = count; i-- > 0;)
    text += (word >> (lowest + i) & 1) != 0 ? '1' : '0';
  return text;
}

/// The bits in their fields: sign, exponent, mantissa.
std::string fields(const bitfault::code_layout& w, std::uint64_t word) {
  std::string text = digits(word, w.exponent_bits + w.mantissa_bits, w.sign_bits);
  if (w.exponent_bits > 0)
    text += (text.empty() ? "" : " ") + digits(word, w.mantissa_bits, w.exponent_bits);
  return text + (text.empty() ? "" : " ") + digits(word, 0, w.mantissa_bits);
}

void show(const options& o) {
  const bitfault::fault_address a = bitfault::parse_address(o.address);
  const tensor_file file = read_tensor_file(o.input, o.raw);
  const file_tensor& tensor = find_tensor(file, a.tensor);
  const bitfault::listed_fault f = bitfault::to_fault(a, header_of(tensor));
  std::ifstream in(file.path, std::ios::binary);
  const std::uint64_t before = load_word(in, o.input, tensor, f.element);
  const std::uint64_t after = bitfault::faulty_word(f, before);
  const element_type& type = *tensor.type;

  std::cout << "tensor       " << (tensor.name.empty() ? "(no name)" : tensor.name) << '\n'
            << "type         " << type.name << " (" << tensor.dtype << ")\n"
            << "extents      " << bitfault::detail::joined(tensor.extents, ", ") << '\n'
            << "coordinates  " << bitfault::detail::joined(a.coordinates, ", ") << '\n'
            << "element      " << f.element << ", at byte " << tensor.byte_of(f.element) << '\n'
            << "fields       ";
  if (type.layout.exponent_bits > 0)
    std::cout << "sign, exponent, mantissa\n";
  else
    std::cout << (type.layout.sign_bits > 0 ? "sign, value\n" : "value\n");
  for (const auto& [when, word] : {std::pair("before", before), std::pair("after ", after)})
    std::cout << when << "       " << value_text(type, word) << "  " << word_text(type, word)
              << "  " << fields(type.layout, word) << '\n';
  if (before == after)
    std::cout << "The fault changes nothing here.\n";
}

} // namespace

void add_show(CLI::App& app, command& chosen) {
  auto o = std::make_shared<options>();
  CLI::App* sub = app.add_subcommand("show", "Prints what a fault does to a value in a file");
  sub->add_option("address", o->address, "For example bf1:conv1.weight[3,0,1,2]^30")->required();
  sub->add_option("file", o->input, ".safetensors, .npy, or raw bytes (.bin)")->required();
  add_raw_options(*sub, o->raw);
  sub->final_callback([o, &chosen] { chosen = [o] { show(*o); }; });
}

} // namespace tool
