// app/explain.cpp — records become sentences.
#include "app/explain.hpp"

#include <fmt/format.h>

#include <unordered_map>

#include "limits/stand.hpp"
#include "pipeline/services.hpp"

namespace purser {
namespace {

/// "key_…, user ann, tier free".
std::string who_text(const Caller& caller) {
  std::string text;
  for (const auto& [name, value] :
       {std::pair{"user", &caller.user}, std::pair{"tier", &caller.tier},
        std::pair{"team", &caller.team}, std::pair{"feature", &caller.feature},
        std::pair{"session", &caller.session}, std::pair{"key", &caller.key}}) {
    if (!value->empty()) {
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, *value);
    }
  }
  for (const auto& [name, value] : caller.tags) {
    text += fmt::format("{}{}={}", text.empty() ? "" : ", ", name, value);
  }
  return text.empty() ? "nobody said" : text;
}

std::string asked_text(std::string_view dialect, std::string_view model,
                       std::string_view provider) {
  return dialect == "vendor" ? fmt::format("{} of {}, reported by the caller", model, provider)
         : dialect == "tool" ? fmt::format("the tool {} of {}", model, provider)
                             : fmt::format("{} of {} ({})", model, provider, dialect);
}

std::string outcome_text(const CallRecord& call) {
  if (call.outcome == "settled") {
    return call.dialect == "vendor" ? "settled: the caller said what it cost"
           : call.dialect == "tool" ? "settled: by its price, and what its result says it took"
                                    : "settled: the provider said what it used";
  }
  if (call.outcome == "released") {
    return "released: nothing was billed";
  }
  const std::string why =
      call.stop_reason == "purser_restart" ? "the gateway ended while it was under way"
      : call.stop_reason == "purser_ttl"   ? "nobody said in time what it came to"
      : call.stop_reason == "purser_stop"  ? "the gateway stopped before anybody said"
      : call.stop_reason == "purser_kill"  ? "a kill switch ended it"
                                           : "how much was used is not known";
  return fmt::format("{} at all that was held: {}", call.outcome, why);
}

/// An account that a call like this touches today.
struct Known {
  std::string name;
  Measure measure = Measure::usd;
};
using Names = std::unordered_map<AccountKey, Known>;

void add_names(Names& names, const CallRecord& call, std::string_view model,
               const LimitSet& limits) {
  const Dialect dialect = dialect_named(call.dialect, kAllDialects).value_or(Dialect::chat);
  Touches touches;
  limits.touch(
      {.caller = call.caller, .provider = call.provider, .model = model, .dialect = dialect},
      call.at, Control::enforce, touches);
  for (std::size_t i = 0; i < touches.size(); ++i) {
    const Touched& touched = touches.list()[i];
    names.emplace(
        touches.needs()[i].account,
        Known{.name = fmt::format("{} ({}{}{}, {})", touched.limit->name,
                                  to_string(touched.limit->per), touched.subject.empty() ? "" : " ",
                                  touched.subject, window_text(*touched.limit)),
              .measure = touched.measure});
  }
}

std::string leg_text(const PackedLeg& leg, const Names& names) {
  if (const auto known = names.find(leg.account); known != names.end()) {
    return fmt::format("{}: {}", known->second.name, to_text(known->second.measure, leg.units));
  }
  return "an account of a limit that has changed since: " +
         (leg.is_money ? to_dollars(Amount::from_nanos(leg.units.count()))
                       : std::to_string(leg.units.count()));
}

void add_accounts(Table& table, const CallRecord& call, const LimitSet& limits) {
  Names names;
  add_names(names, call, call.model_asked, limits);
  for (std::string_view edits = call.edits; !edits.empty();) {
    const std::size_t end = edits.find(';');
    const std::string_view edit = edits.substr(0, end);
    edits = end == std::string_view::npos ? std::string_view{} : edits.substr(end + 1);
    if (edit.starts_with("model=")) {
      add_names(names, call, edit.substr(6), limits);
    }
  }
  if (call.legs.empty()) {
    table.add({"posted to", "no account: no limit was for it"});
  }
  for (const PackedLeg& leg : call.legs) {
    table.add({"posted to", leg_text(leg, names)});
  }
}

}  // namespace

