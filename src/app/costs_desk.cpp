// app/costs_desk.cpp — POST /v1/costs: rows read, spenders found, names looked up, posted,
// answered.
//
// A name is reserved here before the ledger is asked for it, and forgotten here only once the
// ledger has it: so whoever comes between finds it in one of the two.
#include "app/desk.hpp"
#include "base/json_text.hpp"
#include "pipeline/costs.hpp"
#include "pipeline/serve.hpp"
#include "store/reports.hpp"

namespace purser {
namespace {

std::unexpected<Denial> denied(Refused why, std::string message) {
  return std::unexpected(
      Denial{.why = why, .message = std::move(message), .retry_after = {}, .limit = {}});
}

/// What was asked for, row by row, and what came of it.
struct Outcomes {
  struct Row {
    std::int64_t line = 0;
    Amount usd;
    std::optional<CallId> known;  // posted by an earlier request
    std::unique_ptr<Cost> cost;
  };
  std::vector<Row> rows;
  std::vector<CostAsk> asks;  // of rows not known, in their order
};

/// Names while their spends are being posted; forgotten when it ends.
class Reservation {
 public:
  explicit Reservation(OpenHolds& holds) : holds_(holds) {}
  ~Reservation() {
    const std::lock_guard lock(holds_.mutex);
    for (const Digest& name : names_) {
      holds_.forget(name);
    }
  }
  Reservation(const Reservation&) = delete;
  Reservation& operator=(const Reservation&) = delete;

  /// Keeps what it stands for: nobody else may know yet.
  void keep(std::span<const Outcomes::Row> rows) {
    const std::lock_guard lock(holds_.mutex);
    for (const Outcomes::Row& row : rows) {
      if (row.cost) {
        holds_.made(row.cost->admitted.hold_name->name, row.cost->admitted.id);
      }
    }
    names_.clear();
  }

  /// Every row's name, or which row stands in the way. Rows that are posted already get their id.
  OrDenial<void> take(std::span<const CostAsk> asks, std::span<Outcomes::Row> rows);

