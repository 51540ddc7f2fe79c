// SPDX-License-Identifier: MIT

// load_network, save_network, read_metadata: the safetensors format, as much of it as is needed.

#include "network.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace demo {
namespace {

static_assert(std::endian::native == std::endian::little,
              "the weights file is little-endian; reading it here would need a byte swap");

using metadata_map = std::map<std::string, std::string>;

[[noreturn]] void fail(const std::filesystem::path& file, const std::string& what) {
  throw std::runtime_error(file.string() + ": " + what);
}

/// One tensor as the header describes it; offsets count from the end of the header.
struct entry {
  std::string type;
  std::vector<std::uint64_t> shape;
  std::vector<std::uint64_t> offsets;
};

struct header {
  metadata_map metadata;
  std::map<std::string, entry> tensors;
};

/// Reader of the JSON that a safetensors header consists of: objects of strings, and objects of
/// "dtype", "shape" and "data_offsets". Anything else is an error.
class header_parser {
public:
  header_parser(std::string_view text, const std::filesystem::path& file)
      : text_(text), file_(file) {}

  [[nodiscard]] header parse() {
    header result;
    object([&](const std::string& key) {
      if (key == "__metadata__") {
        object([&](const std::string& name) { result.metadata[name] = string(); });
      } else if (!result.tensors.emplace(key, tensor()).second) {
        wrong("two tensors named '" + key + "'");
      }
    });
    skip_space();
    if (at_ != text_.size()) {
      wrong("something after the closing brace");
    }
    return result;
  }

private:
  [[noreturn]] void wrong(const std::string& what) const {
    fail(file_, "its header is wrong at byte " + std::to_string(at_) + ": " + what);
  }

  void skip_space() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != text_.npos) {
      ++at_;
    }
  }

  [[nodiscard]] bool accept(char c) {
    skip_space();
    if (at_ == text_.size() || text_[at_] != c) {
      return false;
    }
    ++at_;
    return true;
  }

  void expect(char c) {
    if (!accept(c)) {
      wrong(std::string("'") + c + "' expected");
    }
  }

  template <class Member>
  void object(const Member& member) {
    expect('{');
    if (accept('}')) {
      return;
    }
    do {
      const std::string key = string();
      expect(':');
      member(key);
    } while (accept(','));
    expect('}');
  }

  [[nodiscard]] std::string string() {
    expect('"');
    std::string result;
    for (; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] != '\\') {
        result += text_[at_];
        continue;
      }
      ++at_;
      const auto which = std::string_view("\"\\/nt").find(at_ < text_.size() ? text_[at_] : '?');
      if (which == std::string_view::npos) {
        wrong("an escape that this reader does not know");
      }
      result += "\"\\/\n\t"[which];
    }
    expect('"');
    return result;
  }

  [[nodiscard]] std::uint64_t number() {
    skip_space();
    std::uint64_t value = 0;
    const std::size_t begin = at_;
    for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
      if (at_ - begin >= 18) {
        wrong("a number that is too large");
      }
      value = value * 10 + static_cast<std::uint64_t>(text_[at_] - '0');
    }
    if (at_ == begin) {
      wrong("a number expected");
    }
    return value;
  }

  [[nodiscard]] std::vector<std::uint64_t> numbers() {
    std::vector<std::uint64_t> result;
    expect('[');
    if (accept(']')) {
      return result;
    }
    do {
      result.push_back(number());
    } while (accept(','));
    expect(']');
    return result;
  }

  [[nodiscard]] entry tensor() {
    entry result;
    object([&](const std::string& key) {
      if (key == "dtype") {
        result.type = string();
      } else if (key == "shape") {
        result.shape = numbers();
      } else if (key == "data_offsets") {
        result.offsets = numbers();
      } else {
        wrong("'" + key + "' is no property of a tensor");
      }
    });
    return result;
  }

  std::string_view text_;
  const std::filesystem::path& file_;
  std::size_t at_ = 0;
};

struct contents {
  header head;
  std::string bytes;
  std::size_t data_begin = 0;
};

