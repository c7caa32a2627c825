// limits/touches.cpp — gathering them, and adding up rolling windows.
#include "limits/touches.hpp"

#include "base/invariant.hpp"

namespace purser {

Standing seen(const Touched& touched, const Standing& standing) {
  return {.posted = standing.posted + touched.earlier, .held = standing.held, .max = touched.max};
}

void Touches::clear() {
  count_ = 0;
  draws_count_ = 0;
  judged_ = false;
  rolling_.clear();
  pieces_.clear();
}

void Touches::add(const Touched& touched, const Need& need, std::span<const AccountKey> earlier) {
  INVARIANT(count_ < kNeedsMax, "a set of limits is checked when it is read");
  if (!earlier.empty()) {
    rolling_.push_back({.need = count_, .from = pieces_.size(), .count = earlier.size()});
    pieces_.insert(pieces_.end(), earlier.begin(), earlier.end());
  }
  touched_[count_] = touched;
  needs_[count_] = need;
  judged_ = judged_ || touched.observed || !touched.limit->at.empty() || touched.limit->shed;
  ++count_;
}

void Touches::add(const Paced& paced, const Draw& draw) {
  INVARIANT(draws_count_ < kNeedsMax, "a set of limits is checked when it is read");
  paced_[draws_count_] = paced;
  draws_[draws_count_] = draw;
  judged_ = judged_ || paced.observed;
  ++draws_count_;
}

std::vector<AccountKey> Touches::accounts() const {
  std::vector<AccountKey> accounts = pieces_;
  for (const Need& need : needs()) {
    accounts.push_back(need.account);
  }
  return accounts;
}

void Touches::reckon(const Treasury& treasury) {
  for (const Earlier& earlier : rolling_) {
    Touched& touched = touched_[earlier.need];
    Need& need = needs_[earlier.need];
    Units sum;
    for (std::size_t i = 0; i < earlier.count; ++i) {
      if (const auto standing = treasury.standing(pieces_[earlier.from + i])) {
        sum += standing->posted + standing->held;
      }
    }
    touched.earlier = sum;
    if (!touched.observed) {
      need.max = touched.max - sum;
    }
  }
}

}  // namespace purser
