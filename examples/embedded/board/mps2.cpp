// SPDX-License-Identifier: MIT
// Start-up code for QEMU's boards mps2-an385 (Cortex-M3), mps2-an386 (M4) and mps2-an500 (M7): no C
// library. Output goes through semihosting, see "Semihosting for AArch32 and AArch64", Arm 2023.

#include "board.hpp"

#include <cstddef>
#include <cstdint>

extern "C" {
// From the linker script.
extern std::uint32_t data_load_begin[], data_begin[], data_end[], bss_begin[], bss_end[];
extern std::uint32_t stack_end[];

// A compiler may call these by itself.
void* memset(void* to, int value, std::size_t size) {
  auto* p = static_cast<unsigned char*>(to);
  for (; size != 0; --size)
    *p++ = static_cast<unsigned char>(value);
  return to;
}
void* memcpy(void* to, const void* from, std::size_t size) {
  auto* p = static_cast<unsigned char*>(to);
  const auto* q = static_cast<const unsigned char*>(from);
  for (; size != 0; --size)
    *p++ = *q++;
  return to;
}
void* memmove(void* to, const void* from, std::size_t size) {
  auto* p = static_cast<unsigned char*>(to);
  const auto* q = static_cast<const unsigned char*>(from);
  if (p <= q)
    return memcpy(to, from, size);
  while (size-- != 0)
    p[size] = q[size];
  return to;
}
}

namespace {

enum class call : std::uint32_t { open = 0x01, write = 0x05, exit_extended = 0x20 };

std::uint32_t semihosting(call number, const void* arguments) {
  register std::uint32_t r0 asm("r0") = static_cast<std::uint32_t>(number);
  register const void* r1 asm("r1") = arguments;
  asm volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

[[noreturn]] void leave(int status) {
  constexpr std::uint32_t application_exit = 0x20026;
  const std::uint32_t arguments[2] = {application_exit, static_cast<std::uint32_t>(status)};
  for (;;)
    semihosting(call::exit_extended, arguments);
}

volatile std::uint32_t& reg(std::uint32_t address) {
  return *reinterpret_cast<volatile std::uint32_t*>(address);
}
constexpr std::uint32_t systick_control = 0xE000E010, systick_reload = 0xE000E014,
                        systick_value = 0xE000E018;
[[maybe_unused]] constexpr std::uint32_t coprocessor_access = 0xE000ED88;

std::uint32_t console() {
  static const char name[] = ":tt";
  const std::uint32_t arguments[3] = {reinterpret_cast<std::uint32_t>(name), 4 /* "w" */, 3};
  return semihosting(call::open, arguments);
}

void (*volatile timer_handler)() = nullptr;

void on_timer() {
  reg(systick_control) = 0;
  if (void (*const handler)() = timer_handler; handler != nullptr)
    handler();
  timer_handler = nullptr;
}

void on_fault() {
  static const char text[] = "hard fault\n";
  board::write(text, sizeof text - 1);
  leave(3);
}

[[noreturn]] void on_reset() {
  const std::uint32_t* from = data_load_begin;
  for (std::uint32_t* to = data_begin; to != data_end;)
    *to++ = *from++;
  for (std::uint32_t* to = bss_begin; to != bss_end;)
    *to++ = 0;
#if defined(__ARM_FP)
  reg(coprocessor_access) = reg(coprocessor_access) | (0xFu << 20); // the FPU
  asm volatile("dsb\n isb" ::: "memory");
#endif
  leave(firmware_main());
}

using entry = void (*)();
struct vector_table {
  std::uint32_t* stack;
  entry handlers[15];
};

[[gnu::section(".vectors"), gnu::used]] const vector_table vectors = {
    stack_end,
    {on_reset, on_fault, on_fault, on_fault, on_fault, on_fault, nullptr, nullptr, nullptr, nullptr,
     on_fault, on_fault, nullptr, on_fault, on_timer}};

} // namespace

namespace board {

void write(const char* text, std::size_t size) {
  static std::uint32_t handle = 0;
  if (handle == 0)
    handle = console();
  const std::uint32_t arguments[3] = {handle, reinterpret_cast<std::uint32_t>(text), size};
  semihosting(call::write, arguments);
}

void call_from_interrupt(void (*handler)(), unsigned ticks) {
  timer_handler = handler;
  reg(systick_reload) = ticks;
  reg(systick_value) = 0;
  reg(systick_control) = 7; // processor clock, interrupt, enabled
}

void wait_for_interrupt() {
  // Interrupts are held off between the question and the sleep, from which they wake nevertheless.
  for (;;) {
    asm volatile("cpsid i" ::: "memory");
    const bool done = timer_handler == nullptr;
    if (!done)
      asm volatile("wfi" ::: "memory");
    asm volatile("cpsie i\n isb" ::: "memory");
    if (done)
      return;
  }
}

} // namespace board
