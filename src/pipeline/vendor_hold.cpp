// pipeline/vendor_hold.cpp — the stages of a call, without the call.
#include "pipeline/vendor_hold.hpp"

#include "base/hash.hpp"

namespace purser {
namespace {

std::unexpected<Denial> denied(Refused why, std::string message) {
  return std::unexpected(
      Denial{.why = why, .message = std::move(message), .retry_after = {}, .limit = {}});
}

VendorState state_of(const VendorHold& hold) {
  return {.id = hold.admitted.id,
          .vendor = hold.ask.vendor,
          .item = hold.ask.item,
          .held = hold.ask.usd,
          .outcome = std::nullopt,
          .cost = {},
          .at = hold.admitted.at,
          .ends = hold.due};
}

/// What was asked, as a call whose worst case is known: one fee, and not a token.
OrDenial<std::unique_ptr<VendorHold>> make_hold(const Request& request, VendorAsk ask,
                                                Identified who, Core& core, Services& services) {
  auto hold = std::make_unique<VendorHold>();
  hold->ask = std::move(ask);
  hold->provider.name = hold->ask.vendor;
  Admitted& admitted = hold->admitted;
  admitted.began = std::chrono::steady_clock::now();
  admitted.at = now();
  admitted.call.dialect = Dialect::vendor;
  admitted.call.model = hold->ask.item;
  Labels labels = read_labels(*request.fields);
  const Signals signals = read_signals(*request.fields, admitted.call);
  labels.session = signals.session.substr(0, kLabelBytesMax);
  if (auto labelled = apply_labels(who.caller, who.rights, labels, admitted.call); !labelled) {
    return denied(Refused::bad_request, std::move(labelled.error().message));
  }
  admitted.id = CallId(services.next_call.fetch_add(1, std::memory_order_relaxed));
  admitted.policy = core.policy;
  admitted.provider = &hold->provider;
  admitted.caller = std::move(who.caller);
  admitted.model_asked = hold->ask.item;
  admitted.model = hold->ask.item;
  admitted.languages = field_value(*request.fields, "accept-language");
  admitted.pricing.worst.per_request = hold->ask.usd;
  admitted.output_known = true;
  admitted.control = control_of(core.policy->workloads, admitted.facts());
  return hold;
}

/// Everything that may refuse a call, in the order it does there.
Awaitable<OrDenial<void>> hold_in_accounts(VendorHold& hold, Core& core, Services& services) {
  Admitted& admitted = hold.admitted;
  if (auto seat = look_at_seat(admitted, services); !seat) {
    co_return std::unexpected(std::move(seat.error()));
  }
  if (auto denial = switched_off(admitted, core)) {
    co_return std::unexpected(std::move(*denial));
  }
  if (auto judged = judge(admitted, services); !judged) {
    co_return std::unexpected(std::move(judged.error()));
  }
  if (auto whole = hold_whole(admitted, core, services)) {
    hold.held = std::move(*whole);
  } else {
    auto less = co_await hold_less(admitted, {}, core, services);
    if (!less) {
      co_return std::unexpected(std::move(less.error()));
    }
    hold.held = std::move(*less);
  }
  hold.held.counted.reset();  // there is no prompt to learn from
  admitted.languages = {};    // the request's bytes go, the hold stays
  co_return co_await record_hold(admitted, hold.held, core, services);
}

/// Under the mutex of `holds`.
OrDenial<std::optional<VendorHeld>> look_for_name(const HoldName& asked, OpenHolds& holds) {
  const OpenHolds::Named* known = holds.find_name(asked.name);
  if (known == nullptr) {
    holds.reserve(asked.name, asked.words);
    return std::nullopt;
  }
  if (known->words != asked.words) {
    return denied(Refused::conflict, std::string(kOtherHold));
  }
  if (!known->hold) {
    return denied(Refused::conflict, "the hold of this idempotency_key is being made");
  }
  VendorHeld found{.id = *known->hold, .repeated = true, .state = std::nullopt};
  if (const VendorHold* open = holds.find(found.id)) {
    found.state = state_of(*open);
  }
  return found;
}

/// Under the mutex of the open holds, and after the hold was taken out of them.
VendorState settle_vendor(VendorHold& hold, const VendorEnd& end, std::string_view stop_reason,
                          Core& core, Services& services) {
  Answered answered;
  answered.outcome = end.outcome;
  answered.stated = end.cost;
  answered.reply.stop_reason = stop_reason;
  const Settled settled = settle(hold.admitted, hold.held, std::move(answered), core, services);
  VendorState state = state_of(hold);
  state.outcome = settled.entry.outcome;
  state.cost = settled.entry.cost;
  state.ends = settled.entry.at;
  return state;
}

void presume(CallId id, std::string_view stop_reason, Core& core, Services& services) {
  const auto hold = services.holds.take(id);
  settle_vendor(*hold, {.outcome = Outcome::presumed, .cost = {}}, stop_reason, core, services);
}

}  // namespace

std::optional<HoldName> name_of(const Caller& caller, const VendorAsk& ask) {
  if (ask.idempotency_key.empty()) {
    return std::nullopt;
  }
  return HoldName{.name = digest(caller.key + '\n' + ask.idempotency_key),
                  .words = digest(ask.vendor + '\n' + ask.item + '\n' + to_exact_dollars(ask.usd) +
                                  '\n' + std::to_string(ask.ttl.count()))};
}

Awaitable<OrDenial<VendorHeld>> hold_vendor(const Request& request, VendorAsk ask, Core& core,
                                            Services& services) {
  auto who = identify(request, core, services);
  if (!who) {
    co_return std::unexpected(std::move(who.error()));
  }
  const auto name = name_of(who->caller, ask);
  OpenHolds& holds = services.holds;
  {
    const std::lock_guard lock(holds.mutex);
    if (name) {
      auto known = look_for_name(*name, holds);
      if (!known) {
        co_return std::unexpected(std::move(known.error()));
      }
      if (*known) {
        co_return std::move(**known);
      }
    }
  }
  auto hold = make_hold(request, std::move(ask), std::move(*who), core, services);
  OrDenial<void> held;
  if (!hold) {
    held = std::unexpected(hold.error());
  } else {
    (*hold)->admitted.hold_name = name;
    held = co_await hold_in_accounts(**hold, core, services);
  }
  if (!held) {
    if (hold) {
      log_denial((*hold)->admitted, held.error(), services);
    }
    const std::lock_guard lock(holds.mutex);
    if (name) {
      holds.forget(name->name);
    }
    co_return std::unexpected(std::move(held.error()));
  }
  // From here on it is durable: it ends by its caller, or when it is due.
  (*hold)->due = now() + (*hold)->ask.ttl;
  const VendorState state = state_of(**hold);
  const std::lock_guard lock(holds.mutex);
  holds.keep(state.id, std::move(*hold), name);
  co_return VendorHeld{.id = state.id, .repeated = false, .state = state};
}

std::optional<VendorState> end_vendor(CallId id, std::string_view key, const VendorEnd& end,
                                      Core& core, Services& services) {
  OpenHolds& holds = services.holds;
  const std::lock_guard lock(holds.mutex);
  const VendorHold* open = holds.find(id);
  if (open == nullptr || open->admitted.caller.key != key) {
    return std::nullopt;
  }
  const auto hold = holds.take(id);
  return settle_vendor(*hold, end, {}, core, services);
}

std::optional<VendorState> find_vendor(CallId id, std::string_view key, Services& services) {
  const std::lock_guard lock(services.holds.mutex);
  const VendorHold* open = services.holds.find(id);
  if (open == nullptr || open->admitted.caller.key != key) {
    return std::nullopt;
  }
  return state_of(*open);
}

void presume_due(Instant now, Core& core, Services& services) {
  const std::lock_guard lock(services.holds.mutex);
  while (const auto id = services.holds.due(now)) {
    presume(*id, "purser_ttl", core, services);
  }
}

void presume_all(Core& core, Services& services) {
  const std::lock_guard lock(services.holds.mutex);
  while (const auto id = services.holds.due(Instant::never())) {
    presume(*id, "purser_stop", core, services);
  }
}

}  // namespace purser
