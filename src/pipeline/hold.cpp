// pipeline/hold.cpp — the worst case reserved, in all accounts or none, before anything is sent.
//
// From cheap to dear: the byte bound of the prompt; its tokens counted; a shorter answer; waiting
// for what calls in flight may give back. Most calls are done after the first.
#include <variant>

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

/// Accounts are away: nothing is known of them here.
struct Absent {};
/// Too little in an account, or too fast for a bucket.
using Short = std::variant<Shortfall, Paces::TooFast, Absent>;

/// One call's way to its hold.
class Holding {
 public:
  Holding(Admitted& admitted, std::string_view body, Core& core, Services& services);
  /// All that was asked for, or why not.
  std::optional<Short> try_whole();
  /// Less than that, at once or when others have given back.
  Awaitable<OrDenial<Held>> try_less();
  Held held() const;
  /// Either of them, looked at and not taken.
  Trial try_out();

 private:
  std::optional<Short> try_fitted(std::uint64_t ticket, Signal& signal);
  std::optional<Short> look_whole();
  std::optional<Short> fit_under_lock();
  void touch();
  std::optional<Short> reckon();
  void tighten_input();
  void set_units(Tokens output_max);
  std::optional<Short> too_fast();
  void draw();
  OrDenial<Held> refused(const Short& why) const;

  Admitted& admitted_;
  std::string_view body_;
  Core& core_;
  Services& services_;
  Books& books_;
  Touches touches_;
  Ask ask_;
  Instant now_;
  Tokens output_max_;
  std::optional<HoldId> hold_;
  std::optional<Tokens> counted_;
};

Holding::Holding(Admitted& admitted, std::string_view body, Core& core, Services& services)
    : admitted_(admitted),
      body_(body),
      core_(core),
      services_(services),
      books_(services.books),
      ask_{.input_max = admitted.input_max,
           .choices = admitted.call.choices,
           .web_searches_max = admitted.call.web_searches_max,
           .file_searches_max = admitted.call.file_searches_max,
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
  for (std::size_t i = 0; i < touches_.draws().size(); ++i) {
    touches_.draws()[i].units = units_held(touches_.paced()[i].measure, ask_, output_max);
  }
}

void Holding::touch() {
  admitted_.policy->limits.touch(admitted_.facts(), now_, admitted_.control, touches_);
}

std::optional<Short> Holding::reckon() {
  admitted_.away = touches_.reckon(books_.treasury);
  return admitted_.away.empty() ? std::nullopt : std::optional<Short>(Absent{});
}

/// The first bucket that says no. One that is only observed says what it would have done.
std::optional<Short> Holding::too_fast() {
  for (std::size_t i = 0; i < touches_.draws().size(); ++i) {
    const auto gives = books_.paces.look({&touches_.draws()[i], 1}, now_);
    const Paced& paced = touches_.paced()[i];
    if (!gives && !paced.observed) {
      Paces::TooFast fast = gives.error();
      fast.draw = i;
      return fast;
    }
    if (!gives) {
      admitted_.would.push_back("deny " + paced.limit->name);
    }
  }
  return std::nullopt;
}

/// From every bucket that gives; those only observed may be too empty to.
void Holding::draw() {
  for (Draw& draw : touches_.draws()) {
    if (books_.paces.look({&draw, 1}, now_)) {
      books_.paces.take({&draw, 1}, now_);
    } else {
      draw.units = Units{};
    }
  }
}

std::optional<Short> Holding::try_whole() {
  touch();
  set_units(admitted_.output_max);
  if (touches_.size() == 0 && touches_.draws().empty()) {
    return std::nullopt;
  }
  const std::lock_guard lock(books_.mutex);
  if (auto absent = reckon()) {
    return absent;
  }
  if (auto fast = too_fast()) {
    return fast;
  }
  auto hold = books_.treasury.hold(touches_.needs());
  if (!hold) {
    return hold.error();
  }
  hold_ = *hold;
  draw();
  return std::nullopt;
}

/// Sets the units for the longest answer that the touched accounts and buckets carry.
std::optional<Short> Holding::fit_under_lock() {
  const Tokens wanted = admitted_.output_max;
  const OutputRange range{.wanted = wanted,
                          .least = admitted_.call.output_fixed
                                       ? wanted
                                       : std::min(wanted, admitted_.policy->output_least)};
  std::array<Standing, kNeedsMax> standings;
  const std::span<Standing> stand(standings.data(), touches_.size());
  if (auto absent = reckon()) {
    return absent;
  }
  books_.treasury.standings(touches_.needs(), stand);
  const auto bound = fit(touches_, stand, ask_, range);
  if (!bound) {
    return bound.error();
  }
  set_units(*bound);
  return too_fast();
}

/// The longest answer the money left can carry, or why not even a short one. A call that may yet be
/// carried sits down under the same lock: no settlement can slip between the look and the seat.
std::optional<Short> Holding::try_fitted(std::uint64_t ticket, Signal& signal) {
  touch();
  const std::lock_guard lock(books_.mutex);
  if (auto why = fit_under_lock()) {
    const auto* shortfall = std::get_if<Shortfall>(&*why);
    if (shortfall != nullptr && !shortfall->final) {
      books_.waiting.sit(ticket, {.inbox = &core_.inbox, .signal = &signal});
    }
    return why;
  }
  const auto hold = books_.treasury.hold(touches_.needs());
  INVARIANT(hold, "what fits under the lock can be held under the same lock");
  hold_ = *hold;
  draw();
  return std::nullopt;
}

