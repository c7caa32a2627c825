// pipeline/judge.cpp — thresholds on the way to a limit: a cheaper model, a last answer, a denial.
#include "limits/judge.hpp"

#include "pipeline/stages.hpp"

namespace purser {
namespace {

/// What a model is told when its answer is to be the last and the operator has no words for it.
constexpr std::string_view kClosing =
    "This is the last turn of this task: its budget is used up. Do not call any more tools. Answer "
    "now with what you have, and say what is missing.";

/// A budget that burns too fast for this call.
struct TooHot {
  std::size_t need;
  Shed shed;
};

/// The chance changes by the minute.
constexpr std::chrono::seconds kShedPause{30};

struct Judged {
  Touches touches;
  std::array<Standing, kNeedsMax> standings;
  Judgement judgement;
  std::optional<TooHot> hot;
};

/// Under the books' lock. The draw is the session's: a session under way is not stopped by one
/// unlucky turn of many.
void look_at_burn(Judged& judged, const Admitted& admitted, const Books& books) {
  const Caller& caller = admitted.caller;
  for (std::size_t i = 0; i < judged.touches.size(); ++i) {
    const Touched& touched = judged.touches.list()[i];
    const Need& need = judged.touches.needs()[i];
    if (!touched.limit->shed || touched.measure != Measure::usd) {
      continue;
    }
    const Budget budget{.used = judged.standings[i].posted,
                        .max = touched.max,
                        .window = {.starts = touched.starts, .ends = need.ends}};
    const std::string& lot = caller.session.empty() ? caller.user : caller.session;
    const Shed shed =
        decide(*touched.limit->shed, budget, books.burn.find(need.account), caller.priority,
               admitted.at, shed_draw(lot.empty() ? to_text(admitted.id) : lot));
    if (shed.verdict == Shed::Verdict::keep) {
      continue;
    }
    if (touched.observed) {
      judged.judgement.would.push_back("shed " + touched.limit->name);
    } else if (!judged.hot) {
      judged.hot = TooHot{.need = i, .shed = shed};
    }
  }
}

void set_units(Touches& touches, const Admitted& admitted) {
  const Ask ask{.input_max = admitted.input_max,
                .choices = admitted.call.choices,
                .web_searches_max = admitted.call.web_searches_max,
                .file_searches_max = admitted.call.file_searches_max,
                .rates = admitted.pricing.worst};
  for (std::size_t i = 0; i < touches.size(); ++i) {
    touches.needs()[i].units = units_held(touches.list()[i].measure, ask, admitted.output_max);
  }
}

/// Nothing when no limit here has anything to say before it is used up, or accounts are away.
std::optional<Judged> look(Admitted& admitted, Services& services) {
  Judged judged;
  admitted.policy->limits.touch(admitted.facts(), admitted.at, admitted.control, judged.touches);
  if (!judged.touches.judged()) {
    return std::nullopt;
  }
  set_units(judged.touches, admitted);
  const std::lock_guard lock(services.books.mutex);
  admitted.away = judged.touches.reckon(services.books.treasury);
  if (!admitted.away.empty()) {
    return std::nullopt;
  }
  services.books.treasury.standings(judged.touches.needs(), judged.standings);
  judged.judgement = judge(judged.touches, judged.standings, admitted.caller.priority);
  look_at_burn(judged, admitted, services.books);
  return judged;
}

Denial denied_by(const Judged& judged, const Passed& passed, const Admitted& admitted) {
  const Shortfall shortfall{
      .need = passed.need, .standing = judged.standings[passed.need], .final = true};
  Denial denial = denial_of(refuse(admitted.policy->limits, judged.touches, shortfall,
                                   admitted.caller, admitted.at, admitted.languages));
  if (passed.threshold->action == Threshold::Action::essential_only) {
    denial.message += " Until then only essential calls are taken.";
  }
  return denial;
}

/// The first of the threshold's models that the provider has, and that is not the one asked for.
std::optional<std::string_view> cheaper(const Admitted& admitted, const Threshold& threshold) {
  for (const std::string& model : threshold.models) {
    if (model == admitted.model) {
      return std::nullopt;  // it is as cheap as it is to be
    }
    if (admitted.policy->prices->find(admitted.provider->name, model) != nullptr) {
      return model;
    }
  }
  return std::nullopt;
}

void land(Admitted& admitted, const Limit& limit) {
  admitted.closing = limit.closing.empty() ? kClosing : std::string_view(limit.closing);
  admitted.changed_by = limit.name;
}

}  // namespace

OrDenial<void> judge(Admitted& admitted, Services& services) {
  if (!admitted.policy->limits.judges(admitted.control)) {
    return {};
  }
  auto judged = look(admitted, services);
  if (!judged) {
    return {};
  }
  const Dialect dialect = admitted.call.dialect;
  if (dialect == Dialect::vendor || dialect == Dialect::tool || admitted.call.embeds) {
    // Neither a purchase nor a tool has a model, and vectors of two models do not compare.
    judged->judgement.downgrade.reset();
    judged->judgement.land.reset();
  }
  const auto& down = judged->judgement.downgrade;
  if (down && admitted.changed_by.empty()) {  // once a call, however often it is judged
    const Limit& limit = *judged->touches.list()[down->need].limit;
    if (const auto model = cheaper(admitted, *down->threshold)) {
      if (auto changed = change_model(admitted, *model); !changed) {
        return changed;
      }
      admitted.changed_by = limit.name;
      judged = look(admitted, services);  // other limits may be about the other model
      if (!judged) {
        return {};
      }
    }
  }
  Judgement& judgement = judged->judgement;
  admitted.would = std::move(judgement.would);
  if (judged->hot) {
    const Touched& touched = judged->touches.list()[judged->hot->need];
    return std::unexpected(Denial{
        .why = Refused::pace,
        .message = "The budget " + touched.limit->name +
                   " burns too fast: " + to_text(judged->hot->shed, admitted.caller.priority) + '.',
        .retry_after = kShedPause,
        .limit = touched.limit->name});
  }
  if (judgement.deny) {
    return std::unexpected(denied_by(*judged, *judgement.deny, admitted));
  }
  if (judgement.land) {
    land(admitted, *judged->touches.list()[judgement.land->need].limit);
  }
  return {};
}

}  // namespace purser
