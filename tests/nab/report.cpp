// tests/nab/report.cpp — prints our score of the labelled series beside the published ones.
//
//   nab_report [FOLDER] [--series]
//
// FOLDER has labels.json and the packed series; without it, $PURSER_DATA/series/nab. --series adds
// a line a series, at the threshold of the standard profile.
#include <fmt/format.h>

#include <string_view>

#include "nab_detectors.hpp"
#include "nab_score.hpp"
#include "nab_series.hpp"

namespace {

using namespace purser::nab;

constexpr std::size_t kWholeCorpus = 58;

struct Published {
  const char* name;
  double standard;
  double low_fp;
  double low_fn;
};
/// On the whole corpus of 58 series; of HTM the best of the range that was published.
constexpr Published kPublished[] = {
    {"Numenta HTM", 70.5, 62.6, 75.2},       {"CAD OSE", 69.9, 67.0, 73.2},
    {"KNN CAD", 58.0, 43.4, 64.8},           {"Relative Entropy", 54.6, 47.6, 58.8},
    {"Random Cut Forest", 51.7, 38.4, 59.7}, {"Twitter ADVec", 47.1, 33.6, 53.5},
    {"Windowed Gaussian", 39.6, 20.9, 47.4}, {"EXPoSE", 16.4, 3.2, 26.9}};

struct Detector {
  const char* name;
  Scores (*scores)(const Series&);
};
constexpr Detector kDetectors[] = {{"Purser's SeriesScore", series_score},
                                   {"windowed Gaussian", windowed_gaussian},
                                   {"random", random_scores}};

void print_measured(std::span<const Series> series) {
  for (const Detector& detector : kDetectors) {
    const std::vector<Scores> scores = scores_of(series, detector.scores);
    std::string line = fmt::format("{:24}", detector.name);
    for (const Profile& profile : kProfiles) {
      line += fmt::format("{:16.1f}", best(series, scores, profile).normalised);
    }
    const Scored standard = best(series, scores, kProfiles[0]);
    fmt::print("{}   {} of {} windows, {} false positives at {:.3f}\n", line,
               standard.windows_found, standard.windows, standard.false_positives,
               standard.threshold);
  }
}

void print_series(std::span<const Series> series) {
  const std::vector<Scores> scores = scores_of(series, series_score);
  const double threshold = best(series, scores, kProfiles[0]).threshold;
  for (std::size_t i = 0; i < series.size(); ++i) {
    const Scored scored = at_threshold(series.subspan(i, 1), std::span(scores).subspan(i, 1),
                                       kProfiles[0], threshold);
    fmt::print("{:64} {} of {} windows, {} false positives\n", series[i].name, scored.windows_found,
               scored.windows, scored.false_positives);
  }
}

}  // namespace

int main(int count, char** arguments) {
  std::string from = folder();
  bool each = false;
  for (int i = 1; i < count; ++i) {
    const std::string_view argument = arguments[i];
    if (argument == "--series") {
      each = true;
    } else {
      from = argument;
    }
  }
  const std::vector<Series> series = read_series(from);
  if (series.empty()) {
    fmt::print(stderr, "no labels.json in {}\n", from);
    return 1;
  }
  fmt::print("{:24}{:>16}{:>16}{:>16}\n", "", kProfiles[0].name, kProfiles[1].name,
             kProfiles[2].name);
  fmt::print("measured on {} of the corpus's {} series\n", series.size(), kWholeCorpus);
  print_measured(series);
  fmt::print("published, on all {}\n", kWholeCorpus);
  for (const Published& each_one : kPublished) {
    fmt::print("{:24}{:16.1f}{:16.1f}{:16.1f}\n", each_one.name, each_one.standard, each_one.low_fp,
               each_one.low_fn);
  }
  if (each) {
    print_series(series);
  }
}
