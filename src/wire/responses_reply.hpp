// wire/responses_reply.hpp — what a Response object says of its own cost, plain or in a stream.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "call/reply.hpp"
#include "wire/meters.hpp"
#include "wire/responses_usage.hpp"

namespace purser {

struct ResponsesAnswer {
  std::string id;
  std::string model;
  std::string status;
  std::string reason;  // of one that is incomplete
  std::string tier;
  ResponsesUsage usage;
  ResponsesUsage pictures;  // drawn by a tool: billed beside `usage`, at its model's prices
  std::string picture_model;
  std::optional<std::int64_t> searches;  // those that are billed, where it says so
  std::int64_t search_calls = 0;         // of the output; all that is known where it does not
  std::int64_t file_searches = 0;
  std::int64_t picture_calls = 0;
  bool failed = false;
};

/// Takes a Response, or what compaction answers. Its words go to `visible` where that is not null.
void read_response(JsonScan& scan, ResponsesAnswer& answer, Visible* visible);
/// `ended`: the answer came whole.
Reply reply_of(const ResponsesAnswer& answer, bool ended);

}  // namespace purser