[[nodiscard]] contents read(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    fail(file, "cannot be opened");
  }
  contents result;
  result.bytes.assign(std::istreambuf_iterator<char>(in), {});
  if (in.bad()) {
    fail(file, "cannot be read");
  }
  std::uint64_t length = 0;
  if (result.bytes.size() < sizeof length) {
    fail(file, "truncated: a safetensors file starts with 8 bytes, it has " +
                   std::to_string(result.bytes.size()));
  }
  std::memcpy(&length, result.bytes.data(), sizeof length);
  if (length > result.bytes.size() - sizeof length) {
    fail(file, "truncated or no safetensors file: it announces a header of " +
                   std::to_string(length) + " bytes and has " +
                   std::to_string(result.bytes.size() - sizeof length));
  }
  result.data_begin = sizeof length + static_cast<std::size_t>(length);
  const std::string_view text(result.bytes);
  result.head =
      header_parser(text.substr(sizeof length, static_cast<std::size_t>(length)), file).parse();
  return result;
}

[[nodiscard]] std::string written(const std::vector<std::size_t>& numbers) {
  std::string text = "[";
  for (const auto n : numbers) {
    if (text.size() > 1) {
      text += ',';
    }
    text += std::to_string(n);
  }
  return text += ']';
}

[[nodiscard]] std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += '\\';
    }
    if (c == '\n') {
      result += "\\n";
    } else {
      result += c;
    }
  }
  return result += '"';
}

} // namespace

network load_network(const std::filesystem::path& file) {
  const contents from = read(file);
  const std::size_t available = from.bytes.size() - from.data_begin;
  network result;
  const auto tensors = result.parameters();
  for (const auto& tensor : tensors) {
    const auto found = from.head.tensors.find(tensor.name);
    if (found == from.head.tensors.end()) {
      fail(file, "has no tensor '" + tensor.name + "'");
    }
    const entry& e = found->second;
    if (e.type != "F32") {
      fail(file, "tensor '" + tensor.name + "' is of type '" + e.type + "', it must be F32");
    }
    if (!std::equal(e.shape.begin(), e.shape.end(), tensor.extents.begin(), tensor.extents.end())) {
      fail(file, "tensor '" + tensor.name + "' is " +
                     written(std::vector<std::size_t>(e.shape.begin(), e.shape.end())) +
                     ", it must be " + written(tensor.extents));
    }
    const std::size_t size = tensor.data.size_bytes();
    if (e.offsets.size() != 2 || e.offsets[1] < e.offsets[0] ||
        e.offsets[1] - e.offsets[0] != size) {
      fail(file, "tensor '" + tensor.name + "' must take " + std::to_string(size) + " bytes");
    }
    if (e.offsets[1] > available) {
      fail(file, "truncated: tensor '" + tensor.name + "' ends at byte " +
                     std::to_string(e.offsets[1]) + " of the data, of which there are " +
                     std::to_string(available));
    }
    std::memcpy(tensor.data.data(), from.bytes.data() + from.data_begin + e.offsets[0], size);
  }
  for (const auto& [name, unused] : from.head.tensors) {
    const bool known = std::any_of(tensors.begin(), tensors.end(),
                                   [&n = name](const auto& tensor) { return tensor.name == n; });
    if (!known) {
      fail(file, "tensor '" + name + "' is none of the demo network");
    }
  }
  return result;
}

void save_network(const std::filesystem::path& file, basic_parameters<float>& parameters,
                  const metadata_map& metadata) {
  std::string text = "{\"__metadata__\":{";
  for (const auto& [key, value] : metadata) {
    if (text.back() != '{') {
      text += ',';
    }
    text.append(quoted(key)).append(":").append(quoted(value));
  }
  text += '}';
  std::size_t begin = 0;
  const auto tensors = parameters.parameters();
  for (const auto& tensor : tensors) {
    const std::size_t end = begin + tensor.data.size_bytes();
    text.append(",").append(quoted(tensor.name)).append(":{\"dtype\":\"F32\",\"shape\":");
    text.append(written(tensor.extents)).append(",\"data_offsets\":");
    text.append(written({begin, end})).append("}");
    begin = end;
  }
  text += '}';
  text.resize((text.size() + 7) / 8 * 8, ' '); // the format wants the data to begin aligned

  std::ofstream out(file, std::ios::binary);
  const std::uint64_t length = text.size();
  out.write(reinterpret_cast<const char*>(&length), sizeof length);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  for (const auto& tensor : tensors) {
    out.write(reinterpret_cast<const char*>(tensor.data.data()),
              static_cast<std::streamsize>(tensor.data.size_bytes()));
  }
  out.close();
  if (!out) {
    fail(file, "cannot be written");
  }
}

metadata_map read_metadata(const std::filesystem::path& file) { return read(file).head.metadata; }

} // namespace demo
