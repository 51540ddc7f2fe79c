// SPDX-License-Identifier: MIT
#include <bitfault/bitfault.hpp>
#include <bitfault/integrations/torch/parameter_faults.hpp>
#include <bitfault/integrations/torch/quantized_module.hpp>
#include <bitfault/integrations/torch/quantizer_faults.hpp>

#include "bytes.hpp"
#include "catch.hpp"
#include "quantised_layers.hpp"

#include <torch/script.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

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

TEST_CASE("torch quantised: the packed integers of a static network, as if it had been made of the "
          "faulty ones") {
  for (const bool per_channel : {false, true}) {
    network n = static_network(per_channel);
    const std::string golden = bytes_of(n.output());
    REQUIRE(golden == bytes_of(n.golden()));
    const at::Tensor conv = n.conv_weight.clone(), fc = n.fc_weight.clone();
    REQUIRE(bitfault::apply<std::int8_t>(flips(9), conv, key).ok());
    REQUIRE(bitfault::apply<std::int8_t>(flips(9), fc, {.seed = 31, .stream = 1}).ok());
    REQUIRE(bytes_of(n.with(conv, fc)) != golden);
    {
      const auto faults = bitfault::quantized_integer_faults(n.net, "*.weight", flips(9), key);
      CHECK(faults.size() == 2);
      CHECK(bytes_of(n.output()) == bytes_of(n.with(conv, fc)));
      const auto more = bitfault::quantized_integer_faults(n.net, "fc.weight", flip_at(7, 6), key);
      CHECK(bytes_of(n.output()) != bytes_of(n.with(conv, fc)));
    }
    CHECK(bytes_of(n.output()) == golden);
    CHECK(bytes_of(n.golden()) == golden); // the tensors that it was made of were not touched
    {
      const auto none = bitfault::quantized_integer_faults(n.net, "*", flips(0), key);
      CHECK(bytes_of(n.output()) == golden);
    }
  }
}

TEST_CASE("torch quantised: scales and zero points of packed weights and of outputs") {
  for (const bool per_channel : {false, true}) {
    network n = static_network(per_channel);
    const std::string golden = bytes_of(n.output());
    const at::Tensor fc = n.fc_weight.clone();
    {
      const auto fault = bitfault::quantized_scale_faults(n.net, "fc.weight", flip_at(0, 22), key);
      const auto same = bitfault::scale_faults(fc, flip_at(0, 22), key);
      CHECK(bytes_of(n.output()) == bytes_of(n.with(n.conv_weight, fc)));
      CHECK(bytes_of(n.output()) != golden);
    }
    CHECK(bytes_of(n.output()) == golden);
    {
      const auto fault =
          bitfault::quantized_zero_point_faults(n.net, "fc.weight", flip_at(0, 5), key);
      const auto same = bitfault::zero_point_faults(fc, flip_at(0, 5), key);
      CHECK(bytes_of(n.output()) == bytes_of(n.with(n.conv_weight, fc)));
      CHECK(bytes_of(n.output()) != golden);
    }
    CHECK(bytes_of(n.output()) == golden);
    {
      const float scale = 0.2F;
      const auto fault = bitfault::quantized_scale_faults(n.net, "conv.scale", flip_at(0, 23), key);
      CHECK(n.net.attr("conv").toModule().attr("scale").toDouble() == double{scale} * 2);
      CHECK(bytes_of(n.output()) ==
            bytes_of(n.with(n.conv_weight, n.fc_weight, 2 * double{scale})));
      const auto points =
          bitfault::quantized_zero_point_faults(n.net, "conv.zero_point", flip_at(0, 7), key);
      CHECK(bytes_of(n.output()) ==
            bytes_of(n.with(n.conv_weight, n.fc_weight, 2 * double{scale}, 100 + 128)));
    }
    CHECK(n.net.attr("conv").toModule().attr("scale").toDouble() == 0.2); // all of its digits
    CHECK(bytes_of(n.output()) == golden);
  }
}

