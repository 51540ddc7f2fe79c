// SPDX-License-Identifier: MIT
#include "../views/odometer.hpp"
#include "catch.hpp"
#include "like_dltensor.hpp"

#include <bitfault/integrations/dlpack.hpp>

#if __has_include(<dlpack/dlpack.h>)
#include <dlpack/dlpack.h>
#endif

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using bitfault::refusal;
using bitfault::view_as;
namespace dlpack = bitfault::dlpack;

/// A tensor over its own shape and strides; `tensor()` fills in the struct.
template <class T, class Struct = like_dltensor>
struct made {
  T* data = nullptr;
  std::vector<std::int64_t> shape{};
  std::vector<std::int64_t> strides{};
  std::uint64_t byte_offset = 0;

  Struct tensor() {
    Struct t{};
    t.data = data;
    t.device.device_type = static_cast<decltype(t.device.device_type)>(dlpack::cpu);
    t.ndim = static_cast<int>(shape.size());
    t.dtype.code = bitfault::dlpack_type<T>::code;
    t.dtype.bits = bitfault::dlpack_type<T>::bits;
    t.dtype.lanes = 1;
    t.shape = shape.data();
    t.strides = strides.empty() ? nullptr : strides.data();
    t.byte_offset = byte_offset;
    return t;
  }
};

template <class T, class Struct>
bitfault::status refused(const Struct& t) {
  const bitfault::status asked = bitfault::can_view_as<T>(t);
  try {
    (void)view_as<T>(t);
  } catch (const bitfault::error& e) {
    CHECK(e.why() == asked);
    return asked;
  }
  CHECK(asked.ok());
  return {};
}

template <class T>
int number_of() {
  constexpr auto n = bitfault::detail::dlpack_number(bitfault::dlpack_type<T>::code,
                                                     bitfault::dlpack_type<T>::bits);
  return static_cast<int>(n);
}

} // namespace

TEST_CASE("DLPack: without strides a tensor is dense and row-major") {
  std::vector<float> memory(24);
  made<float> m{memory.data(), {2, 3, 4}};
  const auto v = view_as<float>(m.tensor());
  STATIC_REQUIRE(
      std::is_same_v<decltype(v), const bitfault::strided_view<float, bitfault::max_dynamic_rank>>);
  CHECK(v.extents() == bitfault::extents{2, 3, 4});
  CHECK(
      matches(v, [&](const auto& at) { return memory.data() + (at[0] * 3 + at[1]) * 4 + at[2]; }));
}

TEST_CASE("DLPack: random permuted strides up to rank 6, element i has the i-th coordinates") {
  std::mt19937 random(11);
  std::vector<std::int16_t> memory(10000);
  for (int trial = 0; trial < 300; ++trial) {
    made<std::int16_t> m{memory.data()};
    const std::size_t rank = random() % 7;
    m.shape.resize(rank);
    m.strides.resize(rank);
    std::vector<std::size_t> order;
    for (std::size_t axis = 0; axis < rank; ++axis)
      order.insert(order.begin() + static_cast<std::ptrdiff_t>(random() % (axis + 1)), axis);
    std::int64_t distance = 1;
    for (std::size_t axis : order) {
      m.shape[axis] = 1 + static_cast<std::int64_t>(random() % 4);
      m.strides[axis] = distance;
      distance *= m.shape[axis];
    }
    REQUIRE(matches(view_as<std::int16_t>(m.tensor()), [&](const auto& at) {
      std::int16_t* p = memory.data();
      for (std::size_t axis = 0; axis < rank; ++axis)
        p += static_cast<std::int64_t>(at[axis]) * m.strides[axis];
      return p;
    }));
  }
}

TEST_CASE("DLPack: the offset is in bytes, strides may be negative, rank 0 has one element") {
  std::vector<double> memory(10);
  made<double> m{memory.data(), {4}, {-2}, 9 * sizeof(double)};
  const auto v = view_as<double>(m.tensor());
  CHECK(v.address(0) == &memory[9]);
  CHECK(v.address(3) == &memory[3]);
  made<double> scalar{memory.data()};
  CHECK(view_as<double>(scalar.tensor()).extents().size() == 1);
  CHECK(view_as<double>(scalar.tensor()).address(0) == memory.data());
}

