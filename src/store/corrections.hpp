// store/corrections.hpp — what is added to calls that are booked. No row is ever edited: each
// difference is a row of its own, and moves the balances whose window is still open.
//
// The books are the caller's alone while it writes: a running gateway would not see what moved.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "base/instant.hpp"
#include "base/result.hpp"
#include "base/strong.hpp"
#include "money/amount.hpp"
#include "store/sqlite.hpp"

namespace purser {

/// Inside the transaction of whoever opened `database`.
class Corrector {
 public:
  static Result<Corrector> open(const Database& database, std::string_view why, Instant now);
  /// Adds `difference` to the call, and to every account its `legs` counted money in whose window
  /// is still open: windows that are over stay as they ended.
  Result<void> correct(CallId call, Amount difference, std::string_view legs);

 private:
  Corrector(const Database& database, std::string_view why, Instant now)
      : database_(&database), why_(why), now_(now) {}

  const Database* database_;
  std::string why_;
  Instant now_;
  Statement insert_;
  Statement post_;
};

/// One difference; zero says that a presumed cost is certain now.
struct Correction {
  CallId call;
  Amount amount;
};
/// All in one transaction, or none. Error (store): a call is not booked.
Result<void> post_corrections(const std::filesystem::path& folder,
                              std::span<const Correction> corrections, std::string_view why,
                              Instant now);

}  // namespace purser
