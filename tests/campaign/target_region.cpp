// SPDX-License-Identifier: MIT
#include <bitfault/campaign/target_region.hpp>

#include "catch.hpp"

#include <bitfault/bitfault.hpp>
#include <bitfault/campaign/fault_space.hpp>

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace {

using namespace bitfault::campaign;
using Catch::Contains;

struct network {
  std::vector<float> kernel = std::vector<float>(2 * 3 * 4);
  std::vector<target> all = targets_of({{"input", {}, type<float>(), {3}},
                                        {"conv1", {0}, type<float>(), {4, 5}, "conv2d"},
                                        {"conv2", {1}, type<float>(), {2, 3, 7}, "conv2d"}},
                                       {{"kernel",
                                         bitfault::view(kernel.data(), bitfault::extents(2, 3, 4)),
                                         parameter_kind::weight,
                                         {1}}});
};

std::vector<std::string> texts(const std::vector<std::string>& patterns) {
  const network n;
  std::vector<std::string> list;
  for (const target_region& r : find_regions(n.all, patterns))
    list.push_back(text_of(r, n.all[r.target]));
  return list;
}

/// The elements that a pattern names, by fault_space.
std::vector<std::uint64_t> elements(const std::string& pattern) {
  const network n;
  fault_description sign;
  sign.bits.which = mask_family::kind::sign;
  const fault_space s(n.all, find_regions(n.all, {pattern}), sign);
  std::vector<std::uint64_t> list;
  for (std::uint64_t i = 0; i < s.sites(); ++i) {
    list.push_back(s.at(i).element);
    CHECK(s.at(i).number == i);
  }
  return list;
}

} // namespace

TEST_CASE("a target with coordinates is that part of it") {
  using list = std::vector<std::uint64_t>;
  CHECK(elements("kernel[1,2,3]") == list{23});
  CHECK(elements("kernel[0,1,*]") == list{4, 5, 6, 7});
  CHECK(elements("kernel[*,0,1:3]") == list{1, 2, 13, 14});
  CHECK(elements("kernel[0:2,1,0]") == list{4, 16});
  CHECK(elements("conv2[1,2,6]") == list{41});
  CHECK(elements("input[*]") == list{0, 1, 2});
  CHECK(elements("kernel").size() == 24);
}

TEST_CASE("parts of targets are sorted, come once and have a text that names them again") {
  using list = std::vector<std::string>;
  CHECK(texts({"conv1[2,0:2]", "kernel", "conv1[0,*]"}) ==
        list{"kernel", "conv1[0,*]", "conv1[2,0:2]"});
  CHECK(texts({"kernel[1,*,3]", "kernel[1,0:3,3:4]"}) == list{"kernel[1,*,3]"});
  CHECK(texts({"kernel[*,*,*]", "k*"}) == list{"kernel"});
  CHECK(texts({"@operator:conv*"}) == list{"conv1", "conv2"});
  CHECK(texts({"@input[1:2]"}) == list{"input[1]"});
}

TEST_CASE("names with brackets of their own are names, and have parts") {
  const std::vector<target> all = targets_of({{"input", {}, type<float>(), {3}},
                                              {"gate[0],state", {0}, type<float>(), {4}},
                                              {"gate[1]", {1}, type<float>(), {4}}},
                                             {});
  const auto found = [&](const std::string& pattern) {
    std::vector<std::string> list;
    for (const target_region& r : find_regions(all, {pattern}))
      list.push_back(text_of(r, all[r.target]));
    return list;
  };
  using list = std::vector<std::string>;
  CHECK(found("gate[0],state") == list{"gate[0],state"});
  CHECK(found("gate[1]") == list{"gate[1]"});
  CHECK(found("gate[?]*[2:4]") == list{"gate[0],state[2:4]", "gate[1][2:4]"});
  CHECK(found("gate[1][3]") == list{"gate[1][3]"});
  CHECK_THROWS_WITH(found("gate[1][4]"), Contains("coordinate 4 of axis 0 is outside"));
}

TEST_CASE("a part that a target does not have is refused with its shape") {
  CHECK_THROWS_WITH(texts({"conv2[1,3,0]"}),
                    "bitfault: target 'conv2[1,3,0]': coordinate 3 of axis 1 is outside; 'conv2' "
                    "has the shape [2,3,7] for one input");
  CHECK_THROWS_WITH(texts({"kernel[0,0:4,0]"}),
                    Contains("coordinate 3 of axis 1 is outside; 'kernel' has the shape [2,3,4]"));
  CHECK_THROWS_WITH(texts({"kernel[0,0]"}), Contains("2 of 3 axes are given"));
  CHECK_THROWS_WITH(texts({"kernel[0,0,0,0]"}), Contains("more than 3 axes"));
  CHECK_THROWS_WITH(texts({"kernel[0,2:2,0]"}), Contains("the range 2:2 is empty"));
  CHECK_THROWS_WITH(texts({"kernel[0,x,0]"}), Contains("'x' is no number"));
  CHECK_THROWS_WITH(texts({"kernel[0, 1,0]"}), Contains("' 1' is no number"));
  CHECK_THROWS_WITH(texts({"kernel[0,18446744073709551615,0]"}), Contains("is empty"));
  CHECK_THROWS_WITH(texts({"kernel[0,0,0"}), Contains("the bracket is not closed"));
  CHECK_THROWS_WITH(texts({"conv*[0,0]"}), Contains("target 'conv*[0,0]': 2 of 3 axes"));
  CHECK_THROWS_WITH(texts({"dense[0]"}), Contains("no target is named 'dense'"));
  CHECK_THROWS_WITH(texts({"kernel[0,*,*]", "kernel[*,1,*]"}),
                    Contains("'kernel[0,*,*]' and 'kernel[*,1,*]' overlap"));
  CHECK_THROWS_WITH(texts({"kernel", "kernel[0,0,0]"}), Contains("overlap"));
  const network n;
  CHECK_THROWS_WITH(find_targets(n.all, {"kernel[0,0,0]"}), Contains("only whole ones are taken"));
}

TEST_CASE("a space of several parts of a target counts the sites of each") {
  const network n;
  const fault_space s(n.all, find_regions(n.all, {"kernel[0,0,*]", "kernel[1,*,0]", "conv1[3,4]"}),
                      {});
  CHECK(s.parts() == 3);
  CHECK(s.elements() == 8);
  CHECK(s.sites() == 8 * 32);
  CHECK(s.sites_in(0) == 7 * 32);
  std::set<std::uint64_t> struck;
  for (std::uint64_t i = 0; i < s.sites(); ++i)
    if (s.at(i).target == 0)
      struck.insert(s.at(i).element);
  CHECK(struck == std::set<std::uint64_t>{0, 1, 2, 3, 12, 16, 20});
}
