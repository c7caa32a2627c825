// pipeline/try_again.cpp — from a failed attempt to the next: its hold ended, another id, a pause.
#include "pipeline/try_again.hpp"

#include <fmt/format.h>

#include "wire/pace_fields.hpp"

namespace purser {
namespace {

/// Clients give up before they wait longer.
constexpr std::chrono::seconds kStayAwayMax{60};

/// Who answers the next attempt.
struct Aim {
  const Provider* provider;
  UpstreamSecret secret;
  std::string_view model;
};

struct Plan {
  std::optional<Aim> aim;  // nothing: as it is
  std::chrono::milliseconds wait{0};
};

/// Nothing: the target cannot serve this call, or is left alone for now.
std::optional<Aim> aim_at(const Target& target, const Admitted& admitted, Services& services) {
  const Policy& policy = *admitted.policy;
  Aim aim{.provider = admitted.provider, .secret = admitted.secret, .model = target.model};
  if (!target.provider.empty() && target.provider != aim.provider->name) {
    aim.provider = find_provider(policy.providers, target.provider);
    if (aim.provider == nullptr || !aim.provider->speaks(admitted.call.dialect) ||
        (aim.provider->secret.empty() && aim.provider->key_wanted)) {
      return std::nullopt;
    }
    aim.secret = {.secret = aim.provider->secret, .header = aim.provider->key_header};
  }
  const auto priced = [&](std::string_view model) {
    return policy.ceiling || policy.prices->find(aim.provider->name, model) != nullptr;
  };
  const bool all_priced =
      priced(aim.model) && std::ranges::all_of(admitted.call.other_models, [&](auto other) {
        return other.empty() || priced(other);
      });
  if (!all_priced || services.breakers.is_open(aim.provider->name, now())) {
    return std::nullopt;
  }
  return aim;
}

/// Targets that cannot serve are passed by.
std::optional<Plan> plan(const Admitted& admitted, Attempts& attempts, Failing failing,
                         std::optional<std::chrono::nanoseconds> told, Services& services) {
  Seed chance(static_cast<std::uint64_t>(now().nanos()));
  for (auto next = attempts.after(failing, told, chance); next;
       next = attempts.after(Failing::elsewhere, {}, chance)) {
    if (next->target == nullptr) {
      return Plan{.aim = {}, .wait = next->wait};
    }
    if (const auto aim = aim_at(*next->target, admitted, services)) {
      return Plan{.aim = aim, .wait = next->wait};
    }
  }
  return std::nullopt;
}

/// False: it cannot be priced.
bool take(const Plan& plan, Admitted& admitted) {
  if (!plan.aim) {
    return true;
  }
  admitted.provider = plan.aim->provider;
  admitted.secret = plan.aim->secret;
  admitted.changed_by = "fallback";
  return change_model(admitted, plan.aim->model).has_value();
}

std::string reason(const Admitted& admitted, const Asked& asked) {
  return asked.incoming
             ? fmt::format("{} answered {}", admitted.provider->name, asked.incoming->status())
             : fmt::format("{} could not be reached: {}", admitted.provider->name, asked.failure);
}

}  // namespace

std::optional<Denial> kept_out(const Admitted& admitted, Services& services) {
  const auto away = services.breakers.keeps_out(admitted.provider->name, now());
  if (!away) {
    return std::nullopt;
  }
  return Denial{
      .why = Refused::overloaded,
      .message = admitted.provider->name + " fails call after call and is left alone for a moment.",
      .retry_after = std::clamp<std::chrono::seconds>(
          std::chrono::ceil<std::chrono::seconds>(*away), std::chrono::seconds(1), kStayAwayMax),
      .limit = {}};
}

bool go_elsewhere(Admitted& admitted, Attempts& attempts, Services& services) {
  const auto next = plan(admitted, attempts, Failing::elsewhere, {}, services);
  return next && take(*next, admitted);
}

Failing look_at(const Admitted& admitted, const Asked& asked, Services& services) {
  const int status = asked.incoming ? asked.incoming->status() : 0;
  if (asked.incoming && status < 500) {
    services.breakers.answered(admitted.provider->name, *services.alerts);
  } else {
    services.breakers.failed(admitted.provider->name, admitted.policy->breaker,
                             reason(admitted, asked), now(), *services.alerts);
  }
  if (asked.incoming) {
    return failing_of(status);
  }
  return asked.sent ? Failing::unanswered : Failing::unreached;
}

Awaitable<bool> try_again(Admitted& admitted, const Held& held, Asked& asked, Failing failing,
                          Attempts& attempts, Core& core, Services& services) {
  const bool answered = asked.incoming != nullptr;
  const ToldPace told =
      answered ? told_pace(asked.incoming->status(), asked.incoming->fields()) : ToldPace{};
  const auto next = plan(admitted, attempts, failing, told.wait, services);
  if (!next) {
    co_return false;
  }
  if (answered) {
    services.gates.hear(admitted, told);
  }
  Answered failed;
  failed.status = answered ? asked.incoming->status() : 0;
  failed.outcome = failing == Failing::unanswered ? Outcome::presumed : Outcome::released;
  failed.why = reason(admitted, asked) + "; it is tried again";
  settle(admitted, held, std::move(failed), core, services);
  asked.incoming.reset();
  admitted.passage.reset();
  admitted.after = admitted.id;
  admitted.id = CallId(services.next_call.fetch_add(1, std::memory_order_relaxed));
  admitted.at = now();
  core.counters.tried_again.add();
  const bool taken = take(*next, admitted);
  INVARIANT(taken, "what is aimed at has a price");
  Timer timer(core.io, next->wait);
  co_await timer.async_wait(kAwait);
  co_return true;
}

}  // namespace purser
