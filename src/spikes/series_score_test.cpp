// spikes/series_score_test.cpp — what is out of line with a plain series, and what never is.
#include "spikes/series_score.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>

#include "spikes/traffic_test.hpp"

namespace purser {
namespace {

constexpr std::int64_t kFiveMinutes = 300;

double noise(Seed& seed) {
  double sum = 0;  // of twelve uniforms: nearly normal
  for (int i = 0; i < 12; ++i) {
    sum += seed.unit();
  }
  return sum - 6;
}

/// A week of values every five minutes, with a daily wave.
std::vector<double> wave(std::uint64_t seed_number, double wave, int days) {
  Seed seed(seed_number);
  std::vector<double> values;
  for (int i = 0; i < days * 288; ++i) {
    values.push_back(100 + wave * std::sin(i * 2 * 3.14159265 / 288) + noise(seed));
  }
  return values;
}

std::vector<double> scored(const std::vector<double>& values) {
  SeriesScore score;
  std::vector<double> scores;
  for (std::size_t i = 0; i < values.size(); ++i) {
    scores.push_back(
        score.see(at(static_cast<double>(static_cast<std::int64_t>(i) * kFiveMinutes)), values[i]));
  }
  return scores;
}

RC_GTEST_PROP(SeriesScore, ASpikeIsBeyondAllRecords, ()) {
  const auto seed = *rc::gen::arbitrary<std::uint64_t>();
  const auto daily = static_cast<double>(*rc::gen::inRange(0, 50));
  std::vector<double> values = wave(seed, daily, 7);
  const auto where = static_cast<std::size_t>(*rc::gen::inRange(600, 2000));
  values[where] += 40 + 5 * daily;
  RC_ASSERT(scored(values)[where] > SeriesScore::kRecord);
}

TEST(SeriesScore, AnHourOutOfItsPlaceIsFoundThoughOthersAreHigher) {
  std::vector<double> values = wave(4, 50, 14);
  const std::size_t night = 10 * 288 + 216;  // where the wave is lowest
  for (std::size_t i = night; i < night + 12; ++i) {
    values[i] = 110;
  }
  const std::vector<double> scores = scored(values);
  const double most = *std::max_element(scores.begin() + static_cast<std::ptrdiff_t>(night),
                                        scores.begin() + static_cast<std::ptrdiff_t>(night) + 12);
  EXPECT_GT(most, SeriesScore::kRecord);
}

RC_GTEST_PROP(SeriesScore, StaysBetweenZeroAndOneWhateverComes, ()) {
  const auto values = *rc::gen::container<std::vector<double>>(rc::gen::arbitrary<double>());
  SeriesScore score;
  double second = 0;
  for (const double value : values) {
    for (int i = 0; i < 20; ++i) {
      const double one = score.see(at(second += 60), value * (i % 3));
      RC_ASSERT(one >= 0 && one <= 1);
    }
  }
}

RC_GTEST_PROP(SeriesScore, TheUnitDoesNotMatter, ()) {
  const auto seed = *rc::gen::arbitrary<std::uint64_t>();
  std::vector<double> values = wave(seed, 10, 4);
  const std::vector<double> plain = scored(values);
  for (double& value : values) {
    value *= 1e6;
  }
  const std::vector<double> larger = scored(values);
  for (std::size_t i = 0; i < plain.size(); ++i) {
    RC_ASSERT(std::abs(plain[i] - larger[i]) < 0.01);
  }
}

TEST(SeriesScore, ASteadySeriesSoonTellsLittle) {
  int told = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const std::vector<double> scores = scored(wave(seed, 30, 28));
    for (std::size_t i = scores.size() / 2; i < scores.size(); ++i) {
      told += scores[i] > SeriesScore::kRecord ? 1 : 0;
    }
  }
  EXPECT_LT(told, 40) << "fewer than two in two weeks";
  EXPECT_TRUE(std::ranges::all_of(scored(std::vector<double>(5000, 45.0)),
                                  [](double score) { return score == 0; }));
}

TEST(SeriesScore, WhatIsNoNumberIsLeftOut) {
  SeriesScore score;
  SeriesScore other;
  Seed seed(1);
  for (int i = 0; i < 2000; ++i) {
    const double value = noise(seed);
    EXPECT_EQ(score.see(at(i * 60), std::numeric_limits<double>::quiet_NaN()), 0);
    EXPECT_EQ(score.see(at(i * 60), std::numeric_limits<double>::infinity()), 0);
    EXPECT_EQ(score.see(at(i * 60), value), other.see(at(i * 60), value));
  }
}

TEST(SeriesScore, HasAConstantSize) {
  EXPECT_LE(sizeof(SeriesScore), 768U);
  EXPECT_TRUE(std::is_trivially_copyable_v<SeriesScore>) << "nothing of it lies elsewhere";
}

}  // namespace
}  // namespace purser
