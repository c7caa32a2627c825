// app/replay_tally.hpp — what a replay cost, by session, user and feature.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "app/replay_client.hpp"
#include "app/table.hpp"
#include "money/amount.hpp"

namespace purser {

struct Sum {
  std::int64_t calls = 0;  // answered
  std::int64_t denied = 0;
  std::int64_t failed = 0;
  std::int64_t unpriced = 0;  // answered, but nobody said at what cost
  std::int64_t retries = 0;
  std::int64_t tokens_in = 0;
  std::int64_t tokens_cached = 0;  // of tokens_in, read from a prompt cache
  std::int64_t tokens_out = 0;
  Amount cost;
  void add(const Heard& heard);
};

class Tally {
 public:
  void add(const Player& player, std::string_view model, const Heard& heard);
  const Sum& total() const { return total_; }
  std::size_t sessions() const { return sessions_.size(); }
  /// The whole report. People see the dearest sessions only, programs see all.
  std::string report(Format format) const;

 private:
  struct Session {
    Player player;
    std::string model;
    Sum sum;
  };
  Table session_table(std::size_t rows_max) const;

  Sum total_;
  std::map<std::string, Session> sessions_;
  std::map<std::string, Sum> users_;
  std::map<std::string, Sum> tiers_;
  std::map<std::string, Sum> features_;
  std::map<std::string, std::int64_t> messages_;  // of denials and failures, how often
};

}  // namespace purser
