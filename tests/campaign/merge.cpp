// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "synthetic.hpp"

#include <bitfault/campaign/merge.hpp>

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

using namespace campaign_tests;
using bitfault::file_error;
namespace fs = std::filesystem;

namespace {

/// Shard i of n has the trials whose number is i modulo n; `more` of the next shard's.
fs::path write_shard(const temporary_folder& folder, const campaign_description& d, std::uint64_t i,
                     std::uint64_t n, std::uint64_t more = 0) {
  const fs::path path = folder.path / ("shard" + std::to_string(i) + ".db");
  store s = store::open(path, d);
  s.set_golden(synthetic_golden());
  for (std::size_t e = 0; e < d.experiments.size(); ++e)
    for (std::uint64_t t = 0; t < d.experiments[e].planned; ++t)
      if (t % n == i || (t % n == (i + 1) % n && t / n < more))
        s.add(e, synthetic_trials(d, e, {t, t + 1}));
  return path;
}

} // namespace

TEST_CASE("merged shards are what one process would have written, in any order") {
  const temporary_folder folder;
  const campaign_description d = synthetic_description(60);
  const std::string expected = undisturbed(d);
  std::vector<fs::path> shards;
  for (std::uint64_t i = 0; i < 3; ++i)
    shards.push_back(write_shard(folder, d, i, 3, 5));
  std::sort(shards.begin(), shards.end());
  int order = 0;
  do {
    const fs::path into = folder.path / ("all" + std::to_string(order++) + ".db");
    const store s = merge(into, shards);
    CHECK(s.missing(0).empty());
    CHECK(exported(s) == expected);
  } while (std::next_permutation(shards.begin(), shards.end()));
  // One after the other into the same file, and again what is there already.
  for (const fs::path& shard : shards)
    merge(folder.path / "all.db", std::vector<fs::path>{shard});
  CHECK(exported(merge(folder.path / "all.db", shards)) == expected);
}

TEST_CASE("a shard that is lost costs its own trials only") {
  const temporary_folder folder;
  const campaign_description d = synthetic_description(60);
  const std::vector<fs::path> two{write_shard(folder, d, 2, 3), write_shard(folder, d, 0, 3)};
  store s = merge(folder.path / "all.db", two);
  CHECK(s.missing(0).size() == 20);
  CHECK(s.missing(0)[3] == trial_range{10, 11});
  complete(s);
  CHECK(exported(s) == undisturbed(d));
}

TEST_CASE("where an experiment stopped holds for all shards") {
  const temporary_folder folder;
  const campaign_description d = synthetic_description(60);
  const fs::path first = write_shard(folder, d, 0, 2), second = write_shard(folder, d, 1, 2);
  {
    store s = store::open(first, d);
    s.add(0, synthetic_trials(d, 0, {0, 60}));
    s.set_stopped_at(0, 31);
  }
  store::open(second, d).record_death(0, 50, outcome::hang);
  const store a = merge(folder.path / "a.db", std::vector<fs::path>{first, second});
  const store b = merge(folder.path / "b.db", std::vector<fs::path>{second, first});
  CHECK(a.stopped_at(0) == 31);
  CHECK(a.stored(0).count() == 31);
  CHECK(a.deaths(0).empty());
  CHECK(exported(a) == exported(b));
  // Merged into what has stopped, later trials stay out.
  const std::string before = exported(a);
  const fs::path c = folder.path / "c.db";
  merge(c, std::vector<fs::path>{first});
  CHECK(exported(merge(c, std::vector<fs::path>{second})) == before);

  const fs::path third = folder.path / "third.db";
  {
    store s = store::open(third, d);
    s.add(0, synthetic_trials(d, 0, {0, 60}));
    s.set_stopped_at(0, 30);
  }
  CHECK(has(thrown<file_error>([&] {
              merge(folder.path / "d.db", std::vector<fs::path>{first, third});
            }),
            "third.db: experiment 'weights' was stopped at trial 30 here, at trial 31 in '"));
  CHECK_FALSE(fs::exists(folder.path / "d.db"));
}

