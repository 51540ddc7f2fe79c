// SPDX-License-Identifier: MIT
#include <bitfault/bitfault.hpp>
#include <bitfault/integrations/torch/inject.hpp>
#include <bitfault/integrations/torch/view.hpp>

#include "bytes.hpp"
#include "catch.hpp"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

namespace {

using bitfault::refusal;

const bitfault::fault_key key{.seed = 5, .trial = 1};

/// Faults that fit every element type.
constexpr auto flips(bitfault::index_t count) {
  return bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{count});
}

/// Injects into tensors of every element type.
bitfault::status apply_any(const auto& injector, const at::Tensor& t) {
  return bitfault::apply<float, double, bitfault::half, bitfault::bfloat16, std::int8_t,
                         std::uint8_t, std::int16_t, std::int32_t, std::int64_t, bool>(injector, t,
                                                                                       key);
}

/// The number of bits in which two tensors of the same type and shape differ.
std::int64_t bits_apart(const at::Tensor& a, const at::Tensor& b) {
  const std::string x = bytes_of(a), y = bytes_of(b);
  REQUIRE(x.size() == y.size());
  std::int64_t count = 0;
  for (std::size_t i = 0; i < x.size(); ++i)
    count += __builtin_popcount(static_cast<unsigned char>(x[i] ^ y[i]));
  return count;
}

struct of_type {
  at::ScalarType type;
  std::string name;
  int bits;
};
const std::vector<of_type> types{{at::kFloat, "float32", 32}, {at::kDouble, "float64", 64},
                                 {at::kHalf, "float16", 16},  {at::kBFloat16, "bfloat16", 16},
                                 {at::kChar, "int8", 8},      {at::kByte, "uint8", 8},
                                 {at::kShort, "int16", 16},   {at::kInt, "int32", 32},
                                 {at::kLong, "int64", 64},    {at::kBool, "bool", 1}};

} // namespace

TEST_CASE("torch: every element type takes faults in its own bits, at the places that a plain "
          "pointer has them") {
  for (const auto& [type, name, bits] : types) {
    CAPTURE(name);
    const at::Tensor t = at::arange(24).reshape({2, 3, 4}).to(type);
    const at::Tensor before = t.clone();
    REQUIRE(apply_any(flips(10), t).ok());
    CHECK(bits_apart(t, before) == 10);

    // The same key on memory that knows nothing of LibTorch.
    std::string copy = bytes_of(before);
    bitfault::visit(t, [&](const auto& view) {
      using T = typename std::remove_cvref_t<decltype(view)>::element_type;
      std::vector<std::uint64_t> aligned(copy.size() / 8 + 1);
      std::memcpy(aligned.data(), copy.data(), copy.size());
      auto* const data = reinterpret_cast<T*>(aligned.data());
      REQUIRE(flips(10).apply(bitfault::view(data, bitfault::extents{2, 3, 4}), key).ok());
      std::memcpy(copy.data(), aligned.data(), copy.size());
    });
    CHECK(bytes_of(t) == copy);
  }
}

TEST_CASE("torch: faults do not depend on strides") {
  const at::Tensor dense = at::randn({4, 6, 5});
  const at::Tensor transposed = at::empty({5, 6, 4}).transpose(0, 2);
  const at::Tensor part = at::empty({8, 6, 7}).slice(0, 1, 8, 2).slice(2, 1, 6);
  transposed.copy_(dense);
  part.copy_(dense);
  REQUIRE(!transposed.is_contiguous());
  REQUIRE(!part.is_contiguous());
  for (const at::Tensor& t : {dense, transposed, part})
    REQUIRE(bitfault::apply(flips(50), t, key).ok());
  CHECK(bytes_of(transposed) == bytes_of(dense));
  CHECK(bytes_of(part) == bytes_of(dense));
}

