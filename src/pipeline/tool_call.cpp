// pipeline/tool_call.cpp — the stages of a call, for a tool's.
#include "pipeline/tool_call.hpp"

#include "pipeline/heads.hpp"

namespace purser {
namespace {

std::unexpected<Denial> denied(Refused why, std::string message) {
  return std::unexpected(
      Denial{.why = why, .message = std::move(message), .retry_after = {}, .limit = {}});
}

/// What headers say of the session, and where they do not, the message itself.
Signals signals_of(const std::vector<Field>& fields, const RpcMessage& message) {
  SignalReader reader;
  for (const Field& field : fields) {
    if (field.known == FieldName::unknown) {
      reader.header(field.name, field.value);
    }
  }
  reader.body(BodyField::metadata_session, message.session);
  if (!message.trace.empty() && field_value(fields, "traceparent").empty()) {
    reader.header("traceparent", message.trace);
  }
  if (!message.baggage.empty() && field_value(fields, "baggage").empty()) {
    reader.header("baggage", message.baggage);
  }
  return reader.read();
}

/// A call whose worst case is known: one fee, and not a token.
void fill(ToolCall& call, const McpServer& server, std::string_view tool, Caller caller, Core& core,
          Services& services) {
  Admitted& admitted = call.admitted;
  call.price = server.price_of(tool);
  admitted.began = std::chrono::steady_clock::now();
  admitted.at = now();
  admitted.call.dialect = Dialect::tool;
  admitted.id = CallId(services.next_call.fetch_add(1, std::memory_order_relaxed));
  admitted.policy = core.policy;
  admitted.provider = &server.provider;
  admitted.caller = std::move(caller);
  admitted.model_asked = tool;
  admitted.model = tool;
  admitted.call.model = admitted.model;
  admitted.pricing.worst.per_request = worst_cost(call.price);
  admitted.output_known = true;
  admitted.control = control_of(core.policy->workloads, admitted.facts());
}

/// Everything that may refuse a call, in the order it does there.
OrDenial<void> ask_all(Admitted& admitted, const McpServer& server, Core& core,
                       Services& services) {
  if (!may_call(*admitted.policy, server, admitted.caller, admitted.model)) {
    return denied(Refused::forbidden, "the tool '" + admitted.model + "' of " +
                                          server.provider.name + " is not allowed for this caller");
  }
  if (auto seat = take_tool_seat(admitted, services); !seat) {
    return seat;
  }
  if (auto denial = switched_off(admitted, core)) {
    return std::unexpected(std::move(*denial));
  }
  return judge(admitted, services);
}

Awaitable<OrDenial<void>> hold_in_accounts(ToolCall& call, const McpServer& server, Core& core,
                                           Services& services) {
  Admitted& admitted = call.admitted;
  if (auto willing = ask_all(admitted, server, core, services); !willing) {
    co_return std::unexpected(std::move(willing.error()));
  }
  if (auto whole = hold_whole(admitted, core, services)) {
    call.held = std::move(*whole);
  } else {
    auto less = co_await hold_less(admitted, {}, core, services);
    if (!less) {
      co_return std::unexpected(std::move(less.error()));
    }
    call.held = std::move(*less);
  }
  call.held.counted.reset();  // there is no prompt to learn from
  co_return OrDenial<void>{};
}

/// What the call came to, by its result. Nothing: that does not say.
std::optional<Amount> stated(const ToolCall& call, const RpcReply& reply) {
  if (reply.stage == RpcReply::Stage::task) {  // the result is still to come
    return call.price.varies() ? std::nullopt : std::optional(call.price.per_call);
  }
  ToolUse use{.micro_units = {},
              .bytes = static_cast<std::int64_t>(reply.result.size()),
              .time = std::chrono::steady_clock::now() - call.sent};
  if (call.price.per_unit > Rate{}) {
    use.micro_units = micro_units_at(reply.result, call.price.units_at);
  }
  return cost(call.price, use);
}

}  // namespace

OrDenial<Caller> caller_of(const Request& request, const Identified& who, const RpcMessage& message,
                           Signals& signals) {
  Caller caller = who.caller;
  Labels labels = read_labels(*request.fields);
  signals = signals_of(*request.fields, message);
  labels.session = signals.session.substr(0, kLabelBytesMax);
  if (auto labelled = apply_labels(caller, who.rights, labels, Call{}); !labelled) {
    return denied(Refused::bad_request, std::move(labelled.error().message));
  }
  return caller;
}

bool may_call(const Policy& policy, const McpServer& server, const Caller& caller,
              std::string_view tool) {
  return server.tools.lets(tool) && lets_tool(policy.calls, {.caller = caller,
                                                             .provider = server.provider.name,
                                                             .model = tool,
                                                             .dialect = Dialect::tool});
}

bool filters_tools(const Policy& policy, const McpServer& server) {
  return !server.tools.empty() || std::ranges::any_of(policy.calls, [](const CallRule& rule) {
    return !rule.tools.empty();
  });
}

Awaitable<std::expected<std::unique_ptr<ToolCall>, ToolDenial>> hold_tool(
    const Request& request, const Identified& who, const McpServer& server,
    const RpcMessage& message, std::string_view tool, Core& core, Services& services) {
  Signals signals;
  auto caller = caller_of(request, who, message, signals);
  if (!caller) {
    co_return std::unexpected(ToolDenial{std::move(caller.error()), {}});
  }
  auto call = std::make_unique<ToolCall>();
  call->id = message.id;
  fill(*call, server, tool, std::move(*caller), core, services);
  call->admitted.signals = signals;
  call->admitted.languages = field_value(*request.fields, "accept-language");
  auto held = co_await hold_in_accounts(*call, server, core, services);
  if (!held) {
    log_denial(call->admitted, held.error(), services);
    co_return std::unexpected(ToolDenial{std::move(held.error()), to_text(call->admitted.id)});
  }
  if (auto recorded = co_await record_hold(call->admitted, call->held, core, services); !recorded) {
    co_return std::unexpected(ToolDenial{std::move(recorded.error()), to_text(call->admitted.id)});
  }
  // The request's bytes may go before the call is over.
  call->admitted.signals = {};
  call->admitted.languages = {};
  call->admitted.call.model = {};
  call->sent = std::chrono::steady_clock::now();
  co_return call;
}

Settled end_tool(ToolCall& call, Outcome outcome, int status, std::string_view stop_reason,
                 std::string why, Core& core, Services& services) {
  Answered answered;
  answered.outcome = outcome;
  answered.status = status;
  answered.stated = Amount{};  // what is not settled here is at its hold, or free
  answered.reply.stop_reason = stop_reason;
  answered.why = std::move(why);
  return settle(call.admitted, call.held, std::move(answered), core, services);
}

Settled settle_tool(ToolCall& call, const RpcReply& reply, int status, Core& core,
                    Services& services) {
  if (status / 100 != 2 || reply.kind == RpcReply::Kind::error) {
    return end_tool(call, Outcome::released, status, "error", {}, core, services);
  }
  if (reply.kind == RpcReply::Kind::other) {
    return end_tool(call, Outcome::presumed, status, {}, "the answer is no result", core, services);
  }
  if (reply.stage == RpcReply::Stage::input_required) {
    return end_tool(call, Outcome::released, status, "input_required", {}, core, services);
  }
  const auto amount = stated(call, reply);
  if (!amount) {
    return end_tool(call, Outcome::presumed, status, {}, "the result does not say what it took",
                    core, services);
  }
  Answered answered;
  answered.outcome = Outcome::settled;
  answered.status = status;
  answered.stated = *amount;
  answered.first_byte_us = std::chrono::duration_cast<std::chrono::microseconds>(
                               std::chrono::steady_clock::now() - call.admitted.began)
                               .count();
  answered.reply.stop_reason = reply.stage == RpcReply::Stage::task ? "task"
                               : reply.is_error                     ? "tool_error"
                                                                    : "complete";
  return settle(call.admitted, call.held, std::move(answered), core, services);
}

void presume_tools_due(Instant now, Core& core, Services& services) {
  while (const auto call = services.tools.due(now)) {
    end_tool(*call, Outcome::presumed, 200, "purser_ttl", "its result was never asked for", core,
             services);
  }
}

void append_tool_fields(std::string& head, const ToolCall& call, Services& services) {
  append_field(head, "x-purser-call-id", to_text(call.admitted.id));
  append_field(head, "x-purser-held-usd", to_exact_dollars(call.held.worst));
  append_field(head, "x-purser-session", call.admitted.caller.session);
  if (const std::string edits = edits_text(call.admitted, call.held); !edits.empty()) {
    append_field(head, "x-purser-edits", edits);
  }
  append_standing(head, call.admitted, call.held, services);
}

}  // namespace purser
