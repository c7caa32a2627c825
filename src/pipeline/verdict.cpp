// pipeline/verdict.cpp — the stages of serve(), up to where it would hold.
#include "pipeline/verdict.hpp"

#include "base/json_text.hpp"

namespace purser {
namespace {

/// Nobody asks, or nothing is asked: answered as the call itself would be.
bool is_no_question(Refused why) {
  return why == Refused::key || why == Refused::bad_request || why == Refused::not_found;
}

Decision decision_of(const Admitted& admitted, const Held& held,
                     const std::optional<Denial>& denial) {
  if (denial) {
    return denial->why == Refused::pace ? Decision::wait : Decision::deny;
  }
  if (admitted.closing) {
    return Decision::land;
  }
  if (admitted.model != admitted.model_asked) {
    return Decision::downgrade;
  }
  return held.fitted ? Decision::fit : Decision::admit;
}

void append_denial(JsonObject& json, const Denial& denial, std::span<const Stand> stands) {
  json.text("message", denial.message);
  if (denial.limit.empty()) {
    return;
  }
  json.text("limit", denial.limit);
  if (denial.retry_after.count() > 0) {
    json.number("retry_after", denial.retry_after.count());
  }
  for (const Stand& stand : stands) {
    if (stand.limit->name == denial.limit && stand.resets_at != Instant::never()) {
      json.text("resets_at", to_rfc3339(stand.resets_at));
      return;
    }
  }
}

/// What the call would be, as far as it came.
void append_call(JsonObject& json, const Admitted& admitted, const Held& held) {
  json.text("provider", admitted.provider->name)
      .text("model", admitted.model)
      .text("model_asked", admitted.model_asked)
      .raw("worst_usd", to_exact_dollars(held.worst))
      .number("input_max", held.input_max.count())
      .number("output_max", all_choices(admitted.call.choices, held.output_max).count());
  if (const std::string edits = edits_text(admitted, held); !edits.empty()) {
    json.text("edits", edits);
  }
  if (!admitted.loop.empty()) {
    json.text("loop", admitted.loop);
  }
  if (admitted.control == Control::observe) {
    json.text("control", "observe");
  }
  std::string would;
  for (const std::string& each : admitted.would) {
    would += would.empty() ? "[" : ",";
    append_json_string(would, each);
  }
  json.raw("would", would.empty() ? "[]" : would + ']');
}

/// Of the accounts that bind, the one with the smallest share of its maximum left.
const Stand* tightest_of(std::span<const Stand> stands) {
  std::vector<const Stand*> binding;
  std::vector<Standing> standings;
  for (const Stand& stand : stands) {
    if (!stand.observed && !stand.is_bucket()) {
      binding.push_back(&stand);
      standings.push_back(stand.standing);
    }
  }
  const auto index = tightest(standings);
  return index ? binding[*index] : nullptr;
}

std::string accounts_json(std::span<const Stand> stands) {
  std::string json = "[";
  for (const Stand& stand : stands) {
    json += json.size() == 1 ? "" : ",";
    append_stand(json, stand);
  }
  return json + ']';
}

std::string denied_json(const Denial& denial) {
  std::string json;
  JsonObject object(json);
  object.text("decision", to_string(denial.why == Refused::pace ? Decision::wait : Decision::deny));
  append_denial(object, denial, {});
  object.raw("accounts", "[]").finish();
  return json;
}

/// The decision of the stages behind admit(), in their order; none while accounts are away.
Trial judged(Admitted& admitted, std::string_view body, Core& core, Services& services) {
  if (auto passed = judge(admitted, services); !passed) {
    Trial trial = try_out(admitted, body, core, services);
    trial.denial = std::move(passed.error());
    return trial;
  }
  if (!admitted.away.empty()) {
    return {};
  }
  return try_out(admitted, body, core, services);
}

}  // namespace

std::string_view to_string(Decision decision) {
  switch (decision) {
    case Decision::admit:
      return "admit";
    case Decision::fit:
      return "fit";
    case Decision::downgrade:
      return "downgrade";
    case Decision::land:
      return "land";
    case Decision::wait:
      return "wait";
    case Decision::deny:
      return "deny";
  }
  return "deny";
}

void append_stand(std::string& json, const Stand& stand) {
  JsonObject object(json);
  object.text("limit", stand.limit->name)
      .text("measure", to_string(stand.measure))
      .text("subject", stand.subject)
      .text("window", window_text(*stand.limit));
  const auto figure = [&](std::string_view name, Units units) {
    object.raw(name, exact_text(stand.measure, units));
  };
  if (!stand.is_bucket()) {
    figure("posted", stand.standing.posted);
    figure("held", stand.standing.held);
  }
  if (stand.unlimited()) {
    object.raw("max", "null");
  } else {
    figure("max", stand.standing.max);
    if (!stand.is_bucket()) {
      figure("left", stand.standing.left());
    }
  }
  if (stand.resets_at != Instant::never()) {
    object.text("resets_at", to_rfc3339(stand.resets_at));
  }
  object.text("mode", stand.observed ? "observe" : "enforce").finish();
}

Awaitable<OrDenial<std::string>> verdict(const Request& request, Dialect dialect, Core& core,
                                         Services& services) {
  auto admitted = admit(request, dialect, core, services, Intent::question);
  if (!admitted) {
    co_return is_no_question(admitted.error().why)
        ? OrDenial<std::string>(std::unexpected(std::move(admitted.error())))
        : denied_json(admitted.error());
  }
  if (auto approved = approve(*admitted, request.body, core, services, Intent::question);
      !approved) {
    co_return denied_json(approved.error());
  }
  const auto killed = switched_off(*admitted, core);
  Trial trial = judged(*admitted, request.body, core, services);
  while (!admitted->away.empty()) {
    if (auto back = co_await recall(*admitted, core, services); !back) {
      co_return denied_json(back.error());
    }
    trial = judged(*admitted, request.body, core, services);
  }
  if (killed) {
    trial.denial = killed;
  }
  Touches touches;
  admitted->policy->limits.touch(admitted->facts(), admitted->at, admitted->control, touches);
  std::vector<Stand> standing;
  {
    const std::lock_guard lock(services.books.mutex);
    standing = stands(touches, services.books.treasury);
  }
  std::string json;
  JsonObject object(json);
  object.text("decision", to_string(decision_of(*admitted, trial.held, trial.denial)));
  append_call(object, *admitted, trial.held);
  if (trial.denial) {
    append_denial(object, *trial.denial, standing);
  }
  if (killed) {
    object.text("kill_switch", killed->message);
  }
  if (const auto* binds = tightest_of(standing); binds != nullptr) {
    object.text("tightest", binds->limit->name);
  }
  object.raw("accounts", accounts_json(standing)).finish();
  co_return json;
}

}  // namespace purser