TEST_CASE("torch: any rank from a scalar to sixteen axes, and tensors without elements") {
  const at::Tensor scalar = at::tensor(1.5F);
  REQUIRE(bitfault::apply(flips(32), scalar, key).ok());
  CHECK(bits_apart(scalar, at::tensor(1.5F)) == 32);
  std::vector<std::int64_t> sizes(16, 1);
  sizes[3] = sizes[9] = sizes[15] = 3;
  const at::Tensor deep = at::zeros(sizes);
  REQUIRE(bitfault::apply(flips(7), deep, key).ok());
  CHECK(bits_apart(deep, at::zeros(sizes)) == 7);
  CHECK(bitfault::apply(flips(0), at::empty({0, 3}), key).ok());
  sizes.push_back(1);
  const bitfault::status s = bitfault::apply(flips(1), at::zeros(sizes), key);
  CHECK(s.reason == refusal::unsupported_layout);
  CHECK(s.value == 17);
  CHECK(s.limit == 16);
}

TEST_CASE("torch: a quantised tensor takes faults in its stored integers, and keeps its scale") {
  for (const auto type : {at::kQInt8, at::kQUInt8, at::kQInt32}) {
    const at::Tensor t = at::quantize_per_tensor(at::linspace(-1, 1, 30), 0.01, 3, type);
    const at::Tensor stored = t.int_repr().clone();
    {
      const auto faults =
          bitfault::scoped<std::int8_t, std::uint8_t, std::int32_t>(flips(5), t, key);
      CHECK(bits_apart(t.int_repr(), stored) == 5);
      CHECK(t.q_scale() == 0.01);
      CHECK(t.q_zero_point() == 3);
    }
    CHECK(bytes_of(t.int_repr()) == bytes_of(stored));
  }
  const at::Tensor channels = at::quantize_per_channel(at::ones({2, 4}), at::tensor({0.1, 0.2}),
                                                       at::tensor({0, 0}), 0, at::kQInt8);
  const at::Tensor stored = channels.int_repr().clone();
  REQUIRE(bitfault::apply<std::int8_t>(flips(3), channels, key).ok());
  CHECK(bits_apart(channels.int_repr(), stored) == 3);
}

TEST_CASE("torch: faults in a parameter that needs gradients, and autograd sees the write") {
  const at::Tensor w = at::ones({3, 3}).requires_grad_();
  const auto versions = w._version();
  {
    const auto faults = bitfault::scoped(flips(4), w, key);
    CHECK(w._version() > versions);
    CHECK(bits_apart(w.detach(), at::ones({3, 3})) == 4);
    (w * w).sum().backward(); // in the scope: the gradient of the faulty weights
    CHECK(bytes_of(w.grad()) == bytes_of((2 * w).detach()));
  }
  CHECK(bytes_of(w.detach()) == bytes_of(at::ones({3, 3})));

  const at::Tensor y = (w * w).sum(); // keeps w for the backward pass
  REQUIRE(bitfault::apply(flips(1), w, key).ok());
  CHECK_THROWS_WITH(y.backward(), Catch::Contains("modified by an inplace operation"));
}

TEST_CASE("torch: tensors of inference mode have no version to count, and take faults too") {
  const c10::InferenceMode guard;
  const at::Tensor t = at::zeros({10});
  REQUIRE(t.is_inference());
  { const auto faults = bitfault::scoped(flips(4), t, key); }
  REQUIRE(bitfault::apply(flips(4), t, key).ok());
  CHECK(bits_apart(t, at::zeros({10})) == 4);
}

TEST_CASE("torch: nested scopes on one tensor end bit for bit, in any moment of an exception") {
  const at::Tensor t = at::randn({64});
  t[3] = -0.0F;
  t[4] = std::nanf("0x5aa5");
  const std::string before = bytes_of(t);
  const auto stuck = bitfault::make_injector(bitfault::stuck_at_1{}, bitfault::exactly{40});
  const auto values = bitfault::make_injector(bitfault::zero{}, bitfault::exactly{20});
  try {
    const auto a = bitfault::scoped(stuck, t, key);
    const auto b = bitfault::scoped(values, t, {.seed = 6});
    const auto c = bitfault::scoped(flips(100), t, {.seed = 7});
    CHECK(bytes_of(t) != before);
    throw 1;
  } catch (int) {
  }
  CHECK(bytes_of(t) == before);
}

