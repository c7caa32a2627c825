// store/call_record.hpp — one call of the ledger as values, with what it posted where.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/instant.hpp"
#include "base/result.hpp"
#include "call/caller.hpp"
#include "money/amount.hpp"
#include "store/ledger_db.hpp"

namespace purser {

struct CallRecord {
  CallId call;
  Instant at;
  Instant ended;
  Caller caller;
  std::string provider;
  std::string dialect;
  std::string model;  // as answered
  std::string model_asked;
  std::string outcome;
  std::int64_t status = 0;
  Amount held;
  Amount cost;       // as it was settled
  Amount corrected;  // added since
  Tokens tokens_in;
  Tokens cache_read;
  Tokens tokens_out;
  Tokens output_max;
  std::string stop_reason;
  std::string edits;
  std::vector<PackedLeg> legs;
};

/// Nothing when the ledger has no such call.
Result<std::optional<CallRecord>> read_call(const std::filesystem::path& folder, CallId id);

}  // namespace purser