/// Whether all that was asked for could be held.
std::optional<Short> Holding::look_whole() {
  touch();
  set_units(admitted_.output_max);
  std::array<Standing, kNeedsMax> standings;
  const std::lock_guard lock(books_.mutex);
  if (auto absent = reckon()) {
    return absent;
  }
  if (auto fast = too_fast()) {
    return fast;
  }
  books_.treasury.standings(touches_.needs(), standings);
  for (std::size_t i = 0; i < touches_.size(); ++i) {
    const Need& need = touches_.needs()[i];
    if (!standings[i].carries(need.units)) {
      return Shortfall{.need = i, .standing = standings[i], .final = true};
    }
  }
  return std::nullopt;
}

Trial Holding::try_out() {
  const auto whole = look_whole();
  if (!whole || std::holds_alternative<Absent>(*whole)) {
    return {.held = held(), .denial = std::nullopt};
  }
  tighten_input();
  touch();
  const std::lock_guard lock(books_.mutex);
  const auto why = fit_under_lock();
  if (why && !std::holds_alternative<Absent>(*why)) {
    return {.held = held(), .denial = refused(*why).error()};
  }
  return {.held = held(), .denial = std::nullopt};
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
  for (std::size_t i = 0; i < touches_.draws().size(); ++i) {
    held.drawn.push_back({touches_.paced()[i].measure, touches_.draws()[i]});
  }
  held.input_max = ask_.input_max;
  held.counted = counted_;
  held.output_max = output_max_;
  held.worst = worst_cost(ask_, output_max_);
  held.fitted = output_max_ < admitted_.output_max;
  if (!admitted_.call.output_fixed && (held.fitted || !admitted_.output_known)) {
    held.edits.output_max = output_max_;
  }
  held.edits.ask_usage = reports_when_asked(admitted_.call.dialect) && admitted_.call.stream &&
                         !admitted_.call.asks_usage && !admitted_.provider->quirks.usage_unasked;
  held.edits.quirks = admitted_.provider->quirks;
  held.edits.effort = admitted_.effort;
  held.edits.closing = admitted_.closing;
  if (admitted_.model != admitted_.model_asked || admitted_.name_taken_off) {
    held.edits.model = admitted_.model;
  }
  return held;
}

OrDenial<Held> Holding::refused(const Short& why) const {
  const Admitted& admitted = admitted_;
  if (const auto* fast = std::get_if<Paces::TooFast>(&why)) {
    return std::unexpected(denial_of(refuse(touches_, *fast, admitted.caller, admitted.languages)));
  }
  return std::unexpected(
      denial_of(refuse(admitted.policy->limits, touches_, std::get<Shortfall>(why), admitted.caller,
                       now_, admitted.languages)));
}

Awaitable<OrDenial<Held>> Holding::try_less() {
  tighten_input();
  const auto patience = admitted_.policy->admission_wait;
  const SteadyTime until = std::chrono::steady_clock::now() + patience;
  const std::uint64_t ticket = books_.waiting.ticket();
  bool waited = false;
  while (true) {
    Signal signal;
    const auto why = try_fitted(ticket, signal);
    if (!why) {
      if (output_max_ < admitted_.output_max) {
        core_.counters.fitted.add();
      }
      co_return held();
    }
    if (std::holds_alternative<Absent>(*why)) {
      if (auto back = co_await recall(admitted_, core_, services_); !back) {
        co_return std::unexpected(std::move(back.error()));
      }
      continue;
    }
    const auto* shortfall = std::get_if<Shortfall>(&*why);
    if (shortfall == nullptr || shortfall->final) {
      co_return refused(*why);
    }
    if (std::chrono::steady_clock::now() >= until) {
      if (!books_.waiting.leave(ticket)) {
        co_await signal.wait();  // it was called meanwhile: the call is on its way to us
      }
      co_return refused(*why);
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

Awaitable<OrDenial<void>> recall(Admitted& admitted, Core& core, Services& services) {
  const auto back = co_await services.accounts->recall(std::exchange(admitted.away, {}), core);
  if (!back) {
    co_return std::unexpected(
        Denial{.why = Refused::overloaded,
               .message = "the books cannot be read, so no call may leave: " + back.error().message,
               .retry_after = {},
               .limit = {}});
  }
  co_return OrDenial<void>();
}

std::optional<Held> hold_whole(Admitted& admitted, Core& core, Services& services) {
  Holding holding(admitted, {}, core, services);
  if (!admitted.away.empty() || holding.try_whole()) {
    return std::nullopt;
  }
  return holding.held();
}

Trial try_out(Admitted& admitted, std::string_view body, Core& core, Services& services) {
  return Holding(admitted, body, core, services).try_out();
}

Awaitable<OrDenial<Held>> hold_less(Admitted& admitted, std::string_view body, Core& core,
                                    Services& services) {
  while (!admitted.away.empty()) {
    if (auto back = co_await recall(admitted, core, services); !back) {
      co_return std::unexpected(std::move(back.error()));
    }
    if (auto judged = judge(admitted, services); !judged) {
      co_return std::unexpected(std::move(judged.error()));
    }
    if (auto whole = hold_whole(admitted, core, services)) {
      co_return std::move(*whole);
    }
  }
  Holding holding(admitted, body, core, services);
  co_return co_await holding.try_less();
}

}  // namespace purser
