// SPDX-License-Identifier: MIT
// Tensors in CUDA memory, without CUDA: made by hand around memory of the host, which LibTorch
// takes for a device's, and injected into by a device that is a loop.
#include <bitfault/backends/thrust/device_executor.hpp>
#include <bitfault/bitfault.hpp>
#include <bitfault/integrations/torch/device_inject.hpp>
#include <bitfault/integrations/torch/device_view.hpp>

#include "bytes.hpp"
#include "catch.hpp"

#include <ATen/ATen.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

using bitfault::index_t;
using bitfault::refusal;
using bitfault::status;

const bitfault::fault_key key{.seed = 5, .trial = 1};

/// A device whose kernels are loops; `allocated` counts the memory that was not given back.
struct loop {
  int* allocated;
  template <class Work>
  status run(const Work& work, const bitfault::fault_key& k) const noexcept {
    const auto started = work.start(k);
    for (index_t item = 0; item < work.items(); ++item)
      work(item, started);
    return {};
  }
  template <class F>
  status for_each(index_t items, const F& f) const noexcept {
    for (index_t item = 0; item < items; ++item)
      f(item);
    return {};
  }
  status check(const void*, const void*) const noexcept { return {}; }
  status check_list(const void*) const noexcept { return {}; }
  status allocate(index_t bytes, void*& memory) const noexcept {
    memory = std::malloc(bytes);
    ++*allocated;
    return {};
  }
  void release(void* memory) const noexcept {
    std::free(memory);
    --*allocated;
  }
  status zero(void* memory, index_t bytes) const noexcept {
    std::memset(memory, 0, bytes);
    return {};
  }
};
int allocated = 0;
const bitfault::device_executor<loop> device{loop{&allocated}};

/// What LibTorch takes for a tensor in CUDA memory: the memory of a tensor of the host.
at::Tensor as_cuda(const at::Tensor& t) {
  const at::Device cuda(at::kCUDA, 0);
  return at::for_blob(t.data_ptr(), t.sizes())
      .strides(t.strides())
      .target_device(cuda)
      .options(at::TensorOptions(t.scalar_type()).device(cuda))
      .make_tensor();
}

constexpr auto flips(index_t count) {
  return bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{count});
}

template <class F>
status refused(F f) {
  try {
    f();
    return {};
  } catch (const bitfault::error& e) {
    return e.why();
  }
}

} // namespace

TEST_CASE("torch: a dense tensor in CUDA memory is a device view: pointer, extents, type") {
  const at::Tensor memory = at::zeros({2, 3, 4});
  const auto v = bitfault::device_view_as<float>(as_cuda(memory));
  STATIC_REQUIRE(decltype(v)::on_device);
  CHECK(v.data() == memory.data_ptr<float>());
  REQUIRE(v.extents().rank == 3);
  for (std::size_t axis = 0; axis < 3; ++axis)
    CHECK(v.extents()[axis] == axis + 2);
  CHECK(bitfault::device_view_as<const float>(as_cuda(memory)).data() == v.data());
  CHECK(bitfault::device_view_as<float>(as_cuda(at::zeros({2, 0}))).extents().size() == 0);
  // An axis of one entry may have any stride.
  const at::Tensor one = memory.as_strided({1, 3, 4}, {99, 4, 1});
  CHECK(bitfault::device_view_as<float>(as_cuda(one)).extents().size() == 12);
}

TEST_CASE("torch: a tensor in CUDA memory with strides is a strided device view") {
  const at::Tensor memory = at::arange(60, at::kDouble).reshape({3, 4, 5});
  const at::Tensor part = memory.slice(2, 1, 4).transpose(0, 1);
  const auto v = bitfault::strided_device_view_as<double>(as_cuda(part));
  STATIC_REQUIRE(decltype(v)::on_device);
  CHECK(v.data() == part.data_ptr<double>());
  CHECK(v.lowest() == v.data());
  CHECK(v.past() == part.data_ptr<double>() + 15 + 40 + 2 + 1);
  REQUIRE(v.extents().size() == 36);
  const at::Tensor dense = part.contiguous();
  for (index_t i = 0; i < 36; ++i)
    REQUIRE(*v.address(i) == dense.data_ptr<double>()[i]);

  const status s = refused([&] { (void)bitfault::device_view_as<double>(as_cuda(part)); });
  CHECK(s.reason == refusal::unsupported_layout);
  CHECK(s.axis == 0);
  CHECK(s.value == 5);
  CHECK(s.limit == 9);
  // An axis of one entry is not to blame.
  const at::Tensor gaps = memory.as_strided({1, 3, 4}, {50, 9, 1});
  CHECK(refused([&] { (void)bitfault::device_view_as<double>(as_cuda(gaps)); }).axis == 1);
  CHECK(std::string(s.place).find("strided_device_view_as takes any") != std::string::npos);
}

