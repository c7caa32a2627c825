// pipeline/costs.cpp — first every account holds all of it, then the journal, then it is posted.
#include "pipeline/costs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/hash.hpp"
#include "store/codec.hpp"

namespace purser {
namespace {

std::unexpected<Denial> overloaded(std::string message) {
  return std::unexpected(Denial{
      .why = Refused::overloaded, .message = std::move(message), .retry_after = {}, .limit = {}});
}

/// Every operator posts in everybody's name, and finds what another has posted.
constexpr std::string_view kOperators = "operators";

HoldName name_of(const CostRow& row, const Identified& who) {
  const std::string_view whose = who.operates ? kOperators : std::string_view(who.caller.key);
  return {.name = digest(fmt::format("cost\n{}\n{}", whose, row.idempotency_key)),
          .words = digest("cost\n" + words_of(row))};
}

/// What a row says of a label must be what its caller may say.
struct Offer {
  std::string_view name;
  std::string Caller::* label;
  bool LabelRights::* right;
  std::string_view Labels::* header;
};
constexpr std::array kOffers{
    Offer{"user", &Caller::user, &LabelRights::user, &Labels::user},
    Offer{"tier", &Caller::tier, &LabelRights::tier, &Labels::tier},
    Offer{"team", &Caller::team, &LabelRights::team, &Labels::team},
    Offer{"feature", &Caller::feature, &LabelRights::feature, &Labels::feature},
    Offer{"session", &Caller::session, &LabelRights::session, &Labels::session},
};

Result<Caller> caller_of(const CostRow& row, const Identified& who, Labels labels) {
  const LabelRights all{.tier = true, .team = true};
  const LabelRights& rights = who.operates ? all : who.rights;
  for (const Offer& offer : kOffers) {
    const std::string& said = row.labels.*offer.label;
    const std::string& fixed = who.caller.*offer.label;
    if (said.empty() || said == fixed) {
      continue;
    }
    if (!fixed.empty()) {
      return fail(Fault::client, fmt::format("{}: this key is for '{}'", offer.name, fixed));
    }
    if (!(rights.*offer.right)) {
      return fail(Fault::client, fmt::format("{}: this key may not say it", offer.name));
    }
    labels.*offer.header = said;
  }
  if (!row.labels.tags.empty() && !rights.tags) {
    return fail(Fault::client, "tags: this key may not say them");
  }
  for (const auto& [name, value] : row.labels.tags) {
    labels.properties.emplace_back(name, value);
  }
  Caller caller = who.caller;
  if (auto labelled = apply_labels(caller, rights, labels, Call{}); !labelled) {
    return std::unexpected(labelled.error());
  }
  return caller;
}

/// What every account is to hold of it: those whose window is over have nothing to say any more.
void touch(Cost& cost, const LimitSet& limits, Instant now, Touches& touches) {
  Admitted& admitted = cost.admitted;
  limits.touch(admitted.facts(), admitted.at, admitted.control, touches);
  for (std::size_t i = 0; i < touches.size(); ++i) {
    const Touched& touched = touches.list()[i];
    Need need = touches.needs()[i];
    if (!is_kept(touched.measure)) {
      continue;  // it is not running
    }
    if (need.ends <= now) {
      cost.closed.push_back(touched.limit->name);
      continue;
    }
    need.units = units_used(touched.measure, cost.held.worst, {});
    need.max = Units(INT64_MAX);  // the money is gone, whatever the limit says
    cost.held.parts.push_back({touched, need});
  }
}

using Costs = std::vector<std::unique_ptr<Cost>>;

std::vector<Need> needs_of(const Held& held) {
  std::vector<Need> needs;
  needs.reserve(held.parts.size());
  for (const Held::Part& part : held.parts) {
    needs.push_back(part.need);
  }
  return needs;
}

void let_go(const Costs& costs, Books& books) {
  for (const auto& cost : costs) {
    if (const auto hold = std::exchange(cost->held.hold, std::nullopt)) {
      books.treasury.settle(*hold, {});
    }
  }
}

/// Everything in every account, or nothing. `away`: what must be read back first.
enum class Taken : std::uint8_t { all, away, too_much };
Taken take(const Costs& costs, Books& books, std::vector<Treasury::Away>& away) {
  const std::lock_guard lock(books.mutex);
  for (const auto& cost : costs) {
    books.treasury.find_away(needs_of(cost->held), away);
  }
  if (!away.empty()) {
    return Taken::away;
  }
  for (const auto& cost : costs) {
    if (cost->held.parts.empty()) {
      continue;
    }
    const auto hold = books.treasury.hold(needs_of(cost->held));
    if (!hold) {
      let_go(costs, books);
      return Taken::too_much;
    }
    cost->held.hold = *hold;
  }
  return Taken::all;
}

/// Waits for several holds to be on the disk.
class Writing {
 public:
  Writing(std::size_t many, Core& core) : core_(core), left_(many) {}

  void written(Result<void> result) {
    {
      const std::lock_guard lock(mutex_);
      if (!result) {
        result_ = std::move(result);
      }
      if (--left_ > 0) {
        return;
      }
    }
    if (std::this_thread::get_id() == core_.thread) {
      done_.fire();
    } else {
      core_.inbox.push(done_);
    }
  }
  Awaitable<Result<void>> wait() {
    if (!done_.fired()) {
      co_await done_.wait();
    }
    const std::lock_guard lock(mutex_);
    co_return result_;
  }

