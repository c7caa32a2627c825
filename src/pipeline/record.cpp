// pipeline/record.cpp — a hold told to those who must know: the journal, the caller, the turn log.
#include "pipeline/heads.hpp"
#include "pipeline/stages.hpp"
#include "pipeline/turn_line.hpp"

namespace purser {

Denial denial_of(const Refusal& refusal) {
  return {.why = refusal.kind == Refusal::Kind::money ? Refused::money : Refused::pace,
          .message = refusal.message,
          .retry_after = refusal.retry_after,
          .limit = std::string(refusal.limit)};
}

HoldEntry hold_entry(const Admitted& admitted, const Held& held) {
  HoldEntry entry{.call = admitted.id,
                  .at = admitted.at,
                  .dialect = admitted.call.dialect,
                  .stream = admitted.call.stream,
                  .provider = admitted.provider->name,
                  .model = admitted.model_asked,
                  .caller = admitted.caller,
                  .input_max = held.input_max,
                  .output_max = all_choices(admitted.call.choices, held.output_max),
                  .worst = held.worst,
                  .legs = {},
                  .name = admitted.hold_name};
  entry.legs.reserve(held.parts.size());
  for (const Held::Part& part : held.parts) {
    if (!is_kept(part.touched.measure)) {
      continue;  // a crash ends the call, and with it what it held
    }
    entry.legs.push_back({.account = part.need.account,
                          .units = part.need.units,
                          .ends = part.need.ends,
                          .is_money = part.touched.measure == Measure::usd});
  }
  return entry;
}

Awaitable<OrDenial<void>> record_hold(const Admitted& admitted, const Held& held, Core& core,
                                      Services& services) {
  Signal durable;
  Result<void> written;
  services.store->hold(hold_entry(admitted, held), [&](Result<void> result) {
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
    for (const Held::Drawn& drawn : held.drawn) {
      services.books.paces.give_back(drawn.draw, drawn.draw.units);
    }
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
  std::array<Need, kNeedsMax> needs;
  std::array<const Touched*, kNeedsMax> touches;
  std::array<Standing, kNeedsMax> standings;
  std::size_t count = 0;
  for (const Held::Part& part : held.parts) {
    if (!part.touched.observed) {  // what binds nobody is no news to the caller
      touches[count] = &part.touched;
      needs[count++] = part.need;
    }
  }
  if (count == 0) {
    return;
  }
  {
    const std::lock_guard lock(services.books.mutex);
    services.books.treasury.standings({needs.data(), count}, {standings.data(), count});
  }
  for (std::size_t i = 0; i < count; ++i) {
    standings[i] = seen(*touches[i], standings[i]);
  }
  const std::size_t index = tightest({standings.data(), count}).value();
  const Touched& touched = *touches[index];
  const Need& need = needs[index];
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
  services.refusals->note({.call = admitted.id,
                           .at = admitted.at,
                           .caller = admitted.caller,
                           .provider = admitted.provider->name,
                           .dialect = std::string(to_string(admitted.call.dialect)),
                           .model = admitted.model_asked,
                           .limit = denial.limit,
                           .message = denial.message});
  if (!services.turns->on()) {
    return;
  }
  std::string line;
  append_turn_refused(line, admitted.caller, admitted.model, admitted.call.dialect, denial,
                      admitted.at);
  services.turns->append(line);
}

}  // namespace purser
