// limits/touches.hpp — the accounts and buckets one call touches, and what it needs from each.
#pragma once

#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "ledger/treasury.hpp"
#include "limits/pace.hpp"
#include "limits/rule.hpp"

namespace purser {

/// One account a call touches. Lives as long as the LimitSet and the Caller it came from.
struct Touched {
  const Limit* limit = nullptr;
  Measure measure = Measure::usd;
  std::string_view subject;  // whose account: the caller's label; empty for Per::all
  Instant starts = {};       // of the window; its end is in the need
  Units max = {};            // for this caller; the need's is what the treasury is to enforce
  Units earlier{};           // rolling: posted and held in the pieces of the window before this one
  bool observed = false;     // it is told what it would do, and does nothing
};

/// How an account stands as people see it: a rolling window whole, an observed limit at its word.
Standing seen(const Touched& touched, const Standing& standing);

/// One bucket a call draws from.
struct Paced {
  const Limit* limit = nullptr;
  Measure measure = Measure::calls;
  std::string_view subject;
  bool observed = false;
};

/// Side by side with what the call needs from each.
class Touches {
 public:
  void clear();
  /// `earlier`: the accounts of the same rolling window's pieces before this one.
  void add(const Touched& touched, const Need& need, std::span<const AccountKey> earlier = {});
  void add(const Paced& paced, const Draw& draw);

  std::span<const Touched> list() const { return {touched_.data(), count_}; }
  std::span<const Need> needs() const { return {needs_.data(), count_}; }
  std::span<Need> needs() { return {needs_.data(), count_}; }
  std::size_t size() const { return count_; }

  std::span<const Paced> paced() const { return {paced_.data(), draws_count_}; }
  std::span<const Draw> draws() const { return {draws_.data(), draws_count_}; }
  std::span<Draw> draws() { return {draws_.data(), draws_count_}; }

  /// Every account whose balance decides: those the needs name, and the earlier pieces of rolling
  /// windows.
  std::vector<AccountKey> accounts() const;

  /// Some limit here does something before it is used up, or only says what it would do.
  bool judged() const { return judged_; }

  /// Under the books' lock: what a rolling window has seen already comes off its maximum. Returns
  /// the accounts that are away: nothing may be decided until they are back.
  [[nodiscard]] std::vector<Treasury::Away> reckon(const Treasury& treasury);

 private:
  struct Earlier {
    std::size_t need;
    std::size_t from;
    std::size_t count;
  };
  std::vector<Treasury::Away> away(const Treasury& treasury) const;

  std::array<Touched, kNeedsMax> touched_;
  std::array<Need, kNeedsMax> needs_;
  std::size_t count_ = 0;
  std::array<Paced, kNeedsMax> paced_;
  std::array<Draw, kNeedsMax> draws_;
  std::size_t draws_count_ = 0;
  bool judged_ = false;
  std::vector<Earlier> rolling_;
  std::vector<AccountKey> pieces_;
};

}  // namespace purser
