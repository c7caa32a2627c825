// pipeline/settle.cpp — what the call really cost, posted where it was held, exactly once.
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

Amount pass_cost(const Admitted& admitted, const Reply& reply, const std::string& model,
                 const Usage& usage) {
  const PriceList* list = list_for(admitted, model);
  if (list == nullptr) {  // the operator's ceiling, for every token there is
    const WorstRates& ceiling = admitted.pricing.worst;
    return at_most(usage.prompt_total(), ceiling.input) + at_most(usage.output, ceiling.output);
  }
  return cost(*list, usage,
              {.tier = reply.tier,
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

std::int32_t passes_of(const Reply& reply) {
  if (reply.ending == Ending::refused) {
    return 0;
  }
  return std::max<std::int32_t>(1, static_cast<std::int32_t>(reply.passes.size()));
}

std::string edits_text(const Held& held) {
  std::string text;
  if (held.edits.output_max) {
    text = "output_max=" + std::to_string(held.edits.output_max->count());
    text += held.fitted ? ";fitted" : ";default";
  }
  if (held.edits.ask_usage) {
    text += text.empty() ? "ask_usage" : ";ask_usage";
  }
  return text;
}

/// What the call cost, by how its hold ended.
Amount cost_of(const Admitted& admitted, const Held& held, const Answered& answered) {
  switch (answered.outcome) {
    case Outcome::settled:
      return reply_cost(admitted, answered.reply);
    case Outcome::presumed:
    case Outcome::estimated:
      return held.worst;
    case Outcome::released:
      break;
  }
  return {};
}

SettleEntry entry_of(const Admitted& admitted, const Held& held, Answered& answered) {
  Reply& reply = answered.reply;
  SettleEntry entry;
  entry.call = admitted.id;
  entry.at = now();
  entry.outcome = answered.outcome;
  entry.cost = cost_of(admitted, held, answered);
  entry.passes = passes_of(reply);
  entry.unpriced = list_for(admitted, reply.model) == nullptr;
  entry.usage = reply.usage;
  entry.model = reply.model.empty() ? admitted.model : std::move(reply.model);
  entry.provider_id = std::move(reply.provider_id);
  entry.stop_reason = std::move(reply.stop_reason);
  entry.tier = reply.tier;
  entry.speed = reply.speed;
  entry.geo = std::move(reply.geo);
  entry.status = answered.status;
  entry.first_byte_us = answered.first_byte_us;
  entry.total_us = std::chrono::duration_cast<std::chrono::microseconds>(
                       std::chrono::steady_clock::now() - admitted.began)
                       .count();
  entry.edits = edits_text(held);
  return entry;
}

/// What each account is really charged: measured when known, all that was held when not.
void fill_legs(SettleEntry& entry, const Held& held) {
  entry.legs.reserve(held.parts.size());
  for (const Held::Part& part : held.parts) {
    Units units;
    if (entry.outcome == Outcome::settled) {
      units = units_used(part.touched.measure, entry.cost, entry.usage);
    } else if (entry.outcome != Outcome::released) {
      units = part.need.units;
    }
    entry.legs.push_back({.account = part.need.account,
                          .units = units,
                          .ends = part.need.ends,
                          .is_money = part.touched.measure == Measure::usd});
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
  counters.upstream_status[static_cast<std::size_t>(std::clamp(entry.status / 100, 0, 5))].add();
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

Outcome outcome_of(const Reply& reply) {
  switch (reply.ending) {
    case Ending::complete:
    case Ending::refused:
      return Outcome::settled;
    case Ending::no_usage:
    case Ending::broken:
      break;
  }
  return Outcome::presumed;
}

Settled settle(const Admitted& admitted, const Held& held, Answered answered, Core& core,
               Services& services) {
  Settled settled{entry_of(admitted, held, answered)};
  SettleEntry& entry = settled.entry;
  fill_legs(entry, held);
  if (held.hold) {
    std::array<Units, kNeedsMax> posted;
    for (std::size_t i = 0; i < entry.legs.size(); ++i) {
      posted[i] = entry.legs[i].units;
    }
    const std::lock_guard lock(services.books.mutex);
    services.books.treasury.settle(*held.hold, {posted.data(), entry.legs.size()});
  }
  services.store->settle(entry);
  services.books.waiting.call_all();
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
