// pipeline/hold.cpp — the worst case reserved, in all accounts or none, before anything is sent.
//
// From cheap to dear: the byte bound of the prompt; its tokens counted; a shorter answer; waiting
// for what calls in flight may give back. Most calls are done after the first.
#include "call/prompt_count.hpp"
#include "limits/refusal.hpp"
#include "pipeline/heads.hpp"
#include "pipeline/stages.hpp"
#include "pipeline/turn_line.hpp"

namespace purser {
namespace {

/// Wakes a waiting call when its patience is at an end.
class Patience final : public Waiting {
 public:
  Patience(WaitingRoom& room, std::uint64_t ticket, Signal& signal, SteadyTime until)
      : room_(room), ticket_(ticket), signal_(signal) {
    deadline = until;
  }
  void overdue() override {
    if (room_.leave(ticket_)) {
      signal_.fire();
    }
  }

 private:
  WaitingRoom& room_;
  std::uint64_t ticket_;
  Signal& signal_;
};

Denial denial_of(const Refusal& refusal) {
  return {.why = refusal.kind == Refusal::Kind::money ? Refused::money : Refused::pace,
          .message = refusal.message,
          .retry_after = refusal.retry_after,
          .limit = std::string(refusal.limit)};
}

/// One call's way to its hold.
class Holding {
 public:
  Holding(const Admitted& admitted, std::string_view body, Core& core, Services& services);
  /// All that was asked for, or why not.
  std::optional<Shortfall> try_whole();
  /// Less than that, at once or when others have given back.
  Awaitable<OrDenial<Held>> try_less();
  Held held() const;

 private:
  std::optional<Shortfall> try_fitted(std::uint64_t ticket, Signal& signal);
  void tighten_input();
  void set_units(Tokens output_max);
  OrDenial<Held> refused(const Shortfall& shortfall) const;

