// spikes/series_score.cpp — five views of a value, each against its own record.
#include "spikes/series_score.hpp"

#include <algorithm>
#include <cmath>

namespace purser {
namespace {

/// So many values shape what is usual; of one hour of the day, so many.
constexpr double kMemory = 3000;
constexpr double kHourMemory = 200;
/// Pulls beyond this many standard deviations are clipped, once there are enough to tell.
constexpr double kClip = 3;
constexpr std::uint32_t kBeforeClipping = 20;
constexpr double kUnclipped = 1e30;
/// Before so many values nothing is scored, and of an hour of the day before so many.
constexpr std::uint64_t kValuesLeast = 30;
constexpr std::uint32_t kHourValuesLeast = 8;
/// What a view's record counts for. The level most; changes and scatter are records by chance more
/// often, as they have heavier tails.
constexpr std::array<double, 5> kWeights{1.0, 0.7, 0.7, 0.9, 0.8};
/// A record is at most doubled at once, so that one absurd value does not blind a view for good;
/// and it fades by half in 23,000 values.
constexpr double kRecordGrowth = 2;
/// Less than half a deviation is no record worth beating, only rounding.
constexpr double kRecordLeast = 0.5;
constexpr double kRecordKept = 1 - 3e-5;
/// Who has just told is quiet for a fiftieth of all it has seen, unless twice as far off.
constexpr double kQuietShare = 0.02;
constexpr double kQuietUnless = 2;
constexpr double kQuietened = 0.3;
/// Scatter is compared on the log scale; below this share of the usual change it is none, and so
/// much its own deviation is at least.
constexpr double kScatterFloor = 0.02;
constexpr double kScatterDeviationLeast = 0.1;
/// An hour of the day that never varies is still allowed this share of the whole deviation.
constexpr double kHourSlack = 0.05;

/// Squares of larger values do not fit a float; no amount of ours is as large.
constexpr double kValueMax = 1e18;

constexpr std::int64_t kHourSeconds = 3600;
constexpr std::int64_t kDaySeconds = 24 * kHourSeconds;

/// So that a constant series divides by something, and rounding is no deviation.
double tiny(double mean) {
  return 1e-6 * std::abs(mean) + 1e-30;
}

}  // namespace

double Running::deviation() const {
  return std::sqrt(static_cast<double>(variance));
}

void Running::learn(double value, double memory, double clip) {
  if (++seen == 1) {
    mean = static_cast<float>(value);
    variance = static_cast<float>(value * value);
    return;
  }
  const double weight = std::max(1.0 / seen, 1.0 / memory);
  const double most = clip * (deviation() + tiny(static_cast<double>(mean)));
  const double error = std::clamp(value - static_cast<double>(mean), -most, most);
  variance += static_cast<float>(weight * (error * error - static_cast<double>(variance)));
  mean += static_cast<float>(weight * error);
}

SeriesScore::Recent SeriesScore::recent() const {
  const std::size_t count = std::min<std::uint64_t>(seen_, kRecent);
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    sum += ring_[i];
  }
  const double mean = sum / static_cast<double>(count);
  double squares = 0;
  for (std::size_t i = 0; i < count; ++i) {
    squares += (ring_[i] - mean) * (ring_[i] - mean);
  }
  return {.mean = mean, .deviation = std::sqrt(squares / static_cast<double>(count))};
}

/// Where this hour is kept. A weekend is compared with workdays until it has its own past, which
/// begins as a copy.
std::size_t SeriesScore::hour_of(Instant at) {
  const std::int64_t second = (at.seconds() % kDaySeconds + kDaySeconds) % kDaySeconds;
  const auto hour = static_cast<std::size_t>(second / kHourSeconds);
  const std::int64_t day = (at.seconds() - second) / kDaySeconds;
  const bool weekend = ((day + 3) % 7 + 7) % 7 >= 5;  // 1970-01-01 was a Thursday
  if (!weekend) {
    return hour;
  }
  Running& own = hours_[kHours + hour];
  if (own.seen >= kHourValuesLeast) {
    return kHours + hour;
  }
  const std::uint32_t seen = own.seen + 1;
  own = hours_[hour];
  own.seen = seen;
  return hour;
}

void SeriesScore::learn(double value, double log_spread, std::size_t hour) {
  if (seen_ > kRecent) {
    log_spreads_.learn(log_spread, kMemory, kUnclipped);
    if (log_spreads_.seen == 1) {
      log_spreads_.variance = 0;  // a logarithm's own size says nothing
    }
  }
  if (seen_ > 1) {
    const double change = value - last_;
    const double weight = std::max(1.0 / static_cast<double>(seen_ - 1), 1 / kMemory);
    step_square_ +=
        static_cast<float>(weight * (change * change - static_cast<double>(step_square_)));
  }
  values_.learn(value, kMemory, values_.seen >= kBeforeClipping ? kClip : kUnclipped);
  hours_[hour].learn(value, kHourMemory, kUnclipped);
  last_ = value;
}

/// How far the worst view is off, in its own records; and the records are learned.
double SeriesScore::against_records(const std::array<double, kViews>& off) {
  double worst = 0;
  for (std::size_t view = 0; view < kViews; ++view) {
    if (!(off[view] > 0)) {
      continue;
    }
    const double record = static_cast<double>(records_[view]);
    if (record > 0) {
      worst = std::max(worst, kWeights[view] * off[view] / std::max(record, kRecordLeast));
    }
    const double learned = record == 0          ? off[view]
                           : off[view] > record ? std::min(off[view], kRecordGrowth * record)
                                                : record * kRecordKept;
    records_[view] = static_cast<float>(learned);
  }
  return worst;
}

/// One anomaly is told once.
double SeriesScore::once(double off) {
  const double quiet_for = kQuietShare * static_cast<double>(seen_);
  if (static_cast<double>(seen_ - told_at_) < quiet_for && off < kQuietUnless * told_) {
    return off * kQuietened;
  }
  if (off > 1) {
    told_at_ = seen_;
    told_ = off;
  }
  return off;
}

double SeriesScore::see(Instant at, double value) {
  if (!(std::abs(value) < kValueMax)) {
    return 0;
  }
  ring_[seen_ % kRecent] = value;
  ++seen_;
  const Recent now = recent();
  const double mean = static_cast<double>(values_.mean);
  const double deviation = values_.deviation() + tiny(mean);
  const double usual_step = std::sqrt(static_cast<double>(step_square_)) + tiny(mean);
  const double log_spread = std::log(now.deviation + kScatterFloor * usual_step);
  const std::size_t hour = hour_of(at);

  std::array<double, kViews> off{};
  if (seen_ > kValuesLeast) {
    off[level] = std::abs(value - mean) / deviation;
    off[step] = std::abs(value - last_) / usual_step;
  }
  if (seen_ > kValuesLeast + kRecent) {
    off[spread] = std::abs(log_spread - static_cast<double>(log_spreads_.mean)) /
                  (log_spreads_.deviation() + kScatterDeviationLeast);
  }
  const Running& usual = hours_[hour];
  if (seen_ > kValuesLeast + 2 * kRecent && usual.seen >= kHourValuesLeast) {
    const double allowed = usual.deviation() + kHourSlack * deviation;
    off[hour_mean] = std::abs(now.mean - static_cast<double>(usual.mean)) / allowed;
    off[hour_value] = std::abs(value - static_cast<double>(usual.mean)) / allowed;
  }
  learn(value, log_spread, hour);
  const double ratio = once(against_records(off));
  return 1 - 1 / (1 + ratio * ratio * ratio * ratio);
}

}  // namespace purser
