// base/invariant.cpp — the last words of a process whose books cannot be trusted any more.
#include "base/invariant.hpp"

#include <cstdio>
#include <cstdlib>

namespace purser {

void invariant_broken(const char* condition, const char* why, const char* file, int line) {
  std::fprintf(stderr, "purser: invariant broken at %s:%d: %s (%s)\n", file, line, why, condition);
  std::fflush(stderr);
  std::abort();
}

}  // namespace purser