TEST_CASE("deaths of a trial are not added up, so that a merge may be repeated") {
  const temporary_folder folder;
  const campaign_description d = synthetic_description(60);
  const fs::path first = write_shard(folder, d, 0, 2), second = write_shard(folder, d, 1, 2);
  store::open(first, d).record_death(0, 5, outcome::crash);
  {
    store s = store::open(second, d);
    s.record_death(0, 5, outcome::crash);
    s.record_death(0, 5, outcome::crash);
  }
  const std::vector<fs::path> both{first, second};
  merge(folder.path / "all.db", both);
  const store s = merge(folder.path / "all.db", both);
  CHECK(s.deaths(0) == std::vector<trial_deaths>{{5, 2, 0}});
}

TEST_CASE("what does not belong together is not merged, and no file is made or changed") {
  const temporary_folder folder;
  const campaign_description d = synthetic_description(60);
  const fs::path first = write_shard(folder, d, 0, 2);
  const fs::path other = folder.path / "other.db", into = folder.path / "all.db";
  const auto says = [&](const fs::path& target, const std::string& words) {
    const std::string what = thrown<file_error>([&] {
      merge(target, std::vector<fs::path>{first, other});
    });
    INFO(what);
    CHECK(has(what, words));
  };
  campaign_description another = d;
  another.identity.seed = 5;
  { store s = store::open(other, another); }
  says(into, "other.db: this is the file of another campaign: seed: '5' here, "
             "'18446744073709551612' in '");
  fs::remove(other);

  golden_summary golden = synthetic_golden();
  golden.inputs[2].answer = 0;
  store::open(other, d).set_golden(golden);
  says(into, "other.db: its golden run is another one: answer of input 2: 0 here, 2 in '");
  fs::remove(other);

  {
    store s = store::open(other, d);
    auto trials = synthetic_trials(d, 1, {20, 30});
    trials[4].answered_correctly += 1;
    s.add(1, trials);
  }
  says(into, "other.db: experiment 'noise, everywhere' has another result for trial 24 than in '");
  CHECK_FALSE(fs::exists(into));

  merge(into, std::vector<fs::path>{first});
  const std::string before = exported(store::read(into));
  CHECK(has(thrown<file_error>([&] { merge(into, std::vector<fs::path>{other}); }), "trial 24"));
  CHECK(exported(store::read(into)) == before);
  CHECK(has(thrown<file_error>([&] { merge(into, std::vector<fs::path>{into}); }), "no source"));
  CHECK(has(thrown<file_error>([&] { merge(into, std::vector<fs::path>{folder.path / "no"}); }),
            "there is no such file"));
  CHECK(has(thrown<std::invalid_argument>([&] { merge(into, {}); }), "nothing to merge"));

  // A trial that is not what was written.
  fs::remove(other);
  {
    store s = store::open(other, d);
    s.add(1, synthetic_trials(d, 1, {20, 30}));
  }
  detail::database(other, detail::open_mode::write)
      .run("UPDATE trial SET answered_correctly = answered_correctly + 1 WHERE number = 25", "");
  const fs::path none = folder.path / "none.db";
  says(none, "other.db: the file is damaged: trial 25 of experiment 1 has a wrong checksum");
  CHECK_FALSE(fs::exists(none));
}

TEST_CASE("sources are only read, whatever their names are") {
  const temporary_folder folder;
  const campaign_description d = synthetic_description(60);
  const fs::path plain = write_shard(folder, d, 0, 2), second = write_shard(folder, d, 1, 2);
  const fs::path first = folder.path / "a?mode=memory#b%41.db";
  fs::rename(plain, first);
  fs::permissions(first, fs::perms::owner_read);
  const std::string before = file_content(first);
  CHECK(exported(merge(folder.path / "all.db", std::vector<fs::path>{second, first})) ==
        undisturbed(d));
  CHECK(file_content(first) == before);
  CHECK(folder.files() == 3);
}
