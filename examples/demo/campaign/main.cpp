// SPDX-License-Identifier: MIT

// bitfault_demo: what single bit flips and bit error rates do to the demo network.

#include "campaign.hpp"
#include "figures.hpp"
#include "progress_line.hpp"
#include "report.hpp"
#include "report_file.hpp"
#include "summary.hpp"
#include "table.hpp"
#include "text.hpp"

#include "../data.hpp"
#include "../network.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <thread>

namespace {

struct options {
  demo::settings campaign;
  double seconds = 0;
  std::size_t images = 10000;
  std::string out = "bitfault_demo.html";
  std::string data = DEMO_DATA_DIRECTORY;
  std::string fault;
  std::string program; // how it was called
  bool quiet = false;
};

/// Trials for a campaign of about so many seconds, as fast as this machine is now.
void fit_to_time(options& o, const demo::network& net, const demo::inputs& in) {
  demo::network copy = net;
  const std::size_t probe = std::min<std::size_t>(in.count(), 2000);
  const auto begin = std::chrono::steady_clock::now();
  static_cast<void>(demo::evaluation(copy, in, 0, probe));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  const double inferences = o.seconds * 0.9 * static_cast<double>(probe) / took.count() *
                            std::min(o.campaign.threads, cores);
  const demo::settings usual;
  double usual_cost = 0;
  for (const auto& e : demo::experiments_of(usual, copy)) {
    usual_cost += static_cast<double>(e.trials * demo::cost_of(e, usual));
  }
  const auto scaled = [&](std::uint64_t trials) {
    const double n = static_cast<double>(trials) * inferences / usual_cost;
    return static_cast<std::uint64_t>(std::clamp(n, 10.0, 1e9));
  };
  o.campaign.trials = scaled(usual.trials);
  o.campaign.sweep_trials = scaled(usual.sweep_trials);
}

/// One fault by its address, on all images.
void replay(const options& o, const demo::network& net, const demo::inputs& in) {
  demo::network copy = net;
  const demo::evaluation golden(copy, in, 0, in.count());
  demo::worker worker(net, in, golden, 0, 1);
  const auto faulty = worker.evaluate_at(o.fault, in.count());
  std::size_t counts[4] = {};
  for (std::size_t i = 0; i < in.count(); ++i) {
    ++counts[static_cast<std::size_t>(demo::classify(golden.logits_of(i), faulty.logits_of(i)))];
  }
  const auto show = [&](const char* words, std::size_t n) {
    fmt::print("{:<22} {:>6} of {}  ({} %)\n", words, n, in.count(),
               demo::percent(static_cast<double>(n) / static_cast<double>(in.count())));
  };
  fmt::print("{}\n", o.fault);
  show("right without it", golden.right);
  show("right with it", faulty.right);
  show("SDC-1 (other class)", counts[static_cast<int>(demo::outcome::sdc)]);
  show("NaN or infinite", counts[static_cast<int>(demo::outcome::non_finite)]);
  show("tolerable", counts[static_cast<int>(demo::outcome::tolerable)]);
  show("masked", counts[static_cast<int>(demo::outcome::masked)]);
}

int campaign(const options& o, const demo::network& net, const demo::inputs& in) {
  demo::report_file file(o.out); // before the work: a place where nothing can be written ends here
  if (!o.quiet) {
    fmt::print("{}; {}; seed {}; {} thread{}\n", demo::versions(), demo::compiler(),
               o.campaign.seed, o.campaign.threads, o.campaign.threads == 1 ? "" : "s");
    fmt::print("Flipping bits in weights and activations of a small Fashion-MNIST network.\n");
    std::fflush(stdout);
  }
  const auto results = [&] {
    demo::progress_line line(stderr, isatty(STDERR_FILENO) != 0);
    return demo::run_campaign(net, in, o.campaign, [&](const demo::progress& p) {
      if (!o.quiet) {
        line.show(p);
      }
    });
  }();
  if (!results.restored) {
    fmt::print(stderr, "bitfault_demo: the weights are not what they were before the campaign\n");
    return 1;
  }
  const demo::summary summary(results, in);
  const auto drawn = demo::draw_figures(summary);
  file.finish(demo::html_report(results, summary, in, drawn, o.program));
  if (!o.quiet) {
    fmt::print("Without faults {} % of {} test images are right.\n", demo::percent(summary.golden),
               demo::grouped(in.count()));
    fmt::print("{}", demo::text_tables(results, summary));
    fmt::print("\n{:.1f} s. After it, every weight is bit for bit what it was.\n", results.seconds);
    fmt::print("Again:  {}\n", demo::command_for(o.program, o.campaign, in.count()));
  }
  std::fflush(stdout);
  if (!drawn.problem.empty()) {
    fmt::print(stderr, "The report has no figures: {}\n", drawn.problem);
  }
  fmt::print("Report: {}\n", std::filesystem::absolute(o.out).lexically_normal().string());
  return 0;
}

} // namespace

int main(int count, char** arguments) {
  options o;
  o.program = count > 0 ? arguments[0] : "bitfault_demo";
  o.campaign.threads = std::max(1U, std::thread::hardware_concurrency());

  CLI::App app{"Injects faults into a small neural network and writes a report about it."};
  app.add_option("--seed", o.campaign.seed, "Names the faults: the same seed, the same faults")
      ->capture_default_str();
  auto* trials = app.add_option("--trials", o.campaign.trials,
                                "Single faults for each bit position, tensor and layer")
                     ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1000000000}))
                     ->capture_default_str();
  auto* sweep = app.add_option("--sweep-trials", o.campaign.sweep_trials,
                               "Sets of faults for each bit error rate")
                    ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1000000000}))
                    ->capture_default_str();
  app.add_option("--seconds", o.seconds,
                 "Choose the numbers of trials so that the campaign takes about this long")
      ->check(CLI::Range(0.1, 1e6))
      ->excludes(trials)
      ->excludes(sweep);
  app.add_option("--images", o.images, "Test images to draw from, a multiple of 100")
      ->check(CLI::Range(100, 10000))
      ->capture_default_str();
  app.add_option("--threads", o.campaign.threads, "Threads; the results do not depend on it")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  app.add_option("--out", o.out, "Where the HTML report goes")->take_last()->capture_default_str();
  app.add_option("--data", o.data, "Folder of the test images and the weights")
      ->capture_default_str();
  app.add_option("--fault", o.fault,
                 "Only this fault in the weights, such as bf1:conv1.weight[3,0,1,2]^30, on all "
                 "images; no report");
  app.add_flag("--quiet", o.quiet, "No progress and no tables");
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (o.images % o.campaign.block != 0) {
    fmt::print(stderr, "--images: {} is no multiple of {}\n", o.images, o.campaign.block);
    return 2;
  }

  try {
    const std::filesystem::path folder = o.data;
    const auto net = demo::load_network(folder / "demo_network.safetensors");
    const demo::inputs in(demo::load_test_set(folder), o.images);
    if (!o.fault.empty()) {
      replay(o, net, in);
      return 0;
    }
    if (o.seconds > 0) {
      fit_to_time(o, net, in);
    }
    return campaign(o, net, in);
  } catch (const std::exception& error) {
    fmt::print(stderr, "bitfault_demo: {}\n", error.what());
    return 1;
  }
}
