// SPDX-License-Identifier: MIT

// bitfault_spiking_demo: what faults in neurons, synapses and spikes do to a spiking network.

#include "report.hpp"
#include "results.hpp"
#include "runs.hpp"
#include "table.hpp"
#include "workload.hpp"

#include "demo/campaign/report_file.hpp"

#include <bitfault/campaign/progress_line.hpp>
#include <bitfault/config/version.hpp>
#include <bitfault/fault_list/crc32.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

namespace bc = bitfault::campaign;

struct options {
  spiking::campaign_sizes sizes;
  unsigned threads = 1;
  std::size_t recordings = 100;
  std::size_t steps = 60; ///< of recordings that are read
  std::string data, weights;
  std::string out = "bitfault_spiking_demo.html";
  std::string program; // how it was called
  bool quiet = false;
};

/// What gives the same numbers again, on however many threads.
std::string command_for(const options& o) {
  const auto& s = o.sizes;
  std::string command =
      fmt::format("{} --seed {} --trials {} --set-trials {} --sweep-trials {} --recordings {}",
                  o.program, s.seed, s.trials, s.set_trials, s.sweep_trials, o.recordings);
  if (s.all_rates)
    command += " --all-rates";
  if (!o.data.empty())
    command += fmt::format(" --data '{}' --steps {}", o.data, o.steps);
  if (!o.weights.empty())
    command += fmt::format(" --weights '{}'", o.weights);
  return command;
}

/// A CRC-32 of the network's parameters and of what it is shown: other weights or recordings are
/// another campaign, wherever they are read from.
std::uint32_t checksum_of(const spiking::workload& on, spiking::hardware_model& model) {
  std::string sums;
  const auto add = [&](const void* data, std::size_t bytes) {
    sums += fmt::format("{:08x} ",
                        bitfault::crc32(std::string_view(static_cast<const char*>(data), bytes)));
  };
  for (const auto& p : model.parameters())
    add(p.memory.data(), p.memory.bytes());
  const auto& values = on.inputs->values;
  const auto& labels = on.inputs->labels;
  add(values.data(), values.size() * sizeof values[0]);
  add(labels.data(), labels.size() * sizeof labels[0]);
  return bitfault::crc32(sums);
}

/// The campaigns' files lie beside the report. Their names say what is in them, so that other
/// options begin others and the same ones go on.
std::filesystem::path file_for(const options& o, const spiking::workload& on,
                               const std::string& what, std::uint32_t checksum) {
  const std::filesystem::path out = o.out;
  return out.parent_path() / fmt::format("{}.{}.{}.{}-of-{}.seed{}.{:08x}.sqlite",
                                         out.stem().string(), on.name, what, on.inputs->steps,
                                         on.inputs->labels.size(), o.sizes.seed, checksum);
}

spiking::finished_run run(const options& o, const spiking::workload& on,
                          const spiking::campaign_plan& plan) {
  bc::progress_line line(stderr, isatty(STDERR_FILENO) != 0);
  return spiking::run_plan(plan, on, o.sizes.seed, o.threads, [&](const bc::progress& p) {
    if (!o.quiet)
      line.show(p);
  });
}

