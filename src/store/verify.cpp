// store/verify.cpp — the proof of the books: everything is added up again, from the rows.
#include <fmt/format.h>

#include <unordered_map>

#include "store/codec.hpp"
#include "store/journal.hpp"
#include "store/ledger_db.hpp"
#include "store/replay.hpp"
#include "store/reports.hpp"

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
  Result<void> read_journal(const std::filesystem::path& folder);
  void check_row(const Statement& row);
  void add_legs(std::string_view bytes, const std::string& where);
  void found(std::string what);

  const Database& database_;
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
    const auto account = unpack_account(select->blob_at(0));
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

Result<void> Prover::read_journal(const std::filesystem::path& folder) {
  const auto replayed = replay_journal(folder, {});
  if (!replayed) {
    found(replayed.error().message);
    return {};
  }
  proof_.open_holds = static_cast<std::int64_t>(replayed->open.size());
  return {};
}

Result<Proof> Prover::prove(const std::filesystem::path& folder) {
  // One read transaction: a gateway may go on writing, we see one moment.
  if (auto begun = database_.execute("BEGIN"); !begun) {
    return std::unexpected(begun.error());
  }
  for (const auto step :
       {&Prover::add_calls, &Prover::add_corrections, &Prover::compare_accounts}) {
    if (auto done = (this->*step)(); !done) {
      return std::unexpected(done.error());
    }
  }
  if (auto ended = database_.execute("COMMIT"); !ended) {
    return std::unexpected(ended.error());
  }
  if (auto done = read_journal(folder); !done) {
    return std::unexpected(done.error());
  }
  return std::move(proof_);
}

}  // namespace

Result<Proof> verify_books(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / kDatabaseName;
  if (!std::filesystem::exists(file)) {
    return fail(Fault::config, "there are no books in " + folder.string() +
                                   ": name their folder with --data, or a --config that does");
  }
  const auto database = Database::open(file, Database::Access::read);
  if (!database) {
    return std::unexpected(database.error());
  }
  return Prover(*database).prove(folder);
}

}  // namespace purser
