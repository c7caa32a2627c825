// store/verify.cpp — the proof of the books: everything is added up again, from the rows.
#include <fmt/format.h>

#include <unordered_map>
#include <unordered_set>

#include "store/codec.hpp"
#include "store/journal_reader.hpp"
#include "store/ledger_db.hpp"
#include "store/reports.hpp"
#include "store/tables.hpp"

namespace purser {
namespace {

/// More than so many findings say nothing new.
constexpr std::size_t kFindingsMax = 100;

class Prover {
 public:
  explicit Prover(const Database& database) : database_(database) {}
  Result<Proof> prove(const std::filesystem::path& folder);

 private:
  Result<void> add_calls();
  Result<void> add_corrections();
  Result<void> compare_accounts();
  Result<void> read_journal(const std::filesystem::path& folder, JournalMark mark);
  Result<void> see_record(std::string_view payload, std::unordered_set<CallId>& open);
  Result<bool> is_row(CallId call);
  void check_row(const Statement& row);
  void add_legs(std::string_view bytes, const std::string& where);
  void found(std::string what);

  const Database& database_;
  Statement find_;
  Proof proof_;
  std::unordered_map<AccountKey, std::int64_t> sums_;
};

void Prover::found(std::string what) {
  if (proof_.findings.size() < kFindingsMax) {
    proof_.findings.push_back(std::move(what));
  }
}

void Prover::add_legs(std::string_view bytes, const std::string& where) {
  const auto legs = unpack_legs(bytes);
  if (!legs) {
    found(where + ": " + legs.error().message);
    return;
  }
  for (const PackedLeg& leg : *legs) {
    sums_[leg.account] += leg.units.count();
  }
}

/// A row must agree with itself: classes of tokens with their sum, outcome with cost.
void Prover::check_row(const Statement& row) {
  const std::int64_t id = row.number_at(0);
  const std::string where = fmt::format("call_{:016x}", id);
  const std::int64_t cost = row.number_at(1);
  const std::int64_t held = row.number_at(2);
  const std::string outcome = row.text_at(3);
  if (cost < 0 || held < 0) {
    found(where + ": an amount is negative");
  }
  if (row.number_at(4) != row.number_at(5)) {
    found(where + ": tokens_in is not the sum of its classes");
  }
  if (outcome == "released" && cost != 0) {
    found(where + ": released, and yet it cost something");
  }
  if ((outcome == "presumed" || outcome == "estimated") && cost != held) {
    found(where + ": " + outcome + ", but not at its hold");
  }
  if (row.number_at(6) < row.number_at(7)) {
    found(where + ": more reasoning than output");
  }
  proof_.total += Amount::from_nanos(cost);
  ++proof_.calls;
}

Result<void> Prover::add_calls() {
  auto select = database_.prepare(
      "SELECT id, cost, held, outcome, tokens_in, "
      "uncached + cache_read + cache_write_short + cache_write_long, tokens_out, reasoning, legs "
      "FROM calls ORDER BY id");
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
    check_row(*select);
    add_legs(select->blob_at(8), fmt::format("call_{:016x}", select->number_at(0)));
  }
}

Result<void> Prover::add_corrections() {
  auto select = database_.prepare(
      "SELECT corrections.id, amount, corrections.legs, calls.id IS NULL FROM corrections "
      "LEFT JOIN calls ON calls.id = corrections.call");
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
    const std::string where = fmt::format("correction {}", select->number_at(0));
    if (select->number_at(3) != 0) {
      found(where + ": corrects a call that does not exist");
    }
    proof_.total += Amount::from_nanos(select->number_at(1));
    add_legs(select->blob_at(2), where);
    ++proof_.corrections;
  }
}

