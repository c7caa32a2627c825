// pipeline/settle.cpp — what the call really cost, posted where it was held, exactly once.
#include "limits/judge.hpp"
#include "pipeline/stages.hpp"
#include "pipeline/turn_line.hpp"

namespace purser {
namespace {

/// The list of the model that answered; of the one that was asked when the answer's has no price.
const PriceList* list_for(const Admitted& admitted, const std::string& model) {
  if (model.empty() || model == admitted.model) {
    return admitted.pricing.list;
  }
  const PriceList* list = admitted.policy->prices->find(admitted.provider->name, model);
  return list != nullptr ? list : admitted.pricing.list;
}

/// The tier the answer names. One that names none is taken to be of the tier that was asked for,
/// but never of one below the standard rate: it may have been served at that.
ServiceTier tier_of(const Admitted& admitted, const Reply& reply) {
  if (reply.tier) {
    return *reply.tier;
  }
  const ServiceTier asked = admitted.call.tier_asked.value_or(admitted.provider->tier_default);
  const bool below = asked == ServiceTier::flex || asked == ServiceTier::batch;
  return below ? ServiceTier::standard : asked;
}

Amount pass_cost(const Admitted& admitted, const Reply& reply, const std::string& model,
                 const Usage& usage) {
  const PriceList* list = list_for(admitted, model);
  if (list == nullptr) {  // the operator's ceiling, for every token there is
    const WorstRates& ceiling = admitted.pricing.worst;
    return at_most(usage.prompt_total(), ceiling.input) + at_most(usage.output, ceiling.output);
  }
  return cost(*list, usage,
              {.tier = tier_of(admitted, reply),
               .speed = reply.speed,
               .geo = reply.geo,
               .region = {},
               .at = admitted.at});
}

Amount reply_cost(const Admitted& admitted, const Reply& reply) {
  if (reply.ending == Ending::refused) {
    return {};  // refused before any output: the Claude API does not bill it
  }
  if (reply.passes.empty()) {
    return pass_cost(admitted, reply, reply.model, reply.usage);
  }
  Amount total;
  for (const Pass& pass : reply.passes) {
    total += pass_cost(admitted, reply, pass.model.empty() ? reply.model : pass.model, pass.usage);
  }
  return total;
}

std::int32_t passes_of(const Answered& answered) {
  const Reply& reply = answered.reply;
  if (reply.ending == Ending::refused || answered.stated) {
    return 0;  // nothing here was priced by the book
  }
  return std::max<std::int32_t>(1, static_cast<std::int32_t>(reply.passes.size()));
}

/// What the call cost, by how its hold ended.
Amount cost_of(const Admitted& admitted, const Held& held, const Answered& answered) {
  switch (answered.outcome) {
    case Outcome::settled:
      return answered.stated ? *answered.stated : reply_cost(admitted, answered.reply);
    case Outcome::presumed:
    case Outcome::estimated:
      return held.worst;
    case Outcome::released:
      break;
  }
  return {};
}

SettleEntry entry_without_legs(const Admitted& admitted, const Held& held, Answered& answered) {
  Reply& reply = answered.reply;
  SettleEntry entry;
  entry.call = admitted.id;
  entry.at = now();
  entry.outcome = answered.outcome;
  entry.cost = cost_of(admitted, held, answered);
  entry.passes = passes_of(answered);
  if (entry.passes > 1 && reply.passes.size() <= kPartsMax) {
    entry.parts = std::move(reply.passes);
  }
  entry.unpriced = !answered.stated && list_for(admitted, reply.model) == nullptr;
  entry.usage = reply.usage;
  entry.model = reply.model.empty() ? admitted.model : std::move(reply.model);
  entry.provider_id = std::move(reply.provider_id);
  entry.stop_reason = std::move(reply.stop_reason);
  entry.tier = tier_of(admitted, reply);
  entry.speed = reply.speed;
  entry.geo = std::move(reply.geo);
  entry.status = answered.status;
  entry.first_byte_us = answered.first_byte_us;
  entry.units = answered.units;
  entry.total_us = std::chrono::duration_cast<std::chrono::microseconds>(
                       std::chrono::steady_clock::now() - admitted.began)
                       .count();
  entry.edits = edits_text(admitted, held);
  return entry;
}

/// What a call really took: measured when known, all that was held when not.
Units taken(Measure measure, Units held, const SettleEntry& entry) {
  switch (entry.outcome) {
    case Outcome::settled:
      return units_used(measure, entry.cost, entry.usage);
    case Outcome::released:
      return {};
    case Outcome::presumed:
    case Outcome::estimated:
      break;
  }
  return is_kept(measure) ? held : Units{};
}

void fill_legs(SettleEntry& entry, const Held& held) {
  entry.legs.reserve(held.parts.size());
  for (const Held::Part& part : held.parts) {
    if (!is_kept(part.touched.measure)) {
      continue;
    }
    const Units units = taken(part.touched.measure, part.need.units, entry);
    entry.legs.push_back({.account = part.need.account,
                          .units = units,
                          .ends = part.need.ends,
                          .is_money = part.touched.measure == Measure::usd});
  }
}

/// The hold's end in the books, and what a bucket gave for nothing.
void end_hold(const SettleEntry& entry, const Admitted& admitted, const Held& held, Books& books) {
  std::array<Units, kNeedsMax> posted;
  for (std::size_t i = 0; i < held.parts.size(); ++i) {
    const Held::Part& part = held.parts[i];
    posted[i] = taken(part.touched.measure, part.need.units, entry);
  }
  const std::lock_guard lock(books.mutex);
  books.treasury.settle(*held.hold, {posted.data(), held.parts.size()});
  for (std::size_t i = 0; i < held.parts.size(); ++i) {
    const Held::Part& part = held.parts[i];
    if (!admitted.spent_before && part.touched.limit->shed &&
        part.touched.measure == Measure::usd) {
      books.burn.add(part.need.account, posted[i], admitted.caller.priority, entry.at);
    }
  }
  for (const Held::Drawn& drawn : held.drawn) {
    books.paces.give_back(drawn.draw,
                          drawn.draw.units - taken(drawn.measure, drawn.draw.units, entry));
  }
}

struct Told {
  const Touched* touched;
  Standing standing;
  PassedShares::Change change;
};

/// Accounts whose limit alerts somebody: what they are past now, if that has changed.
std::vector<Told> news_of(const Held& held, Books& books) {
  std::vector<Told> news;
  for (const Held::Part& part : held.parts) {
    if (part.touched.limit->at.empty()) {
      continue;
    }
    Standing standing;
    books.treasury.standings({&part.need, 1}, {&standing, 1});
    standing = seen(part.touched, standing);
    const Threshold* alert = alert_of(*part.touched.limit, share_of(standing));
    const Share passed = alert == nullptr ? Share{} : alert->share;
    if (const auto change = books.passed.note(part.need.account.low, passed)) {
      news.push_back({&part.touched, standing, *change});
    }
  }
  return news;
}

void tell(const Admitted& admitted, const Held& held, const SettleEntry& entry,
          Services& services) {
  std::vector<Told> news;
  if (std::ranges::any_of(held.parts,
                          [](const Held::Part& part) { return !part.touched.limit->at.empty(); })) {
    const std::lock_guard lock(services.books.mutex);
    news = news_of(held, services.books);
  }
  for (const Told& told : news) {
    tell_threshold(*services.alerts, *told.touched, told.standing, told.change);
  }
  if (admitted.spent_before || admitted.policy->spikes == SpikeAction::off ||
      entry.outcome == Outcome::released) {
    return;
  }
  for (const Subject& subject : subjects_of(admitted.caller)) {
    if (!subject.name.empty()) {
      const std::lock_guard lock(services.spikes.mutex);
      const auto verdict = services.spikes.spikes.see(
          subject,
          {.calls = 0, .spend = entry.cost, .tokens = entry.usage.tokens_in() + entry.usage.output},
          entry.at);
      if (verdict.event) {
        tell_spike(*services.alerts, *verdict.event);
      }
    }
  }
}

void count(const Admitted& admitted, const Held& held, const SettleEntry& entry, Core& core) {
  Counters& counters = core.counters;
  const auto dialect = static_cast<std::size_t>(admitted.call.dialect);
  const auto outcome = static_cast<std::size_t>(entry.outcome);
  counters.calls[dialect][outcome].add();
  counters.cost_nanos[dialect][outcome].add(entry.cost.nanos());
  counters.tokens_in[dialect].add(entry.usage.tokens_in().count());
  counters.tokens_out[dialect].add(entry.usage.output.count());
  counters.tokens_cached[dialect].add(entry.usage.cache_read.count());
  if (admitted.call.dialect != Dialect::vendor) {  // no provider was asked
    counters.upstream_status[static_cast<std::size_t>(std::clamp(entry.status / 100, 0, 5))].add();
  }
  if (entry.cost > held.worst) {
    counters.overruns.add();
  }
  if (entry.unpriced && entry.outcome == Outcome::settled) {
    counters.unpriced.add();
  }
}

/// What the provider made of a prompt that was counted here. Media, server tools and server state
/// are billed but not in the body: such calls teach nothing.
void learn_ratio(const Admitted& admitted, const Held& held, const SettleEntry& entry, Core& core) {
  const Call& call = admitted.call;
  if (held.counted && entry.outcome == Outcome::settled && call.media_parts == 0 &&
      call.server_tool_rounds_max == 0 && !call.state_on_server) {
    core.ratios.learn(admitted.provider->name, admitted.model, *held.counted,
                      entry.usage.prompt_total());
  }
}

}  // namespace

SettleEntry end_entry(const Admitted& admitted, const Held& held, Answered& answered) {
  SettleEntry entry = entry_without_legs(admitted, held, answered);
  fill_legs(entry, held);
  return entry;
}

std::string edits_text(const Admitted& admitted, const Held& held) {
  std::string text;
  const auto add = [&](std::string_view what, std::string_view value = {}) {
    text += text.empty() ? "" : ";";
    text += what;
    text += value;
  };
  if (held.edits.output_max) {
    add("output_max=", std::to_string(held.edits.output_max->count()));
    add(held.fitted ? "fitted" : "default");
  }
  if (held.edits.ask_usage) {
    add("ask_usage");
  }
  if (admitted.name_taken_off) {
    add("provider=", admitted.provider->name);
  }
  if (admitted.model != admitted.model_asked) {
    add("model=", admitted.model);
  }
  if (!held.edits.effort.empty()) {
    add("effort=", held.edits.effort);
  }
  if (held.edits.closing) {
    add("last_answer");
  }
  if (!admitted.changed_by.empty()) {
    add("by=", admitted.changed_by);
  }
  if (admitted.after) {
    add("after=", to_text(*admitted.after));
  }
  if (!admitted.loop.empty()) {
    add("loop ", admitted.loop);
  }
  for (const std::string& would : admitted.would) {
    add("would ", would);
  }
  return text;
}

Outcome outcome_of(const Reply& reply) {
  switch (reply.ending) {
    case Ending::complete:
    case Ending::refused:
      return Outcome::settled;
    case Ending::no_usage:
    case Ending::broken:
    case Ending::under_way:
      break;
  }
  return Outcome::presumed;
}

Settled settle(const Admitted& admitted, const Held& held, Answered answered, Core& core,
               Services& services) {
  Settled settled{end_entry(admitted, held, answered)};
  SettleEntry& entry = settled.entry;
  if (held.hold) {
    end_hold(entry, admitted, held, services.books);
  }
  if (admitted.seat) {
    admitted.seat->settle(entry.cost, entry.usage, entry.provider_id, entry.at);
  }
  if (admitted.passage) {
    admitted.passage->settle(entry.cost);
  }
  if (admitted.call.dialect == Dialect::responses && entry.outcome == Outcome::settled) {
    services.answers.end(entry.provider_id, admitted.caller.key, entry.usage);
  }
  services.store->settle(entry);
  services.books.waiting.call_all();
  tell(admitted, held, entry, services);
  count(admitted, held, entry, core);
  learn_ratio(admitted, held, entry, core);
  if (services.turns->on()) {
    thread_local std::string line;
    line.clear();
    append_turn_completed(line, admitted, held, answered.why, entry);
    services.turns->append(line);
  }
  return settled;
}

}  // namespace purser
