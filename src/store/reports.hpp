// store/reports.hpp — questions to the ledger: spend by label, one call, and whether it all adds
// up.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.hpp"
#include "base/instant.hpp"
#include "base/result.hpp"
#include "base/strong.hpp"
#include "money/amount.hpp"

namespace purser {

/// What a report may be broken down by: user, tier, team, feature, session, key, model, provider,
/// priority, outcome, bucket (model; tool and vendor), day.
std::vector<std::string_view> report_dimensions();

struct ReportRow {
  std::string name;  // the label; empty: calls that said none
  std::int64_t calls = 0;
  Tokens tokens_in;
  Tokens tokens_out;
  Tokens cache_read;
  Amount cost;       // corrections included
  Amount uncertain;  // of cost: presumed or estimated
};

/// Spend of calls admitted in [since, until), dearest first; of one bucket, where one is named.
/// Error (client): no such dimension.
Result<std::vector<ReportRow>> report(const std::filesystem::path& folder, std::string_view by,
                                      Instant since, Instant until, std::string_view bucket = {});

/// One call as a JSON object; nothing when the ledger has none of this id, or of another key.
/// `key` empty: whosever it is.
Result<std::optional<std::string>> find_call(const std::filesystem::path& folder, CallId id,
                                             std::string_view key);

/// A vendor's hold that is over; nothing when the ledger has none of this id and key.
struct EndedHold {
  std::string vendor;
  std::string item;
  Amount held;
  Amount cost;  // as it ended; corrections apart
  std::string outcome;
  Instant at;
  Instant ended;
};
Result<std::optional<EndedHold>> find_ended_hold(const std::filesystem::path& folder, CallId id,
                                                 std::string_view key);

/// What a caller's name for a hold stands for, where that hold is over.
struct NamedHold {
  Digest words;
  CallId call;
};
Result<std::optional<NamedHold>> find_named_hold(const std::filesystem::path& folder,
                                                 const Digest& name);
/// The same for many; those that nobody used are not among them.
Result<std::map<Digest, NamedHold>> find_named_holds(const std::filesystem::path& folder,
                                                     std::span<const Digest> names);

/// What does not add up, and where. Empty: the books are proved.
struct Proof {
  std::int64_t calls = 0;
  std::int64_t corrections = 0;
  std::int64_t accounts = 0;
  std::int64_t open_holds = 0;  // in the journal, not yet over
  Amount total;
  std::vector<std::string> findings;
};
/// Reads everything: rows against balances, each row against itself, the journal's checksums.
/// Works beside a running gateway.
Result<Proof> verify_books(const std::filesystem::path& folder);

}  // namespace purser
