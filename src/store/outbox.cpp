// store/outbox.cpp — two tables, read and written.
#include "store/outbox.hpp"

#include <fmt/format.h>

#include "base/json_text.hpp"
#include "store/tables.hpp"

namespace purser {
namespace {

constexpr std::string_view kAlertColumns =
    "alerts.id, key, kind, severity, alerts.state, subject, limit_name, used, max, share, text, "
    "at, since, count";
constexpr int kAlertColumnCount = 14;
constexpr std::string_view kDeliveryColumns =
    "outbox.id, outbox.state, queued_at, attempts, next_at, error";
constexpr int kDeliveryColumnCount = 6;

/// A word another version wrote is shown as the mildest there is: an alert is never lost over it.
Alert read_alert(const Statement& row) {
  Alert alert;
  alert.id = row.number_at(0);
  alert.key = row.text_at(1);
  alert.kind = parse_alert_kind(row.text_at(2)).value_or(AlertKind::test);
  alert.severity = parse_severity(row.text_at(3)).value_or(Severity::info);
  alert.state = row.text_at(4) == to_string(AlertState::recovered) ? AlertState::recovered
                                                                   : AlertState::firing;
  alert.subject = row.text_at(5);
  alert.limit = row.text_at(6);
  alert.used = row.text_at(7);
  alert.max = row.text_at(8);
  alert.share = row.text_at(9);
  alert.text = row.text_at(10);
  alert.at = Instant::from_nanos(row.number_at(11));
  alert.since = Instant::from_nanos(row.number_at(12));
  alert.count = row.number_at(13);
  return alert;
}

Delivery::State read_state(std::string_view text) {
  for (const auto state : {Delivery::State::delivered, Delivery::State::given_up}) {
    if (text == to_string(state)) {
      return state;
    }
  }
  return Delivery::State::waiting;
}

Delivery read_delivery(const Statement& row, int column) {
  return {.id = row.number_at(column),
          .state = read_state(row.text_at(column + 1)),
          .queued_at = Instant::from_nanos(row.number_at(column + 2)),
          .attempts = row.number_at(column + 3),
          .next_at = Instant::from_nanos(row.number_at(column + 4)),
          .error = row.text_at(column + 5)};
}

/// Both of the two, or the error of either.
template <typename Work>
Result<void> in_transaction(const Database& database, const Work& work) {
  if (auto begun = database.execute("BEGIN IMMEDIATE"); !begun) {
    return begun;
  }
  Result<void> done = work();
  if (done) {
    done = database.execute("COMMIT");
  }
  if (!done) {
    static_cast<void>(database.execute("ROLLBACK"));  // the first error is the one that counts
  }
  return done;
}

}  // namespace

Result<std::unique_ptr<Outbox>> Outbox::open(const std::filesystem::path& folder) {
  auto database = Database::open(folder / kDatabaseName, Database::Access::write);
  if (!database) {
    return std::unexpected(database.error());
  }
  if (auto made = make_tables(*database); !made) {
    return std::unexpected(made.error());
  }
  return std::unique_ptr<Outbox>(new Outbox(std::move(*database)));
}

Result<std::optional<Alert>> Outbox::last(std::string_view key) const {
  auto select = database_.prepare(
      fmt::format("SELECT {} FROM alerts WHERE key=? ORDER BY id DESC LIMIT 1", kAlertColumns));
  if (!select) {
    return std::unexpected(select.error());
  }
  const auto row = select->text(key).step();
  if (!row) {
    return std::unexpected(row.error());
  }
  return *row ? std::optional(read_alert(*select)) : std::nullopt;
}

Result<void> Outbox::insert_alert(const Alert& alert) {
  auto insert = database_.prepare("INSERT INTO alerts VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
  if (!insert) {
    return std::unexpected(insert.error());
  }
  insert->number(alert.id).text(alert.key).text(to_string(alert.kind));
  insert->text(to_string(alert.severity)).text(to_string(alert.state)).text(alert.subject);
  insert->text(alert.limit).text(alert.used).text(alert.max).text(alert.share).text(alert.text);
  return insert->number(alert.at.nanos()).number(alert.since.nanos()).number(alert.count).run();
}

Result<void> Outbox::insert_delivery(const Alert& alert, const std::string& target) {
  auto full = database_.prepare(
      "UPDATE outbox SET state='given_up', error='newer alerts took its place' WHERE id IN "
      "(SELECT id FROM outbox WHERE target=? AND state='waiting' ORDER BY id DESC "
      "LIMIT -1 OFFSET ?)");
  auto insert = database_.prepare(
      "INSERT INTO outbox(alert, target, state, queued_at, attempts, next_at, error) "
      "VALUES(?,?,'waiting',?,0,?,'')");
  if (!full || !insert) {
    return std::unexpected(!full ? full.error() : insert.error());
  }
  if (auto made_room = full->text(target).number(kWaitingMax - 1).run(); !made_room) {
    return made_room;
  }
  insert->number(alert.id).text(target).number(alert.at.nanos());
  return insert->number(alert.at.nanos()).run();
}

Result<Alert> Outbox::tell(Alert alert, const std::vector<std::string>& targets) {
  const auto done = in_transaction(database_, [&]() -> Result<void> {
    auto next = database_.prepare("SELECT coalesce(max(id), 0) + 1 FROM alerts");
    if (!next) {
      return std::unexpected(next.error());
    }
    if (const auto row = next->step(); !row) {
      return std::unexpected(row.error());
    }
    alert.id = next->number_at(0);
    if (auto inserted = insert_alert(alert); !inserted) {
      return inserted;
    }
    for (const std::string& target : targets) {
      if (auto inserted = insert_delivery(alert, target); !inserted) {
        return inserted;
      }
    }
    return {};
  });
  if (!done) {
    return std::unexpected(done.error());
  }
  return alert;
}

Result<void> Outbox::count(const Alert& alert) {
  auto update = database_.prepare("UPDATE alerts SET count=? WHERE id=?");
  return update ? update->number(alert.count).number(alert.id).run()
                : std::unexpected(update.error());
}

Result<std::vector<std::string>> Outbox::told(std::string_view key, Instant since) const {
  auto select = database_.prepare(
      "SELECT DISTINCT target FROM alerts JOIN outbox ON outbox.alert=alerts.id "
      "WHERE key=? AND since=? AND outbox.state<>'given_up' ORDER BY target");
  if (!select) {
    return std::unexpected(select.error());
  }
  select->text(key).number(since.nanos());
  std::vector<std::string> targets;
  while (true) {
    const auto row = select->step();
    if (!row) {
      return std::unexpected(row.error());
    }
    if (!*row) {
      return targets;
    }
    targets.push_back(select->text_at(0));
  }
}

Result<std::optional<Outbox::Waiting>> Outbox::head(std::string_view target,
                                                    std::int64_t after) const {
  auto select = database_.prepare(
      fmt::format("SELECT {}, {} FROM outbox JOIN alerts ON alerts.id=outbox.alert "
                  "WHERE target=? AND outbox.id>? AND outbox.state='waiting' "
                  "ORDER BY outbox.id LIMIT 1",
                  kAlertColumns, kDeliveryColumns));
  if (!select) {
    return std::unexpected(select.error());
  }
  const auto row = select->text(target).number(after).step();
  if (!row) {
    return std::unexpected(row.error());
  }
  if (!*row) {
    return std::nullopt;
  }
  return Waiting{.delivery = read_delivery(*select, kAlertColumnCount),
                 .alert = read_alert(*select)};
}

Result<void> Outbox::record(const Delivery& delivery) {
  auto update = database_.prepare(
      "UPDATE outbox SET state=?, attempts=?, next_at=?, error=? WHERE id=? AND state='waiting'");
  if (!update) {
    return std::unexpected(update.error());
  }
  update->text(to_string(delivery.state)).number(delivery.attempts);
  return update->number(delivery.next_at.nanos()).text(delivery.error).number(delivery.id).run();
}

Result<void> Outbox::keep_only(const std::vector<std::string>& targets) {
  auto update = database_.prepare(
      "UPDATE outbox SET state='given_up', error='the target is no longer configured' "
      "WHERE state='waiting' AND target NOT IN (SELECT value FROM json_each(?))");
  if (!update) {
    return std::unexpected(update.error());
  }
  std::string names = "[";
  for (const std::string& target : targets) {
    names += names.size() == 1 ? "" : ",";
    append_json_string(names, target);
  }
  return update->text(names + "]").run();
}

Result<void> Outbox::forget(Instant at) {
  constexpr std::string_view kOld =
      "(SELECT id FROM alerts AS old WHERE at<? AND NOT EXISTS"
      "(SELECT 1 FROM outbox WHERE outbox.alert=old.id AND outbox.state='waiting') AND NOT"
      "(at>=? AND state='firing' AND id=(SELECT max(id) FROM alerts WHERE key=old.key)))";
  return in_transaction(database_, [&]() -> Result<void> {
    auto sent = database_.prepare(fmt::format("DELETE FROM outbox WHERE alert IN {}", kOld));
    auto alerts = database_.prepare(fmt::format("DELETE FROM alerts WHERE id IN {}", kOld));
    if (!sent || !alerts) {
      return std::unexpected(!sent ? sent.error() : alerts.error());
    }
    const Instant told = at - kAlertsKept;
    const Instant firing = at - kFiringKept;
    if (auto gone = sent->number(told.nanos()).number(firing.nanos()).run(); !gone) {
      return gone;
    }
    return alerts->number(told.nanos()).number(firing.nanos()).run();
  });
}

Result<std::vector<AlertRow>> list_alerts(const std::filesystem::path& folder, Instant since) {
  const auto database = open_books(folder);
  if (!database) {
    return std::unexpected(database.error());
  }
  auto select = database->prepare(
      fmt::format("SELECT {}, {}, target FROM alerts LEFT JOIN outbox ON outbox.alert=alerts.id "
                  "WHERE at>=? ORDER BY alerts.id DESC, outbox.id",
                  kAlertColumns, kDeliveryColumns));
  if (!select) {
    return std::unexpected(select.error());
  }
  select->number(since.nanos());
  std::vector<AlertRow> rows;
  while (true) {
    const auto row = select->step();
    if (!row) {
      return std::unexpected(row.error());
    }
    if (!*row) {
      return rows;
    }
    Alert alert = read_alert(*select);
    if (rows.empty() || rows.back().alert.id != alert.id) {
      rows.push_back({.alert = std::move(alert), .sent = {}});
    }
    if (Delivery delivery = read_delivery(*select, kAlertColumnCount); delivery.id != 0) {
      rows.back().sent.push_back(
          {.target = select->text_at(kAlertColumnCount + kDeliveryColumnCount),
           .delivery = std::move(delivery)});
    }
  }
}

}  // namespace purser