TEST_CASE("torch quantised: a scale that the engine refuses is its error, and the scope ends as "
          "ever") {
  network n = static_network(false);
  const std::string golden = bytes_of(n.output());
  {
    const auto sign = bitfault::quantized_scale_faults(n.net, "fc.weight", flip_at(0, 31), key);
    CHECK_THROWS(n.output());
  }
  CHECK(bytes_of(n.output()) == golden);
}

TEST_CASE("torch quantised: dynamic layers, other convolutions, and a file of the module") {
  at::globalContext().setQEngine(at::kQNNPACK);
  torch::manual_seed(6);
  const at::Tensor w = quantised(at::randn({5, 8}), false);
  torch::jit::Module net =
      layer(pack_linear(w, at::ones({5})), "quantized.linear_dynamic(x, self._packed_params)");
  const at::Tensor x = at::randn({3, 8});
  const auto output = [&x](torch::jit::Module& m) { return bytes_of(m.forward({x}).toTensor()); };
  const std::string golden = output(net);
  const at::Tensor faulty = w.clone();
  REQUIRE(bitfault::apply<std::int8_t>(flip_at(3, 6), faulty, key).ok());
  const std::string expected = bytes_of(
      call("quantized::linear_dynamic", {x, pack_linear(faulty, at::ones({5})), false}).toTensor());
  REQUIRE(expected != golden);
  {
    const auto fault = bitfault::quantized_integer_faults(net, "weight", flip_at(3, 6), key);
    CHECK(output(net) == expected);
  }
  CHECK(output(net) == golden);

  const c10::List<std::int64_t> one{1}, none{0}, pair{2, 2}, zeros{0, 0}, ones{1, 1};
  const c10::IValue bias = at::ones({4});
  // Transposed convolutions have their inputs first.
  const c10::IValue conv1d = call("quantized::conv1d_prepack",
                                  {quantised(at::randn({4, 3, 3}), true), bias, one, none, one, 1});
  const c10::IValue transposed =
      call("quantized::conv_transpose2d_prepack",
           {quantised(at::randn({3, 4, 3, 3}), false), bias, pair, zeros, zeros, ones, 1});
  torch::jit::Module several("several");
  several.register_module("a", layer(conv1d, "quantized.conv1d(x, self._packed_params, self.scale, "
                                             "self.zero_point)"));
  several.register_module("b", layer(transposed, "quantized.conv_transpose2d(x, "
                                                 "self._packed_params, self.scale, "
                                                 "self.zero_point)"));
  const auto run = [&](const char* name, at::IntArrayRef sizes) {
    torch::manual_seed(7);
    const at::Tensor input = at::quantize_per_tensor(at::randn(sizes), 0.02, 128, at::kQUInt8);
    return bytes_of(several.attr(name).toModule().forward({input}).toTensor().int_repr());
  };
  const std::string a = run("a", {2, 3, 9}), b = run("b", {2, 3, 5, 5});
  {
    const auto faults = bitfault::quantized_integer_faults(several, "?.weight", flips(40), key);
    CHECK(faults.size() == 2);
    CHECK(run("a", {2, 3, 9}) != a);
    CHECK(run("b", {2, 3, 5, 5}) != b);
  }
  CHECK(run("a", {2, 3, 9}) == a);
  CHECK(run("b", {2, 3, 5, 5}) == b);
  several.register_module("c", several.attr("a").toModule()); // used at two places
  CHECK(bitfault::quantized_integer_faults(several, "?.weight", flips(1), key).size() == 2);
}