TEST_CASE("torch: several given bits of a bfloat16 tensor that needs gradients") {
  const at::Tensor w = at::ones({40}, at::kBFloat16).requires_grad_();
  const std::string before = bytes_of(w.detach());
  const auto given = bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{3 * 40},
                                             bitfault::bits::given{0, 10, 15});
  const auto together = bitfault::make_injector(
      bitfault::bit_flip{}, bitfault::every{},
      bitfault::bits::as_one<bitfault::bits::given<3>>{bitfault::bits::given{0, 10, 15}});
  {
    const auto faults = bitfault::scoped(given, w, key); // each of the bits in each element
    (w * w).sum().backward();
    const std::string after = bytes_of(w.detach());
    for (std::size_t i = 0; i < after.size(); i += 2) {
      std::uint16_t word = 0;
      std::memcpy(&word, after.data() + i, 2);
      REQUIRE(word == (0x3f80 ^ 0x8401));
    }
    CHECK(w.grad().equal((2 * w).detach()));
  }
  CHECK(bytes_of(w.detach()) == before);
  const at::Tensor other = at::ones({40}, at::kBFloat16).requires_grad_();
  const auto masks = bitfault::scoped<bitfault::bfloat16>(together, other, key);
  const auto bits = bitfault::scoped<bitfault::bfloat16>(given, w, key);
  CHECK(bytes_of(other.detach()) == bytes_of(w.detach()));
}

TEST_CASE(
    "torch: a tensor of float seen as Q7.24 takes faults in those bits, and keeps what is not "
    "struck") {
  const bitfault::formats::fixed_point<7, 24> q{};
  const auto inject = [&](auto count, auto bits) {
    return bitfault::make_injector(bitfault::bit_flip{}, count, bits, q);
  };
  const at::Tensor golden =
      at::cat({at::randn({500}), at::tensor({300.0F, -1e30F, 1e-20F, -0.0F})});
  golden[7] = std::nanf("0x5aa5");
  const std::string before = bytes_of(golden);
  const at::Tensor t = golden.clone();
  // Values that the format clips or rounds are not touched where there is no fault.
  REQUIRE(
      bitfault::apply<float, double>(inject(bitfault::exactly{0}, bitfault::bits::any{}), t, key)
          .ok());
  CHECK(bytes_of(t) == before);

  // A struck one is rounded to the format, by hand: nearest, ties to even, clamped, NaN is 0.
  const auto by_hand = [](float v, unsigned bit) {
    double code = std::isnan(v) ? 0 : std::nearbyint(std::ldexp(double{v}, 24));
    code = std::min(std::max(code, -2147483648.0), 2147483647.0);
    const auto word = static_cast<std::uint32_t>(static_cast<std::int32_t>(code)) ^ (1U << bit);
    return static_cast<float>(
        std::ldexp(static_cast<double>(static_cast<std::int32_t>(word)), -24));
  };
  for (const unsigned bit : {0U, 12U, 24U, 30U, 31U}) {
    const auto faults = bitfault::scoped<float, double>(
        inject(bitfault::every{}, bitfault::bits::given{bit}), t, key);
    const float* const old = golden.data_ptr<float>();
    for (std::int64_t i = 0; i < t.numel(); ++i) {
      CAPTURE(bit, i, old[i]);
      REQUIRE(t.data_ptr<float>()[i] == by_hand(old[i], bit));
    }
  }
  CHECK(bytes_of(t) == before);
  {
    const auto few = bitfault::scoped<float, double>(
        inject(bitfault::exactly{10}, bitfault::bits::sign{}), t, key);
    // At most one element for each fault; some of them hold what the flip makes no other.
    CHECK(t.view(at::kInt).ne(golden.view(at::kInt)).sum().item<std::int64_t>() <= 10);
    CHECK(t.view(at::kInt).ne(golden.view(at::kInt)).sum().item<std::int64_t>() >= 8);
  }
  CHECK(bytes_of(t) == before);
}

