// SPDX-License-Identifier: MIT
// Counts the instructions of faults on an emulated board, and the bytes of stack that they take.
// QEMU has to run with `-icount shift=10`: each instruction then takes 1024 ns of the timer, which
// has one tick in 40 ns.

#include "board/board.hpp"
#include "log_line.hpp"

#include <bitfault/embedded.hpp>

#include <cstdint>

using namespace bitfault;

namespace {

constexpr extents<4> shape{16, 8, 3, 3};

template <class T>
T memory[shape.size()];

/// Counts down from 2^24 - 1; one instruction is 25.6 ticks.
class stopwatch {
public:
  stopwatch() {
    reg(reload) = 0xFFFFFF;
    reg(value) = 0;
    reg(control) = 5; // processor clock, no interrupt
  }
  [[gnu::noinline]] std::uint32_t instructions(void (*call)(const fault_key&),
                                               const fault_key& key) const {
    const std::uint32_t begin = reg(value);
    call(key);
    const std::uint32_t ticks = (begin - reg(value)) & 0xFFFFFF;
    return (ticks * 5 + 64) / 128;
  }

private:
  static constexpr std::uint32_t control = 0xE000E010, reload = 0xE000E014, value = 0xE000E018;
  static volatile std::uint32_t& reg(std::uint32_t address) {
    return *reinterpret_cast<volatile std::uint32_t*>(address);
  }
};

extern "C" std::uint32_t stack_begin[]; // from the linker script

/// How deep a call goes: paints the stack below it and looks afterwards what is left of the paint.
[[gnu::noinline]] std::uint32_t stack_bytes(void (*call)(const fault_key&), const fault_key& key) {
  constexpr std::uint32_t paint = 0xB17FA017;
  std::uint32_t* top = nullptr;
  asm volatile("mov %0, sp" : "=r"(top));
  for (volatile std::uint32_t* p = stack_begin; p != top; ++p)
    *p = paint;
  call(key);
  const volatile std::uint32_t* lowest = stack_begin;
  while (lowest != top && *lowest == paint)
    ++lowest;
  return static_cast<std::uint32_t>(top - lowest) * 4;
}

/// A call as firmware makes it: the plan is a constant, the key is not.
template <auto& Plan, class T>
void inject(const fault_key& key) {
  static_cast<void>(Plan.apply(serial{}, view(memory<T>, shape), key));
}
template <auto& Plan, class T>
void take_back(const fault_key& key) {
  static_cast<void>(Plan.restore(serial{}, view(memory<T>, shape), key, {}));
}
void nothing(const fault_key& /*key*/) {}

/// 2,001 instructions more than nothing: shows that the counter counts.
void known_loop(const fault_key& /*key*/) {
  std::uint32_t n;
  asm volatile(".syntax unified\n movw %0, #1000\n 0: subs %0, #1\n bne 0b" : "=r"(n) : : "cc");
}

#define POLICY(name, type, faults, ...)                                                            \
  constexpr auto name##_plan = make_injector(__VA_ARGS__).bind<type>(shape);
#include "policies.def"
#undef POLICY
constexpr auto exactly_0_plan = make_injector(bit_flip{}, exactly{0}).bind<std::int8_t>(shape);

} // namespace

int firmware_main() {
  const stopwatch watch;
  volatile std::uint32_t trial = 7; // the compiler must not know the faults
  const fault_key key{.seed = 42, .trial = trial, .stream = 3};
  const std::uint32_t overhead = watch.instructions(nothing, key); // reading the timer and a call
  log_line out;
  const auto report = [&](const char* name, std::uint32_t faults, void (*call)(const fault_key&)) {
    const std::uint32_t stack = stack_bytes(call, key);
    const std::uint32_t instructions = watch.instructions(call, key) - overhead;
    out.text(name).text(" ").number(faults).text(" ").number(instructions);
    out.text(" ").number(stack).write();
  };
  report("known_loop", 0, known_loop);
  report("exactly_0", 0, inject<exactly_0_plan, std::int8_t>);
  report("restore_100", 100, take_back<exactly_100_plan, std::int8_t>);
#define POLICY(name, type, faults, ...) report(#name, faults, inject<name##_plan, type>);
#include "policies.def"
#undef POLICY
  return 0;
}
