// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "synthetic.hpp"

#include <bitfault/campaign/store.hpp>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

using namespace campaign_tests;
using bitfault::file_error;

namespace {

/// A child process that runs `work` and is killed, or ends.
class child {
public:
  template <class Work>
  explicit child(Work work) : process_(::fork()) {
    if (process_ != 0)
      return;
    int status = 0;
    try {
      work();
    } catch (...) {
      status = 1;
    }
    ::_exit(status);
  }
  child(const child&) = delete;
  child& operator=(const child&) = delete;
  ~child() { kill(); }

  ::pid_t process() const { return process_; }
  /// The status of a process that has ended before it was killed; -1 if it was killed.
  int kill() {
    if (process_ <= 0)
      return -1;
    ::kill(process_, SIGKILL);
    int status = 0;
    ::waitpid(process_, &status, 0);
    process_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

private:
  ::pid_t process_;
};

struct pipe_of_words {
  int end[2] = {-1, -1};
  pipe_of_words() { REQUIRE(::pipe(end) == 0); }
  pipe_of_words(const pipe_of_words&) = delete;
  pipe_of_words& operator=(const pipe_of_words&) = delete;
  ~pipe_of_words() {
    ::close(end[0]);
    close_writing();
  }
  void close_writing() {
    if (end[1] >= 0)
      ::close(end[1]);
    end[1] = -1;
  }
  void put(std::uint64_t word) const {
    if (::write(end[1], &word, sizeof word) != sizeof word)
      ::_exit(2);
  }
  bool get(std::uint64_t& word) const { return ::read(end[0], &word, sizeof word) == sizeof word; }
};

/// What a campaign's process does, with a stop of the first experiment at the end. It tells of
/// each trial after it was added.
void work_on(const std::filesystem::path& path, const campaign_description& d,
             const pipe_of_words& told) {
  store s = store::open(path, d);
  s.set_golden(synthetic_golden());
  std::uint64_t at_once = 1;
  for (std::size_t e = 0; e < d.experiments.size(); ++e)
    for (const trial_range& gap : s.missing(e))
      for (std::uint64_t n = gap.begin; n < gap.end; n += at_once) {
        at_once = 1 + (n * 7) % 31;
        const std::uint64_t end = std::min(gap.end, n + at_once);
        s.add(e, synthetic_trials(d, e, {n, end}));
        for (std::uint64_t t = n; t < end; ++t)
          told.put(2 * t + e);
      }
  s.set_stopped_at(0, d.experiments[0].planned - 17);
}

} // namespace

TEST_CASE("a store whose process is killed at 100 random moments ends in the same export") {
  const temporary_folder folder;
  const campaign_description d = synthetic_description(600);
  std::string expected;
  {
    const auto path = folder.path / "undisturbed.db";
    const pipe_of_words told;
    {
      store s = store::open(path, d);
      s.set_golden(synthetic_golden());
      complete(s, 500);
      s.set_stopped_at(0, 583);
    }
    expected = exported(store::read(path));
  }

  const auto path = folder.path / "killed.db";
  int kills = 0, finished = 0, before_the_file_was_whole = 0, in_a_campaign = 0;
  std::uint64_t tellings = 0;
  for (std::uint32_t moment = 0; kills < 100; ++moment) {
    REQUIRE(moment < 2000);
    pipe_of_words told;
    child writer([&] { work_on(path, d, told); });
    told.close_writing();
    // Three of four are killed after some more trials, so that there is progress on any machine,
    // the others at any moment from their start on.
    const auto draw = bitfault::philox({{moment, 0}}, {{17, 0, 0, 0}});
    std::vector<std::uint64_t> kept;
    std::uint64_t next = 0;
    for (std::uint32_t wanted = moment % 4 == 0 ? 0 : 1 + draw.word[1] % 200;
         kept.size() < wanted && told.get(next);)
      kept.push_back(next);
    std::this_thread::sleep_for(std::chrono::microseconds(draw.word[0] % 5'000));
    const int status = writer.kill();
    REQUIRE(status <= 0);
    kills += status < 0 ? 1 : 0;

    while (told.get(next))
      kept.push_back(next);
    if (status == 0) {
      // It has come to the end of the campaign: compare, and begin another one.
      REQUIRE(exported(store::read(path)) == expected);
      std::filesystem::remove(path);
      std::filesystem::remove(path.string() + "-writer");
      ++finished;
      continue;
    }
    store s = store::open(path, d);
    for (const std::uint64_t word : kept)
      if (word / 2 < s.limit(word % 2))
        REQUIRE(s.stored(word % 2).contains(word / 2));
    tellings += kept.size();
    before_the_file_was_whole += s.golden() ? 0 : 1;
    in_a_campaign += s.stored(0).count() != 0 ? 1 : 0;
  }
  store s = store::open(path, d);
  s.set_golden(synthetic_golden());
  complete(s);
  s.set_stopped_at(0, 583);
  CHECK(exported(s) == expected);
  // The moments were spread over what a process does.
  CHECK(tellings > 1000);
  CHECK(in_a_campaign > 30);
  INFO("finished " << finished << " times, killed before the golden run was kept "
                   << before_the_file_was_whole << " times");
  CHECK(finished > 0);
}

TEST_CASE("a second process may read a store that is written to, and is told why it cannot write") {
  const temporary_folder folder;
  const auto path = folder.path / "campaign.db";
  const campaign_description d = synthetic_description();
  const pipe_of_words ready;
  child writer([&] {
    store s = store::open(path, d);
    s.set_golden(synthetic_golden());
    s.add(0, synthetic_trials(d, 0, {0, 20}));
    ready.put(1);
    for (;;)
      ::pause();
  });
  std::uint64_t word = 0;
  REQUIRE(ready.get(word));
  CHECK(has(thrown<file_error>([&] { static_cast<void>(store::open(path, d)); }),
            "campaign.db: process " + std::to_string(writer.process()) +
                " is writing to it; a campaign has one writer at a time"));
  std::filesystem::create_symlink(path, folder.path / "link.db");
  CHECK(has(thrown<file_error>([&] { static_cast<void>(store::open(folder.path / "link.db", d)); }),
            "is writing to it"));
  CHECK(store::read(path).complete_prefix(0) == 20);
  writer.kill();
  CHECK(store::read(path).complete_prefix(0) == 20);
  CHECK(store::open(path, d).complete_prefix(0) == 20);
}

TEST_CASE("a reader sees the store as it was when it was opened, and holds nobody up") {
  const temporary_folder folder;
  const auto path = folder.path / "campaign.db";
  const campaign_description d = synthetic_description();
  store s = store::open(path, d);
  s.add(0, synthetic_trials(d, 0, {0, 20}));
  const store reader = store::read(path);
  s.add(0, synthetic_trials(d, 0, {20, 40}));
  std::uint64_t seen = 0;
  reader.for_each_trial(0, [&](const trial_record&) { ++seen; });
  CHECK(seen == 20);
  CHECK(store::read(path).complete_prefix(0) == 40);
  CHECK(has(thrown<file_error>([&] { static_cast<void>(store::open(path, d)); }),
            "this process has it open for writing already"));
}