Result<void> Prover::compare_accounts() {
  auto select = database_.prepare("SELECT key, posted FROM accounts");
  if (!select) {
    return std::unexpected(select.error());
  }
  while (true) {
    const auto row = select->step();
    if (!row) {
      return std::unexpected(row.error());
    }
    if (!*row) {
      break;
    }
    ++proof_.accounts;
    const auto account = unpack_digest(select->blob_at(0));
    if (!account) {
      found("an account's name is damaged");
      continue;
    }
    const auto sum = sums_.find(*account);
    const std::int64_t expected = sum == sums_.end() ? 0 : sum->second;
    if (expected != select->number_at(1)) {
      found(fmt::format("account {:016x}{:016x}: posted {}, but its entries add up to {}",
                        account->high, account->low, select->number_at(1), expected));
    }
    if (sum != sums_.end()) {
      sums_.erase(sum);
    }
  }
  for (const auto& [account, units] : sums_) {
    found(fmt::format("account {:016x}{:016x}: entries add up to {}, but it does not exist",
                      account.high, account.low, units));
  }
  return {};
}

Result<bool> Prover::is_row(CallId call) {
  const auto row = find_.number(call.count()).step();
  if (row && *row) {
    static_cast<void>(find_.step());  // ends the statement: there is one row at most
  }
  return row;
}

/// Every hold before the mark is a row, carried, or still in the journal; every outcome in the
/// journal ends a hold that is known.
Result<void> Prover::read_journal(const std::filesystem::path& folder, JournalMark mark) {
  std::unordered_set<CallId> open;
  auto select = database_.prepare("SELECT call FROM held");
  if (!select) {
    return std::unexpected(select.error());
  }
  while (true) {
    const auto row = select->step();
    if (!row) {
      return std::unexpected(row.error());
    }
    if (!*row) {
      break;
    }
    open.insert(CallId(select->number_at(0)));
  }
  JournalReader reader(folder, {.segment = mark.segment, .offset = 0});
  while (true) {
    const auto payloads = reader.read(kJournalEnd);
    if (!payloads) {
      return std::unexpected(payloads.error());
    }
    if (payloads->empty()) {
      break;
    }
    for (const std::string_view payload : *payloads) {
      if (auto seen = see_record(payload, open); !seen) {
        return seen;
      }
    }
  }
  if (reader.damaged() > 0) {
    found(fmt::format("the journal: {} bytes are damaged", reader.damaged()));
  }
  proof_.open_holds = std::ssize(open);
  return {};
}

Result<void> Prover::see_record(std::string_view payload, std::unordered_set<CallId>& open) {
  const auto head = peek(payload);
  if (!head) {
    found("the journal: a record of unknown form");
    return {};
  }
  if (head->kind == RecordKind::hold) {
    open.insert(head->call);
    return {};
  }
  if (open.erase(head->call) != 0) {
    return {};
  }
  const auto known = is_row(head->call);
  if (!known) {
    return std::unexpected(known.error());
  }
  if (!*known) {
    found(fmt::format("call_{:016x}: it ended, but was never held", head->call.count()));
  }
  return {};
}

Result<Proof> Prover::prove(const std::filesystem::path& folder) {
  auto find = database_.prepare("SELECT 1 FROM calls WHERE id = ?");
  if (!find) {
    return std::unexpected(find.error());
  }
  find_ = std::move(*find);
  const auto mark = read_mark(database_);
  if (!mark) {
    return std::unexpected(mark.error());
  }
  for (const auto step :
       {&Prover::add_calls, &Prover::add_corrections, &Prover::compare_accounts}) {
    if (auto done = (this->*step)(); !done) {
      return std::unexpected(done.error());
    }
  }
  if (auto done = read_journal(folder, *mark); !done) {
    return std::unexpected(done.error());
  }
  return std::move(proof_);
}

}  // namespace

Result<Proof> verify_books(const std::filesystem::path& folder) {
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
    auto proof = Prover(*database).prove(folder);
    if (auto ended = database->execute("COMMIT"); !ended) {
      return std::unexpected(ended.error());
    }
    const auto after = read_mark(*database);
    if (!before || !after || before->segment == after->segment) {
      return proof;
    }
    // The gateway moved on to another segment, and may have removed the one we wanted to read.
  }
}

}  // namespace purser