TEST_CASE("DLPack: a tensor without elements needs no memory, one with elements does") {
  made<float> none{nullptr, {3, 0, 2}};
  CHECK(view_as<float>(none.tensor()).extents() == bitfault::extents{3, 0, 2});
  made<float> some{nullptr, {3, 2}};
  CHECK(refused<float>(some.tensor()).reason == refusal::null_data);
  auto no_shape = some.tensor();
  no_shape.shape = nullptr;
  CHECK(refused<float>(no_shape).reason == refusal::null_data);
  constexpr std::int64_t many = std::int64_t{1} << 62;
  made<float> none_of_many{nullptr, {many, many, 0, many}};
  CHECK(view_as<float>(none_of_many.tensor()).extents().size() == 0);
}

TEST_CASE("DLPack: const elements give a view that cannot write") {
  std::vector<float> memory(6);
  made<float> m{memory.data(), {6}};
  const auto v = view_as<const float>(m.tensor());
  STATIC_REQUIRE(std::is_same_v<decltype(v)::element_type, const float>);
  CHECK(v.address(5) == &memory[5]);
}

TEST_CASE("DLPack: another element type is refused, and both are named") {
  std::vector<float> memory(6);
  made<float> m{memory.data(), {6}};
  auto t = m.tensor();
  const bitfault::status s = refused<std::int32_t>(t);
  CHECK(s.reason == refusal::wrong_type);
  CHECK(s.value == 2032);
  CHECK(s.limit == 32);
  CHECK(message(s).text == std::string("bitfault: view_as(DLTensor): the tensor's elements are "
                                       "float32; int32 is needed here"));
  CHECK(refused<double>(t).reason == refusal::wrong_type);
  CHECK(refused<const std::uint32_t>(t).limit == 1032);
  t.dtype.lanes = 4;
  CHECK(refused<float>(t).value == 4002032);
  t.dtype.lanes = 0;
  CHECK(refused<float>(t).reason == refusal::wrong_type);
}

TEST_CASE("DLPack: memory that the host must not follow is refused") {
  std::vector<float> memory(6);
  made<float> m{memory.data(), {6}};
  auto t = m.tensor();
  for (int device = 0; device < 20; ++device) {
    t.device.device_type = device;
    const bool host = device == 1 || device == 3 || device == 11;
    CHECK(refused<float>(t).ok() == host);
    if (!host) {
      CHECK(refused<float>(t).reason == refusal::wrong_device);
      CHECK(refused<float>(t).value == static_cast<std::uint64_t>(device));
      CHECK(refused<float>(t).limit == 1);
      CHECK_THROWS_AS(bitfault::visit(t, [](auto) {}), bitfault::error);
    }
  }
}

TEST_CASE("DLPack: dense CUDA memory is a device view") {
  std::vector<float> stand_in(6);
  made<float> m{stand_in.data(), {2, 3}};
  auto t = m.tensor();
  CHECK_THROWS_AS(bitfault::device_view_as<float>(t), bitfault::error); // it is a host's
  t.device.device_type = dlpack::cuda;
  const auto v = bitfault::device_view_as<float>(t);
  STATIC_REQUIRE(decltype(v)::on_device);
  CHECK(v.data() == stand_in.data());
  CHECK(v.extents() == bitfault::extents{2, 3});
  m.strides = {1, 2};
  t = m.tensor();
  t.device.device_type = dlpack::cuda_managed;
  CHECK_THROWS_AS(bitfault::device_view_as<float>(t), bitfault::error);
  m.strides = {4, 1}; // a gap behind each row
  CHECK_THROWS_AS(bitfault::device_view_as<float>(t), bitfault::error);
  m.strides = {3, 1};
  CHECK(bitfault::device_view_as<const float>(t).data() == stand_in.data());
  m.shape = {1, 6};
  m.strides = {77, 1}; // an axis of one element may have any stride
  t.shape = m.shape.data();
  t.strides = m.strides.data();
  CHECK(bitfault::device_view_as<float>(t).extents().size() == 6);
}

