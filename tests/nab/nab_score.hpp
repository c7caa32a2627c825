// tests/nab/nab_score.hpp — how the Numenta Anomaly Benchmark scores a detector.
// Written from its published rules (Lavin and Ahmad 2015, and the scorer of its repository), so
// that our figures can stand beside the published ones.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/instant.hpp"

namespace purser::nab {

struct Row {
  Instant at;
  double value = 0;
};

/// Both ends belong to it: indices of rows.
struct LabelledWindow {
  std::size_t first = 0;
  std::size_t last = 0;
};

struct Series {
  std::string name;
  std::vector<Row> rows;
  std::vector<LabelledWindow> windows;
  /// Scores of the first 15 % of the rows, but no more than 750, do not count.
  std::size_t probation() const;
};

/// What a true positive earns, and what a false positive and a false negative cost.
struct Profile {
  const char* name;
  double true_positive;
  double false_positive;
  double false_negative;
};
inline constexpr Profile kProfiles[] = {
    {"standard", 1, 0.11, 1}, {"reward_low_FP", 1, 0.22, 1}, {"reward_low_FN", 1, 0.11, 2}};

struct Scored {
  double threshold = 0;
  /// 0: as good as a detector that never fires; 100: every window found at its first row, and
  /// nothing else.
  double normalised = 0;
  int windows = 0;
  int windows_found = 0;
  int false_positives = 0;
};

/// `scores[i][j]` is the detector's for the j-th row of the i-th series.
/// At the one threshold for all series that suits the profile best.
Scored best(std::span<const Series> series, std::span<const std::vector<double>> scores,
            const Profile& profile);
/// At a threshold that was chosen elsewhere.
Scored at_threshold(std::span<const Series> series, std::span<const std::vector<double>> scores,
                    const Profile& profile, double threshold);

}  // namespace purser::nab
