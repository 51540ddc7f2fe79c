// SPDX-License-Identifier: MIT
#include <bitfault/bitfault.hpp>
#include <bitfault/integrations/torch/sparse_faults.hpp>

#include "bytes.hpp"
#include "catch.hpp"

#include <torch/torch.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace {

using bitfault::index_array;
using bitfault::out_of_range;

const bitfault::fault_key key{.seed = 21};
constexpr out_of_range policies[] = {out_of_range::drop, out_of_range::clamp, out_of_range::wrap};
constexpr std::int64_t far_away = std::int64_t{1} << 40;

constexpr auto flips(bitfault::index_t count) {
  return bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{count});
}
/// Element n of an array becomes this.
auto set_to(std::int64_t n, std::int64_t value) {
  return bitfault::make_injector(
      [value](auto old, auto&) { return static_cast<decltype(old)>(value); },
      bitfault::at{static_cast<bitfault::index_t>(n)});
}

/// A 4 by 5 matrix, 6 entries.
at::Tensor coo() {
  return at::sparse_coo_tensor(
             at::tensor({0, 0, 1, 3, 3, 3, 0, 4, 2, 1, 2, 3}, at::kLong).view({2, 6}),
             at::arange(1, 7, at::kFloat), {4, 5})
      .coalesce();
}
at::Tensor csr(at::ScalarType index = at::kLong) {
  return at::sparse_csr_tensor(at::tensor({0, 2, 3, 3, 6}, index),
                               at::tensor({0, 4, 2, 1, 2, 3}, index), at::arange(1, 7, at::kFloat),
                               {4, 5}, at::TensorOptions(at::kFloat).layout(at::kSparseCsr));
}

/// All that a sparse tensor holds.
std::string contents(const at::Tensor& t) {
  std::string all = bytes_of(bitfault::sparse_values(t));
  if (t.layout() == at::kSparse)
    return all + bytes_of(t._indices()) + (t.is_coalesced() ? "coalesced" : "");
  return all + bytes_of(t.crow_indices()) + bytes_of(t.col_indices());
}

std::vector<std::int64_t> numbers(const at::Tensor& t) {
  const at::Tensor wide = t.to(at::kLong).contiguous();
  return {wide.data_ptr<std::int64_t>(), wide.data_ptr<std::int64_t>() + wide.numel()};
}

/// What a policy makes of one index, in plain words.
std::optional<std::int64_t> by_policy(out_of_range policy, std::int64_t i, std::int64_t low,
                                      std::int64_t high) {
  if (i >= low && i <= high)
    return i;
  if (policy == out_of_range::drop)
    return std::nullopt;
  if (policy == out_of_range::clamp)
    return std::clamp(i, low, high);
  __extension__ using wide = __int128;
  const wide size = wide{high} - low + 1;
  const wide rest = ((wide{i} - low) % size + size) % size;
  return static_cast<std::int64_t>(low + rest);
}

} // namespace

TEST_CASE("torch sparse: faults in values, COO and CSR, zeros among them, and back again") {
  for (const at::Tensor& t : {coo(), csr(), csr(at::kInt)}) {
    bitfault::sparse_values(t)[2].zero_();
    const std::string golden = contents(t);
    const at::Tensor dense = t.to_dense();
    {
      const auto all = bitfault::make_injector(bitfault::bit_flip{}, bitfault::every{},
                                               bitfault::bits::given{30});
      const auto faults = bitfault::sparse_value_faults(t, all, key);
      CHECK(t.sizes() == at::IntArrayRef({4, 5}));
      CHECK(t._nnz() == 6);
      CHECK(t.to_dense().ne(dense).sum().item<std::int64_t>() == 6);
      CHECK(t.to_dense()[1][2].item<float>() != 0);
    }
    CHECK(contents(t) == golden);
    CHECK(bitfault::apply(flips(3), bitfault::sparse_values(t), key).ok()); // without a scope
    CHECK(contents(t) != golden);
  }
}

