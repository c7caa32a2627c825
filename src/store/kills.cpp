// store/kills.cpp — switches as rows.
#include "store/kills.hpp"

#include <algorithm>

#include "store/audit.hpp"
#include "store/tables.hpp"

namespace purser {
namespace {

/// Its row in the table meta.
constexpr std::string_view kWatched = "kills";

KillSwitch read_switch(const Statement& row) {
  KillSwitch kill;
  kill.id = KillId(row.number_at(0));
  kill.at = Instant::from_nanos(row.number_at(1));
  kill.until = Instant::from_nanos(row.number_at(2));
  kill.who = row.text_at(3);
  kill.why = row.text_at(4);
  kill.reach = row.number_at(5) != 0 ? Reach::running : Reach::new_calls;
  for (std::size_t i = 0; i < kKillLabels.size(); ++i) {
    kill.target.*kKillLabels[i].value = row.text_at(6 + static_cast<int>(i));
  }
  return kill;
}

std::string audit_text(const KillSwitch& kill) {
  std::string text = "killed " + to_text(kill.target);
  text += kill.reach == Reach::running ? ", answers under way too" : "";
  text += kill.until == Instant::never() ? "" : ", until " + to_rfc3339(kill.until);
  return text + ": " + kill.why;
}

}  // namespace

Result<std::unique_ptr<KillBook>> KillBook::open(const std::filesystem::path& folder) {
  // A switch thrown in a new, empty folder would stop nobody and say nothing.
  if (const auto books = open_books(folder); !books) {
    return std::unexpected(books.error());
  }
  auto database = Database::open(folder / kDatabaseName, Database::Access::write);
  if (!database) {
    return std::unexpected(database.error());
  }
  if (auto made = make_tables(*database); !made) {
    return std::unexpected(made.error());
  }
  auto version = database->prepare("SELECT value FROM meta WHERE name=?");
  if (!version) {
    return std::unexpected(version.error());
  }
  return std::unique_ptr<KillBook>(new KillBook(std::move(*database), std::move(*version)));
}

Result<KillId> KillBook::add(KillSwitch kill) {
  if (auto sound = check(kill); !sound) {
    return std::unexpected(sound.error());
  }
  auto insert =
      database_.prepare("INSERT INTO kills VALUES(NULL,?,?,?,?,?,?,?,?,?,?,?,?) RETURNING id");
  if (!insert) {
    return std::unexpected(insert.error());
  }
  insert->number(kill.at.nanos()).number(kill.until.nanos()).text(kill.who).text(kill.why);
  insert->number(kill.reach == Reach::running ? 1 : 0);
  for (const KillLabel& label : kKillLabels) {
    insert->text(kill.target.*label.value);
  }
  const AuditLine line{.who = kill.who, .what = audit_text(kill), .at = kill.at};
  const auto done = write_change(database_, line, kWatched, [&]() -> Result<void> {
    const auto known = list(kill.at);
    if (!known || known->size() >= kKillsMax) {
      return known ? fail(Fault::client, "there are " + std::to_string(kKillsMax) +
                                             " kill switches in force: resume some first")
                   : std::unexpected(known.error());
    }
    const auto row = insert->step();
    if (!row) {
      return std::unexpected(row.error());
    }
    kill.id = KillId(insert->number_at(0));
    const auto end = insert->step();
    return end ? Result<void>{} : std::unexpected(end.error());
  });
  if (!done) {
    return std::unexpected(done.error());
  }
  return kill.id;
}

Result<std::vector<KillSwitch>> KillBook::resume(const Wanted& wanted, std::string_view who,
                                                 Instant now) {
  auto update = database_.prepare("UPDATE kills SET until=? WHERE id=?");
  if (!update) {
    return std::unexpected(update.error());
  }
  std::vector<KillSwitch> resumed;
  AuditLine line{.who = std::string(who), .what = "resumed", .at = now};
  const auto done = write_change(database_, line, kWatched, [&]() -> Result<void> {
    auto known = list(now);
    if (!known) {
      return std::unexpected(known.error());
    }
    std::erase_if(*known, [&](const KillSwitch& kill) {
      return (wanted.id && kill.id != *wanted.id) ||
             (wanted.target && kill.target != *wanted.target);
    });
    if (known->empty()) {
      return fail(Fault::client,
                  "there is no such kill switch in force; `purser kills` shows them");
    }
    for (const KillSwitch& kill : *known) {
      if (auto ended = update->number(now.nanos()).number(kill.id.count()).run(); !ended) {
        return ended;
      }
      line.what += (&kill == known->data() ? " " : "; ") + to_text(kill.target) + " (" +
                   std::to_string(kill.id.count()) + ')';
    }
    resumed = std::move(*known);
    return {};
  });
  if (!done) {
    return std::unexpected(done.error());
  }
  return resumed;
}

Result<std::vector<KillSwitch>> KillBook::list(Instant now) const {
  auto select = database_.prepare("SELECT * FROM kills WHERE until>? ORDER BY id");
  if (!select) {
    return std::unexpected(select.error());
  }
  select->number(now.nanos());
  std::vector<KillSwitch> kills;
  while (true) {
    const auto row = select->step();
    if (!row) {
      return std::unexpected(row.error());
    }
    if (!*row) {
      return kills;
    }
    kills.push_back(read_switch(*select));
  }
}

Result<std::int64_t> KillBook::version() {
  const auto row = version_.text(kWatched).step();
  if (!row) {
    return std::unexpected(row.error());
  }
  const std::int64_t value = *row ? version_.number_at(0) : 0;
  if (*row) {
    if (const auto end = version_.step(); !end) {
      return std::unexpected(end.error());
    }
  }
  return value;
}

}  // namespace purser
