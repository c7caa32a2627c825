// simulate/options.hpp — how the simulated provider behaves when nobody asks for anything special.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace purser::simulate {

/// One control word of script.hpp, spoken by chance: {"429", 0.02} refuses one call in fifty.
struct FaultRate {
  std::string word;
  double rate = 0;  // 0 to 1
};

struct Options {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8485;  // 0: any free one, see Provider::port()
  std::uint64_t seed = 1;     // same seed, same requests in the same order: same answers
  std::chrono::milliseconds first_byte{0};  // mean time to the first byte; each call ±50 %
  std::chrono::microseconds per_token{0};   // mean time of one output token
  std::int64_t output_mean = 120;           // tokens of an answer, exponentially distributed
  std::int64_t tokens_per_event = 4;        // of a stream
  double tool_call_rate = 0.3;              // when tools are offered and none is forced
  /// A client that leaves a stream: nothing here, and generation runs to its end and is billed;
  /// a number, and it ends after so many more tokens.
  std::optional<std::int64_t> tokens_after_disconnect = {};
  std::vector<FaultRate> faults = {};
  std::size_t bill_rows_max = 500'000;  // older rows are folded into one sum
};

/// "429=0.02" as a fault rate. Fails on a word that script.hpp does not know or a rate outside 0…1.
Result<FaultRate> parse_fault_rate(std::string_view text);

}  // namespace purser::simulate
