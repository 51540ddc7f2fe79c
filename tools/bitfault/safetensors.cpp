// SPDX-License-Identifier: MIT
// The header of a .safetensors file: 8 bytes with its length, then JSON, then the tensors' bytes.
// https://huggingface.co/docs/safetensors
#include "tensor_file.hpp"

#include <bitfault/fault_list/file_error.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace tool {
namespace {

using bitfault::file_error;
using nlohmann::json;

constexpr std::uint64_t longest_header = 100'000'000; // as the reference implementation has it

struct named_dtype {
  std::string_view file, library; // no library type: copied, but no target
  unsigned bytes;
};
constexpr named_dtype dtypes[] = {
    {"F64", "float64", 8}, {"F32", "float32", 4}, {"F16", "float16", 2}, {"BF16", "bfloat16", 2},
    {"I64", "int64", 8},   {"I32", "int32", 4},   {"I16", "int16", 2},   {"I8", "int8", 1},
    {"U64", "uint64", 8},  {"U32", "uint32", 4},  {"U16", "uint16", 2},  {"U8", "uint8", 1},
    {"BOOL", "bool", 1},   {"F8_E4M3", "", 1},    {"F8_E5M2", "", 1},
};

/// JSON without a name that stands twice in one object, which a parser would pass over.
json parsed(const std::string& text, const std::string& name) {
  std::vector<std::set<std::string>> open;
  std::string twice;
  const auto look = [&](int, json::parse_event_t event, json& value) {
    if (event == json::parse_event_t::object_start)
      open.emplace_back();
    else if (event == json::parse_event_t::object_end)
      open.pop_back();
    else if (event == json::parse_event_t::key &&
             !open.back().insert(value.get<std::string>()).second)
      twice = value.get<std::string>();
    return true;
  };
  try {
    json header = json::parse(text, look);
    if (!twice.empty())
      throw file_error::at_byte(name, 8, "the header names '" + twice + "' twice");
    return header;
  } catch (const json::parse_error& e) {
    throw file_error::at_byte(name, 8 + (e.byte > 0 ? e.byte - 1 : 0),
                              "the header is no JSON from here on");
  }
}

std::vector<std::uint64_t> numbers(const json& entry, const char* key, const std::string& who,
                                   const std::string& name) {
  const auto found = entry.find(key);
  bool good = found != entry.end() && found->is_array();
  std::vector<std::uint64_t> list;
  for (std::size_t i = 0; good && i < found->size(); ++i) {
    good = (*found)[i].is_number_unsigned();
    if (good)
      list.push_back((*found)[i].get<std::uint64_t>());
  }
  if (!good)
    throw file_error::at_byte(name, 8, who + "has no '" + key + "' that is a list of numbers");
  return list;
}

} // namespace

std::vector<file_tensor> read_safetensors(std::ifstream& in, const std::string& name,
                                          std::uint64_t bytes) {
  const std::uint64_t length = little_endian(read_bytes(in, name, 0, 8));
  if (length > longest_header || length > bytes - 8)
    throw file_error::at_byte(name, 0,
                              "a header of " + std::to_string(length) + " bytes; the file has " +
                                  std::to_string(bytes - 8) +
                                  " after this number, and no header is longer than " +
                                  std::to_string(longest_header));
  const std::string text = read_bytes(in, name, 8, length);
  if (text.empty() || text[0] != '{')
    throw file_error::at_byte(name, 8, "the header does not begin with '{'");
  const json header = parsed(text, name);
  const std::uint64_t first = 8 + length, room = bytes - first;

  struct part {
    std::uint64_t begin, end;
    std::string name;
  };
  std::vector<file_tensor> tensors;
  std::vector<part> parts;
  // By their names: whoever wrote the file in which order, the same faults are drawn.
  for (const auto& [key, entry] : header.items()) {
    if (key == "__metadata__")
      continue;
    const std::string who = "tensor '" + key + "' ";
    if (!entry.is_object() || !entry.contains("dtype") || !entry["dtype"].is_string())
      throw file_error::at_byte(name, 8, who + "has no 'dtype'");
    file_tensor tensor{key, entry["dtype"].get<std::string>(), nullptr,
                       numbers(entry, "shape", who, name)};
    const std::vector<std::uint64_t> offsets = numbers(entry, "data_offsets", who, name);
    if (offsets.size() != 2 || offsets[0] > offsets[1] || offsets[1] > room)
      throw file_error::at_byte(name, 8,
                                who + "has data_offsets that do not lie in the " +
                                    std::to_string(room) + " bytes after the header");
    tensor.offset = first + offsets[0];
    const auto dtype = std::find_if(std::begin(dtypes), std::end(dtypes),
                                    [&](const named_dtype& d) { return d.file == tensor.dtype; });
    if (dtype != std::end(dtypes)) {
      tensor.type = type_named(dtype->library);
      const std::uint64_t held = offsets[1] - offsets[0];
      std::uint64_t size = 0;
      if (!bitfault::detail::count_elements(tensor.extents, size) || size > held ||
          size * dtype->bytes != held)
        throw file_error::at_byte(name, tensor.offset,
                                  who + "has " + std::to_string(held) +
                                      " bytes, which is not what its shape and " + tensor.dtype +
                                      " make");
    }
    parts.push_back({offsets[0], offsets[1], key});
    tensors.push_back(std::move(tensor));
  }

  std::sort(parts.begin(), parts.end(), [](const part& a, const part& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
  });
  std::uint64_t end = 0;
  std::string last;
  for (const part& p : parts) {
    if (p.begin < end)
      throw file_error::at_byte(name, first + p.begin,
                                "tensors '" + last + "' and '" + p.name + "' overlap");
    if (p.begin > end)
      throw file_error::at_byte(name, first + end,
                                std::to_string(p.begin - end) + " bytes that belong to no tensor");
    end = p.end;
    last = p.name;
  }
  if (end != room)
    throw file_error::at_byte(name, first + end,
                              std::to_string(room - end) + " bytes that belong to no tensor");
  return tensors;
}

} // namespace tool