TEST_CASE("torch: zero faults leave every byte as it was, and zeros are sites") {
  const at::Tensor t = at::zeros({1000});
  REQUIRE(bitfault::apply(flips(0), t, key).ok());
  CHECK(bits_apart(t, at::zeros({1000})) == 0);
  const auto all =
      bitfault::make_injector(bitfault::bit_flip{}, bitfault::every{}, bitfault::bits::given{7});
  REQUIRE(bitfault::apply(all, t, key).ok());
  CHECK(bits_apart(t, at::zeros({1000})) == 1000);
}

TEST_CASE("torch: faults that fit one element type are given it, and refuse the others") {
  const auto halves =
      bitfault::make_injector([](float v, auto&) { return v / 2; }, bitfault::every{});
  const at::Tensor t = at::full({3}, 8.0F);
  REQUIRE(bitfault::apply<float>(halves, t, key).ok());
  CHECK(t.equal(at::full({3}, 4.0F)));
  const bitfault::status s = bitfault::apply<float>(halves, at::zeros({3}, at::kLong), key);
  CHECK(s.reason == refusal::wrong_type);
  CHECK(s.value == 64);
}

TEST_CASE("torch: a view says its extents, and a wrong type by name") {
  const at::Tensor t = at::arange(6, at::kFloat).reshape({2, 3}).t();
  const auto v = bitfault::view_as<float>(t);
  REQUIRE(v.extents().rank == 2);
  CHECK(v.extents()[0] == 3);
  CHECK(v.extents()[1] == 2);
  CHECK(*v.address(1) == 3.0F); // element [0, 1] of the transposed tensor
  CHECK(bitfault::can_view_as<const float>(t).ok());
  CHECK_THROWS_WITH(bitfault::view_as<double>(t),
                    Catch::Contains("float32") && Catch::Contains("float64 is needed here"));
}

TEST_CASE("torch: what cannot be viewed is refused, and nothing is changed") {
  const auto reason = [](const at::Tensor& t) { return bitfault::apply(flips(1), t, key).reason; };
  CHECK(reason(at::Tensor()) == refusal::null_data);
  CHECK(reason(at::zeros({3}, at::kComplexFloat)) == refusal::wrong_type);
  CHECK(reason(at::zeros({3}, at::kLong)) == refusal::wrong_type); // was not named
  CHECK(reason(at::eye(3).to_sparse()) == refusal::unsupported_layout);
  CHECK(reason(at::zeros({3}).expand({2, 3})) == refusal::unsupported_layout);
  CHECK(reason(at::zeros({3}, at::kMeta)) == refusal::wrong_device);
  const at::Tensor few = at::zeros({2});
  const bitfault::status s = bitfault::apply(flips(65), few, key);
  CHECK(s.reason == refusal::too_many_faults);
  CHECK(s.limit == 64);
  CHECK_THROWS_AS(bitfault::scoped(flips(65), few, key), bitfault::error);
  CHECK(bits_apart(few, at::zeros({2})) == 0);
  const auto bit = bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{1},
                                           bitfault::bits::given{32});
  CHECK(bitfault::apply<float>(bit, few, key).reason == refusal::bit_outside_word);
  const auto far = bitfault::make_injector(bitfault::bit_flip{}, bitfault::every{},
                                           bitfault::bits::given{0}, bitfault::channel(9));
  const bitfault::status outside = bitfault::apply(far, at::zeros({1, 4}), key);
  CHECK(outside.reason == refusal::coordinate_outside);
  CHECK(outside.value == 9);
  CHECK(outside.limit == 4);
}

TEST_CASE("torch tensors: faults injected by threads are those of one thread") {
  const auto many = flips(100'000);
  const at::Tensor golden = at::randn({32, 40, 50});
  at::Tensor expected = golden.clone(), struck = golden.clone();
  CHECK(apply(many, expected, key).ok());
  REQUIRE(bytes_of(expected) != bytes_of(golden));
  const auto version = struck._version();
  CHECK(apply(many, bitfault::threads{3}, struck, key).ok());
  CHECK(bytes_of(struck) == bytes_of(expected));
  CHECK(struck._version() > version);
  struck = golden.clone();
  {
    const auto faults = scoped(many, bitfault::threads{3}, struck, key);
    CHECK(bytes_of(struck) == bytes_of(expected));
  }
  CHECK(bytes_of(struck) == bytes_of(golden));
}
