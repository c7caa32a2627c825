// pipeline/mcp_relay.cpp — heads there, events back.
#include "pipeline/mcp_relay.hpp"

#include "base/digits.hpp"
#include "pipeline/heads.hpp"
#include "wire/mcp_message.hpp"

namespace purser {
namespace {

constexpr std::size_t kRead = std::size_t{16} << 10;
/// Plain answers that are read whole, such as lists of tools.
constexpr std::size_t kAnswerMax = std::size_t{64} << 20;
/// A stream that a client listens to may be silent for as long as the client is there.
constexpr std::chrono::hours kListenMax{24};

bool is_instead(const McpRequest& request, std::string_view name) {
  return std::ranges::any_of(request.instead,
                             [&](const auto& each) { return same_name(name, each.first); });
}

bool is_operators(const McpServer& server, std::string_view name) {
  return std::ranges::any_of(server.headers, [&](const auto& each) {
    return each.first.size() == name.size() &&
           std::ranges::equal(each.first, name, {}, {}, [](char c) {
             return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
           });
  });
}

/// The caller's own word to the server: never the secret that names it here.
bool is_for_server(const Field& field, const Identified* who) {
  const bool credential =
      field.known == FieldName::authorization || same_name(field.name, "x-api-key");
  if (credential) {
    return who == nullptr || !who->known || !who->credentials.purser.empty();
  }
  return !stays_here(field);
}

/// Data that was said otherwise: its event's other lines stay.
void append_event(std::string& out, const SseEvent& event, std::string_view data) {
  if (event.in_place) {
    const auto at = static_cast<std::size_t>(event.data.data() - event.raw.data());
    out += event.raw.substr(0, at);
    out += data;
    out += event.raw.substr(at + event.data.size());
    return;
  }
  if (!event.name.empty()) {
    out += "event: ";
    out += event.name;
    out += '\n';
  }
  std::string_view rest = event.raw;
  while (!rest.empty()) {  // ids, and whatever else is no data
    const std::size_t end = rest.find_first_of("\r\n");
    const std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    if (!line.empty() && !line.starts_with("data") && !line.starts_with("event")) {
      out += line;
      out += '\n';
    }
  }
  out += "data: ";
  out += data;
  out += "\n\n";
}

bool has_id(std::string_view raw) {
  return raw.starts_with("id:") || raw.contains("\nid:") || raw.contains("\rid:");
}

Denial no_answer(const McpServer& server, const Asked& asked) {
  return {.why = asked.timed_out ? Refused::timeout : Refused::upstream,
          .message = server.provider.name + " did not answer: " +
                     (asked.failure.empty() ? "the answer was cut" : asked.failure),
          .retry_after = {},
          .limit = {}};
}

Awaitable<bool> send_chunk(Connection& client, std::string_view bytes) {
  std::array<char, 24> digits;
  co_return co_await client.send({chunk_head(digits, bytes.size()), bytes, "\r\n"});
}

/// An answer nobody needs to look at, in the framing it came in.
Awaitable<bool> pass_bytes(Connection& client, std::string head, bool keep_alive,
                           Incoming& incoming, std::chrono::seconds silence) {
  const auto length =
      incoming.framing() == Framing::none ? std::optional<std::uint64_t>(0) : incoming.length();
  if (incoming.status() == 204 || incoming.status() == 304) {
    head += keep_alive ? "\r\n" : "Connection: close\r\n\r\n";
  } else if (length) {
    end_head_with_length(head, *length, keep_alive);
  } else {
    end_head_chunked(head, keep_alive);
  }
  bool sent = co_await client.send({head});
  while (sent && !incoming.ended()) {
    std::string_view piece;
    const auto more = co_await incoming.next(piece, kRead, silence);
    if (!more) {
      co_return false;
    }
    if (!piece.empty()) {
      sent = length ? co_await client.send({piece}) : co_await send_chunk(client, piece);
    }
  }
  co_return sent && (length || co_await client.send({kLastChunk})) && keep_alive;
}

Awaitable<bool> pass_events(Connection& client, std::string head, bool keep_alive,
                            Incoming& incoming, SeeMessage see, Core& core) {
  end_head_chunked(head, keep_alive);
  co_await client.send({head});
  LeaveWatch watch(client, incoming.upstream());
  core.deadlines.watch(watch);
  EventRelay relay(incoming, client, std::move(see));
  const auto end = co_await relay.run(kListenMax);
  co_return end == EventRelay::End::whole&& co_await client.send({kLastChunk}) && keep_alive;
}

}  // namespace

std::string mcp_head(const McpRequest& request, const Identified* who) {
  const McpServer& server = *request.server;
  std::string head(request.method);
  head += ' ';
  head += request.path;
  if (!request.query.empty() && !request.query.contains("key=")) {
    head += '?';
    head += request.query;
  }
  head += " HTTP/1.1\r\n";
  if (!is_operators(server, "host")) {
    append_field(head, "Host", server.provider.origin.authority);
  }
  for (const auto& [name, value] : server.headers) {
    append_field(head, name, value);
  }
  for (const auto& [name, value] : request.instead) {
    if (!value.empty()) {
      append_field(head, name, value);
    }
  }
  for (const Field& field : *request.fields) {
    if (is_for_server(field, who) && !is_instead(request, field.name) &&
        !is_operators(server, field.name)) {
      append_field(head, field.name, field.value);
    }
  }
  head += "Accept-Encoding: identity\r\n";
  if (request.method == "POST") {
    append_field(head, "Content-Length", std::to_string(request.body.size()));
  }
  head += "\r\n";
  return head;
}

std::string mcp_answer_head(const McpRequest& request, const Incoming& incoming) {
  std::vector<Field> fields = incoming.fields();
  if (request.session == McpRequest::Session::of_purser) {
    std::erase_if(fields,
                  [](const Field& field) { return same_name(field.name, "mcp-session-id"); });
  }
  std::string head;
  append_response_head(head, incoming.status(), fields);
  return head;
}

void EventRelay::take(const SseEvent& event) {
  resumable_ = resumable_ || has_id(event.raw);
  if (see_ && !event.data.empty()) {
    if (const auto other = see_(event.data)) {
      return append_event(out_, event, *other);
    }
  }
  out_ += event.raw;
}

Awaitable<void> EventRelay::flush() {
  if (!out_.empty() && !client_.gone()) {
    co_await send_chunk(client_, out_);
  }
  out_.clear();
}

Awaitable<bool> EventRelay::send(std::string_view event) {
  return send_chunk(client_, event);
}

Awaitable<EventRelay::End> EventRelay::run(std::chrono::seconds silence) {
  while (!client_.gone()) {
    std::string_view piece;
    const auto more = co_await incoming_.next(piece, kRead, silence);
    if (!more) {
      why_ = more.error().message;
      co_return client_.gone() ? End::left : End::broken;
    }
    cutter_.feed(piece, [this](const SseEvent& event) { take(event); });
    if (!*more || incoming_.ended()) {
      cutter_.finish([this](const SseEvent& event) { take(event); });
      co_await flush();
      co_return End::whole;
    }
    co_await flush();
  }
  co_return End::left;
}

void give_back(Incoming& incoming, Pool& pool) {
  if (auto reusable = incoming.take_reusable()) {
    pool.give_back(std::move(reusable));
  }
}

Awaitable<bool> pass_on_mcp(Connection& client, const Request& request, const McpRequest& outgoing,
                            const Identified* who, SeeMessage edit, Core& core) {
  const McpServer& server = *outgoing.server;
  const std::shared_ptr<const Policy> policy = core.policy;  // the server is its own
  Pool& pool = core.pool(server.provider);
  const bool keep_alive = request.keep_alive;
  Asked asked = co_await ask(pool, mcp_head(outgoing, who), outgoing.body, nullptr);
  if (!asked.incoming) {
    co_return co_await deny_rpc(client, request, {}, no_answer(server, asked), core);
  }
  Incoming& incoming = *asked.incoming;
  std::string head = mcp_answer_head(outgoing, incoming);
  bool open = false;
  if (is_event_stream(incoming.fields())) {
    open =
        co_await pass_events(client, std::move(head), keep_alive, incoming, std::move(edit), core);
  } else if (edit) {
    std::string body;
    if (!co_await read_whole(incoming, body, kAnswerMax, server.provider.waits.between_bytes)) {
      co_return co_await deny_rpc(client, request, {}, no_answer(server, asked), core);
    }
    const std::string text = edit(body).value_or(body);
    end_head_with_length(head, text.size(), keep_alive);
    open = co_await client.send({head, text}) && keep_alive;
  } else {
    open = co_await pass_bytes(client, std::move(head), keep_alive, incoming,
                               server.provider.waits.between_bytes);
  }
  give_back(incoming, pool);
  co_return open;
}

Awaitable<bool> answer_rpc(Connection& client, const Request& request, int status,
                           std::string_view body, std::string_view more_fields) {
  std::string head = "HTTP/1.1 ";
  append_number(head, status);
  head += ' ';
  head += reason_phrase(status);
  head += "\r\n";
  head += body.empty() ? "" : "Content-Type: application/json\r\n";
  head += more_fields;
  end_head_with_length(head, body.size(), request.keep_alive);
  co_return co_await client.send({head, body}) && request.keep_alive;
}

Awaitable<bool> deny_rpc(Connection& client, const Request& request, std::string_view id,
                         const Denial& denial, Core& core) {
  core.counters.refusals[static_cast<std::size_t>(denial.why)].add();
  const RefusalBody phrased = refusal(Dialect::chat, denial.why, denial.message, {});
  const bool upstream = denial.why == Refused::upstream || denial.why == Refused::timeout;
  const int code = denial.why == Refused::bad_request ? kRpcInvalid
                   : upstream                         ? kRpcUpstream
                                                      : kRpcRefused;
  co_return co_await answer_rpc(client, request, phrased.status,
                                rpc_error(id, code, denial.message));
}

}  // namespace purser