TEST_CASE("torch quantised: the integers, scales and zero points of embeddings") {
  torch::manual_seed(8);
  const at::Tensor w = at::quantize_per_channel(
      at::randn({5, 8}), at::linspace(0.01, 0.03, 5), at::linspace(1, 5, 5), 0,
      at::kQUInt8); // zero points of embeddings are floats
  const auto pack = [](const at::Tensor& t) {
    return call("quantized::embedding_bag_prepack", {t});
  };
  torch::jit::Module table = layer(pack(w), "quantized.embedding_byte(self._packed_params, x)");
  const at::Tensor rows = at::tensor({4, 0, 2}, at::kLong);
  const auto output = [&] { return bytes_of(table.forward({rows}).toTensor()); };
  const auto of = [&](const at::Tensor& t) {
    return bytes_of(call("quantized::embedding_byte", {pack(t), rows, false}).toTensor());
  };
  const auto other = [&](const at::Tensor& integers, const at::Tensor& scales,
                         const at::Tensor& zero_points) {
    const at::Tensor q = at::_empty_per_channel_affine_quantized({5, 8}, scales, zero_points, 0,
                                                                 at::TensorOptions(at::kQUInt8));
    std::memcpy(q.data_ptr(), integers.data_ptr(), 40);
    return of(q);
  };
  // What is unpacked has its scales in the packed object; packing rounds zero points.
  const c10::IValue packed = pack(w);
  const at::Tensor unpacked = call("quantized::embedding_bag_unpack", {packed}).toTensor();
  const std::string golden = output();
  REQUIRE(golden == of(w));
  {
    const auto faults = bitfault::quantized_integer_faults(table, "weight", flip_at(33, 7), key);
    const at::Tensor integers = w.int_repr();
    integers[4][1] = integers[4][1].item<std::uint8_t>() ^ 128;
    CHECK(output() == other(integers, w.q_per_channel_scales(), w.q_per_channel_zero_points()));
    CHECK(output() != golden);
  }
  CHECK(output() == golden);
  {
    const auto faults = bitfault::quantized_scale_faults(table, "weight", flip_at(2, 23), key);
    const at::Tensor scales = unpacked.q_per_channel_scales().clone();
    auto* const struck = reinterpret_cast<std::uint32_t*>(scales.data_ptr<float>()) + 2;
    *struck ^= 1U << 23;
    CHECK(output() == other(w.int_repr(), scales, unpacked.q_per_channel_zero_points()));
    CHECK(output() != golden);
  }
  {
    const auto faults = bitfault::quantized_zero_point_faults(table, "weight", flip_at(0, 22), key);
    const at::Tensor points = unpacked.q_per_channel_zero_points().clone();
    reinterpret_cast<std::uint32_t*>(points.data_ptr<float>())[0] ^= 1U << 22;
    CHECK(output() == other(w.int_repr(), unpacked.q_per_channel_scales(), points));
    CHECK(output() != golden);
  }
  CHECK(output() == golden);
  CHECK_THROWS_WITH(
      bitfault::quantized_zero_point_faults<std::int8_t>(table, "weight", flips(1), key),
      Catch::Contains("'weight': "));

  const at::Tensor narrow = at::quantize_per_channel(at::randn({2, 8}), at::full({2}, 0.1F),
                                                     at::zeros({2}), 0, at::kQUInt4x2);
  torch::jit::Module half_bytes = layer(pack(narrow), "x");
  CHECK_THROWS_WITH(bitfault::quantized_integer_faults(half_bytes, "weight", flips(1), key),
                    Catch::Contains("'weight': the packed embedding stores QUInt4x2"));
  CHECK_THROWS_WITH(bitfault::scale_faults(narrow, flips(1), key),
                    Catch::Contains("stores QUInt4x2, several integers in a byte"));
}

