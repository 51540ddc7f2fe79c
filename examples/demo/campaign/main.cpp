// SPDX-License-Identifier: MIT

// bitfault_demo: what single bit flips and bit error rates do to the demo network.

#include "replay.hpp"
#include "report.hpp"
#include "report_file.hpp"
#include "results.hpp"
#include "runs.hpp"
#include "table.hpp"
#include "text.hpp"

#include "../data.hpp"
#include "../network.hpp"

#include <bitfault/campaign/progress_line.hpp>
#include <bitfault/campaign/truth.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace {

namespace bc = bitfault::campaign;

struct options {
  demo::campaign_sizes sizes;
  unsigned threads = 1;
  double seconds = 0;
  std::string out = "bitfault_demo.html";
  std::string data = DEMO_DATA_DIRECTORY;
  std::string fault;
  std::string program; // how it was called
  bool quiet = false;
};

/// Trials for a campaign of about so many seconds, as fast as this machine is now.
void fit_to_time(options& o, const demo::network& net, const demo::labelled_images& images) {
  demo::network copy = net;
  const demo::labelled_inputs in(images, 1000);
  const auto begin = std::chrono::steady_clock::now();
  static_cast<void>(copy.infer(in.pixels));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  const double inferences = o.seconds * 1000 / took.count() * std::min(o.threads, cores);
  // What a campaign of the usual sizes takes, measured.
  constexpr double usual_cost = 620'000;
  const auto scaled = [&](std::uint64_t trials) {
    const double n = static_cast<double>(trials) * inferences / usual_cost;
    return static_cast<std::uint64_t>(std::clamp(n, 10.0, 1e9));
  };
  const demo::campaign_sizes usual;
  o.sizes.trials = scaled(usual.trials);
  o.sizes.sweep_trials = scaled(usual.sweep_trials);
  o.sizes.truth_trials = std::min<std::uint64_t>(scaled(usual.truth_trials), 280896);
}

/// The campaigns' files lie beside the report. Their names say what is in them, so that other
/// options begin others and the same ones go on.
std::vector<demo::campaign_plan> plans_of(const options& o) {
  const auto& s = o.sizes;
  const std::filesystem::path out = o.out;
  const auto file = [&](const std::string& name) {
    return out.parent_path() /
           fmt::format("{}.{}.seed{}.sqlite", out.stem().string(), name, s.seed);
  };
  return {{"Many faults at once", demo::error_rates(s), demo::sweep_images, 4,
           file(fmt::format("rates{}", s.sweep_trials))},
          {"One fault at a time", demo::single_faults(s), s.images, 1,
           file(fmt::format("single{}-of-{}", s.trials, s.images))},
          {"Closing in on what is known", demo::known_faults(s), demo::truth_images, 1,
           file(fmt::format("known{}", s.truth_trials))}};
}

/// What is known of all single faults, if it is about these weights.
std::optional<demo::known_share> known_truth(const bc::store& s) {
  const auto path = std::filesystem::path(DEMO_DATA_DIRECTORY) / "demo_truth.bits";
  if (!std::filesystem::exists(path)) {
    return std::nullopt;
  }
  const auto truth = bc::truth::load(path);
  const auto fact = [&](const char* name) {
    const auto at = truth.facts().find(name);
    return at == truth.facts().end() ? std::string() : at->second;
  };
  const auto& d = s.description();
  if (fact("parameters_crc32") != std::to_string(d.identity.parameters_checksum) ||
      truth.sites() != d.experiments.front().sites) {
    return std::nullopt;
  }
  return demo::known_share{truth.share(truth.number_of(d.identity.headline)), truth.sites(),
                           fact("golden_crc32") == std::to_string(s.golden()->outputs_checksum)};
}

double golden_accuracy(const bc::store& s) {
  const auto& inputs = s.golden()->inputs;
  const auto right =
      std::ranges::count_if(inputs, [](const auto& i) { return i.answer == i.label; });
  return static_cast<double>(right) / static_cast<double>(inputs.size());
}

