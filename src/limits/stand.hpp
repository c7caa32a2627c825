// limits/stand.hpp — how a caller stands: every limit that a call of theirs would touch, with what
// is used of it and what is left. For whoever looks; no call waits for this.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/instant.hpp"
#include "ledger/treasury.hpp"
#include "limits/touches.hpp"

namespace purser {

/// One account of a caller's, or one bucket (Window::pace). Lives as long as its touches do.
struct Stand {
  const Limit* limit = nullptr;
  Measure measure = Measure::usd;
  std::string_view subject;
  Standing standing;  // of a bucket only the maximum is known: it is full but for the last moment
  Instant resets_at = Instant::never();
  bool observed = false;

  bool unlimited() const { return standing.max == Units(INT64_MAX); }
  bool is_bucket() const { return limit->window == Window::pace; }
};

/// Reckons the touches first, so they may be looked at before any call. Under the books' lock when
/// the treasury is shared.
std::vector<Stand> stands(Touches& touches, const Treasury& treasury);

/// "day", "rolling 24h", "pace 60s".
std::string window_text(const Limit& limit);

/// The figures of a measure as programs read them: dollars with nine decimals, else whole numbers.
std::string exact_text(Measure measure, Units units);

}  // namespace purser
