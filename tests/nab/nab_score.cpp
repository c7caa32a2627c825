// tests/nab/nab_score.cpp — every row's worth, then every threshold's sum.
#include "nab_score.hpp"

#include <algorithm>
#include <cmath>

namespace purser::nab {
namespace {

constexpr double kProbationShare = 0.15;
constexpr double kProbationRowsMax = 750;

/// 1 far before, 0 at the end of a window, -1 from three widths behind it on.
double sigmoid(double position) {
  return position >= 3 ? -1.0 : 2 / (1 + std::exp(5 * position)) - 1;
}

/// A row that may be an alert: of which window (-1: of none), and what it would earn or cost.
struct Candidate {
  double score = 0;
  int window = -1;
  double worth = 0;
};

std::vector<Candidate> candidates(std::span<const Series> series,
                                  std::span<const std::vector<double>> scores,
                                  const Profile& profile) {
  std::vector<Candidate> all;
  int window_before = 0;
  for (std::size_t i = 0; i < series.size(); ++i) {
    const Series& each = series[i];
    std::size_t next = 0;  // the window the row is in, or the first behind it
    for (std::size_t row = 0; row < each.rows.size(); ++row) {
      while (next < each.windows.size() && each.windows[next].last < row) {
        ++next;
      }
      Candidate candidate{.score = scores[i][row]};
      if (next < each.windows.size() && each.windows[next].first <= row) {
        const auto [first, last] = each.windows[next];
        const double width = static_cast<double>(last - first + 1);
        const double position = -static_cast<double>(last - row + 1) / width;
        candidate.window = window_before + static_cast<int>(next);
        candidate.worth = profile.true_positive * sigmoid(position) / sigmoid(-1);
      } else if (next == 0) {
        candidate.worth = -profile.false_positive;
      } else {
        const auto [first, last] = each.windows[next - 1];
        const double width = static_cast<double>(last - first);
        candidate.worth = profile.false_positive * sigmoid(static_cast<double>(row - last) / width);
      }
      if (row >= each.probation()) {
        all.push_back(candidate);
      }
    }
    window_before += static_cast<int>(each.windows.size());
  }
  return all;
}

/// The sum as the threshold falls, row by row.
class Sum {
 public:
  Sum(int windows, const Profile& profile)
      : profile_(profile), best_(static_cast<std::size_t>(windows), -profile.false_negative) {
    sum_ = -profile.false_negative * windows;
  }
  void add(const Candidate& alert) {
    if (alert.window < 0) {
      sum_ += alert.worth;
      ++false_positives_;
      return;
    }
    double& best = best_[static_cast<std::size_t>(alert.window)];
    found_ += best == -profile_.false_negative ? 1 : 0;
    const double better = std::max(best, alert.worth);
    sum_ += better - best;
    best = better;
  }
  Scored scored(double threshold) const {
    const double windows = static_cast<double>(best_.size());
    const double null = -profile_.false_negative * windows;
    const double perfect = profile_.true_positive * windows;
    return {.threshold = threshold,
            .normalised = windows > 0 ? 100 * (sum_ - null) / (perfect - null) : 0,
            .windows = static_cast<int>(best_.size()),
            .windows_found = found_,
            .false_positives = false_positives_};
  }

 private:
  const Profile& profile_;
  std::vector<double> best_;
  double sum_ = 0;
  int found_ = 0;
  int false_positives_ = 0;
};

int windows_of(std::span<const Series> series) {
  int windows = 0;
  for (const Series& each : series) {
    windows += static_cast<int>(each.windows.size());
  }
  return windows;
}

}  // namespace

std::size_t Series::probation() const {
  return static_cast<std::size_t>(
      std::min(std::floor(kProbationShare * static_cast<double>(rows.size())), kProbationRowsMax));
}

Scored best(std::span<const Series> series, std::span<const std::vector<double>> scores,
            const Profile& profile) {
  std::vector<Candidate> all = candidates(series, scores, profile);
  std::ranges::sort(all, std::greater{}, &Candidate::score);
  Sum sum(windows_of(series), profile);
  Scored best = sum.scored(1.1);
  for (std::size_t i = 0; i < all.size(); ++i) {
    sum.add(all[i]);
    const bool last_of_its_score = i + 1 == all.size() || all[i + 1].score != all[i].score;
    if (last_of_its_score) {
      const Scored now = sum.scored(all[i].score);
      best = now.normalised > best.normalised ? now : best;
    }
  }
  return best;
}

Scored at_threshold(std::span<const Series> series, std::span<const std::vector<double>> scores,
                    const Profile& profile, double threshold) {
  Sum sum(windows_of(series), profile);
  for (const Candidate& candidate : candidates(series, scores, profile)) {
    if (candidate.score >= threshold) {
      sum.add(candidate);
    }
  }
  return sum.scored(threshold);
}

}  // namespace purser::nab
