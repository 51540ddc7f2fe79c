// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "tensors.hpp"

#include <bitfault/fault_list/named_tensors.hpp>
#include <bitfault/views/flat.hpp>
#include <bitfault/views/strided.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace {

using bitfault::address_error;
using bitfault::apply_at;
using bitfault::extents;
using bitfault::named_tensors;
using bitfault::scoped_at;
using fault_list_tests::has;
using fault_list_tests::tensor;
using fault_list_tests::thrown;

struct small_model {
  tensor<float> weight{24, 1};
  tensor<std::int8_t> codes{12, 2};
  tensor<bool> mask{6, 3};
  tensor<bitfault::half> bias{5, 4};
  tensor<double> columns{6, 5}; // column-major
  named_tensors names() const {
    named_tensors n;
    n.add("conv1.weight", bitfault::view(weight.data(), extents{2, 3, 4}))
        .add("fc.codes", bitfault::view(codes.data(), extents{3, 4}))
        .add("mask", bitfault::view(mask.data(), 6))
        .add("conv1.bias", bitfault::view(bias.data(), 5))
        .add("columns", bitfault::view(columns.data(), extents{2, 3}, bitfault::strides{1, 2}));
    return n;
  }
};

/// The words of t, with one of them changed.
template <class T>
bool only(const tensor<T>& now, const tensor<T>& before, std::size_t at, std::uint64_t word) {
  bool same = now.word(at) == word;
  for (std::size_t i = 0; i < now.size(); ++i)
    same = same && (i == at || now.word(i) == before.word(i));
  return same;
}

} // namespace

TEST_CASE("an address hits its one word, whatever the element type and the strides") {
  const small_model m, golden;
  const named_tensors model = m.names();
  CHECK(model.size() == 5);
  CHECK(model[1].element_type == "int8");
  apply_at(model, "bf1:conv1.weight[1,2,3]^30");
  CHECK(only(m.weight, golden.weight, 23, golden.weight.word(23) ^ 0x40000000u));
  apply_at(model, "bf1:fc.codes[2,1]=1@0,7");
  CHECK(only(m.codes, golden.codes, 9, golden.codes.word(9) | 0x81));
  apply_at(model, "bf1:mask[4]^0");
  CHECK(only(m.mask, golden.mask, 4, golden.mask.word(4) ^ 1));
  apply_at(model, "bf1:conv1.bias[0]:=0x3c00");
  CHECK(only(m.bias, golden.bias, 0, 0x3C00));
  apply_at(model, "bf1:columns[1,2]=0@63");
  CHECK(only(m.columns, golden.columns, 5, golden.columns.word(5) & ~(std::uint64_t{1} << 63)));
  apply_at(model, "bf1:columns[0,2]^52");
  CHECK(m.columns.word(4) == (golden.columns.word(4) ^ (std::uint64_t{1} << 52)));
}

TEST_CASE("an address hits a single tensor, whatever name it has") {
  const tensor<float> t(24), golden(24);
  apply_at(bitfault::view(t.data(), extents{2, 3, 4}), "bf1:conv1.weight[1,0,1]^0");
  CHECK(only(t, golden, 13, golden.word(13) ^ 1));
  apply_at(bitfault::view(t.data(), extents{2, 3, 4}), bitfault::parse_address("bf1:[1,0,1]^0"));
  CHECK(t == golden);
}

TEST_CASE("a scope takes the fault of an address back") {
  const small_model m, golden;
  const named_tensors model = m.names();
  {
    auto outer = scoped_at(model, "bf1:conv1.weight[0,0,0]:=0x7f800001");
    CHECK(only(m.weight, golden.weight, 0, 0x7F800001u));
    {
      const auto inner = scoped_at(bitfault::view(m.weight.data(), 24), "bf1:[0]=0@0");
      CHECK(m.weight.word(0) == 0x7F800000u);
    }
    CHECK(m.weight.word(0) == 0x7F800001u);
    auto moved = std::move(outer);
    CHECK(m.weight.word(0) == 0x7F800001u);
    moved.restore();
    CHECK(m.weight == golden.weight);
    m.weight[0] = 5;
  }
  CHECK(m.weight[0] == 5); // restored once only
  m.weight[0] = golden.weight[0];
  try {
    const auto injected = scoped_at(model, "bf1:fc.codes[0,0]^7");
    CHECK_FALSE(m.codes == golden.codes);
    throw 1;
  } catch (int) {
  }
  CHECK(m.codes == golden.codes);
}

TEST_CASE("an address that does not fit changes nothing and says why") {
  const small_model m, golden;
  const named_tensors model = m.names();
  const auto missing = [&](const char* text) {
    return thrown<address_error>([&] { apply_at(model, text); });
  };
  CHECK(has(missing("bf1:conv1.wieght[0,0,0]^1"),
            "at offset 4: there is no tensor 'conv1.wieght'; the nearest name is 'conv1.weight'"));
  CHECK(has(missing("bf1:masks[0]^0"), "the nearest name is 'mask'"));
  CHECK(has(missing("bf1:[0]^0"), "there is no tensor ''"));
  CHECK(has(missing("bf1:mask[0"), "expected ',' or ']'"));
  CHECK(has(thrown<address_error>([] { apply_at(named_tensors(), "bf1:mask[0]^0"); }),
            "the model has none at all"));
  CHECK(has(thrown<address_error>([&] { auto s = scoped_at(model, "bf1:maks[0]^0"); }),
            "the nearest name is 'mask'"));

  const auto outside = [&](const char* text) {
    return thrown<bitfault::error>([&] { apply_at(model, text); });
  };
  CHECK(
      has(outside("bf1:conv1.weight[1,3,0]^1"), "coordinate 3 on axis 1 is outside its extent 3"));
  CHECK(has(outside("bf1:fc.codes[0,0]^8"), "bit 8 is outside a word of 8 bits"));
  CHECK(has(outside("bf1:mask[0]^1"), "bit 1 is outside a word of 1 bits"));
  CHECK(has(thrown<bitfault::error>([&] { auto s = scoped_at(model, "bf1:mask[6]^0"); }),
            "coordinate 6 on axis 0"));
  float* const nothing = nullptr;
  CHECK(has(thrown<bitfault::error>([&] { apply_at(bitfault::view(nothing, 3), "bf1:[0]^0"); }),
            "null"));
  CHECK(m.weight == golden.weight);
  CHECK(m.codes == golden.codes);
  CHECK(m.mask == golden.mask);
}

TEST_CASE("names of tensors are checked when they are added") {
  named_tensors model;
  std::vector<float> t(3);
  model.add("a", t); // what `view` takes
  const auto adding = [&](const char* name) {
    return thrown<address_error>([&] { model.add(name, t); });
  };
  CHECK(has(adding("a"), "a tensor has this name already"));
  CHECK(has(adding(""), "a tensor needs a name"));
  CHECK(has(adding("a b"), "at offset 1: white space"));
  CHECK(model.size() == 1);
  apply_at(model, "bf1:a[2]:=0x3f800000");
  CHECK(t == std::vector<float>{0, 0, 1});
}
