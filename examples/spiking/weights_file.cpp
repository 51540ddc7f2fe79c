// SPDX-License-Identifier: MIT
#include "weights_file.hpp"

#include <nlohmann/json.hpp>

#include <bit>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>
#include <stdexcept>

namespace spiking {
namespace {

using nlohmann::json;

static_assert(std::endian::native == std::endian::little,
              "the weights file is little-endian; reading it here would need a "
              "byte swap");

[[noreturn]] void fail(const std::string& file, const std::string& what) {
  throw std::runtime_error(file + ": " + what);
}

[[nodiscard]] std::size_t bytes_of(const std::string& type) {
  static const std::map<std::string, std::size_t> sizes{
      {"F64", 8}, {"F32", 4}, {"F16", 2}, {"BF16", 2}, {"I64", 8}, {"I32", 4},
      {"I16", 2}, {"I8", 1},  {"U64", 8}, {"U32", 4},  {"U16", 2}, {"U8", 1}};
  const auto found = sizes.find(type);
  return found == sizes.end() ? 0 : found->second;
}

[[nodiscard]] std::string written(const std::vector<std::size_t>& extents) {
  return json(extents).dump();
}

} // namespace

std::vector<float> weights_file::floats(const std::string& wanted,
                                        const std::vector<std::size_t>& extents) const {
  const auto found = tensors.find(wanted);
  if (found == tensors.end())
    fail(name, "has no tensor '" + wanted + "'");
  const tensor& t = found->second;
  if (t.type != "F32" || t.extents != extents)
    fail(name, "tensor '" + wanted + "' is " + t.type + " " + written(t.extents) +
                   ", it must be F32 " + written(extents));
  std::vector<float> values(t.bytes.size() / sizeof(float));
  std::memcpy(values.data(), t.bytes.data(), t.bytes.size());
  return values;
}

weights_file read_weights(const std::filesystem::path& file) {
  weights_file result;
  result.name = file.string();
  std::ifstream in(file, std::ios::binary);
  if (!in)
    fail(result.name, "cannot be opened");
  const std::string all{std::istreambuf_iterator<char>(in), {}};
  if (in.bad())
    fail(result.name, "cannot be read");
  std::uint64_t length = 0;
  if (all.size() < sizeof length)
    fail(result.name,
         "truncated: a safetensors file starts with 8 bytes, it has " + std::to_string(all.size()));
  std::memcpy(&length, all.data(), sizeof length);
  if (length > all.size() - sizeof length)
    fail(result.name, "truncated or no safetensors file: it announces a header of " +
                          std::to_string(length) + " bytes and has " +
                          std::to_string(all.size() - sizeof length));
  const std::size_t data_begin = sizeof length + static_cast<std::size_t>(length);
  const std::size_t available = all.size() - data_begin;
  try {
    const json header = json::parse(all.begin() + sizeof length,
                                    all.begin() + static_cast<std::ptrdiff_t>(data_begin));
    for (const auto& [key, entry] : header.items()) {
      if (key == "__metadata__") {
        result.metadata = entry.get<std::map<std::string, std::string>>();
        continue;
      }
      weights_file::tensor t{entry.at("dtype").get<std::string>(),
                             entry.at("shape").get<std::vector<std::size_t>>(),
                             {}};
      const auto offsets = entry.at("data_offsets").get<std::vector<std::size_t>>();
      if (offsets.size() != 2 || offsets[0] > offsets[1] || offsets[1] > available)
        fail(result.name, "truncated: tensor '" + key + "' does not lie in the " +
                              std::to_string(available) + " bytes of data");
      const std::size_t size = offsets[1] - offsets[0];
      std::size_t expected = bytes_of(t.type);
      for (const std::size_t extent : t.extents) {
        if (extent != 0 && expected > std::numeric_limits<std::size_t>::max() / extent)
          fail(result.name, "tensor '" + key + "' is too large: " + written(t.extents));
        expected *= extent;
      }
      if (bytes_of(t.type) == 0 || size != expected)
        fail(result.name, "tensor '" + key + "' has " + std::to_string(size) +
                              " bytes, which is not what " + t.type + " " + written(t.extents) +
                              " takes");
      const auto* begin = reinterpret_cast<const std::byte*>(all.data()) + data_begin + offsets[0];
      t.bytes.assign(begin, begin + size);
      result.tensors.emplace(key, std::move(t));
    }
  } catch (const json::exception& error) {
    fail(result.name, std::string("its header is wrong: ") + error.what());
  }
  return result;
}

void write_weights(const std::filesystem::path& file, const std::vector<float_tensor>& tensors,
                   const std::map<std::string, std::string>& metadata) {
  nlohmann::ordered_json header;
  header["__metadata__"] = metadata;
  std::size_t begin = 0;
  for (const auto& t : tensors) {
    const std::size_t end = begin + t.data.size_bytes();
    header[t.name] = {{"dtype", "F32"}, {"shape", t.extents}, {"data_offsets", {begin, end}}};
    begin = end;
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8,
              ' '); // the format wants the data to begin aligned
  const std::uint64_t length = text.size();
  std::ofstream out(file, std::ios::binary);
  out.write(reinterpret_cast<const char*>(&length), sizeof length);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  for (const auto& t : tensors)
    out.write(reinterpret_cast<const char*>(t.data.data()),
              static_cast<std::streamsize>(t.data.size_bytes()));
  out.close();
  if (!out)
    fail(file.string(), "cannot be written");
}

} // namespace spiking