TEST_CASE("torch quantised: both weights of a recurrent cell") {
  at::globalContext().setQEngine(at::kQNNPACK);
  torch::manual_seed(9);
  const at::Tensor ih = at::quantize_per_tensor(at::randn({16, 8}), 0.02, 0, at::kQInt8);
  const at::Tensor hh = at::quantize_per_tensor(at::randn({16, 4}), 0.02, 0, at::kQInt8);
  const at::Tensor bias = at::randn({16});
  const auto pack = [&bias](const at::Tensor& i, const at::Tensor& h) {
    return call("quantized::make_quantized_cell_params_dynamic",
                {pack_linear(i, bias), pack_linear(h, bias), bias, bias, false});
  };
  // As torch.nn.quantized.dynamic.LSTM: a list of modules, each with one cell.
  torch::jit::Module cell("cell"), cells("cells"), net("lstm");
  cell.register_attribute("param", pack(ih, hh).type(), pack(ih, hh));
  cells.register_module("0", cell);
  net.register_module("_all_weight_values", cells);
  const at::Tensor x = at::randn({3, 2, 8});
  const auto run = [&x](const c10::IValue& packed) {
    c10::impl::GenericList all(packed.type());
    all.push_back(packed);
    const c10::List<at::Tensor> state({at::zeros({1, 2, 4}), at::zeros({1, 2, 4})});
    return bytes_of(call("aten::quantized_lstm",
                         {x, state, all, true, 1, 0.0, false, false, false, c10::IValue(), true},
                         "input")
                        .toTensor());
  };
  const auto output = [&] { return run(cell.attr("param")); };
  const std::string golden = output(), name = "_all_weight_values.0.param.weight_";
  REQUIRE(golden == run(pack(ih, hh)));
  const at::Tensor faulty_ih = ih.clone(), faulty_hh = hh.clone();
  REQUIRE(bitfault::apply<std::int8_t>(flips(5), faulty_ih, key).ok());
  REQUIRE(bitfault::apply<std::int8_t>(flips(5), faulty_hh, {.seed = 31, .stream = 1}).ok());
  {
    const auto both = bitfault::quantized_integer_faults(net, "*.weight_?h", flips(5), key);
    CHECK(both.size() == 2);
    CHECK(output() == run(pack(faulty_ih, faulty_hh)));
    CHECK(output() != golden);
  }
  CHECK(output() == golden);
  {
    const auto one = bitfault::quantized_integer_faults(net, name + "ih", flips(5), key);
    CHECK(output() == run(pack(faulty_ih, hh)));
  }
  {
    const auto scale = bitfault::quantized_scale_faults(net, name + "hh", flip_at(0, 23), key);
    const at::Tensor other = hh.clone();
    const auto same = bitfault::scale_faults(other, flip_at(0, 23), key);
    CHECK(output() == run(pack(ih, other)));
    CHECK(output() != golden);
  }
  CHECK(output() == golden);
}

TEST_CASE("torch quantised: what cannot be struck is refused by name, and nothing is changed") {
  network n = static_network(false);
  const std::string golden = bytes_of(n.output());
  CHECK_THROWS_WITH(bitfault::quantized_integer_faults(n.net, "fc.wieght", flips(1), key),
                    Catch::Contains("no packed weight is named 'fc.wieght'") &&
                        Catch::Contains("nearest name is 'fc.weight'"));
  CHECK_THROWS_WITH(bitfault::quantized_integer_faults(n.net, "*.weight", flips(1000), key),
                    Catch::Contains("'conv.weight': ") &&
                        Catch::Contains("1000 faults asked for, but the space has only 864"));
  CHECK_THROWS_WITH(bitfault::parameter_faults(n.net, "conv.weight", flips(1), key),
                    Catch::Contains("'conv.weight' is packed for quantised operators") &&
                        Catch::Contains("quantized_integer_faults"));
  CHECK(bytes_of(n.output()) == golden);
  torch::jit::Module linear = layer(
      pack_linear(at::quantize_per_tensor(at::ones({2, 2}), 0.1, 0, at::kQInt8), at::ones({2})),
      "x");
  at::globalContext().setQEngine(at::kONEDNN); // which was not the one that packed
  CHECK_THROWS_WITH(bitfault::quantized_integer_faults(linear, "weight", flips(1), key),
                    Catch::Contains("'weight': the weight was packed for another engine"));
  CHECK_THROWS_WITH(bitfault::quantized_integer_faults(n.net, "conv.weight", flips(1), key),
                    Catch::Contains("'conv.weight': ")); // LibTorch's own sentence
  at::globalContext().setQEngine(at::kQNNPACK);
  CHECK(bytes_of(n.output()) == golden);
}

