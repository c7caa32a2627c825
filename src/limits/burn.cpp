// limits/burn.cpp — sums that decay, in integers.
#include "limits/burn.hpp"

#include <algorithm>
#include <limits>

namespace purser {
namespace {

/// One, in the fixed point of factors: 32 bits behind the point.
constexpr std::uint64_t kOne = std::uint64_t{1} << 32;
constexpr std::size_t kSteps = 32;  // in a halving; a straight line between them errs by 6e-5
/// A unit has so many bits behind the point: enough for a thousand times a second to round down.
constexpr int kUnitBits = 24;
constexpr auto kSumMax = static_cast<unsigned __int128>(std::numeric_limits<std::int64_t>::max())
                         << kUnitBits;
/// The last part of a window is projected as if so much of it were left, two hours of a day: what a
/// few essential calls will want just before its end is chance, so a little more is kept for them.
constexpr std::int64_t kPartsProjected = 12;

/// ln 2 in millionths: sums that decay by 1/e in a window halve in so much of it.
constexpr std::int64_t kHalfLife = 693'147;

constexpr std::uint64_t square_root(unsigned __int128 square) {
  std::uint64_t root = 0;
  for (int bit = 33; bit >= 0; --bit) {
    const std::uint64_t next = root | std::uint64_t{1} << bit;
    if (static_cast<unsigned __int128>(next) * next <= square) {
      root = next;
    }
  }
  return root;
}

/// 2^(-i/kSteps).
constexpr std::array<std::uint64_t, kSteps + 1> kHalving = [] {
  std::uint64_t step = kOne / 2;
  for (std::size_t left = kSteps; left > 1; left /= 2) {
    step = square_root(static_cast<unsigned __int128>(step) << 32);
  }
  std::array<std::uint64_t, kSteps + 1> powers{kOne};
  for (std::size_t i = 1; i < powers.size(); ++i) {
    powers[i] =
        static_cast<std::uint64_t>((static_cast<unsigned __int128>(powers[i - 1]) * step) >> 32);
  }
  return powers;
}();

/// e^(-seconds/window), in parts of kOne.
std::uint64_t decay(std::int64_t seconds, std::chrono::seconds window) {
  const auto half = static_cast<std::uint64_t>(window.count() * kHalfLife);  // microseconds
  const auto passed = static_cast<unsigned __int128>(seconds) * 1'000'000;
  const auto halvings = passed / half;
  if (halvings >= 32) {
    return 0;
  }
  const auto part = static_cast<std::uint64_t>(((passed % half) << 32) / half);
  constexpr int kStepBits = 27;
  static_assert(kSteps == std::size_t{1} << (32 - kStepBits));
  const auto step = static_cast<std::size_t>(part >> kStepBits);
  const std::uint64_t within = part & ((std::uint64_t{1} << kStepBits) - 1);
  const std::uint64_t down = (kHalving[step] - kHalving[step + 1]) * within >> kStepBits;
  return (kHalving[step] - down) >> static_cast<unsigned>(halvings);
}

std::int64_t seconds_between(Instant from, Instant to) {
  return to <= from ? 0 : (to - from).count() / 1'000'000'000;
}

Share at_most_max(unsigned __int128 share) {
  const auto most = static_cast<unsigned __int128>(BurnMeter::kBurnMax.count());
  return Share(static_cast<std::int64_t>(std::min(share, most)));
}

}  // namespace

Share used_share(const Budget& budget) {
  if (budget.used >= budget.max) {
    return kWhole;
  }
  const auto used = static_cast<__int128>(std::max<std::int64_t>(budget.used.count(), 0));
  return Share(static_cast<std::int64_t>(used * kWhole.count() / budget.max.count()));
}

BurnMeter::Windows BurnMeter::decayed(std::int64_t seconds) const {
  Windows windows = windows_;
  for (std::size_t i = 0; seconds > 0 && i < windows.size(); ++i) {
    const std::uint64_t factor = decay(seconds, kWindows[i]);
    windows[i].all = windows[i].all * factor >> 32;
    windows[i].essential = windows[i].essential * factor >> 32;
  }
  return windows;
}

void BurnMeter::add(Units spent, Priority priority, Instant at) {
  if (began_ == Instant::never()) {
    began_ = at;
    at_ = at;
  }
  const std::int64_t seconds = seconds_between(at_, at);
  windows_ = decayed(seconds);
  at_ = at_ + std::chrono::seconds(seconds);
  const Sum more = static_cast<Sum>(std::max<std::int64_t>(spent.count(), 0)) << kUnitBits;
  for (Sums& sums : windows_) {
    sums.all = std::min(sums.all + more, kSumMax);
    if (priority == Priority::essential) {
      sums.essential = std::min(sums.essential + more, kSumMax);
    }
  }
}

/// Against what would last.
Share BurnMeter::rate(std::size_t window, Sum sum, const Budget& budget, Instant now) const {
  const std::chrono::seconds length = kWindows[window];
  // A young meter has seen less than a window; a few moments of it prove nothing.
  const std::int64_t age = std::max(seconds_between(began_, now), length.count() / 12);
  const auto seen = static_cast<Sum>(length.count()) * (kOne - decay(age, length));
  const auto left = static_cast<Sum>((budget.max - budget.used).count());
  const std::int64_t least =
      seconds_between(budget.window.starts, budget.window.ends) / kPartsProjected + 1;
  const auto time_left =
      static_cast<Sum>(std::max(seconds_between(now, budget.window.ends), least));
  // sum / seen are spent a second, left / time_left would last. In two steps: the whole product
  // would not fit.
  const Sum would_be_spent = sum * time_left >> kUnitBits;
  if (would_be_spent / left >= 1'000'000'000) {
    return kBurnMax;
  }
  return at_most_max((would_be_spent * 1'000'000 / left << 32) / seen);
}

Share BurnMeter::burn(const Budget& budget, Instant now) const {
  if (began_ == Instant::never() || budget.window.ends == Instant::never() ||
      now >= budget.window.ends) {
    return Share(0);
  }
  if (budget.used >= budget.max) {
    return kBurnMax;
  }
  const Windows windows = decayed(seconds_between(at_, now));
  // Minutes see too few essential calls to tell what they will want.
  const Share essential = std::max(rate(1, windows[1].essential, budget, now),
                                   rate(2, windows[2].essential, budget, now));
  if (essential >= kWhole) {
    return kBurnMax;  // nothing is left for anybody else
  }
  std::array<Share, kWindows.size()> burns;
  for (std::size_t i = 0; i < burns.size(); ++i) {
    const Sum others = windows[i].all - windows[i].essential;
    const auto share = static_cast<Sum>(rate(i, others, budget, now).count());
    burns[i] = at_most_max(share * 1'000'000 / static_cast<Sum>((kWhole - essential).count()));
  }
  return std::min(burns[0], std::max(burns[1], burns[2]));
}

BurnMeters::BurnMeters(std::size_t accounts)
    : slots_(std::max<std::size_t>(1, (accounts + kWays - 1) / kWays) * kWays) {}

std::size_t BurnMeters::first_slot(const AccountKey& account) const {
  return static_cast<std::size_t>(account.low % (slots_.size() / kWays)) * kWays;
}

BurnMeter BurnMeters::find(const AccountKey& account) const {
  for (std::size_t i = first_slot(account), end = i + kWays; i < end; ++i) {
    if (slots_[i].taken && slots_[i].account == account) {
      return slots_[i].meter;
    }
  }
  return {};
}

void BurnMeters::add(const AccountKey& account, Units spent, Priority priority, Instant at) {
  const auto begin = slots_.begin() + static_cast<std::ptrdiff_t>(first_slot(account));
  const auto end = begin + kWays;
  auto slot = std::find_if(
      begin, end, [&](const Slot& known) { return known.taken && known.account == account; });
  if (slot == end) {
    slot = std::min_element(begin, end, [](const Slot& a, const Slot& b) {
      return std::pair(a.taken, a.meter.last()) < std::pair(b.taken, b.meter.last());
    });
    *slot = {.account = account, .meter = {}, .taken = true};
  }
  slot->meter.add(spent, priority, at);
}

}  // namespace purser