TEST_CASE("DLPack: CUDA memory with any strides is a strided device view") {
  std::vector<float> stand_in(40);
  made<float> m{stand_in.data() + 20, {2, 3}, {-10, 2}, 8};
  auto t = m.tensor();
  const auto reason = [&] {
    try {
      (void)bitfault::strided_device_view_as<float>(t);
      return refusal::none;
    } catch (const bitfault::error& e) {
      return e.why().reason;
    }
  };
  CHECK(reason() == refusal::wrong_device); // it is a host's
  t.device.device_type = dlpack::cuda;
  const auto v = bitfault::strided_device_view_as<float>(t);
  STATIC_REQUIRE(decltype(v)::on_device);
  CHECK(v.extents() == bitfault::extents{2, 3});
  CHECK(v.address(0) == stand_in.data() + 22);
  CHECK(v.address(5) == stand_in.data() + 22 - 10 + 4);
  CHECK(v.lowest() == stand_in.data() + 12);
  CHECK(v.past() == stand_in.data() + 27);
  t.dtype.bits = 64;
  CHECK(reason() == refusal::wrong_type);
  t.dtype.bits = 32;
  m.strides = {0, 2}; // broadcast: two elements in one place
  CHECK(reason() == refusal::unsupported_layout);
  t.data = nullptr;
  m.strides = {3, 1};
  CHECK(reason() == refusal::null_data);
}

TEST_CASE("DLPack: broadcast axes, wrong ranks, sizes and alignments are refused") {
  std::vector<float> memory(64);
  made<float> broadcast{memory.data(), {4, 3}, {0, 1}};
  const bitfault::status s = refused<float>(broadcast.tensor());
  CHECK(s.reason == refusal::unsupported_layout);
  CHECK((s.axis == 0 && s.value == 0 && s.limit == 1));
  made<float> one_row{memory.data(), {1, 3}, {0, 1}};
  CHECK(refused<float>(one_row.tensor()).ok());

  made<float> most{memory.data(), std::vector<std::int64_t>(bitfault::max_dynamic_rank, 1)};
  CHECK(refused<float>(most.tensor()).ok());
  made<float> deep{memory.data(), std::vector<std::int64_t>(bitfault::max_dynamic_rank + 1, 1)};
  const bitfault::status rank = refused<float>(deep.tensor());
  CHECK(rank.reason == refusal::unsupported_layout);
  CHECK((rank.value == bitfault::max_dynamic_rank + 1 && rank.limit == bitfault::max_dynamic_rank));
  auto negative_rank = broadcast.tensor();
  negative_rank.ndim = -1;
  CHECK(refused<float>(negative_rank).reason == refusal::unsupported_layout);

  made<float> negative{memory.data(), {4, -3}};
  CHECK(refused<float>(negative.tensor()).axis == 1);
  CHECK(refused<float>(negative.tensor()).reason == refusal::unsupported_layout);
  constexpr std::int64_t many = std::int64_t{1} << 40;
  made<float> uncountable{memory.data(), {many, many}};
  CHECK(refused<float>(uncountable.tensor()).reason == refusal::space_too_large);

  made<float> crooked{memory.data(), {4}, {}, 2};
  const bitfault::status alignment = refused<float>(crooked.tensor());
  CHECK(alignment.reason == refusal::unsupported_layout);
  CHECK((alignment.value == 2 && alignment.limit == alignof(float)));
}

TEST_CASE("DLPack: visit finds the element type") {
  alignas(16) std::byte memory[64]{};
  const auto visited = []<class T>(T* data) {
    made<T> m{data, {2, 2}};
    return bitfault::visit(m.tensor(), [&](auto v) {
      using found = typename decltype(v)::element_type;
      return std::is_same_v<found, T> && static_cast<void*>(v.address(3)) == data + 3
                 ? number_of<found>()
                 : -1;
    });
  };
  const auto at = [&]<class T>(T*) { return visited(reinterpret_cast<T*>(memory)); };
  CHECK(at(static_cast<bitfault::half*>(nullptr)) == 2016);
  CHECK(at(static_cast<float*>(nullptr)) == 2032);
  CHECK(at(static_cast<double*>(nullptr)) == 2064);
  CHECK(at(static_cast<bitfault::bfloat16*>(nullptr)) == 4016);
  CHECK(at(static_cast<std::int8_t*>(nullptr)) == 8);
  CHECK(at(static_cast<std::int16_t*>(nullptr)) == 16);
  CHECK(at(static_cast<std::int32_t*>(nullptr)) == 32);
  CHECK(at(static_cast<std::int64_t*>(nullptr)) == 64);
  CHECK(at(static_cast<std::uint8_t*>(nullptr)) == 1008);
  CHECK(at(static_cast<std::uint16_t*>(nullptr)) == 1016);
  CHECK(at(static_cast<std::uint32_t*>(nullptr)) == 1032);
  CHECK(at(static_cast<std::uint64_t*>(nullptr)) == 1064);
  CHECK(at(static_cast<bool*>(nullptr)) == 6008);
}

