// SPDX-License-Identifier: MIT
#include <bitfault/campaign/kept_masks.hpp>

#include "catch.hpp"
#include "synthetic.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

using namespace campaign_tests;
using bitfault::file_error;
namespace fs = std::filesystem;

namespace {

using masks = std::map<std::uint64_t, std::uint64_t>;
const kept_masks::facts about{{"experiment", "weights"}, {"seed", "7"}};

} // namespace

TEST_CASE("what was kept is there again, a line that was not finished is not") {
  const temporary_folder folder;
  const fs::path path = folder.path / "bits.csv.part";
  {
    kept_masks k(path, about);
    CHECK(k.masks().empty());
    k.keep(4, 0xF0);
    k.keep(0, ~std::uint64_t{0});
    k.write();
    k.keep(2, 1); // killed before it was written
  }
  const std::string whole = file_content(path);
  const masks two{{0, ~std::uint64_t{0}}, {4, 0xF0}};
  CHECK(kept_masks(path, about).masks() == two);
  // Cut off anywhere: what is whole counts, and the rest can be kept again.
  for (std::size_t size = 0; size < whole.size(); ++size) {
    write_content(path, whole.substr(0, size));
    {
      kept_masks k(path, about);
      REQUIRE(k.masks().size() < two.size());
      for (const auto& [place, mask] : two)
        if (k.masks().count(place) == 0)
          k.keep(place, mask);
        else
          CHECK(k.masks().at(place) == mask);
      k.write();
    }
    REQUIRE(kept_masks(path, about).masks() == two);
  }
  kept_masks k(path, about);
  k.remove();
  CHECK_FALSE(fs::exists(path));
}

TEST_CASE("the file of another search, a damaged one, and a second process are refused") {
  const temporary_folder folder;
  const fs::path path = folder.path / "bits.csv.part";
  const auto problem = [&](const kept_masks::facts& facts) {
    return thrown<file_error>([&] { kept_masks k(path, facts); });
  };
  {
    kept_masks k(path, about);
    k.keep(4, 0xF0);
    k.write();
    CHECK(has(problem(about), "open for writing already"));
  }
  const std::string whole = file_content(path);
  CHECK(has(problem({{"experiment", "weights"}, {"seed", "8"}}),
            "another search: 'seed: 7' in the file, 'seed: 8' now"));
  CHECK(has(problem({{"experiment", "weights"}}), "'seed: 7' in the file, '' now"));
  CHECK(has(problem({{"experiment", "weights"}, {"seed", "7"}, {"x", "1"}}),
            "'' in the file, 'x: 1' now"));
  CHECK(file_content(path) == whole);
  std::string wrong = whole;
  wrong[wrong.find("4 f0")] = '5';
  write_content(path, wrong);
  CHECK(has(problem(about), "the file is damaged: '5 f0 "));
  CHECK(file_content(path) == wrong);
  write_content(path, "somebody's text");
  CHECK(has(problem(about), "no file of a search"));
  CHECK(file_content(path) == "somebody's text");
  CHECK(has(thrown<file_error>([&] { kept_masks k(folder.path / "no" / "b.part", about); }), "no"));
}
