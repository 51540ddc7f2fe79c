// SPDX-License-Identifier: MIT
// Weights and outputs of layers that campaigns strike as if they were stored as sparse ones.

#include <bitfault/bitfault.hpp>
#include <bitfault/campaign/campaign.hpp>
#include <bitfault/campaign/drawn_trial.hpp>
#include <bitfault/campaign/memory_store.hpp>
#include <bitfault/integrations/torch/recorded_model.hpp>
#include <bitfault/integrations/torch/sparse_faults.hpp>

#include "by_hand.hpp"
#include "bytes.hpp"
#include "catch.hpp"

#include <torch/script.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace {

namespace bc = bitfault::campaign;
using bitfault::index_array;
using bitfault::out_of_range;
using model = bitfault::recorded_model;
using by_hand::compare;
using by_hand::faulty_sparse;
using by_hand::flip;
using by_hand::flip_at;
using by_hand::key;
using by_hand::parts;
using by_hand::pruned;

} // namespace

TEST_CASE("torch campaign: dense weights stored as sparse ones equal weights unpacked by hand") {
  torch::manual_seed(4);
  const at::Tensor x = at::randn({2, 3, 6, 6});
  const at::Tensor conv = pruned({4, 3, 3, 3}), fc = pruned({5, 64});
  const auto net = [&] {
    torch::jit::Module m("m");
    m.register_parameter("conv", conv.clone(), false);
    m.register_parameter("fc", fc.clone(), false);
    m.define("def forward(self, x):\n  h = torch.relu(torch.conv2d(x, self.conv))\n"
             "  return torch.mm(torch.flatten(h, 1), torch.t(self.fc))\n"); // reads it as a view
    return m;
  };
  torch::jit::Module other = net();
  const auto run = [&] { return other.forward({x}).toTensor(); };
  for (const bool csr : {false, true}) {
    bitfault::sparse_storage storage{.policy = out_of_range::wrap};
    (csr ? storage.csr : storage.coo) = {"*"};
    const auto make = [&] {
      return std::make_unique<model>(net(), x, 2, std::vector<std::uint32_t>{},
                                     std::vector<std::string>{}, storage);
    };
    const auto unpacked = [&](const std::string& target, const flip& f) {
      const auto [name, array] = parts(target);
      const at::Tensor w = bitfault::module_tensors(other).find(name).at(0).tensor;
      const at::Tensor golden = w.clone();
      const at::Tensor sparse =
          csr ? golden.reshape({golden.size(0), -1}).to_sparse_csr() : golden.to_sparse();
      w.copy_(faulty_sparse(sparse, array, f, storage.policy, [&] {
                return sparse.to_dense();
              }).reshape(w.sizes()));
      const at::Tensor output = run();
      w.copy_(golden);
      return output;
    };
    CHECK(compare(make, {"conv.*", "fc.*"}, 200, run(), unpacked) > 100);
    CHECK_THROWS_WITH(
        bc::campaign<model>(make, bc::settings{}, {bc::experiment{.name = "e", .targets = {"fc"}}}),
        Catch::Contains("no target is named 'fc'"));
  }
  const auto refused = [&](bitfault::sparse_storage storage, const char* why) {
    CHECK_THROWS_WITH(model(net(), x, 2, {}, {}, storage), Catch::Contains(why));
  };
  refused({.coo = {"conv.weight"}}, "nearest name is 'conv'");
  refused({.coo = {"conv"}, .csr = {"conv"}},
          "'conv' cannot be stored as sparse: it is named twice");
}

