// SPDX-License-Identifier: MIT
// A fault-injection campaign on a microcontroller: no heap, no exceptions, no C library. The same
// file runs on a host and gives the same log.

#include "board/board.hpp"
#include "log_line.hpp"
#include "network.hpp"
#include "replayed_faults.hpp" // made from faults/replayed.csv
#include "targets.hpp"

#include <bitfault/embedded.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>

using namespace bitfault;
using network::operation;

namespace {

// --- memory: all of it is here, in board/ and on the stack --------------------------------

network::arena arena;                                    // activations and sums
std::int8_t conv1_overlay[targets::conv1_weight.size()]; // weights that faults go to: copies
std::int8_t conv2_overlay[targets::conv2_weight.size()];
std::int8_t dense_overlay[targets::dense_weight.size()];
volatile std::uint8_t frame[targets::image.size()];       // what a camera would write
std::int32_t golden[quantised::images][network::classes]; // outputs without faults

// [state]
/// All that the library needs in RAM beside the stack.
struct injection_state {
  fault_record log[2]; ///< what the last injection did
  index_t logged;
  fault_key interrupt_key; ///< for the interrupt handler
  std::uint8_t before[8];  ///< the words that a replayed list has replaced
};
injection_state injection;
static_assert(sizeof(injection_state) < 256);
// [/state]

// --- plans: constants, in flash ------------------------------------------------------------

// [plans]
constexpr record_to observer{injection.log, &injection.logged};

constexpr auto weight_flip =
    make_injector(bit_flip{}, exactly{1}, observer).bind<std::int8_t>(targets::conv2_weight);
// [/plans]
constexpr auto activation_flip =
    make_injector(bit_flip{}, exactly{1}, observer).bind<std::int8_t>(targets::pool1);
constexpr auto sum_flip =
    make_injector(bit_flip{}, exactly{1}, observer).bind<std::int32_t>(targets::conv3_sums);
constexpr auto dense_flips =
    make_injector(bit_flip{}, exactly{2}, observer).bind<std::int8_t>(targets::dense_weight);
constexpr auto stuck_weight =
    make_injector(stuck_at_1{}, at{coordinates{3, 0, 1, 1}}, bits::given{6}, permanent{}, observer)
        .bind<std::int8_t>(targets::conv1_weight);
constexpr auto dead_column = make_injector(stuck_at_0{}, every{}, bits::all{}, region{all, 14})
                                 .bind<std::uint8_t>(targets::image);
constexpr auto recorded = targets::recorded.bind<std::int8_t>(targets::conv2_weight);
static_assert(weight_flip.state().ok() && activation_flip.state().ok() && sum_flip.state().ok() &&
              dense_flips.state().ok() && stuck_weight.state().ok() && dead_column.state().ok() &&
              recorded.state().ok());

// --- trials --------------------------------------------------------------------------------

enum class outcome : std::uint8_t { masked, tolerable, sdc };
constexpr const char* outcome_names[] = {"masked", "tolerable", "SDC-1"};

struct experiment {
  const char* name;
  const char* tensor;
  std::uint32_t trials;
  const std::int32_t* (*run)(std::uint32_t trial, const std::uint8_t* image);
};

bool refused = false;
void expect(const status& s) { refused = refused || !s.ok(); }

constexpr auto nothing_after = [](operation, auto* /*data*/) {};

template <std::size_t N>
void load(std::int8_t (&to)[N], const std::int8_t (&from)[N]) {
  for (std::size_t i = 0; i < N; ++i)
    to[i] = from[i];
}

template <std::size_t N>
void expect_restored(const std::int8_t (&now)[N], const std::int8_t (&original)[N]) {
  for (std::size_t i = 0; i < N; ++i)
    refused = refused || now[i] != original[i];
}

// [weights]
/// A flip in a weight, taken back after the inference.
const std::int32_t* run_weights(std::uint32_t trial, const std::uint8_t* image) {
  const auto weights = view(conv2_overlay, targets::conv2_weight);
  const fault_key key = targets::key(1, trial);
  expect(weight_flip.apply(serial{}, weights, key));
  const auto* output = network::infer({.conv2 = conv2_overlay}, image, arena, nothing_after);
  expect(weight_flip.restore(serial{}, weights, key, {}));
  expect_restored(conv2_overlay, quantised::conv2_weight);
  return output;
}
// [/weights]

// [activations]
/// A flip in an activation, after the operator that wrote it.
const std::int32_t* run_activations(std::uint32_t trial, const std::uint8_t* image) {
  return network::infer({}, image, arena, [trial](operation now, auto* data) {
    if constexpr (sizeof *data == 1)
      if (now == operation::pool1)
        expect(activation_flip.apply(serial{}, view(data, targets::pool1), targets::key(2, trial)));
  });
}
// [/activations]

/// A flip in an accumulator.
const std::int32_t* run_sums(std::uint32_t trial, const std::uint8_t* image) {
  return network::infer({}, image, arena, [trial](operation now, auto* data) {
    if constexpr (sizeof *data == 4)
      if (now == operation::conv3)
        expect(sum_flip.apply(serial{}, view(data, targets::conv3_sums), targets::key(3, trial)));
  });
}

// [interrupt]
void strike_dense_weights() {
  expect(dense_flips.apply(serial{}, view(dense_overlay, targets::dense_weight),
                           injection.interrupt_key));
}

/// Two flips in weights of the last layer, from the timer's interrupt, while an earlier layer is at
/// work. The exact moment does not matter to the result, because only the last layer reads them.
const std::int32_t* run_interrupt(std::uint32_t trial, const std::uint8_t* image) {
  injection.interrupt_key = targets::key(4, trial);
  const auto* output =
      network::infer({.dense = dense_overlay}, image, arena, [](operation now, auto* /*data*/) {
        if (now == operation::pool1)
          board::call_from_interrupt(strike_dense_weights, 5000);
        if (now == operation::scale3) {
          board::wait_for_interrupt(); // it was long ago, unless the processor is very fast
          std::atomic_signal_fence(std::memory_order_seq_cst);
        }
      });
  expect(dense_flips.restore(serial{}, view(dense_overlay, targets::dense_weight),
                             injection.interrupt_key, {}));
  expect_restored(dense_overlay, quantised::dense_weight);
  return output;
}
// [/interrupt]

// [stuck]
/// A bit of the weight memory is stuck at 1. The weights are loaded anew for each inference, and
/// the fault holds through that: it is applied again after each write.
const std::int32_t* run_stuck(std::uint32_t trial, const std::uint8_t* image) {
  load(conv1_overlay, quantised::conv1_weight);
  fault_key key = targets::key(5, 0);
  key.step = trial;
  expect(stuck_weight.apply(serial{}, view(conv1_overlay, targets::conv1_weight), key));
  return network::infer({.conv1 = conv1_overlay}, image, arena, nothing_after);
}
// [/stuck]

// [registers]
/// A dead column of a camera whose pixels appear at an address. Here that is a variable.
const std::int32_t* run_registers(std::uint32_t /*trial*/, const std::uint8_t* image) {
  for (std::size_t i = 0; i < targets::image.size(); ++i)
    frame[i] = image[i];
  const auto camera =
      memory_mapped<std::uint8_t>(reinterpret_cast<std::uintptr_t>(&frame[0]), targets::image);
  expect(dead_column.apply(serial{}, camera, targets::key(6, 0)));
  return network::infer({}, &frame[0], arena, nothing_after);
}
// [/registers]

// [replay]
/// Trial 0 draws eight faults here. Trial 1 takes those that a host drew and saved in a file.
const std::int32_t* run_replay(std::uint32_t trial, const std::uint8_t* image) {
  const auto weights = view(conv2_overlay, targets::conv2_weight);
  const span<const listed_fault> faults = replayed_faults;
  if (trial == 0)
    expect(recorded.apply(serial{}, weights, targets::recorded_key));
  else
    expect(apply_faults(faults, weights, injection.before));
  const auto* output = network::infer({.conv2 = conv2_overlay}, image, arena, nothing_after);
  if (trial == 0)
    expect(recorded.restore(serial{}, weights, targets::recorded_key, {}));
  else
    expect(restore_faults(faults, weights, injection.before));
  expect_restored(conv2_overlay, quantised::conv2_weight);
  return output;
}
// [/replay]

constexpr experiment experiments[] = {
    {"weights", "conv2.weight", 48, run_weights}, {"activations", "pool1", 48, run_activations},
    {"sums", "conv3.sums", 48, run_sums},         {"interrupt", "dense.weight", 16, run_interrupt},
    {"stuck", "conv1.weight", 8, run_stuck},      {"registers", "frame", 8, run_registers},
    {"replay", "conv2.weight", 2, run_replay},
};
constexpr std::size_t experiment_count = sizeof experiments / sizeof experiments[0];

// --- the log -------------------------------------------------------------------------------

/// The address of a logged fault, as `bitfault::apply_at` takes it, and the words before and after.
template <std::size_t Rank>
void write_fault(log_line& out, const char* tensor, const extents<Rank>& e,
                 const fault_record& fault, int digits, const char* operation) {
  const auto at = row_major<Rank>(e).coordinates(fault.element);
  out.text(" bf1:").text(tensor);
  for (std::size_t axis = 0; axis < Rank; ++axis)
    out.text(axis == 0 ? "[" : ",").number(static_cast<std::uint32_t>(at[axis]));
  out.text("]").text(operation);
  out.number(static_cast<std::uint32_t>(bitfault::detail::count_trailing_zeros(fault.mask)));
  out.text(" ").hex(static_cast<std::uint32_t>(fault.before), digits);
  out.text(">").hex(static_cast<std::uint32_t>(fault.after), digits);
}

void write_faults(log_line& out, const experiment& e) {
  for (index_t i = 0; i < injection.logged; ++i) {
    const fault_record& fault = injection.log[i];
    if (e.run == run_weights)
      write_fault(out, e.tensor, targets::conv2_weight, fault, 2, "^");
    else if (e.run == run_activations)
      write_fault(out, e.tensor, targets::pool1, fault, 2, "^");
    else if (e.run == run_sums)
      write_fault(out, e.tensor, targets::conv3_sums, fault, 8, "^");
    else if (e.run == run_interrupt)
      write_fault(out, e.tensor, targets::dense_weight, fault, 2, "^");
    else if (e.run == run_stuck)
      write_fault(out, e.tensor, targets::conv1_weight, fault, 2, "=1@");
  }
}

const std::uint8_t* image_of(std::uint32_t number) {
  return quantised::pixels + number * targets::image.size();
}

/// FNV-1a of an output: two logs that agree in it agree in every bit of the ten sums.
std::uint32_t checksum(const std::int32_t* output) {
  std::uint32_t hash = 2166136261u;
  for (int c = 0; c < network::classes; ++c)
    for (unsigned shift = 0; shift < 32; shift += 8)
      hash = (hash ^ ((static_cast<std::uint32_t>(output[c]) >> shift) & 255u)) * 16777619u;
  return hash;
}

outcome compare(const std::int32_t* output, const std::int32_t* expected) {
  if (network::classify(output) != network::classify(expected))
    return outcome::sdc;
  for (int c = 0; c < network::classes; ++c)
    if (output[c] != expected[c])
      return outcome::tolerable;
  return outcome::masked;
}

void run_golden(log_line& out) {
  for (std::uint32_t i = 0; i < quantised::images; ++i) {
    const auto* output = network::infer({}, image_of(i), arena, nothing_after);
    for (int c = 0; c < network::classes; ++c)
      golden[i][c] = output[c];
    out.text("golden image ").number(i).text(" label ").number(quantised::labels[i]);
    out.text(" class ").number(static_cast<std::uint32_t>(network::classify(output)));
    out.text(" output ").hex(checksum(output), 8).write();
  }
}

void run_trials(log_line& out, const experiment& e, std::uint32_t (&counts)[3]) {
  for (std::uint32_t trial = 0; trial < e.trials; ++trial) {
    // Both trials of a replay take one image, so that their lines can be compared.
    const std::uint32_t image = e.run == run_replay ? 0 : trial % quantised::images;
    injection.logged = 0;
    const auto* output = e.run(trial, image_of(image));
    const outcome result = compare(output, golden[image]);
    ++counts[static_cast<std::size_t>(result)];
    out.text(e.name).text(" ").number(trial).text(" image ").number(image);
    write_faults(out, e);
    out.text(" class ").number(static_cast<std::uint32_t>(network::classify(output)));
    out.text(" output ").hex(checksum(output), 8).text(" ");
    out.text(outcome_names[static_cast<std::size_t>(result)]).write();
  }
}

} // namespace

int firmware_main() {
  log_line out;
  load(conv2_overlay, quantised::conv2_weight);
  load(dense_overlay, quantised::dense_weight);
  run_golden(out);

  std::uint32_t counts[experiment_count][3]{};
  for (std::size_t i = 0; i < experiment_count; ++i)
    run_trials(out, experiments[i], counts[i]);

  out.write();
  out.text("experiment").to(12).text("target").to(26).text("trials  masked  tolerable  SDC-1");
  out.write();
  for (std::size_t i = 0; i < experiment_count; ++i) {
    out.text(experiments[i].name).to(12).text(experiments[i].tensor).to(26);
    out.number(experiments[i].trials, 6).number(counts[i][0], 8).number(counts[i][1], 11);
    out.number(counts[i][2], 7).write();
  }
  out.text(refused ? "FAILED: a call was refused, or a weight was not restored"
                   : "every call was accepted, every weight restored");
  out.write();
  return refused ? 1 : 0;
}