TEST_CASE("torch sparse: a high bit of an index neither changes the shape nor allocates for it") {
  for (const out_of_range policy : policies)
    for (std::int64_t n = 0; n < 12; ++n) {
      const at::Tensor t = coo();
      const std::string golden = contents(t);
      const auto bit_40 = bitfault::make_injector(bitfault::bit_flip{},
                                                  bitfault::at{static_cast<bitfault::index_t>(n)},
                                                  bitfault::bits::given{40});
      {
        const auto faults = bitfault::sparse_index_faults<std::int64_t>(t, index_array::indices,
                                                                        policy, bit_40, key);
        CHECK(t.sizes() == at::IntArrayRef({4, 5}));
        CHECK(t._nnz() == 6);
        CHECK(t.to_dense().sizes() == at::IntArrayRef({4, 5}));
        CHECK(t.matmul(at::ones({5, 2})).sizes() == at::IntArrayRef({4, 2}));
        CHECK(t.is_coalesced() == false);
      }
      CHECK(contents(t) == golden);
    }
}

TEST_CASE(
    "torch sparse: an index in range moves its entry; one out of range is dropped, clamped or "
    "wrapped") {
  const std::int64_t values[] = {0,
                                 3,
                                 4,
                                 5,
                                 7,
                                 -1,
                                 -6,
                                 far_away,
                                 -far_away,
                                 std::numeric_limits<std::int64_t>::max(),
                                 std::numeric_limits<std::int64_t>::min()};
  const std::vector<std::int64_t> rows = numbers(coo()._indices()[0]);
  const std::vector<std::int64_t> columns = numbers(coo()._indices()[1]);
  for (const out_of_range policy : policies)
    for (std::size_t n = 0; n < 12; ++n)
      for (const std::int64_t v : values) {
        CAPTURE(static_cast<int>(policy), n, v);
        const bool is_row = n < 6;
        const auto there = by_policy(policy, v, 0, is_row ? 3 : 4);
        // The same matrix, entry by entry.
        at::Tensor expected = at::zeros({4, 5});
        for (std::size_t e = 0; e < 6; ++e) {
          if (e != n % 6)
            expected[rows[e]][columns[e]] += static_cast<float>(e + 1);
          else if (there)
            expected[is_row ? *there : rows[e]][is_row ? columns[e] : *there] +=
                static_cast<float>(e + 1);
        }
        {
          const at::Tensor t = coo();
          const auto fault = bitfault::sparse_index_faults(
              t, index_array::indices, policy, set_to(static_cast<std::int64_t>(n), v), key);
          CHECK(t.to_dense().equal(expected));
          CHECK(t._nnz() == 6);
        }
        if (is_row)
          continue;
        for (const at::ScalarType type : {at::kLong, at::kInt}) {
          if (type == at::kInt && v != static_cast<std::int32_t>(v))
            continue;
          const at::Tensor t = csr(type);
          const std::string golden = contents(t);
          {
            const auto fault =
                bitfault::sparse_index_faults(t, index_array::col_indices, policy,
                                              set_to(static_cast<std::int64_t>(n - 6), v), key);
            CHECK(t.to_dense().equal(expected));
            CHECK(t.matmul(at::eye(5)).equal(expected));
            CHECK(t._nnz() == 6);
          }
          CHECK(contents(t) == golden);
        }
      }
}

