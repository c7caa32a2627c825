// store/refusals.hpp — calls that were refused, so that somebody can be told why. Not part of the
// ledger: nothing was held, nothing is owed, and only the latest are kept.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/instant.hpp"
#include "base/result.hpp"
#include "call/call.hpp"
#include "call/caller.hpp"
#include "store/sqlite.hpp"

namespace purser {

/// So many are kept: a week of a busy day's, some 50 MB.
inline constexpr std::int64_t kRefusalsKept = 100'000;

struct RefusedCall {
  CallId call;
  Instant at;
  Caller caller;
  std::string provider;
  std::string dialect;
  std::string model;    // as asked
  std::string limit;    // its name, when one bound
  std::string message;  // as the caller read it
};

class RefusalBook {
 public:
  static Result<std::unique_ptr<RefusalBook>> open(const std::filesystem::path& folder);
  /// In one transaction; the oldest beyond kRefusalsKept go.
  Result<void> add(std::span<const RefusedCall> refused, std::int64_t kept = kRefusalsKept);

 private:
  explicit RefusalBook(Database database) : database_(std::move(database)) {}
  Database database_;
};

/// The refusal of this call; nothing when it is not kept, or of another key. `key` empty: whosever.
Result<std::optional<RefusedCall>> find_refusal(const std::filesystem::path& folder, CallId id,
                                                std::string_view key);

}  // namespace purser