TEST_CASE("torch campaign: rates over all values or indices equal scopes that are nested by hand") {
  torch::manual_seed(8);
  const at::Tensor x = at::randn({3, 7}), w = pruned({6, 7});
  const auto make = [&] {
    torch::jit::Module m("m");
    m.register_parameter("w", w.clone(), false);
    m.define("def forward(self, x):\n  return torch.mm(x, torch.t(self.w))\n");
    return std::make_unique<model>(
        m, x, 3, std::vector<std::uint32_t>{}, std::vector<std::string>{},
        bitfault::sparse_storage{.coo = {"*"}, .policy = out_of_range::wrap});
  };
  std::vector<bc::experiment> sweep;
  for (const char* const target : {"*.values", "*.indices"})
    for (const double rate : {0.0, 0.05, 0.4, 1.0}) {
      bc::experiment e;
      e.name = target + std::to_string(rate);
      e.targets = {target};
      e.amount.which = bc::fault_amount::kind::per_element;
      e.amount.rate = rate;
      e.all_inputs = true;
      e.trials = 5;
      sweep.push_back(e);
    }
  bc::campaign<model> c(make, bc::settings{.seed = 12}, sweep);
  const auto runner = c.make_runner();
  const std::string golden = bytes_of(x.mm(w.t()));
  std::size_t differ = 0, struck = 0;
  for (const auto& e : c.experiments())
    for (std::uint64_t trial = 0; trial < 5; ++trial) {
      const auto faults = bc::draw_trial(e, trial, c.golden().inputs()).record.faults;
      const at::Tensor sparse = w.to_sparse();
      std::vector<bitfault::tensor_fault_scope> scopes;
      for (const auto& f : faults) {
        const auto one =
            flip_at(f.fault.element, static_cast<unsigned>(std::countr_zero(f.fault.mask)));
        if (c.targets()[f.target].name == "w.values")
          scopes.push_back(bitfault::sparse_value_faults(sparse, one, key));
        else
          scopes.push_back(bitfault::sparse_index_faults(sparse, index_array::indices,
                                                         out_of_range::wrap, one, key));
      }
      std::string partial;
      runner->run_with(faults, [&](std::uint64_t, const std::byte* output) {
        partial.append(reinterpret_cast<const char*>(output), 24);
      });
      const std::string whole = bytes_of(x.mm(sparse.to_dense().t()));
      REQUIRE((partial == whole));
      struck += faults.size();
      differ += whole != golden ? 1 : 0;
      while (!scopes.empty())
        scopes.pop_back(); // the last first
    }
  CHECK(struck > 200);
  CHECK(differ > 20);
}

TEST_CASE("torch campaign: outputs stored as sparse equal those made sparse by hand") {
  torch::manual_seed(11);
  const at::Tensor x = at::randn({3, 7}), w = at::randn({5, 6}), v = at::randn({4, 30});
  torch::jit::Module m("m");
  m.register_parameter("w", at::randn({6, 7}), false);
  m.register_parameter("v", v, false);
  m.register_parameter("u", w, false);
  // {3, 5, 6}, half of it not 0, read by two operators and written to by one
  m.define(
      "def forward(self, x):\n"
      "  h = torch.relu(torch.linear(x, self.w).unsqueeze(1) * self.u)\n"
      "  g = h + 1\n"
      "  return torch.linear(torch.flatten(h.mul_(2), 1), self.v) + g.sum([1, 2]).unsqueeze(1)\n");
  const at::Tensor h =
      at::relu(at::linear(x, m.attr("w").toTensor()).unsqueeze(1) * w).contiguous();
  const auto after = [&](const at::Tensor& relu) {
    return at::linear(at::flatten(relu * 2, 1), v) + (relu + 1).sum({1, 2}).unsqueeze(1);
  };
  const std::string golden = bytes_of(after(h));
  for (const out_of_range policy : {out_of_range::drop, out_of_range::clamp, out_of_range::wrap}) {
    const auto make = [&] {
      return std::make_unique<model>(
          m, x, 3, std::vector<std::uint32_t>{}, std::vector<std::string>{},
          bitfault::sparse_storage{.outputs = {":relu"}, .policy = policy});
    };
    bc::experiment e;
    e.name = "flips";
    e.targets = {":relu.values", ":relu.indices"};
    e.trials = 200;
    bc::campaign<model> c(make, bc::settings{.seed = 2}, {e});
    c.require_live_targets();
    const auto runner = c.make_runner();
    std::size_t differ = 0, unused = 0;
    for (std::uint64_t trial = 0; trial < e.trials; ++trial) {
      const auto faults =
          bc::draw_trial(c.experiments()[0], trial, c.golden().inputs()).record.faults;
      const auto& f = faults.at(0).fault;
      const std::string array = parts(c.targets()[faults[0].target].name).second;
      const auto entry = static_cast<std::int64_t>(f.element % 30);
      const auto axis = static_cast<std::int64_t>(f.element / 30);
      const at::Tensor faulty = h.clone();
      for (std::int64_t row = 0; row < 3; ++row) { // the same fault in each
        const at::Tensor sparse = h[row].to_sparse();
        const auto element = static_cast<std::uint64_t>(axis * sparse._nnz() + entry);
        const auto bit = static_cast<unsigned>(std::countr_zero(f.mask));
        if (entry < sparse._nnz())
          faulty[row].copy_(faulty_sparse(sparse, array, flip_at(element, bit), policy,
                                          [&] { return sparse.to_dense(); }));
        else
          ++unused;
      }
      const std::string whole = bytes_of(after(faulty));
      std::string partial;
      runner->run_with(faults, [&](std::uint64_t, const std::byte* output) {
        partial.append(reinterpret_cast<const char*>(output), 16);
      });
      REQUIRE((partial == whole));
      differ += whole != golden ? 1 : 0;
    }
    CHECK(differ > 50);
    CHECK(unused > 50);
  }
  const bitfault::sparse_storage wrong{.outputs = {":rleu"}};
  CHECK_THROWS_WITH(model(m, x, 3, {}, {}, wrong),
                    Catch::Contains("no operator is named ':rleu', whose outputs are asked for"));
}