TEST_CASE("torch sparse: a row pointer stays between its neighbours") {
  const std::vector<std::int64_t> rows{0, 2, 3, 3, 6}, columns{0, 4, 2, 1, 2, 3};
  for (const out_of_range policy : policies)
    for (std::size_t n = 0; n < rows.size(); ++n)
      for (const std::int64_t v :
           {std::int64_t{-1}, std::int64_t{0}, std::int64_t{1}, std::int64_t{3}, std::int64_t{5},
            std::int64_t{6}, std::int64_t{7}, far_away, -far_away}) {
        CAPTURE(static_cast<int>(policy), n, v);
        const std::int64_t low = n == 0 ? 0 : n == 4 ? 6 : rows[n - 1];
        const std::int64_t high = n == 4 ? 6 : n == 0 ? 0 : rows[n + 1];
        std::vector<std::int64_t> expected = rows;
        const auto there = by_policy(policy, v, low, high);
        expected[n] = there.value_or(rows[n]);
        at::Tensor dense = at::zeros({4, 5});
        for (std::size_t row = 0; row < 4; ++row)
          if (there || (row != n && row + 1 != n)) // a lost pointer bounds two rows
            for (std::int64_t e = expected[row]; e < expected[row + 1]; ++e)
              dense[static_cast<std::int64_t>(row)][columns[static_cast<std::size_t>(e)]] +=
                  static_cast<float>(e + 1);
        const at::Tensor t = csr();
        const std::string golden = contents(t);
        {
          const auto fault = bitfault::sparse_index_faults(
              t, index_array::crow_indices, policy, set_to(static_cast<std::int64_t>(n), v), key);
          CHECK(numbers(t.crow_indices()) == expected);
          CHECK(t.to_dense().equal(dense));
          CHECK(t.matmul(at::eye(5)).equal(dense));
        }
        CHECK(contents(t) == golden);
      }
}

TEST_CASE("torch sparse: any number of faults in indices leaves all of them in range, and all is "
          "back after them") {
  torch::manual_seed(3);
  const at::Tensor dense = at::randn({17, 9}).mul(at::rand({17, 9}).lt(0.3));
  for (const at::Tensor& t : {dense.to_sparse(), dense.to_sparse_csr()}) {
    const std::string golden = contents(t);
    const bool is_coo = t.layout() == at::kSparse;
    for (const out_of_range policy : policies)
      for (const index_array array :
           {index_array::indices, index_array::crow_indices, index_array::col_indices}) {
        if (is_coo != (array == index_array::indices))
          continue;
        for (std::uint32_t trial = 0; trial < 30; ++trial) {
          // Some faults lie in low bits only, so that many indices stay in range.
          const auto some = bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{9},
                                                    bitfault::bits::range{0, trial % 2 ? 3U : 63U});
          const auto faults = bitfault::sparse_index_faults<std::int64_t>(
              t, array, policy, some, {.seed = 5, .trial = trial});
          const auto inside = [](const at::Tensor& i, std::int64_t size) {
            return i.ge(0).logical_and(i.lt(size)).all().item<bool>();
          };
          if (is_coo) {
            REQUIRE(inside(t._indices()[0], 17));
            REQUIRE(inside(t._indices()[1], 9));
          } else {
            const at::Tensor rows = t.crow_indices();
            REQUIRE(inside(t.col_indices(), 9));
            REQUIRE(rows[0].item<std::int64_t>() == 0);
            REQUIRE(rows[17].item<std::int64_t>() == t._nnz());
            REQUIRE(rows.diff().ge(0).all().item<bool>());
          }
          REQUIRE(contents(t) != golden);
          REQUIRE(t.matmul(at::ones({9, 3})).allclose(t.to_dense().matmul(at::ones({9, 3}))));
        }
        REQUIRE(contents(t) == golden);
      }
  }
}

TEST_CASE("torch sparse: entries that hold rows are dropped as a whole, scopes lie in each other, "
          "and no fault leaves the tensor coalesced") {
  const at::Tensor t = at::sparse_coo_tensor(at::tensor({0, 2}, at::kLong).view({1, 2}),
                                             at::ones({2, 3}, at::kDouble), {3, 3})
                           .coalesce();
  const std::string golden = contents(t);
  {
    const auto none =
        bitfault::sparse_index_faults(t, index_array::indices, out_of_range::drop, flips(0), key);
    CHECK(t.is_coalesced());
  }
  const auto versions = t._version();
  {
    const auto values = bitfault::sparse_value_faults(t, flips(9), key);
    const std::string with_values = contents(t);
    {
      const auto dropped = bitfault::sparse_index_faults(t, index_array::indices,
                                                         out_of_range::drop, set_to(1, 3), key);
      CHECK(t.to_dense()[2].count_nonzero().item<std::int64_t>() == 0);
      const auto again = bitfault::sparse_index_faults(t, index_array::indices, out_of_range::drop,
                                                       set_to(1, 0), key);
      CHECK(t.coalesce()._nnz() == 1);
    }
    CHECK(contents(t) == with_values);
    CHECK(with_values != golden);
  }
  CHECK(contents(t) == golden);
  CHECK(t._version() > versions);
}

