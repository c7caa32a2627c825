// base/invariant.hpp — what must be true unless we made a mistake.
// Why: books that may be wrong are worse than a process that stopped. So these checks are never
// compiled out, and never used on input: what the outside does wrong is an Error, a value.
#pragma once

namespace purser {

/// Prints where and why to standard error and aborts. Never returns.
[[noreturn]] void invariant_broken(const char* condition, const char* why, const char* file,
                                   int line);

}  // namespace purser

#define INVARIANT(condition, why)                                      \
  do {                                                                 \
    if (!(condition)) [[unlikely]] {                                   \
      ::purser::invariant_broken(#condition, why, __FILE__, __LINE__); \
    }                                                                  \
  } while (false)