std::vector<std::string> edits_in_words(std::string_view edits, std::string_view model_asked) {
  std::vector<std::string> words;
  std::string_view because;
  while (!edits.empty()) {
    const std::size_t end = edits.find(';');
    const std::string_view edit = edits.substr(0, end);
    edits = end == std::string_view::npos ? std::string_view{} : edits.substr(end + 1);
    const auto rest = [&](std::string_view prefix) { return edit.substr(prefix.size()); };
    if (edit.starts_with("output_max=")) {
      words.push_back(fmt::format("bounded the answer to {} tokens", rest("output_max=")));
    } else if (edit == "fitted" && !words.empty()) {
      words.back() += ": all that the money left carried";
    } else if (edit == "default" && !words.empty()) {
      words.back() += ": the caller had set no bound, or a larger one than is allowed";
    } else if (edit == "ask_usage") {
      words.push_back("asked the provider to report what the stream used");
    } else if (edit.starts_with("provider=")) {
      words.push_back(fmt::format("took {}/ off the front of the model", rest("provider=")));
    } else if (edit.starts_with("model=")) {
      words.push_back(fmt::format("sent it to {} instead of {}", rest("model="), model_asked));
    } else if (edit.starts_with("effort=")) {
      words.push_back(fmt::format("lowered the effort to {}", rest("effort=")));
    } else if (edit == "last_answer") {
      words.push_back("asked for a last answer without tools");
    } else if (edit.starts_with("by=")) {
      because = rest("by=");
    } else if (edit.starts_with("loop ")) {
      words.push_back(fmt::format("saw the session run in circles: {}", rest("loop ")));
    } else if (edit.starts_with("would ")) {
      words.push_back(fmt::format("only observed, a limit would have done: {}", rest("would ")));
    } else {
      words.emplace_back(edit);
    }
  }
  if (!because.empty()) {
    words.push_back(because == "loop" ? "because the session runs in circles"
                                      : fmt::format("because of the limit {}", because));
  }
  return words;
}

Table explain(const CallRecord& call, const LimitSet& limits) {
  Table table{.columns = {{"what"}, {"words"}}, .rows = {}};
  table.add({"call", to_text(call.call)});
  table.add({"when", fmt::format("{} to {}", to_rfc3339(call.at), to_rfc3339(call.ended))});
  table.add({"who", who_text(call.caller)});
  table.add({"asked for", asked_text(call.dialect, call.model_asked, call.provider)});
  if (call.dialect != "vendor") {
    table.add({"answered by",
               fmt::format("{}, status {}, {}", call.model, call.status,
                           call.stop_reason.empty() ? "no reason to stop" : call.stop_reason)});
  }
  if (call.dialect != "vendor" && call.dialect != "tool") {
    table.add({"tokens", fmt::format("{} in ({} of them from the cache), {} out of at most {}",
                                     call.tokens_in.count(), call.cache_read.count(),
                                     call.tokens_out.count(), call.output_max.count())});
  }
  table.add({"held", to_dollars(call.held)});
  table.add({"cost", to_dollars(call.cost + call.corrected)});
  if (call.corrected != Amount()) {
    table.add({"of it", to_dollars(call.corrected) + " by corrections since"});
  }
  table.add({"ended", outcome_text(call)});
  add_accounts(table, call, limits);
  const auto changes = edits_in_words(call.edits, call.model_asked);
  for (const std::string& change : changes) {
    table.add({"Purser", change});
  }
  if (changes.empty()) {
    table.add({"Purser", "changed nothing"});
  }
  return table;
}

Table explain(const RefusedCall& refused) {
  Table table{.columns = {{"what"}, {"words"}}, .rows = {}};
  table.add({"call", to_text(refused.call)});
  table.add({"when", to_rfc3339(refused.at)});
  table.add({"who", who_text(refused.caller)});
  table.add({"asked for", asked_text(refused.dialect, refused.model, refused.provider)});
  table.add({"refused", refused.message});
  if (!refused.limit.empty()) {
    table.add({"by limit", refused.limit});
  }
  table.add({"cost", "nothing: it was not sent"});
  return table;
}

}  // namespace purser