int campaign(const options& o, const demo::network& net, const demo::labelled_images& images) {
  demo::report_file file(o.out); // before the work: a place where nothing can be written ends here
  if (!o.quiet) {
    fmt::print("{}; seed {}; {} thread{}\n", demo::versions(), o.sizes.seed, o.threads,
               o.threads == 1 ? "" : "s");
    fmt::print("Flipping bits in weights and activations of a small Fashion-MNIST network.\n");
    std::fflush(stdout);
  }
  const auto begin = std::chrono::steady_clock::now();
  std::vector<demo::finished_run> runs;
  std::uint64_t found = 0;
  for (const demo::campaign_plan& plan : plans_of(o)) {
    bc::progress_line line(stderr, isatty(STDERR_FILENO) != 0);
    runs.push_back(
        demo::run_plan(plan, net, images, o.sizes.seed, o.threads, [&](const bc::progress& p) {
          if (!o.quiet) {
            line.show(p);
          }
        }));
    found += runs.back().found;
    if (!runs.back().restored) {
      fmt::print(stderr, "bitfault_demo: the weights are not what they were before the campaign\n");
      return 1;
    }
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  const demo::demo_results results{o.sizes,
                                   demo::campaign_results(runs[1].results),
                                   demo::campaign_results(runs[0].results),
                                   demo::campaign_results(runs[2].results),
                                   known_truth(runs[2].results),
                                   golden_accuracy(runs[1].results)};
  const auto report =
      demo::html_report(results, net, demo::labelled_inputs(images, o.sizes.images), o.program);
  file.finish(report.html);
  if (!o.quiet) {
    fmt::print("Without faults {} % of {} test images are right.\n", demo::percent(results.golden),
               bc::grouped_text(o.sizes.images));
    fmt::print("{}", demo::text_tables(results));
    fmt::print("\n{:.1f} s", took.count());
    if (found != 0) {
      fmt::print("; {} trials were there from an earlier call", bc::grouped_text(found));
    }
    fmt::print(".\nAfter it, every weight is bit for bit what it was (CRC-32 {:#010x}).\n",
               runs[0].results.description().identity.parameters_checksum);
    fmt::print("Again:  {}\n", demo::command_for(o.program, o.sizes));
    for (const auto& run : runs) {
      fmt::print("Trials: {}\n", run.results.path());
    }
  }
  std::fflush(stdout);
  if (!report.problem.empty()) {
    fmt::print(stderr, "The report has no figures: {}\n", report.problem);
  }
  fmt::print("Report: {}\n", std::filesystem::absolute(o.out).lexically_normal().string());
  return 0;
}

} // namespace

int main(int count, char** arguments) {
  options o;
  o.program = count > 0 ? arguments[0] : "bitfault_demo";
  o.threads = std::max(1U, std::thread::hardware_concurrency());

  CLI::App app{"Injects faults into a small neural network and writes a report about it. What is "
               "done is kept beside the report: the same call again goes on with it."};
  const CLI::Range any_number(std::uint64_t{1}, std::uint64_t{1000000000});
  app.add_option("--seed", o.sizes.seed, "Names the faults: the same seed, the same faults")
      ->capture_default_str();
  auto* trials = app.add_option("--trials", o.sizes.trials,
                                "Single faults for each bit position, tensor and layer")
                     ->check(any_number)
                     ->capture_default_str();
  auto* sweep = app.add_option("--sweep-trials", o.sizes.sweep_trials,
                               "Sets of faults for each bit error rate")
                    ->check(any_number)
                    ->capture_default_str();
  auto* truth = app.add_option("--truth-trials", o.sizes.truth_trials,
                               "Most single faults for the share whose truth is known")
                    ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{280896}))
                    ->capture_default_str();
  app.add_option("--seconds", o.seconds,
                 "Choose the numbers of trials so that the campaign takes about this long")
      ->check(CLI::Range(0.1, 1e6))
      ->excludes(trials)
      ->excludes(sweep)
      ->excludes(truth);
  app.add_option("--images", o.sizes.images, "Test images to draw from for single faults")
      ->check(CLI::Range(100, 10000))
      ->capture_default_str();
  app.add_option("--threads", o.threads, "Threads; the results do not depend on it")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  app.add_option("--out", o.out, "Where the HTML report goes")->take_last()->capture_default_str();
  app.add_option("--data", o.data, "Folder of the test images and the weights")
      ->capture_default_str();
  app.add_option("--fault", o.fault,
                 "Only this fault, such as bf1:conv1.weight[3,0,1,2]^30, on all images; no report");
  app.add_flag("--quiet", o.quiet, "No progress and no tables");
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }

  try {
    const std::filesystem::path folder = o.data;
    const auto net = demo::load_network(folder / "demo_network.safetensors");
    const auto images = demo::load_test_set(folder);
    if (!o.fault.empty()) {
      demo::replay(o.fault, net, images, o.sizes.images);
      return 0;
    }
    if (o.seconds > 0) {
      fit_to_time(o, net, images);
    }
    return campaign(o, net, images);
  } catch (const std::exception& error) {
    fmt::print(stderr, "bitfault_demo: {}\n", error.what());
    return 1;
  }
}