 private:
  Core& core_;
  Signal done_;
  std::mutex mutex_;
  std::size_t left_;
  Result<void> result_;
};

/// Some holds may be on the disk: they were never spent.
void take_back(const Costs& costs, Services& services) {
  for (const auto& cost : costs) {
    SettleEntry release;
    release.call = cost->admitted.id;
    release.at = now();
    release.outcome = Outcome::released;
    release.stop_reason = kNeverSent;
    services.store->settle(release);
  }
  const std::lock_guard lock(services.books.mutex);
  let_go(costs, services.books);
}

void note_over(Cost& cost, Books& books) {
  const std::lock_guard lock(books.mutex);
  for (const Held::Part& part : cost.held.parts) {
    const auto standing = books.treasury.standing(part.need.account);
    const Touched& touched = part.touched;
    if (standing && !touched.observed && standing->posted > touched.max &&
        std::ranges::find(cost.over, touched.limit->name) == cost.over.end()) {
      cost.over.push_back(touched.limit->name);
    }
  }
}

}  // namespace

Answered Cost::answered() const {
  Answered answered;
  answered.outcome = Outcome::settled;
  answered.stated = held.worst;
  answered.units = units;
  answered.reply.stop_reason = kSpentBefore;
  return answered;
}

CostAsks ask_costs(std::vector<CostRow> rows, const Identified& who, const Labels& headers,
                   Instant now) {
  CostAsks out;
  Amount total;
  for (CostRow& row : rows) {
    const auto problem = [&](std::string text) {
      out.problems.push_back({.line = row.line, .text = std::move(text)});
    };
    total += row.usd;
    auto caller = caller_of(row, who, headers);
    if (row.idempotency_key.empty()) {
      problem("idempotency_key: missing; without one a request that is repeated counts twice");
    } else if (row.at && *row.at > now + kCostClockSkew) {
      problem("at: " + to_rfc3339(*row.at) + " lies in the future; hold what is not spent yet");
    } else if (total > kCostBatchUsdMax) {
      problem("amount_usd: at most " + to_dollars(kCostBatchUsdMax) + " in one request");
    } else if (!caller) {
      problem(caller.error().message);
    } else {
      const HoldName name = name_of(row, who);
      const Instant at = std::min(row.at.value_or(now), now);
      out.asks.push_back(
          {.row = std::move(row), .caller = std::move(*caller), .at = at, .name = name});
    }
  }
  return out;
}

std::unique_ptr<Cost> make_cost(CostAsk ask, CallId id, const LimitSet& limits,
                                std::span<const Workload> workloads, Instant now) {
  auto cost = std::make_unique<Cost>();
  cost->provider.name = ask.row.vendor;
  cost->units = ask.row.units;
  Admitted& admitted = cost->admitted;
  admitted.id = id;
  admitted.at = ask.at;
  admitted.began = std::chrono::steady_clock::now();
  admitted.provider = &cost->provider;
  admitted.caller = std::move(ask.caller);
  admitted.call.dialect = Dialect::vendor;
  admitted.model_asked = ask.row.item;
  admitted.model = ask.row.item;
  admitted.output_known = true;
  admitted.hold_name = ask.name;
  admitted.spent_before = true;
  admitted.control = control_of(workloads, admitted.facts());
  cost->held.worst = ask.row.usd;
  Touches touches;
  touch(*cost, limits, now, touches);
  return cost;
}

Awaitable<OrDenial<Costs>> post_costs(std::vector<CostAsk> asks, Core& core, Services& services) {
  const auto policy = core.policy;
  const Instant time = now();
  Costs costs;
  for (CostAsk& ask : asks) {
    const CallId id(services.next_call.fetch_add(1, std::memory_order_relaxed));
    costs.push_back(make_cost(std::move(ask), id, policy->limits, policy->workloads, time));
    costs.back()->admitted.policy = policy;
  }
  std::vector<Treasury::Away> away;
  Taken taken = take(costs, services.books, away);
  while (taken == Taken::away) {
    if (auto back = co_await services.accounts->recall(std::exchange(away, {}), core); !back) {
      co_return overloaded("the books cannot be read: " + back.error().message);
    }
    taken = take(costs, services.books, away);
  }
  if (taken == Taken::too_much) {
    co_return std::unexpected(Denial{.why = Refused::bad_request,
                                     .message = "more than an account can count",
                                     .retry_after = {},
                                     .limit = {}});
  }
  Writing writing(costs.size(), core);
  for (const auto& cost : costs) {
    services.store->hold(hold_entry(cost->admitted, cost->held),
                         [&](Result<void> result) { writing.written(std::move(result)); });
  }
  if (const auto written = co_await writing.wait(); !written) {
    take_back(costs, services);
    co_return overloaded("the books cannot be written: " + written.error().message);
  }
  // From here on this succeeds.
  for (const auto& cost : costs) {
    settle(cost->admitted, cost->held, cost->answered(), core, services);
  }
  for (const auto& cost : costs) {
    note_over(*cost, services.books);
  }
  co_return costs;
}

}  // namespace purser