 private:
  OpenHolds& holds_;
  std::vector<Digest> names_;
};

std::unexpected<Denial> other_cost(std::int64_t line) {
  return denied(Refused::conflict,
                "row " + std::to_string(line) + ": this idempotency_key stands for another cost");
}

OrDenial<void> Reservation::take(std::span<const CostAsk> asks, std::span<Outcomes::Row> rows) {
  const std::lock_guard lock(holds_.mutex);
  for (std::size_t i = 0; i < asks.size(); ++i) {
    const HoldName& name = asks[i].name;
    const OpenHolds::Named* known = holds_.find_name(name.name);
    if (known == nullptr) {
      holds_.reserve(name.name, name.words);
      names_.push_back(name.name);
      continue;
    }
    const std::string row = "row " + std::to_string(rows[i].line) + ": ";
    if (std::ranges::find(names_, name.name) != names_.end()) {
      return denied(Refused::bad_request, row + "its idempotency_key is another row's too");
    }
    if (known->words != name.words) {
      return other_cost(rows[i].line);
    }
    if (!known->hold) {
      return denied(Refused::conflict, row + "the cost of this idempotency_key is being posted");
    }
    rows[i].known = known->hold;
  }
  return {};
}

/// Those the ledger has, from the clerk; the others are left to be posted.
Awaitable<OrDenial<void>> look_up(Outcomes& outcomes, Front& front) {
  std::vector<Digest> names;
  for (const CostAsk& ask : outcomes.asks) {
    names.push_back(ask.name.name);
  }
  const auto work = [&] { return find_named_holds(front.data, names); };
  const auto found = co_await on_clerk(front, work);
  if (!found) {
    co_return denied(Refused::overloaded, found.error().message);
  }
  std::vector<CostAsk> left;
  for (std::size_t i = 0; i < outcomes.asks.size(); ++i) {
    Outcomes::Row& row = outcomes.rows[i];
    if (const auto known = found->find(names[i]); known != found->end()) {
      if (known->second.words != outcomes.asks[i].name.words) {
        co_return other_cost(row.line);
      }
      row.known = known->second.call;
    }
    if (!row.known) {
      left.push_back(std::move(outcomes.asks[i]));
    }
  }
  outcomes.asks = std::move(left);
  co_return OrDenial<void>{};
}

/// Posts what is left. Reports show it when this returns, unless the database is slow to take it.
Awaitable<OrDenial<void>> post(Outcomes& outcomes, Reservation& names, Front& front) {
  auto costs = co_await post_costs(std::move(outcomes.asks), front.core, front.services);
  if (!costs) {
    co_return std::unexpected(std::move(costs.error()));
  }
  auto next = costs->begin();
  for (Outcomes::Row& row : outcomes.rows) {
    if (!row.known) {
      row.cost = std::move(*next++);
    }
  }
  const auto work = [&] { return front.services.store->fold(); };
  if (const auto folded = co_await on_clerk(front, work); !folded) {
    names.keep(outcomes.rows);
  }
  co_return OrDenial<void>{};
}

void append_names(std::string& json, const std::vector<std::string>& names) {
  json += '[';
  for (const std::string& name : names) {
    json += json.back() == '[' ? "" : ",";
    append_json_string(json, name);
  }
  json += ']';
}

enum class Mode : std::uint8_t { post, dry_run };

std::string row_json(const Outcomes::Row& row, Mode mode) {
  std::string json;
  JsonObject object(json);
  object.number("row", row.line);
  if (row.known) {
    object.text("id", to_text(*row.known)).text("state", "already_posted");
  } else if (mode == Mode::dry_run) {
    object.text("state", "would_be_posted");
  } else {
    object.text("id", to_text(row.cost->admitted.id)).text("state", "posted");
  }
  object.raw("amount_usd", to_exact_dollars(row.usd));
  if (row.cost && !row.cost->over.empty()) {
    append_names(object.value<"over">(), row.cost->over);
  }
  if (row.cost && !row.cost->closed.empty()) {
    append_names(object.value<"closed">(), row.cost->closed);
  }
  object.finish();
  return json;
}

Plain answer_of(const Outcomes& outcomes, Mode mode) {
  Amount total;
  std::int64_t fresh = 0;
  std::string rows = "[";
  for (const Outcomes::Row& row : outcomes.rows) {
    total += row.known ? Amount() : row.usd;
    fresh += row.known ? 0 : 1;
    rows += rows.size() > 1 ? "," : "";
    rows += row_json(row, mode);
  }
  rows += ']';
  Plain plain{.status = fresh > 0 && mode == Mode::post ? 201 : 200};
  JsonObject(plain.body)
      .number(mode == Mode::post ? "posted" : "would_be_posted", fresh)
      .number("already_posted", std::ssize(outcomes.rows) - fresh)
      .raw("total_usd", to_exact_dollars(total))
      .raw("costs", rows)
      .finish();
  return plain;
}

/// `?dry_run=true`; anything else there is a mistake, and must not be money.
OrDenial<Mode> read_mode(std::string_view query) {
  constexpr std::string_view kDryRun = "dry_run=";
  Mode mode = Mode::post;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (!pair.starts_with(kDryRun)) {
      continue;
    }
    const std::string_view value = pair.substr(kDryRun.size());
    if (value != "true" && value != "false") {
      return denied(Refused::bad_request, "dry_run: expected true or false");
    }
    mode = value == "true" ? Mode::dry_run : Mode::post;
  }
  return mode;
}

/// Who asks, and whose spend the rows are.
OrDenial<Outcomes> read_request(const Request& request, Front& front) {
  const auto who = identify(request, front.core, front.services);
  if (!who) {
    return std::unexpected(who.error());
  }
  if (!who->known && front.core.policy->unknown_key != UnknownKey::admit) {
    return denied(Refused::key, "costs are posted with a key made by `purser keys create`");
  }
  CostRows read = read_cost_rows(request.body, RowFormat::json);
  if (read.problems.empty() && read.rows.size() > kCostRowsMax) {
    return denied(Refused::too_large,
                  "at most " + std::to_string(kCostRowsMax) + " costs in one request");
  }
  CostAsks asks;
  if (read.problems.empty()) {
    asks = ask_costs(std::move(read.rows), *who, read_labels(*request.fields), now());
    read.problems = std::move(asks.problems);
  }
  if (!read.problems.empty()) {
    return denied(Refused::bad_request, "nothing was posted\n" + to_text(read.problems, "row"));
  }
  Outcomes outcomes;
  for (const CostAsk& ask : asks.asks) {
    outcomes.rows.push_back(
        {.line = ask.row.line, .usd = ask.row.usd, .known = std::nullopt, .cost = nullptr});
  }
  outcomes.asks = std::move(asks.asks);
  return outcomes;
}

Awaitable<OrDenial<Plain>> post_all(const Request& request, Front& front) {
  const auto mode = read_mode(request.query);
  if (!mode) {
    co_return std::unexpected(mode.error());
  }
  auto outcomes = read_request(request, front);
  if (!outcomes) {
    co_return std::unexpected(std::move(outcomes.error()));
  }
  Reservation names(front.services.holds);
  if (auto taken = names.take(outcomes->asks, outcomes->rows); !taken) {
    co_return std::unexpected(std::move(taken.error()));
  }
  if (auto known = co_await look_up(*outcomes, front); !known) {
    co_return std::unexpected(std::move(known.error()));
  }
  if (*mode == Mode::post && !outcomes->asks.empty()) {
    if (auto posted = co_await post(*outcomes, names, front); !posted) {
      co_return std::unexpected(std::move(posted.error()));
    }
  }
  co_return answer_of(*outcomes, *mode);
}

}  // namespace

Awaitable<bool> costs_desk(Connection& client, const Request& request, Front& front) {
  const auto plain = co_await post_all(request, front);
  if (!plain) {
    co_return co_await deny(client, request, dialect_of(request), plain.error(), {}, front.core);
  }
  co_return co_await answer(client, request, *plain);
}

}  // namespace purser
