// SPDX-License-Identifier: MIT
#include <bitfault/bitfault.hpp>
#include <bitfault/integrations/torch/quantizer_faults.hpp>

#include "bytes.hpp"
#include "catch.hpp"

#include <torch/torch.h>

#include <cmath>
#include <string>

namespace {

const bitfault::fault_key key{.seed = 31};

constexpr auto flips(bitfault::index_t count) {
  return bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{count});
}
constexpr auto flip_at(bitfault::index_t element, unsigned bit) {
  return bitfault::make_injector(bitfault::bit_flip{}, bitfault::at{element},
                                 bitfault::bits::given{bit});
}

} // namespace

TEST_CASE("torch quantised: scales and zero points of plain tensors, per tensor and per channel") {
  for (const auto type : {at::kQInt8, at::kQUInt8, at::kQInt32}) {
    const at::Tensor t = at::quantize_per_tensor(at::linspace(-1, 1, 30), 0.2, 3, type);
    const std::string golden = bytes_of(t.dequantize());
    const std::string stored = bytes_of(t.int_repr());
    {
      const auto scale = bitfault::scale_faults(t, flip_at(0, 23), key);
      CHECK(t.q_scale() == 2 * double{0.2F}); // exponent + 1, of the scale as a float
      const auto zero = bitfault::zero_point_faults(t, flip_at(0, 2), key);
      CHECK(t.q_zero_point() == 7);
      CHECK(bytes_of(t.dequantize()) == bytes_of((t.int_repr().to(at::kFloat) - 7) * (2 * 0.2F)));
      CHECK(bytes_of(t.int_repr()) == stored);
    }
    CHECK(t.q_scale() == 0.2);
    CHECK(t.q_zero_point() == 3);
    CHECK(bytes_of(t.dequantize()) == golden);
    {
      const auto none = bitfault::scale_faults(t, flips(0), key);
      CHECK(t.q_scale() == 0.2);
    }
  }
  const at::Tensor scales = at::tensor({0.1, 0.2, 0.3}, at::kDouble);
  const at::Tensor t = at::quantize_per_channel(at::ones({3, 4}), scales,
                                                at::tensor({1, 2, -3}, at::kLong), 0, at::kQInt8);
  const std::string golden = bytes_of(t.dequantize());
  {
    const auto infinite =
        bitfault::make_injector([](float, auto&) { return INFINITY; }, bitfault::at{1});
    const auto scale = bitfault::scale_faults(t, infinite, key);
    CHECK(std::isinf(t.q_per_channel_scales()[1].item<double>()));
    CHECK(t.q_per_channel_scales()[0].item<double>() == 0.1);
    CHECK(t.q_per_channel_scales()[2].item<double>() == 0.3);
    const auto zero = bitfault::zero_point_faults(t, flip_at(2, 7), key);
    CHECK(t.q_per_channel_zero_points().equal(at::tensor({1, 2, -3 + 128}, at::kLong)));
  }
  CHECK(bytes_of(t.dequantize()) == golden);
  CHECK(t.q_per_channel_scales().equal(scales));

  const at::Tensor wide = at::quantize_per_tensor(at::ones({3}), 0.1, 300, at::kQInt32);
  CHECK_THROWS_WITH(bitfault::scale_faults(at::ones({3}), flips(1), key),
                    Catch::Contains("the tensor is not quantised"));
  CHECK_THROWS_WITH(bitfault::scale_faults(t, flips(97), key),
                    Catch::Contains("97 faults asked for, but the space has only 96"));
  CHECK_THROWS_WITH(bitfault::zero_point_faults(t, flip_at(0, 8), key), Catch::Contains("bit 8"));
  const at::Tensor outside =
      at::_empty_affine_quantized({2}, at::TensorOptions(at::kQUInt8), 0.1, 300);
  CHECK_THROWS_WITH(bitfault::zero_point_faults(outside, flips(1), key),
                    Catch::Contains("none of the integers that it stores, which are Byte"));
  CHECK(bytes_of(t.dequantize()) == golden);
  CHECK(outside.q_zero_point() == 300);
}
