// SPDX-License-Identifier: MIT
#pragma once

#include "message.hpp"
#include "status.hpp"

#if BITFAULT_EXCEPTIONS
// For std::exception, the base of std::bad_alloc: <exception> costs five times as much to read.
#include <new>
#endif

namespace bitfault {

#if BITFAULT_EXCEPTIONS

/// What hosted code throws for bad input: the message names the value, the limit and the place.
class error : public std::exception {
public:
  explicit error(const status& why) noexcept : why_(why), text_(message(why)) {}
  const char* what() const noexcept override { return text_.text; }
  const status& why() const noexcept { return why_; }

private:
  status why_;
  message_text text_;
};

constexpr void status::or_throw() const {
  if (!ok())
    throw error(*this);
}

#endif

} // namespace bitfault
