// simulate/bill.hpp — the provider's own books: what it would ask to be paid, call by call.
// Invariant: total = what rows sum to + what folded rows summed to. Calls from many threads.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/instant.hpp"
#include "simulate/rates.hpp"

namespace purser::simulate {

struct BillRow {
  std::uint64_t number = 0;  // given by the bill, from 1 upwards
  Instant at = {};
  std::string id = {};   // sixteen hexadecimal digits, the end of every id the caller has seen
  std::string tag = {};  // the caller's x-request-tag
  Dialect dialect = Dialect::chat;
  const Model* model = nullptr;  // null when the request named none we know
  Terms terms = {};
  bool stream = false;
  int status = 200;
  Usage usage = {};  // as generated; not what a faulty answer reported
  bool billed = false;
  std::string_view why = {};  // a literal
  std::int64_t nanodollars = 0;
};

class Bill {
 public:
  explicit Bill(std::size_t rows_max) : rows_max_(rows_max) {}

  void add(BillRow row);
  void reset();

  std::int64_t total() const;
  /// Numbered rows still kept, from `since` on, at most `limit`; and the sums over everything.
  std::string to_json(std::uint64_t since, std::size_t limit) const;
  /// The call whose id ends `name`: "req_…", "chatcmpl-…", "msg_…" or the digits alone.
  std::optional<std::string> find_json(std::string_view name) const;
  /// Every kept row, oldest first.
  std::deque<BillRow> rows() const;

 private:
  struct Sums {
    std::int64_t nanodollars = 0;
    std::int64_t calls = 0;
    std::int64_t billed_calls = 0;
    void add(const BillRow& row);
  };

  mutable std::mutex mutex_;
  std::size_t rows_max_;
  std::uint64_t next_ = 1;
  std::deque<BillRow> rows_;
  Sums all_;
  Sums folded_;  // of rows no longer kept
};

}  // namespace purser::simulate