TEST_CASE("torch quantised: weights that the engine refuses to pack, and nothing is changed") {
  at::globalContext().setQEngine(at::kONEDNN); // takes zero points of 0 only
  torch::manual_seed(10);
  torch::jit::Module net("net");
  for (const char* name : {"a", "b"})
    net.register_module(
        name, layer(pack_linear(at::quantize_per_tensor(at::randn({3, 4}), 0.02, 0, at::kQInt8),
                                at::ones({3})),
                    "x"));
  const auto packed = [&net](const char* name) {
    return net.attr(name).toModule().attr("_packed_params");
  };
  const c10::IValue a = packed("a"), b = packed("b");
  // Now and then the first weight gets no fault, and can be packed before the second cannot.
  const auto seldom = bitfault::make_injector(bitfault::bit_flip{}, bitfault::rate::per_bit(0.05));
  std::set<std::string> refused;
  unsigned taken = 0;
  for (std::uint64_t trial = 0; trial < 60; ++trial) {
    try {
      const auto faults = bitfault::quantized_zero_point_faults(net, "?.weight", seldom,
                                                                {.seed = 1, .trial = trial});
      ++taken;
      CHECK_FALSE(packed("a").is(a));
    } catch (const std::invalid_argument& e) {
      const std::string what = e.what();
      refused.insert(what.substr(0, what.find(", whose")));
    }
    CHECK(packed("a").is(a));
    CHECK(packed("b").is(b));
  }
  CHECK(taken > 0);
  const std::string why = "weight': quantized::linear_prepack: ONEDNN only supports symmetric "
                          "quantization of weight";
  CHECK(refused == std::set<std::string>{"bitfault: 'a." + why, "bitfault: 'b." + why});
  at::globalContext().setQEngine(at::kQNNPACK);
}

TEST_CASE("torch: a frozen or optimised module says which weight cannot be reached any more") {
  torch::jit::Module conv("conv"), net("net");
  conv.register_parameter("weight", at::randn({4, 3, 3, 3}), false);
  conv.register_parameter("bias", at::randn({4}), false);
  define(conv, "torch.conv2d(x, self.weight, self.bias)");
  net.register_module("conv1", conv);
  define(net, "torch.relu(self.conv1.forward(x))");
  const auto refusal = [](const torch::jit::Module& m) {
    return [&m](const std::string& name) {
      static_cast<void>(bitfault::parameter_faults(m, name, flips(1), key));
    };
  };
  {
    const auto found = bitfault::parameter_faults(net, "conv1.weight", flips(1), key);
    CHECK(found.size() == 1);
  }
  const torch::jit::Module frozen = torch::jit::freeze(net);
  CHECK_THROWS_WITH(refusal(frozen)("conv1.weight"),
                    Catch::Contains("no parameter or buffer is named 'conv1.weight'") &&
                        Catch::Contains("'conv1.weight' is a constant of the graph") &&
                        Catch::Contains("freeze"));
  CHECK_THROWS_WITH(refusal(frozen)("*.bias"), Catch::Contains("'conv1.bias' is a constant"));
  CHECK_THROWS_WITH(bitfault::module_tensors(frozen).require_path("conv1"),
                    Catch::Contains("no module is named 'conv1'") && Catch::Contains("freeze"));
  std::stringstream file; // which does not keep the names
  frozen.save(file);
  const torch::jit::Module loaded = torch::jit::load(file);
  CHECK_THROWS_WITH(refusal(loaded)("conv1.weight"),
                    Catch::Contains("what aten::conv2d reads' (one of 2) is a constant"));

  const torch::jit::Module optimised = torch::jit::optimize_for_inference(net);
  CHECK_THROWS_WITH(refusal(optimised)("conv1.weight"),
                    Catch::Contains("'conv1.weight' was packed for MKL-DNN") &&
                        Catch::Contains("optimize_for_inference"));

  torch::jit::Module packed("packed"); // as torch.utils.mkldnn makes them
  packed.register_buffer("weight", at::randn({4, 3, 3, 3}).to_mkldnn());
  CHECK_THROWS_WITH(refusal(packed)("weight"), Catch::Contains("'weight', shape [4, 3, 3, 3]: ") &&
                                                   Catch::Contains("packed for MKL-DNN"));

  network n = static_network(false);
  const torch::jit::Module quantised_and_frozen = torch::jit::freeze(n.net);
  CHECK_THROWS_WITH(
      bitfault::quantized_integer_faults(quantised_and_frozen, "fc.weight", flips(1), key),
      Catch::Contains("no packed weight is named 'fc.weight'") &&
          Catch::Contains("'fc.weight' is a constant of the graph"));
}