TEST_CASE("torch sparse: parameters and buffers of a module, by their names") {
  torch::nn::Module net("net");
  const at::Tensor a = net.register_buffer("a", csr());
  const at::Tensor b = net.register_parameter("b", coo(), true);
  net.register_buffer("dense", at::ones({3}));
  const std::string golden = contents(a) + contents(b);
  {
    const auto values = bitfault::sparse_value_faults(net, "?", flips(4), key);
    CHECK(values.size() == 2);
    CHECK(bytes_of(bitfault::sparse_values(a)) != bytes_of(bitfault::sparse_values(b)));
    const auto indices = bitfault::sparse_index_faults(net, "b", index_array::indices,
                                                       out_of_range::wrap, flips(4), key);
    CHECK(!b.is_coalesced());
    CHECK(at::_sparse_mm(b, at::ones({5, 2})).requires_grad());
  }
  CHECK(contents(a) + contents(b) == golden);
  CHECK_THROWS_WITH(
      bitfault::sparse_index_faults(net, "a", index_array::indices, out_of_range::wrap, flips(4),
                                    key),
      Catch::Contains("'a', shape [4, 5]: ") &&
          Catch::Contains("the tensor's layout is SparseCsr; Sparse (COO) is needed"));
  CHECK_THROWS_WITH(bitfault::sparse_value_faults(net, "*", flips(4), key),
                    Catch::Contains("'dense', shape [3]: ") &&
                        Catch::Contains("layout is Strided; Sparse (COO) or SparseCsr is needed"));
  CHECK_THROWS_WITH(bitfault::parameter_faults(net, "b", flips(4), key),
                    Catch::Contains("'b', shape [4, 5]: ") &&
                        Catch::Contains("sparse_value_faults"));
  CHECK(contents(a) + contents(b) == golden);
}

TEST_CASE("torch sparse: what cannot be struck is refused, and nothing is changed") {
  const at::Tensor t = coo();
  const std::string golden = contents(t);
  CHECK_THROWS_WITH(
      bitfault::sparse_index_faults(t, index_array::indices, out_of_range::clamp, flips(769), key),
      Catch::Contains("769 faults asked for, but the space has only 768"));
  CHECK_THROWS_WITH(bitfault::sparse_index_faults(at::Tensor(), index_array::indices,
                                                  out_of_range::clamp, flips(1), key),
                    Catch::Contains("undefined"));
  CHECK_THROWS_WITH(bitfault::sparse_values(at::ones({2})), Catch::Contains("layout is Strided"));
  t._indices()[0][0] = 4; // broken by somebody else
  CHECK_THROWS_WITH(
      bitfault::sparse_index_faults(t, index_array::indices, out_of_range::clamp, flips(1), key),
      Catch::Contains("out of range without any fault"));
  t._indices()[0][0] = 0;
  CHECK(contents(t) == golden);
  const at::Tensor batch = at::sparse_csr_tensor(
      at::tensor({0, 1, 0, 1}, at::kLong).view({2, 2}), at::zeros({2, 1}, at::kLong),
      at::ones({2, 1}), {2, 1, 1}, at::TensorOptions(at::kFloat).layout(at::kSparseCsr));
  CHECK_THROWS_WITH(bitfault::sparse_index_faults(batch, index_array::col_indices,
                                                  out_of_range::clamp, flips(1), key),
                    Catch::Contains("not a batch of them"));
}
