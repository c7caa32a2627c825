// tests/nab/nab_detectors.hpp — ours, and two simple ones that were published, to compare with.
#pragma once

#include <span>
#include <vector>

#include "nab_score.hpp"

namespace purser::nab {

using Scores = std::vector<double>;

/// spikes/series_score.hpp, as it is.
Scores series_score(const Series& series);
/// The benchmark's "windowed Gaussian": the tail of a normal distribution, over 6400 values.
Scores windowed_gaussian(const Series& series);
/// Chance, from a fixed seed.
Scores random_scores(const Series& series);

/// A detector's scores of each series.
std::vector<Scores> scores_of(std::span<const Series> series, Scores (*detector)(const Series&));

}  // namespace purser::nab