TEST_CASE("torch campaign: a network that is not pruned and stored as sparse is the same network") {
  torch::manual_seed(4);
  const at::Tensor x = at::randn({4, 5}), w = at::randn({3, 5});
  const auto records = [&](bool sparse) {
    const auto make = [&] {
      torch::jit::Module m("m");
      m.register_parameter("w", w.clone(), false);
      m.define("def forward(self, x):\n  return torch.mm(x, torch.t(self.w))\n");
      return std::make_unique<model>(
          m, x, 4, std::vector<std::uint32_t>{}, std::vector<std::string>{},
          sparse ? bitfault::sparse_storage{.coo = {"w"}} : bitfault::sparse_storage{});
    };
    bc::experiment e;
    e.name = "w";
    e.targets = {sparse ? "w.values" : "w"}; // all are there, in the same order
    e.trials = 100;
    e.all_inputs = true;
    bc::campaign<model> c(make, bc::settings{.seed = 6}, {e});
    bc::memory_store store(1);
    c.run(store);
    std::vector<std::string> outcomes;
    store.for_each_trial(0, {0, 100}, [&](const bc::trial_record& r) {
      outcomes.push_back(std::to_string(r.faults.at(0).fault.element) + r.outcomes_by_input);
    });
    return outcomes;
  };
  CHECK(records(true) == records(false));
}

TEST_CASE("torch campaign: a module at two places is stored as sparse once, for both") {
  torch::manual_seed(5);
  const at::Tensor x = at::randn({2, 6}), w = pruned({6, 6});
  const auto net = [&] {
    torch::jit::Module m("m"), part("part");
    part.register_parameter("weight", w.clone(), false);
    part.register_attribute("training", c10::BoolType::get(), false);
    part.define("def forward(self, x):\n  return torch.mm(x, self.weight)\n");
    m.register_module("a", part);
    m.register_module("b", part);
    m.register_attribute("training", c10::BoolType::get(), false);
    m.define("def forward(self, x):\n  return self.b.forward(self.a.forward(x))\n");
    return m;
  };
  for (const bool csr : {false, true}) {
    bitfault::sparse_storage storage{.policy = out_of_range::clamp};
    (csr ? storage.csr : storage.coo) = {"a.*", "*.weight"}; // two patterns name it, too
    const auto make = [&] {
      return std::make_unique<model>(net(), x, 2, std::vector<std::uint32_t>{},
                                     std::vector<std::string>{}, storage);
    };
    CHECK(make()->parameters().size() == (csr ? 3 : 2));
    const auto unpacked = [&](const std::string& target, const flip& f) {
      const at::Tensor sparse = csr ? w.to_sparse_csr() : w.to_sparse();
      const at::Tensor faulty = faulty_sparse(sparse, parts(target).second, f, storage.policy,
                                              [&] { return sparse.to_dense(); });
      return x.mm(faulty).mm(faulty);
    };
    CHECK(compare(make, {"a.weight.*"}, 80, x.mm(w).mm(w), unpacked) > 40);
  }
  torch::jit::Module m("m");
  m.register_parameter("scalar", at::ones({}), false);
  m.register_parameter("row", at::ones({6}), false);
  m.define("def forward(self, x):\n  return x * self.scalar + self.row\n");
  const auto csr = [](const char* name) { return bitfault::sparse_storage{.csr = {name}}; };
  CHECK_THROWS_WITH(model(m, x, 2, {}, {}, csr("scalar")),
                    Catch::Contains("it has 0 axes; CSR needs two or more"));
  CHECK_THROWS_WITH(model(m, x, 2, {}, {}, csr("row")),
                    Catch::Contains("it has 1 axis; CSR needs two or more"));
}
