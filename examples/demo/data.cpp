// SPDX-License-Identifier: MIT
#include "data.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>
#include <string>

namespace demo {
namespace {

[[noreturn]] void fail(const std::filesystem::path& file, const std::string& what) {
  throw std::runtime_error(file.string() + ": " + what);
}

/// Reads a file through zlib, which passes uncompressed files on as they are.
class gzip_reader {
public:
  explicit gzip_reader(const std::filesystem::path& path)
      : path_(path), file_(gzopen(path.string().c_str(), "rb")) {
    if (!file_) {
      fail(path_, "cannot be opened");
    }
  }

  /// Up to `size` bytes; fewer only at the end of the file.
  std::size_t read(std::uint8_t* to, std::size_t size) {
    const int got = gzread(file_.get(), to, static_cast<unsigned>(size));
    int code = Z_OK;
    const char* message = gzerror(file_.get(), &code);
    if (code == Z_BUF_ERROR) {
      fail(path_, "truncated: the gzip stream ends early");
    }
    if (got < 0 || code < 0) {
      fail(path_, std::string("cannot be read: ") + message);
    }
    return static_cast<std::size_t>(got);
  }

  [[nodiscard]] std::uint32_t big_endian_word() {
    std::array<std::uint8_t, 4> b{};
    if (read(b.data(), b.size()) != b.size()) {
      fail(path_, "truncated: the header ends early");
    }
    return std::uint32_t{b[0]} << 24 | std::uint32_t{b[1]} << 16 | std::uint32_t{b[2]} << 8 |
           std::uint32_t{b[3]};
  }

  /// Exactly `size` bytes and then the end of the file. Grows as it reads: the size comes from the
  /// file and may be nonsense.
  [[nodiscard]] std::vector<std::uint8_t> rest(std::uint64_t size) {
    constexpr std::uint64_t chunk = 1U << 20U;
    std::vector<std::uint8_t> bytes;
    while (bytes.size() < size) {
      const auto have = bytes.size();
      const auto want = static_cast<std::size_t>(std::min(chunk, size - have));
      bytes.resize(have + want);
      const auto got = read(bytes.data() + have, want);
      if (got != want) {
        fail(path_, "truncated: its header announces " + std::to_string(size) +
                        " bytes of data, it has " + std::to_string(have + got));
      }
    }
    std::uint8_t more = 0;
    if (read(&more, 1) != 0) {
      fail(path_, "has bytes after the " + std::to_string(size) + " that its header announces");
    }
    return bytes;
  }

private:
  struct closer {
    void operator()(gzFile_s* file) const noexcept { gzclose(file); }
  };

  std::filesystem::path path_;
  std::unique_ptr<gzFile_s, closer> file_;
};

void expect_magic(gzip_reader& file, const std::filesystem::path& path, std::uint32_t expected,
                  const char* what) {
  const auto magic = file.big_endian_word();
  if (magic != expected) {
    fail(path, "wrong magic number " + std::to_string(magic) + ": an idx file of " + what +
                   " starts with " + std::to_string(expected));
  }
}

} // namespace

void labelled_images::normalized(std::size_t first, std::size_t count, std::span<float> to) const {
  if (first > this->count() || count > this->count() - first) {
    throw std::out_of_range("images " + std::to_string(first) + " to " +
                            std::to_string(first + count) + " asked for, there are " +
                            std::to_string(this->count()));
  }
  if (to.size() != count * image_size()) {
    throw std::out_of_range("room for " + std::to_string(to.size()) + " floats given, " +
                            std::to_string(count * image_size()) + " needed");
  }
  const auto* from = pixels.data() + first * image_size();
  std::transform(from, from + to.size(), to.begin(),
                 [](std::uint8_t pixel) { return static_cast<float>(pixel) / 255.0F; });
}

std::vector<float> labelled_images::normalized(std::size_t first, std::size_t count) const {
  if (count > this->count()) {
    normalized(first, count, {});
  } // throws before it allocates
  std::vector<float> result(count * image_size());
  normalized(first, count, result);
  return result;
}

labelled_images load_images(const std::filesystem::path& images,
                            const std::filesystem::path& labels) {
  labelled_images set;

  gzip_reader image_file(images);
  expect_magic(image_file, images, 0x803, "images");
  const std::uint64_t count = image_file.big_endian_word();
  set.rows = image_file.big_endian_word();
  set.columns = image_file.big_endian_word();
  constexpr std::size_t longest = 4096;
  if (set.rows == 0 || set.columns == 0 || set.rows > longest || set.columns > longest) {
    fail(images, "its header announces images of " + std::to_string(set.rows) + " x " +
                     std::to_string(set.columns) + " pixels");
  }
  set.pixels = image_file.rest(count * set.image_size());

  gzip_reader label_file(labels);
  expect_magic(label_file, labels, 0x801, "labels");
  const std::uint64_t label_count = label_file.big_endian_word();
  set.labels = label_file.rest(label_count);
  if (label_count != count) {
    fail(labels, "has " + std::to_string(label_count) + " labels for the " + std::to_string(count) +
                     " images of " + images.string());
  }
  return set;
}

labelled_images load_test_set(const std::filesystem::path& folder) {
  return load_images(folder / "t10k-images-idx3-ubyte.gz", folder / "t10k-labels-idx1-ubyte.gz");
}

labelled_images load_training_set(const std::filesystem::path& folder) {
  return load_images(folder / "train-images-idx3-ubyte.gz", folder / "train-labels-idx1-ubyte.gz");
}

} // namespace demo
