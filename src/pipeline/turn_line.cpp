// pipeline/turn_line.cpp — one flat object a turn; names as in the ledger and the reports.
#include "pipeline/turn_line.hpp"

#include "base/json_text.hpp"

namespace purser {
namespace {

void append_time(JsonObject& line, Instant at) {
  std::string& out = line.value<"at">();
  out += '"';
  append_rfc3339(out, at);
  out += '"';
}

void append_call_id(JsonObject& line, CallId id) {
  std::string& out = line.value<"call_id">();
  out += '"';
  append_text(out, id);
  out += '"';
}

void append_caller(JsonObject& line, const Caller& caller) {
  line.text<"session_id">(caller.session)
      .text<"user_id">(caller.user)
      .text<"tier">(caller.tier)
      .text<"team">(caller.team)
      .text<"feature">(caller.feature)
      .text<"key_id">(caller.key)
      .text<"priority">(to_string(caller.priority));
  if (caller.tags.empty()) {
    return;
  }
  std::string tags;
  JsonObject object(tags);
  for (const auto& [name, value] : caller.tags) {
    object.text(name, value);
  }
  object.finish();
  line.raw("tags", tags);
}

void append_usage(JsonObject& line, const Usage& usage) {
  line.number<"tokens_in">(usage.tokens_in().count())
      .number<"tokens_out">(usage.output.count())
      .number<"tokens_uncached">(usage.input_uncached.count())
      .number<"tokens_cache_read">(usage.cache_read.count())
      .number<"tokens_cache_write">((usage.cache_write_short + usage.cache_write_long).count())
      .number<"tokens_reasoning">(usage.reasoning.count());
  if (usage.web_searches > 0) {
    line.number<"web_searches">(usage.web_searches);
  }
  if (usage.file_searches > 0) {
    line.number<"file_searches">(usage.file_searches);
  }
}

}  // namespace

void append_turn_completed(std::string& out, const Admitted& admitted, const Held& held,
                           std::string_view why, const SettleEntry& entry) {
  JsonObject line(out);
  line.text<"event">("agent_turn_completed");
  append_time(line, entry.at);
  append_call_id(line, entry.call);
  append_caller(line, admitted.caller);
  line.text<"provider">(admitted.provider->name)
      .text<"dialect">(to_string(admitted.call.dialect))
      .text<"model">(entry.model)
      .text<"model_asked">(admitted.model_asked)
      .boolean<"stream">(admitted.call.stream);
  append_usage(line, entry.usage);
  append_exact_dollars(line.value<"estimated_cost_usd">(), entry.cost);
  append_exact_dollars(line.value<"held_usd">(), held.worst);
  line.text<"outcome">(to_string(entry.outcome))
      .number<"status">(entry.status)
      .text<"stop_reason">(entry.stop_reason)
      .text<"provider_id">(entry.provider_id)
      .text<"service_tier">(to_string(entry.tier))
      .text<"speed">(to_string(entry.speed))
      .number<"input_max">(held.input_max.count())
      .number<"output_max">(all_choices(admitted.call.choices, held.output_max).count())
      .number<"first_byte_us">(entry.first_byte_us)
      .number<"total_us">(entry.total_us);
  if (!entry.geo.empty()) {
    line.text<"inference_geo">(entry.geo);
  }
  if (!entry.edits.empty()) {
    line.text<"edits">(entry.edits);
  }
  if (entry.unpriced) {
    line.boolean<"unpriced">(true);
  }
  if (admitted.control == Control::observe) {
    line.text<"control">("observe");
  }
  if (!why.empty()) {
    line.text<"why">(why);
  }
  line.finish();
  out += '\n';
}

void append_turn_refused(std::string& out, const Caller& caller, std::string_view model,
                         Dialect dialect, const Denial& denial, Instant at) {
  JsonObject line(out);
  line.text<"event">("agent_turn_refused");
  append_time(line, at);
  append_caller(line, caller);
  line.text<"dialect">(to_string(dialect)).text<"model">(model);
  if (!denial.limit.empty()) {
    line.text<"limit">(denial.limit);
  }
  line.text<"why">(denial.message);
  line.finish();
  out += '\n';
}

}  // namespace purser
