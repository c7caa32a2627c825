// app/holds_desk.cpp — holds for vendors over HTTP. What is open is known to the gateway, what is
// over to the ledger: a hold is asked for there only after it was not found here.
#include "app/desk.hpp"
#include "app/hold_text.hpp"
#include "pipeline/serve.hpp"
#include "pipeline/vendor_hold.hpp"
#include "store/reports.hpp"

namespace purser {
namespace {

constexpr std::string_view kPath = "/v1/holds/";

std::unexpected<Denial> denied(Refused why, std::string message) {
  return std::unexpected(
      Denial{.why = why, .message = std::move(message), .retry_after = {}, .limit = {}});
}

enum class Verb : std::uint8_t { look, settle, release };

/// What is wanted of which hold.
struct Wanted {
  CallId id;
  Verb verb = Verb::look;
  Amount cost;
};

OrDenial<Wanted> read_wanted(const Request& request) {
  std::string_view rest = request.path.substr(kPath.size());
  const std::size_t slash = rest.find('/');
  const std::string_view verb = slash == std::string_view::npos ? "" : rest.substr(slash + 1);
  const auto id = parse_call_id(rest.substr(0, slash));
  if (!id) {
    return denied(Refused::not_found, "no such hold: its id is like call_0000000000000a1f");
  }
  Wanted wanted{.id = *id, .verb = Verb::look, .cost = {}};
  if (request.method == "GET" && slash == std::string_view::npos) {
    return wanted;
  }
  if (request.method == "POST" && verb == "release") {
    wanted.verb = Verb::release;
    return wanted;
  }
  if (request.method == "POST" && verb == "settle") {
    const auto cost = read_settlement(request.body);
    if (!cost) {
      return denied(Refused::bad_request, cost.error().message);
    }
    wanted.verb = Verb::settle;
    wanted.cost = *cost;
    return wanted;
  }
  return denied(Refused::not_found,
                "a hold is looked at by GET, and ended by POST …/settle or "
                "…/release");
}

Outcome outcome_named(std::string_view name) {
  for (const Outcome outcome : {Outcome::settled, Outcome::released, Outcome::presumed}) {
    if (to_string(outcome) == name) {
      return outcome;
    }
  }
  return Outcome::estimated;
}

/// From the ledger, by the clerk.
Awaitable<OrDenial<VendorState>> ended_hold(CallId id, std::string key, Front& front) {
  const auto work = [&]() -> Result<std::optional<EndedHold>> {
    if (auto folded = front.services.store->fold(); !folded) {
      return std::unexpected(folded.error());
    }
    return find_ended_hold(front.data, id, key);
  };
  const auto found = co_await on_clerk(front, work);
  if (!found) {
    co_return denied(Refused::overloaded, found.error().message);
  }
  if (!*found) {
    co_return denied(Refused::not_found, "no such hold of this key");
  }
  const EndedHold& ended = **found;
  co_return VendorState{.id = id,
                        .vendor = ended.vendor,
                        .item = ended.item,
                        .held = ended.held,
                        .outcome = outcome_named(ended.outcome),
                        .cost = ended.cost,
                        .at = ended.at,
                        .ends = ended.ended};
}

/// The same end again is the same answer; another one comes too late.
OrDenial<VendorState> repeated(const VendorState& state, const Wanted& wanted) {
  const Outcome outcome = wanted.verb == Verb::settle ? Outcome::settled : Outcome::released;
  const bool same =
      wanted.verb == Verb::look || (state.outcome == outcome && state.cost == wanted.cost);
  if (same) {
    return state;
  }
  std::string message = "this hold is over: " + std::string(to_string(*state.outcome)) + " at " +
                        to_dollars(state.cost);
  if (state.outcome == Outcome::presumed) {
    message += ", because nobody said in time what it came to";
  }
  return denied(Refused::conflict, std::move(message));
}

Awaitable<OrDenial<VendorState>> act(const Request& request, Front& front) {
  const auto who = identify(request, front.core, front.services);
  if (!who) {
    co_return std::unexpected(who.error());
  }
  const auto wanted = read_wanted(request);
  if (!wanted) {
    co_return std::unexpected(wanted.error());
  }
  const std::string& key = who->caller.key;
  std::optional<VendorState> state;
  if (wanted->verb == Verb::look) {
    state = find_vendor(wanted->id, key, front.services);
  } else {
    const VendorEnd end{
        .outcome = wanted->verb == Verb::settle ? Outcome::settled : Outcome::released,
        .cost = wanted->cost};
    state = end_vendor(wanted->id, key, end, front.core, front.services);
  }
  if (state) {
    co_return *state;
  }
  const auto ended = co_await ended_hold(wanted->id, key, front);
  co_return ended ? repeated(*ended, *wanted) : ended;
}

/// What the name stood for before this gateway started, or so long ago that it is forgotten here;
/// from the ledger, by the clerk. Nothing: it is new, or known to the gateway.
Awaitable<OrDenial<std::optional<VendorState>>> known_hold(const HoldName& asked, std::string key,
                                                           Front& front) {
  const auto work = [&] { return find_named_hold(front.data, asked.name); };
  const auto known = co_await on_clerk(front, work);
  if (!known) {
    co_return denied(Refused::overloaded, known.error().message);
  }
  if (!*known) {
    co_return std::nullopt;
  }
  if ((*known)->words != asked.words) {
    co_return denied(Refused::conflict, std::string(kOtherHold));
  }
  auto ended = co_await ended_hold((*known)->call, std::move(key), front);
  if (!ended) {
    co_return std::unexpected(std::move(ended.error()));
  }
  co_return std::move(*ended);
}

/// POST /v1/holds.
Awaitable<OrDenial<Plain>> open_hold(const Request& request, Front& front) {
  auto ask = read_vendor_ask(request.body);
  if (!ask) {
    co_return denied(Refused::bad_request, ask.error().message);
  }
  const auto who = identify(request, front.core, front.services);
  if (!who) {
    co_return std::unexpected(who.error());
  }
  if (const auto name = name_of(who->caller, *ask)) {
    const auto known = co_await known_hold(*name, who->caller.key, front);
    if (!known) {
      co_return std::unexpected(known.error());
    }
    if (*known) {
      co_return Plain{.status = 200, .body = vendor_json(**known)};
    }
  }
  const auto held = co_await hold_vendor(request, std::move(*ask), front.core, front.services);
  if (!held) {
    co_return std::unexpected(held.error());
  }
  if (held->state) {
    co_return Plain{.status = held->repeated ? 200 : 201, .body = vendor_json(*held->state)};
  }
  const auto ended = co_await ended_hold(held->id, who->caller.key, front);
  if (!ended) {
    co_return std::unexpected(ended.error());
  }
  co_return Plain{.status = 200, .body = vendor_json(*ended)};
}

}  // namespace

Awaitable<bool> holds_desk(Connection& client, const Request& request, Front& front) {
  OrDenial<Plain> plain;
  if (request.path == kPath.substr(0, kPath.size() - 1)) {
    plain = co_await open_hold(request, front);
  } else {
    const auto state = co_await act(request, front);
    plain = state ? OrDenial<Plain>(Plain{.body = vendor_json(*state)})
                  : std::unexpected(state.error());
  }
  if (!plain) {
    co_return co_await deny(client, request, dialect_of(request), plain.error(), {}, front.core);
  }
  co_return co_await answer(client, request, *plain);
}

}  // namespace purser
