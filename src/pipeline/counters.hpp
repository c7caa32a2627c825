// pipeline/counters.hpp — what one core counts; /metrics adds the cores up.
// Why plain atomics: each is written by one thread only, so relaxed stores cost what an int does.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "call/call.hpp"

namespace purser {

/// Written by its core alone, read by anybody.
class Count {
 public:
  void add(std::int64_t more = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
  }
  std::int64_t now() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

inline constexpr std::size_t kOutcomes = 4;
inline constexpr std::size_t kRefusals = 13;
/// Upper bounds of the buckets for the time Purser itself adds before a call leaves, microseconds.
inline constexpr std::array<std::int64_t, 8> kAddedUsBounds{50,    100,    250,     1'000,
                                                            5'000, 25'000, 250'000, 2'500'000};

struct Counters {
  std::array<std::array<Count, kOutcomes>, kDialects> calls;  // by how the hold ended
  std::array<std::array<Count, kOutcomes>, kDialects> cost_nanos;
  std::array<Count, kDialects> tokens_in;
  std::array<Count, kDialects> tokens_out;
  std::array<Count, kDialects> tokens_cached;
  std::array<Count, kRefusals> refusals;  // by wire's Refused
  std::array<Count, 6> upstream_status;   // 1xx … 5xx, [0]: no answer
  Count fitted;                           // output bound lowered to fit the money left
  Count waited;                           // calls that waited for held money
  Count drained;                          // streams read to their end after the client had left
  Count cut;                              // streams ended at their hold
  Count tried_again;                      // attempts that failed and were followed by another
  Count killed;                           // calls ended on their way by a hard kill switch
  Count overruns;                         // answers that cost more than was held
  Count unpriced;                         // calls priced at the ceiling
  Count in_flight;                        // goes up and down
  Count connections;                      // goes up and down
  std::array<Count, kAddedUsBounds.size() + 1> added_us;
  Count added_us_sum;
};

}  // namespace purser