  const Admitted& admitted_;
  std::string_view body_;
  Core& core_;
  Books& books_;
  Touches touches_;
  Ask ask_;
  Instant now_;
  Tokens output_max_;
  std::optional<HoldId> hold_;
  std::optional<Tokens> counted_;
};

Holding::Holding(const Admitted& admitted, std::string_view body, Core& core, Services& services)
    : admitted_(admitted),
      body_(body),
      core_(core),
      books_(services.books),
      ask_{.input_max = admitted.input_max,
           .choices = admitted.call.choices,
           .web_searches_max = admitted.call.web_searches_max,
           .rates = admitted.pricing.worst},
      now_(admitted.at),
      output_max_(admitted.output_max) {
  // Advisors and compaction write beside the answer: bounded, and billed as output.
  const Tokens beside = admitted.call.side_output_max;
  ask_.input_max += beside;
  ask_.rates.per_request += at_most(beside, ask_.rates.output);
}

void Holding::set_units(Tokens output_max) {
  output_max_ = output_max;
  const auto touched = touches_.list();
  const auto needs = touches_.needs();
  for (std::size_t i = 0; i < touched.size(); ++i) {
    needs[i].units = units_held(touched[i].measure, ask_, output_max);
  }
}

std::optional<Shortfall> Holding::try_whole() {
  admitted_.policy->limits.touch(admitted_.caller, admitted_.provider->name, admitted_.model, now_,
                                 touches_);
  set_units(admitted_.output_max);
  if (touches_.size() == 0) {
    return std::nullopt;
  }
  const std::lock_guard lock(books_.mutex);
  auto hold = books_.treasury.hold(touches_.needs());
  if (!hold) {
    return hold.error();
  }
  hold_ = *hold;
  return std::nullopt;
}

/// The longest answer the money left can carry, or why not even a short one. A call that may yet be
/// carried sits down under the same lock: no settlement can slip between the look and the seat.
std::optional<Shortfall> Holding::try_fitted(std::uint64_t ticket, Signal& signal) {
  admitted_.policy->limits.touch(admitted_.caller, admitted_.provider->name, admitted_.model, now_,
                                 touches_);
  const OutputRange range{.wanted = admitted_.output_max,
                          .least = std::min(admitted_.output_max, admitted_.policy->output_least)};
  std::array<Standing, kNeedsMax> standings;
  const std::span<Standing> stand(standings.data(), touches_.size());
  const std::lock_guard lock(books_.mutex);
  books_.treasury.standings(touches_.needs(), stand);
  const auto bound = fit(touches_, stand, ask_, range);
  if (!bound) {
    if (!bound.error().final) {
      books_.waiting.sit(ticket, {.inbox = &core_.inbox, .signal = &signal});
    }
    return bound.error();
  }
  output_max_ = *bound;
  const auto hold = books_.treasury.hold(touches_.needs());
  INVARIANT(hold, "what fits under the lock can be held under the same lock");
  hold_ = *hold;
  return std::nullopt;
}

/// Counts the prompt, once: exact where the tokenizer is public, by what was learned elsewhere.
void Holding::tighten_input() {
  const Tokens beside = admitted_.call.side_output_max;
  counted_ = core_.prompts.count(admitted_.model, body_);
  const Tokens tight =
      tight_input_bound(admitted_.call, admitted_.provider->name, *counted_, core_.ratios);
  ask_.input_max = std::min(ask_.input_max, tight + beside);
}

Held Holding::held() const {
  Held held;
  held.hold = hold_;
  const auto touched = touches_.list();
  const auto needs = touches_.needs();
  held.parts.reserve(touched.size());
  for (std::size_t i = 0; i < touched.size(); ++i) {
    held.parts.push_back({touched[i], needs[i]});
  }
  held.input_max = ask_.input_max;
  held.counted = counted_;
  held.output_max = output_max_;
  held.worst = worst_cost(ask_, output_max_);
  held.fitted = output_max_ < admitted_.output_max;
  if (held.fitted || !admitted_.output_known) {
    held.edits.output_max = output_max_;
  }
  held.edits.ask_usage = admitted_.call.dialect == Dialect::chat && admitted_.call.stream &&
                         !admitted_.call.asks_usage;
  held.edits.provider = admitted_.provider->name;
  return held;
}

OrDenial<Held> Holding::refused(const Shortfall& shortfall) const {
  const Refusal refusal =
      refuse(admitted_.policy->limits, touches_, shortfall, admitted_.caller, now_);
  return std::unexpected(denial_of(refusal));
}

Awaitable<OrDenial<Held>> Holding::try_less() {
  tighten_input();
  const auto patience = admitted_.policy->admission_wait;
  const SteadyTime until = std::chrono::steady_clock::now() + patience;
  const std::uint64_t ticket = books_.waiting.ticket();
  bool waited = false;
  while (true) {
    Signal signal;
    const auto shortfall = try_fitted(ticket, signal);
    if (!shortfall) {
      if (output_max_ < admitted_.output_max) {
        core_.counters.fitted.add();
      }
      co_return held();
    }
    if (shortfall->final) {
      co_return refused(*shortfall);
    }
    if (std::chrono::steady_clock::now() >= until) {
      if (!books_.waiting.leave(ticket)) {
        co_await signal.wait();  // it was called meanwhile: the call is on its way to us
      }
      co_return refused(*shortfall);
    }
    if (!waited) {
      waited = true;
      core_.counters.waited.add();
    }
    Patience watch(books_.waiting, ticket, signal, until);
    core_.deadlines.watch(watch);
    co_await signal.wait();
    now_ = now();  // a window may have ended meanwhile
  }
}

}  // namespace

std::optional<Held> hold_whole(const Admitted& admitted, Core& core, Services& services) {
  Holding holding(admitted, {}, core, services);
  if (holding.try_whole()) {
    return std::nullopt;
  }
  return holding.held();
}

Awaitable<OrDenial<Held>> hold_less(const Admitted& admitted, std::string_view body, Core& core,
                                    Services& services) {
  Holding holding(admitted, body, core, services);
  co_return co_await holding.try_less();
}

Awaitable<OrDenial<void>> record_hold(const Admitted& admitted, const Held& held, Core& core,
                                      Services& services) {
  HoldEntry entry{.call = admitted.id,
                  .at = admitted.at,
                  .dialect = admitted.call.dialect,
                  .stream = admitted.call.stream,
                  .provider = admitted.provider->name,
                  .model = admitted.model,
                  .caller = admitted.caller,
                  .input_max = held.input_max,
                  .output_max = all_choices(admitted.call.choices, held.output_max),
                  .worst = held.worst,
                  .legs = {}};
  entry.legs.reserve(held.parts.size());
  for (const Held::Part& part : held.parts) {
    entry.legs.push_back({.account = part.need.account,
                          .units = part.need.units,
                          .ends = part.need.ends,
                          .is_money = part.touched.measure == Measure::usd});
  }
  Signal durable;
  Result<void> written;
  services.store->hold(entry, [&](Result<void> result) {
    written = std::move(result);
    if (std::this_thread::get_id() == core.thread) {
      durable.fire();  // relaxed: it may leave at once
    } else {
      core.inbox.push(durable);
    }
  });
  if (!durable.fired()) {
    co_await durable.wait();
  }
  if (written) {
    co_return OrDenial<void>{};
  }
  if (held.hold) {
    const std::lock_guard lock(services.books.mutex);
    services.books.treasury.settle(*held.hold, {});
  }
  services.books.waiting.call_all();
  co_return std::unexpected(Denial{
      .why = Refused::overloaded,
      .message = "the books cannot be written, so no call may leave: " + written.error().message,
      .retry_after = {},
      .limit = {}});
}

void append_standing(std::string& head, const Admitted& admitted, const Held& held,
                     Services& services) {
  if (held.parts.empty()) {
    return;
  }
  std::array<Need, kNeedsMax> needs;
  std::array<Standing, kNeedsMax> standings;
  const std::size_t count = held.parts.size();
  std::ranges::transform(held.parts, needs.begin(), &Held::Part::need);
  {
    const std::lock_guard lock(services.books.mutex);
    services.books.treasury.standings({needs.data(), count}, {standings.data(), count});
  }
  const std::size_t index = tightest({standings.data(), count}).value();
  const auto& [touched, need] = held.parts[index];
  const Standing& standing = standings[index];
  append_field(head, "x-purser-limit", touched.limit->name);
  append_field(head, "x-purser-left", to_text(touched.measure, standing.left()));
  if (need.ends != Instant::never()) {
    head += "x-purser-resets-at: ";
    append_rfc3339(head, need.ends);
    head += "\r\n";
  }
  head += "RateLimit-Policy: ";
  append_rate_limit_policy(head, touched, need, standing);
  head += "\r\nRateLimit: ";
  append_rate_limit(head, touched, need, standing, admitted.at);
  head += "\r\n";
}

void log_denial(const Admitted& admitted, const Denial& denial, Services& services) {
  if (!services.turns->on()) {
    return;
  }
  std::string line;
  append_turn_refused(line, admitted.caller, admitted.model, admitted.call.dialect, denial,
                      admitted.at);
  services.turns->append(line);
}

}  // namespace purser