TEST_CASE("torch: what is no device view is refused by name") {
  const at::Tensor memory = at::zeros({4});
  CHECK_THROWS_WITH(bitfault::device_view_as<float>(memory),
                    Catch::Contains("memory of device type 1; type 2 is needed here"));
  CHECK_THROWS_WITH(bitfault::strided_device_view_as<float>(memory),
                    Catch::Contains("type 2 is needed here"));
  CHECK_THROWS_WITH(bitfault::view_as<float>(as_cuda(memory)),
                    Catch::Contains("memory of device type 2; type 1 is needed here"));
  CHECK_THROWS_WITH(bitfault::device_view_as<double>(as_cuda(memory)),
                    Catch::Contains("float32") && Catch::Contains("float64 is needed here"));
  const auto reason = [](const at::Tensor& t) {
    return refused([&] { (void)bitfault::strided_device_view_as<float>(t); }).reason;
  };
  CHECK(reason(at::Tensor()) == refusal::null_data);
  CHECK(reason(at::zeros({3}, at::kMeta)) == refusal::wrong_device);
  CHECK(reason(as_cuda(memory.expand({2, 4}))) == refusal::unsupported_layout);
}

TEST_CASE("torch: a tensor in CUDA memory takes the host's faults, dense or not, in every type") {
  for (const auto type :
       {at::kFloat, at::kDouble, at::kHalf, at::kBFloat16, at::kChar, at::kLong}) {
    CAPTURE(at::toString(type));
    const at::Tensor golden = at::arange(120).reshape({4, 5, 6}).to(type);
    const at::Tensor expected = golden.clone(), dense = golden.clone(),
                     turned = at::empty({6, 5, 4}, type).transpose(0, 2);
    turned.copy_(golden);
    REQUIRE(bitfault::apply<float, double, bitfault::half, bitfault::bfloat16, std::int8_t,
                            std::int64_t>(flips(50), expected, key)
                .ok());
    for (const at::Tensor& t : {dense, turned})
      REQUIRE(bitfault::apply<float, double, bitfault::half, bitfault::bfloat16, std::int8_t,
                              std::int64_t>(flips(50), device, as_cuda(t), key)
                  .ok());
    CHECK(bytes_of(dense) == bytes_of(expected));
    CHECK(bytes_of(turned) == bytes_of(expected));
    CHECK(bytes_of(golden) != bytes_of(expected));
  }
}

TEST_CASE("torch: a scope in CUDA memory ends bit for bit, and autograd sees both writes") {
  const auto stuck = bitfault::make_injector(bitfault::stuck_at_1{}, bitfault::exactly{40});
  const at::Tensor memory = at::randn({64});
  const at::Tensor t = as_cuda(memory);
  const std::string before = bytes_of(memory);
  const auto version = t._version();
  {
    const auto a = bitfault::scoped(stuck, device, t, key);
    CHECK(allocated == 1);
    CHECK(t._version() == version + 1);
    const at::Tensor expected = at::empty({64});
    std::memcpy(expected.data_ptr(), before.data(), before.size());
    REQUIRE(bitfault::apply(stuck, expected, key).ok());
    CHECK(bytes_of(memory) == bytes_of(expected));
    const auto b = bitfault::scoped(flips(100), device, t, {.seed = 7});
    CHECK(bytes_of(memory) != bytes_of(expected));
  }
  CHECK(bytes_of(memory) == before);
  CHECK(allocated == 0);
  CHECK(t._version() == version + 4);
  REQUIRE(bitfault::apply(flips(1), device, t, key).ok());
  CHECK(t._version() == version + 5);
}

TEST_CASE("torch: what a device refuses changes nothing, and autograd hears of nothing") {
  const at::Tensor memory = at::zeros({2});
  const at::Tensor t = as_cuda(memory);
  const auto version = t._version();
  const status s = bitfault::apply(flips(65), device, t, key);
  CHECK(s.reason == refusal::too_many_faults);
  CHECK(s.limit == 64);
  CHECK_THROWS_AS(bitfault::scoped(flips(65), device, t, key), bitfault::error);
  const status host = bitfault::apply(flips(1), device, memory, key);
  CHECK(host.reason == refusal::wrong_device);
  CHECK(host.value == 1);
  CHECK(host.limit == 2);
  CHECK(bitfault::apply(flips(1), t, key).reason == refusal::wrong_device); // no device given
  CHECK(bitfault::apply<double>(flips(1), device, t, key).reason == refusal::wrong_type);
  CHECK_THROWS_AS(bitfault::scoped(flips(1), device, memory, key), bitfault::error);
  CHECK(memory.equal(at::zeros({2})));
  CHECK(t._version() == version);
}