int campaign(const options& o, const spiking::workload& on) {
  demo::report_file file(o.out); // before the work: a place where nothing can be written ends here
  if (!o.quiet) {
    fmt::print("bitfault {}, draw version {}; {}; seed {}; {} thread{}\n",
               bc::library_version_text(), bitfault::draw_version, bc::compiler_text(),
               o.sizes.seed, o.threads, o.threads == 1 ? "" : "s");
    fmt::print("Faults in a spiking network that sees {}.\n", on.title);
    if (!on.warning.empty())
      fmt::print("{}\n", on.warning);
    std::fflush(stdout);
  }
  const auto begin = std::chrono::steady_clock::now();
  const auto parts = spiking::parts_of(on.net);
  spiking::hardware_model described(on.net, on.inputs, 1, on.how, spiking::hardware::lines);
  const auto targets = bc::targets_of(described.layers(), described.parameters());
  const std::uint32_t checksum = checksum_of(on, described);
  auto by_model = spiking::faults_by_model(o.sizes, parts, targets);
  auto by_step = spiking::faults_by_step(o.sizes, parts, targets, on.inputs->steps);
  std::vector<bc::experiment> single;
  for (const auto* cells : {&by_model, &by_step})
    for (const spiking::table_cell& cell : *cells)
      single.push_back(cell.asked);
  const auto& s = o.sizes;
  std::vector<spiking::finished_run> runs;
  runs.push_back(
      run(o, on,
          {"Spiking faults", single, spiking::hardware::lines,
           file_for(o, on, fmt::format("single{}-{}", s.trials, s.set_trials), checksum)}));
  runs.push_back(
      run(o, on,
          {"Spiking faults by rate", spiking::sweeps(s, parts), spiking::hardware::words,
           file_for(o, on, fmt::format("rates{}{}", s.sweep_trials, s.all_rates ? "-all" : ""),
                    checksum)}));
  for (const auto& one : runs) {
    if (!one.restored) {
      fmt::print(stderr, "bitfault_spiking_demo: the parameters are not what they were before the "
                         "campaign\n");
      return 1;
    }
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  const spiking::spiking_results results{s,
                                         &on,
                                         parts,
                                         std::move(by_model),
                                         std::move(by_step),
                                         spiking::campaign_results(runs[0].results),
                                         spiking::campaign_results(runs[1].results),
                                         runs[0].right};
  const auto report = spiking::html_report(results, command_for(o));
  file.finish(report.html);
  if (!o.quiet) {
    fmt::print("Without faults {} of {} recordings are right.\n", results.right,
               on.inputs->labels.size());
    fmt::print("{}", spiking::text_tables(results));
    fmt::print("\n{:.1f} s", took.count());
    if (const auto found = runs[0].found + runs[1].found; found != 0)
      fmt::print("; {} trials were there from an earlier call", bc::grouped_text(found));
    fmt::print(".\nAfter it, every parameter is bit for bit what it was (CRC-32 {:#010x}).\n",
               runs[0].results.description().identity.parameters_checksum);
    fmt::print("Again:  {}\n", command_for(o));
    for (const auto& one : runs)
      fmt::print("Trials: {}\n", one.results.path());
  }
  std::fflush(stdout);
  if (!report.problem.empty())
    fmt::print(stderr, "The report has no figures: {}\n", report.problem);
  fmt::print("Report: {}\n", std::filesystem::absolute(o.out).lexically_normal().string());
  return 0;
}

} // namespace

int main(int count, char** arguments) {
  options o;
  o.program = count > 0 ? arguments[0] : "bitfault_spiking_demo";
  o.threads = std::max(1U, std::thread::hardware_concurrency());

  CLI::App app{"Injects faults into a spiking neural network and writes a report about it. What is "
               "done is kept beside the report: the same call again goes on with it."};
  const CLI::Range any_number(std::uint64_t{1}, std::uint64_t{1000000000});
  auto& s = o.sizes;
  app.add_option("--seed", s.seed, "Names the faults: the same seed, the same faults")
      ->capture_default_str();
  auto* trials =
      app.add_option("--trials", s.trials, "Trials of each model of a single fault in each layer")
          ->check(any_number)
          ->capture_default_str();
  auto* set_trials = app.add_option("--set-trials", s.set_trials,
                                    "Trials of each set of faults in a layer (and time step)")
                         ->check(any_number)
                         ->capture_default_str();
  auto* sweep_trials = app.add_option("--sweep-trials", s.sweep_trials, "Trials of each rate")
                           ->check(any_number)
                           ->capture_default_str();
  app.add_flag("--all-rates", s.all_rates, "65 rates from 0 to 1 instead of 9");
  auto* recordings = app.add_option("--recordings", o.recordings, "Recordings to draw from")
                         ->check(CLI::Range(1, 10000))
                         ->capture_default_str();
  auto* data =
      app.add_option("--data", o.data,
                     "Folder of DVS128 Gesture (*.aedat and *_labels.csv) instead of the "
                     "shipped data; then 20 recordings, 100, 10 and 20 trials unless said");
  app.add_option("--weights", o.weights, "Weights for it (safetensors); without, they are random")
      ->needs(data);
  app.add_option("--steps", o.steps, "Time steps of 25 ms of each of its recordings")
      ->check(CLI::Range(4, 1000))
      ->needs(data)
      ->capture_default_str();
  app.add_option("--threads", o.threads, "Threads; the results do not depend on it")
      ->check(CLI::Range(1U, bc::most_threads))
      ->capture_default_str();
  app.add_option("--out", o.out, "Where the HTML report goes")->take_last()->capture_default_str();
  app.add_flag("--quiet", o.quiet, "No progress and no tables");
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }

  try {
    if (o.data.empty())
      return campaign(o, spiking::shipped_workload(o.recordings));
    // An inference takes some thirty times as long as one of the small network.
    if (trials->count() == 0)
      s.trials = 100;
    if (set_trials->count() == 0)
      s.set_trials = 10;
    if (sweep_trials->count() == 0)
      s.sweep_trials = 20;
    if (recordings->count() == 0)
      o.recordings = 20;
    return campaign(o, spiking::dvs128_workload(o.data, o.weights, o.steps, o.recordings));
  } catch (const std::exception& error) {
    fmt::print(stderr, "bitfault_spiking_demo: {}\n", error.what());
    return 1;
  }
}