TEST_CASE("DLPack: visit refuses element types that it does not know") {
  std::vector<float> memory(4);
  made<float> m{memory.data(), {4}};
  auto t = m.tensor();
  const auto count = [](auto v) { return v.extents().size(); };
  CHECK(bitfault::visit(t, count) == 4);
  for (int code = 0; code < 20; ++code)
    for (int bits : {1, 4, 6, 8, 16, 32, 64, 80, 128}) {
      t.dtype.code = static_cast<std::uint8_t>(code);
      t.dtype.bits = static_cast<std::uint8_t>(bits);
      const bool integer = code <= 1 && bits >= 8 && bits <= 64;
      const bool real = code == 2 && bits >= 16 && bits <= 64;
      const bool known = integer || real || (code == 4 && bits == 16) || (code == 6 && bits == 8);
      if (known) {
        CHECK(bitfault::visit(t, count) == 4);
      } else {
        try {
          (void)bitfault::visit(t, count);
          FAIL("visited type " << code << " of " << bits << " bits");
        } catch (const bitfault::error& e) {
          CHECK(e.why().reason == refusal::wrong_type);
          CHECK(e.why().value == static_cast<std::uint64_t>(code * 1000 + bits));
          CHECK(std::string(e.what()).find("another type is needed here") != std::string::npos);
        }
      }
    }
}

TEST_CASE("DLPack: visit passes results and changes through") {
  std::vector<std::int32_t> memory{1, 2, 3};
  made<std::int32_t> m{memory.data(), {3}};
  int calls = 0;
  bitfault::visit(m.tensor(), [&](auto v) {
    ++calls;
    *v.address(1) = typename decltype(v)::element_type{};
  });
  CHECK(calls == 1);
  CHECK(memory == std::vector<std::int32_t>{1, 0, 3});
  std::vector<int> kept{7};
  int& reference = bitfault::visit(m.tensor(), [&](auto) -> int& { return kept[0]; });
  CHECK(&reference == &kept[0]);
}

#if __has_include(<dlpack/dlpack.h>)

TEST_CASE("DLPack: the struct of dlpack.h and its numbers") {
  std::vector<float> memory(12);
  made<float, DLTensor> m{memory.data(), {3, 4}, {1, 3}};
  CHECK(view_as<float>(m.tensor()).address(1) == &memory[3]);
  CHECK(bitfault::visit(m.tensor(), [](auto v) { return v.extents().size(); }) == 12);
  CHECK(static_cast<int>(dlpack::cpu) == static_cast<int>(kDLCPU));
  CHECK(static_cast<int>(dlpack::cuda) == static_cast<int>(kDLCUDA));
  CHECK(static_cast<int>(dlpack::cuda_host) == static_cast<int>(kDLCUDAHost));
  CHECK(static_cast<int>(dlpack::rocm_host) == static_cast<int>(kDLROCMHost));
  CHECK(static_cast<int>(dlpack::cuda_managed) == static_cast<int>(kDLCUDAManaged));
  CHECK(static_cast<int>(dlpack::int_code) == static_cast<int>(kDLInt));
  CHECK(static_cast<int>(dlpack::uint_code) == static_cast<int>(kDLUInt));
  CHECK(static_cast<int>(dlpack::float_code) == static_cast<int>(kDLFloat));
  CHECK(static_cast<int>(dlpack::bfloat_code) == static_cast<int>(kDLBfloat));
}

#endif
