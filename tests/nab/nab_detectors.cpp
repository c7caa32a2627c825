// tests/nab/nab_detectors.cpp — a score for every row, from the rows up to it.
#include "nab_detectors.hpp"

#include <cmath>

#include "base/seed.hpp"
#include "spikes/series_score.hpp"

namespace purser::nab {
namespace {

/// Of the published detector: how many values it remembers, and how many come in at a time once
/// there are so many.
constexpr std::size_t kWindow = 6400;
constexpr std::size_t kStep = 100;

struct Normal {
  double mean = 0;
  double deviation = 1;
};

Normal normal_of(const std::vector<double>& values) {
  Normal normal;
  double squares = 0;
  double sum = 0;
  for (const double value : values) {
    sum += value;
  }
  normal.mean = sum / static_cast<double>(values.size());
  for (const double value : values) {
    squares += (value - normal.mean) * (value - normal.mean);
  }
  normal.deviation = std::sqrt(squares / static_cast<double>(values.size()));
  if (normal.deviation == 0) {
    normal.deviation = 1e-6;
  }
  return normal;
}

}  // namespace

Scores series_score(const Series& series) {
  SeriesScore score;
  Scores all;
  for (const Row& row : series.rows) {
    all.push_back(score.see(row.at, row.value));
  }
  return all;
}

Scores windowed_gaussian(const Series& series) {
  Scores all;
  std::vector<double> window;
  std::vector<double> coming;
  Normal normal;
  for (const Row& row : series.rows) {
    const double off = std::abs(row.value - normal.mean) / normal.deviation;
    all.push_back(window.empty() ? 0 : 1 - 0.5 * std::erfc(off / std::sqrt(2.0)));
    if (window.size() < kWindow) {
      window.push_back(row.value);
      normal = normal_of(window);
      continue;
    }
    coming.push_back(row.value);
    if (coming.size() == kStep) {
      window.erase(window.begin(), window.begin() + kStep);
      window.insert(window.end(), coming.begin(), coming.end());
      coming.clear();
      normal = normal_of(window);
    }
  }
  return all;
}

Scores random_scores(const Series& series) {
  Seed seed(series.rows.size());
  Scores all;
  for (std::size_t i = 0; i < series.rows.size(); ++i) {
    all.push_back(seed.unit());
  }
  return all;
}

std::vector<Scores> scores_of(std::span<const Series> series, Scores (*detector)(const Series&)) {
  std::vector<Scores> all;
  for (const Series& each : series) {
    all.push_back(detector(each));
  }
  return all;
}

}  // namespace purser::nab
