// SPDX-License-Identifier: MIT
// How good the quantised network is: reads images and labels as they stand in the idx files,
// without their headers, from two files; counts what it gets right.

#include "network.hpp"

#include <cstdint>
#include <cstdio>

int main(int count, char** arguments) {
  if (count != 3) {
    std::fprintf(stderr, "usage: %s PIXELS LABELS\n", arguments[0]);
    return 2;
  }
  std::FILE* const pixels = std::fopen(arguments[1], "rb");
  std::FILE* const labels = std::fopen(arguments[2], "rb");
  if (pixels == nullptr || labels == nullptr) {
    std::fprintf(stderr, "cannot open %s or %s\n", arguments[1], arguments[2]);
    return 2;
  }
  static network::arena arena;
  std::uint8_t image[network::image_shape.size()];
  int images = 0, right = 0;
  while (std::fread(image, sizeof image, 1, pixels) == 1) {
    const int label = std::fgetc(labels);
    if (label == EOF)
      break;
    const auto* output =
        network::infer({}, image, arena, [](network::operation, auto* /*data*/) {});
    ++images;
    right += network::classify(output) == label ? 1 : 0;
  }
  std::printf("%d of %d\n", right, images);
  return 0;
}
