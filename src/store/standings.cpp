// store/standings.cpp — balances from the table, and what the journal adds to them.
#include "store/standings.hpp"

#include <unordered_set>

#include "store/codec.hpp"
#include "store/journal_reader.hpp"
#include "store/ledger_db.hpp"
#include "store/tables.hpp"

namespace purser {
namespace {

class StandingsReader {
 public:
  StandingsReader(const Database& database, std::span<const AccountKey> accounts)
      : database_(database), asked_(accounts.begin(), accounts.end()) {}
  Result<AccountStandings> read(const std::filesystem::path& folder, JournalMark mark);

 private:
  enum class Folded : std::uint8_t { yes, no };
  Result<void> read_balances();
  Result<void> read_carried();
  Result<void> read_journal(JournalReader& reader, JournalMark until, Folded folded);
  Result<void> see(std::string_view payload, Folded folded);

  const Database& database_;
  const std::unordered_set<AccountKey> asked_;
  AccountStandings found_;
  std::unordered_map<CallId, std::vector<Leg>> open_;
};

Result<void> StandingsReader::read_balances() {
  auto select = database_.prepare("SELECT posted FROM accounts WHERE key = ?");
  if (!select) {
    return std::unexpected(select.error());
  }
  for (const AccountKey& account : asked_) {
    const auto row = select->blob(pack_digest(account)).step();
    if (!row) {
      return std::unexpected(row.error());
    }
    if (!*row) {
      continue;
    }
    found_[account].posted = Units(select->number_at(0));
    if (const auto end = select->step(); !end) {
      return std::unexpected(end.error());
    }
  }
  return {};
}

Result<void> StandingsReader::read_carried() {
  auto select = database_.prepare("SELECT record FROM held");
  if (!select) {
    return std::unexpected(select.error());
  }
  while (true) {
    const auto row = select->step();
    if (!row) {
      return std::unexpected(row.error());
    }
    if (!*row) {
      return {};
    }
    if (auto seen = see(select->blob_at(0), Folded::yes); !seen) {
      return seen;
    }
  }
}

/// A hold is open until its outcome comes. An outcome the tables have taken only ends it.
Result<void> StandingsReader::see(std::string_view payload, Folded folded) {
  const auto head = peek(payload);
  if (!head) {
    return fail(Fault::store, "the journal has a record of unknown form");
  }
  if (head->kind == RecordKind::hold) {
    HoldEntry hold;
    if (auto read = decode(payload, hold); !read) {
      return read;
    }
    open_[head->call] = std::move(hold.legs);
    return {};
  }
  const bool was_open = open_.erase(head->call) != 0;
  if (!was_open || folded == Folded::yes) {
    return {};
  }
  SettleEntry settle;
  if (auto read = decode(payload, settle); !read) {
    return read;
  }
  for (const Leg& leg : settle.legs) {
    if (asked_.contains(leg.account)) {
      found_[leg.account].posted += leg.units;
    }
  }
  return {};
}

Result<void> StandingsReader::read_journal(JournalReader& reader, JournalMark until,
                                           Folded folded) {
  while (true) {
    const auto payloads = reader.read(until);
    if (!payloads) {
      return std::unexpected(payloads.error());
    }
    if (payloads->empty()) {
      return {};
    }
    for (const std::string_view payload : *payloads) {
      if (auto seen = see(payload, folded); !seen) {
        return seen;
      }
    }
  }
}

Result<AccountStandings> StandingsReader::read(const std::filesystem::path& folder,
                                               JournalMark mark) {
  if (auto read = read_balances(); !read) {
    return std::unexpected(read.error());
  }
  if (auto read = read_carried(); !read) {
    return std::unexpected(read.error());
  }
  JournalReader reader(folder, {.segment = mark.segment, .offset = 0});
  if (auto read = read_journal(reader, mark, Folded::yes); !read) {
    return std::unexpected(read.error());
  }
  if (auto read = read_journal(reader, kJournalEnd, Folded::no); !read) {
    return std::unexpected(read.error());
  }
  for (const auto& [call, legs] : open_) {
    for (const Leg& leg : legs) {
      if (asked_.contains(leg.account)) {
        found_[leg.account].held += leg.units;
      }
    }
  }
  return std::move(found_);
}

}  // namespace

Result<AccountStandings> read_standings(const std::filesystem::path& folder,
                                        std::span<const AccountKey> accounts) {
  const auto database = open_books(folder);
  if (!database) {
    return std::unexpected(database.error());
  }
  while (true) {
    // One read transaction: a gateway may go on writing, we see one moment.
    if (auto begun = database->execute("BEGIN"); !begun) {
      return std::unexpected(begun.error());
    }
    const auto before = read_mark(*database);
    auto standings = before ? StandingsReader(*database, accounts).read(folder, *before)
                            : Result<AccountStandings>(std::unexpected(before.error()));
    if (auto ended = database->execute("COMMIT"); !ended) {
      return std::unexpected(ended.error());
    }
    const auto after = read_mark(*database);
    if (!before || !after || before->segment == after->segment) {
      return standings;
    }
    // The gateway moved on to another segment, and may have removed the one we wanted to read.
  }
}

}  // namespace purser
