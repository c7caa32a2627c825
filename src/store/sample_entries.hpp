// store/sample_entries.hpp — entries as calls leave them, for tests of the books.
#pragma once

#include <chrono>
#include <string>

#include "store/store.hpp"

namespace purser {

inline const Instant kNow = Instant::from_seconds(1'795'000'000);

inline AccountKey account(std::uint64_t number) {
  return {.high = number, .low = ~number};
}

inline HoldEntry some_hold(std::int64_t id) {
  HoldEntry hold;
  hold.call = CallId(id);
  hold.at = kNow + std::chrono::milliseconds(id);
  hold.dialect = id % 2 == 0 ? Dialect::chat : Dialect::messages;
  hold.stream = id % 3 == 0;
  hold.provider = "openai";
  hold.model = "gpt-4o";
  hold.caller = {.key = "key_a",
                 .user = "user-" + std::to_string(id % 7),
                 .tier = id % 2 == 0 ? "free" : "paid",
                 .team = "research",
                 .feature = "chat",
                 .session = "s" + std::to_string(id % 11),
                 .priority = Priority::background,
                 .tags = {{"ticket", "42"}}};
  hold.input_max = Tokens(1000 + id);
  hold.output_max = Tokens(500);
  hold.worst = Amount::from_nanos(7'000'000 + id);
  hold.legs = {
      {account(1), Units(hold.worst.nanos()), Instant::never()},
      {account(100 + static_cast<std::uint64_t>(id % 7)), Units(1), kNow + std::chrono::hours(24)}};
  return hold;
}

inline SettleEntry some_settle(const HoldEntry& hold) {
  SettleEntry settle;
  settle.call = hold.call;
  settle.at = hold.at + std::chrono::seconds(2);
  settle.cost = Amount::from_nanos(1'234'567);
  settle.usage.input_uncached = Tokens(100);
  settle.usage.cache_read = Tokens(40);
  settle.usage.output = Tokens(30);
  settle.model = "gpt-4o-2024-08-06";
  settle.provider_id = "chatcmpl-1";
  settle.stop_reason = "stop";
  settle.status = 200;
  settle.legs = hold.legs;
  settle.legs[0].units = Units(settle.cost.nanos());
  return settle;
}

}  // namespace purser
