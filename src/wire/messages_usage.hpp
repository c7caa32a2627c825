// wire/messages_usage.hpp — the usage object of Anthropic Messages: cumulative, in passes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "call/reply.hpp"
#include "wire/json_scan.hpp"

namespace purser {

/// Token counts of an answer or of one pass, as reported; what was never said is empty.
struct MessagesCounts {
  std::optional<std::int64_t> input;        // without the cached parts
  std::optional<std::int64_t> cache_write;  // of both lifetimes
  std::optional<std::int64_t> cache_write_5m;
  std::optional<std::int64_t> cache_write_1h;
  std::optional<std::int64_t> cache_read;
  std::optional<std::int64_t> output;
  std::optional<std::int64_t> thinking;  // of output

  bool reported() const { return input || output || cache_read || cache_write; }
};

struct MessagesPass {
  std::string type;
  std::string model;
  MessagesCounts counts;
};

/// Every report replaces what it says and leaves the rest: reports are cumulative, never added.
struct MessagesUsage {
  MessagesCounts counts;
  std::vector<MessagesPass> passes;  // "iterations"
  std::optional<std::int64_t> web_searches;
  std::optional<std::int64_t> web_fetches;
  std::string tier;
  std::string speed;
  std::string geo;
};

/// Takes the value of a "usage" member into what was reported before.
void read_messages_usage(JsonScan& scan, MessagesUsage& usage);

/// One pass an iteration, or one alone. The passes add up to what is billed: the top level leaves
/// out compactions, advisors and declined attempts.
std::vector<Pass> billed_passes(const MessagesUsage& usage);

}  // namespace purser
