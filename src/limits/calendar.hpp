// limits/calendar.hpp — where the windows of a time zone begin and end.
// Why: a day has 23 or 25 hours twice a year, and once, in Samoa, none. The zone's changes are read
// once; from then on a window is arithmetic.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.hpp"
#include "base/result.hpp"
#include "limits/rule.hpp"
#include "limits/window_bounds.hpp"

namespace purser {

class Calendar {
 public:
  /// UTC.
  Calendar();
  /// Of an IANA zone ("Europe/Berlin"). Error (config) when the system's database has none.
  static Result<Calendar> of(const std::string& zone);

  /// The window that contains `now`. Consecutive windows touch: none overlap, nothing is between.
  ///   minute, hour  as the clock on the wall counts them; a change of the clock begins another
  ///   day … month   from the first moment of its first date to that of the next one's
  ///   lifetime      from the beginning to Instant::never()
  Bounds bounds(Window window, Instant now) const;

  /// "2026-11-24 00:00 Europe/Berlin".
  std::string to_text(Instant at) const;
  const std::string& zone() const { return zone_; }

 private:
  /// From `begins` on, until the next one begins, the wall clock is `ahead` seconds ahead of UTC.
  struct Period {
    std::int64_t begins;
    std::int64_t ahead;
  };
  struct Seconds {
    std::int64_t starts;
    std::int64_t ends;
  };
  /// The last window computed of each kind, packed in a word: any thread may replace it.
  using Memory = std::array<std::atomic<std::uint64_t>, 5>;

  std::size_t period_at(std::int64_t second) const;
  std::int64_t end_of(std::size_t period) const;
  std::int64_t first_at(std::int64_t wall) const;
  Seconds clock_window(std::int64_t length, std::int64_t second) const;
  Seconds date_window(Window window, std::int64_t second) const;

  std::string zone_ = "UTC";
  std::vector<Period> periods_;
  std::unique_ptr<Memory> memory_;
};

}  // namespace purser
