// app/replay_tally.cpp — sums and their tables.
#include "app/replay_tally.hpp"

#include <algorithm>
#include <vector>

namespace purser {
namespace {

constexpr std::size_t kSessionsShown = 15;

using Kind = Column::Kind;

void add_sum_columns(Table& table) {
  for (const char* name : {"calls", "denied", "failed", "retries", "tokens in", "cached",
                           "tokens out", "cost usd", "cost unknown"}) {
    table.columns.push_back({.name = name, .kind = Kind::number});
  }
}

void add_sum_cells(std::vector<std::string>& row, const Sum& sum) {
  for (const std::int64_t number : {sum.calls, sum.denied, sum.failed, sum.retries, sum.tokens_in,
                                    sum.tokens_cached, sum.tokens_out}) {
    row.push_back(std::to_string(number));
  }
  row.push_back(to_exact_dollars(sum.cost));
  row.push_back(std::to_string(sum.unpriced));
}

Table sum_table(const char* name, const std::map<std::string, Sum>& sums) {
  Table table{.columns = {{.name = name}}, .rows = {}};
  add_sum_columns(table);
  std::vector<const std::pair<const std::string, Sum>*> ordered;
  for (const auto& entry : sums) {
    ordered.push_back(&entry);
  }
  std::ranges::sort(ordered, {}, [](const auto* entry) {
    return std::pair(-entry->second.cost.nanos(), std::string_view(entry->first));
  });
  for (const auto* entry : ordered) {
    std::vector<std::string> row{entry->first};
    add_sum_cells(row, entry->second);
    table.add(std::move(row));
  }
  return table;
}

}  // namespace

void Sum::add(const Heard& heard) {
  calls += heard.kind == Heard::Kind::answered ? 1 : 0;
  denied += heard.kind == Heard::Kind::denied ? 1 : 0;
  failed += heard.kind == Heard::Kind::failed ? 1 : 0;
  unpriced += heard.kind == Heard::Kind::answered && !heard.cost ? 1 : 0;
  retries += heard.retries;
  tokens_in += heard.usage.prompt_total().count();
  tokens_cached += heard.usage.cache_read.count();
  tokens_out += heard.usage.output.count();
  cost += heard.cost.value_or(Amount{});
}

void Tally::add(const Player& player, std::string_view model, const Heard& heard) {
  total_.add(heard);
  Session& session = sessions_[player.session];
  session.player = player;
  session.model = model;
  session.sum.add(heard);
  users_[player.user].add(heard);
  tiers_[player.tier].add(heard);
  features_[player.feature].add(heard);
  if (heard.kind != Heard::Kind::answered) {
    ++messages_[heard.message];
  }
}

Table Tally::session_table(std::size_t rows_max) const {
  Table table{
      .columns = {{.name = "session"}, {.name = "user"}, {.name = "feature"}, {.name = "model"}},
      .rows = {}};
  add_sum_columns(table);
  std::vector<const Session*> ordered;
  for (const auto& [name, session] : sessions_) {
    ordered.push_back(&session);
  }
  std::ranges::sort(ordered, {}, [](const Session* session) {
    return std::pair(-session->sum.cost.nanos(), std::string_view(session->player.session));
  });
  ordered.resize(std::min(ordered.size(), rows_max));
  for (const Session* session : ordered) {
    const Player& player = session->player;
    std::vector<std::string> row{player.session, player.user, player.feature, session->model};
    add_sum_cells(row, session->sum);
    table.add(std::move(row));
  }
  return table;
}

std::string Tally::report(Format format) const {
  const bool for_people = format == Format::table;
  const Table sessions = session_table(for_people ? kSessionsShown : sessions_.size());
  if (format == Format::csv) {
    return to_text(sessions, format);  // one table a file; the others are its sums
  }
  Table messages{
      .columns = {{.name = "refusal or failure"}, {.name = "calls", .kind = Kind::number}},
      .rows = {}};
  for (const auto& [message, count] : messages_) {
    messages.add({message, std::to_string(count)});
  }
  std::string out = for_people ? "" : "{";
  const auto part = [&](const char* name, const Table& table) {
    if (for_people) {
      out += out.empty() ? "" : "\n";
      out += to_text(table, format);
    } else {
      out += out.size() == 1 ? "" : ",";
      out += '"' + std::string(name) + "\":" + to_text(table, format);
    }
  };
  part("sessions", sessions);
  part("users", sum_table("user", users_));
  part("tiers", sum_table("tier", tiers_));
  part("features", sum_table("feature", features_));
  if (!messages_.empty()) {
    part("messages", messages);
  }
  part("total", sum_table("total", {{"all", total_}}));
  return for_people ? out : out + "}\n";
}

}  // namespace purser
