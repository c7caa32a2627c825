// wire/mcp_message.cpp — one pass over a client's message, one over a server's.
#include "wire/mcp_message.hpp"

#include <simdjson.h>

#include "base/json_text.hpp"
#include "wire/json_scan.hpp"

namespace purser {
namespace {

constexpr std::string_view kToolCall = "tools/call";
constexpr std::string_view kVersionKey = "io.modelcontextprotocol/protocolVersion";
constexpr std::string_view kSessionKey = "purser/session";
/// Names and ids; a longer one is nobody's.
constexpr std::size_t kTextMax = 1'024;

std::string plain(JsonText text) {
  std::string out;
  append_unescaped(out, text);
  return out;
}

/// Reads a message's members. The first mistake counts.
class Reader {
 public:
  explicit Reader(std::string_view body) : body_(body), scan_(body) {}
  Result<RpcMessage> read();

 private:
  Span value();
  std::string_view at(Span span) const { return body_.substr(span.at, span.length); }
  bool once(Span& span);
  std::string text(Span* span);
  void message();
  void read_batch();
  void params();
  void meta();
  void wrong(std::string_view why) { why_ = why_.empty() ? std::string(why) : why_; }

  std::string_view body_;
  JsonScan scan_;
  RpcMessage message_;
  Span method_;
  Span result_;
  Span meta_;
  std::string why_;
};

Span Reader::value() {
  scan_.kind();  // steps over white space
  const std::size_t from = scan_.at();
  const std::string_view raw = scan_.skip();
  return {.at = from, .length = raw.size()};
}

/// A member whose meaning decides must not stand there twice.
bool Reader::once(Span& span) {
  if (span.length > 0) {
    wrong("a member stands there twice");
    scan_.skip();
    return false;
  }
  return true;
}

/// A text value, or an empty one where it is another kind.
std::string Reader::text(Span* span) {
  if (scan_.kind() != JsonKind::text) {
    const Span other = value();
    if (span != nullptr) {
      *span = other;
    }
    return {};
  }
  const std::size_t from = scan_.at();
  JsonText raw;
  scan_.text(raw);
  if (span != nullptr) {
    *span = {.at = from, .length = scan_.at() - from};
  }
  if (raw.raw.size() > kTextMax) {
    wrong("a name is longer than 1024 bytes");
    return {};
  }
  return plain(raw);
}

void Reader::meta() {
  if (scan_.kind() != JsonKind::object) {
    scan_.skip();
    return;
  }
  scan_.enter_object();
  JsonText name;
  while (scan_.member(name)) {
    if (name == "progressToken") {
      if (once(message_.progress_span)) {
        message_.progress_span = value();
        message_.progress = at(message_.progress_span);
      }
    } else if (name == kSessionKey) {
      message_.session = text(nullptr);
    } else if (name == "traceparent") {
      message_.trace = text(nullptr);
    } else if (name == "baggage") {
      message_.baggage = text(nullptr);
    } else if (name == kVersionKey) {
      message_.version = text(nullptr);
    } else {
      scan_.skip();
    }
  }
}

void Reader::params() {
  scan_.kind();
  message_.params_span.at = scan_.at();
  if (scan_.kind() != JsonKind::object) {
    message_.params_span = value();
    return;
  }
  scan_.enter_object();
  JsonText name;
  while (scan_.member(name)) {
    if (name == "name") {
      if (once(message_.name_span)) {
        message_.name = text(&message_.name_span);
      }
    } else if (name == "protocolVersion") {
      message_.version = text(nullptr);
    } else if (name == "_meta") {
      if (once(meta_)) {
        scan_.kind();
        const std::size_t from = scan_.at();
        meta();
        meta_ = {.at = from, .length = scan_.at() - from};
        message_.meta = at(meta_);
      }
    } else {
      scan_.skip();
    }
  }
  message_.params_span.length = scan_.at() - message_.params_span.at;
}

void Reader::message() {
  scan_.enter_object();
  JsonText name;
  while (scan_.member(name)) {
    if (name == "method") {
      if (once(method_)) {
        message_.method = text(&method_);
      }
    } else if (name == "id") {
      if (once(message_.id_span)) {
        message_.id_span = value();
        message_.id = at(message_.id_span);
      }
    } else if (name == "params") {
      if (once(message_.params_span)) {
        params();
      }
    } else if (name == "result" || name == "error") {
      result_ = value();
    } else {
      scan_.skip();
    }
  }
}

/// Only whether any of them calls a tool.
void Reader::read_batch() {
  message_.kind = RpcMessage::Kind::batch;
  scan_.enter_array();
  while (scan_.element()) {
    const Span each = value();
    if (scan_.wrong() != nullptr) {
      return;
    }
    const auto inside = read_rpc(at(each));
    if (!inside || inside->kind == RpcMessage::Kind::batch) {
      return wrong("a batch has messages in it, and nothing else");
    }
    message_.calls_tool = message_.calls_tool || inside->calls_tool;
  }
}

Result<RpcMessage> Reader::read() {
  using enum RpcMessage::Kind;
  if (!simdjson::validate_utf8(body_.data(), body_.size())) {
    return fail(Fault::client, "the message is not valid UTF-8");
  }
  const JsonKind kind = scan_.kind();
  if (kind == JsonKind::array) {
    read_batch();
  } else if (kind == JsonKind::object) {
    message();
  } else {
    return fail(Fault::client, "a message is a JSON object");
  }
  scan_.finish();
  if (scan_.wrong() != nullptr) {
    return fail(Fault::client, "the message is no JSON: " + std::string(scan_.wrong()) +
                                   " at byte " + std::to_string(scan_.at()));
  }
  if (!why_.empty()) {
    return fail(Fault::client, why_);
  }
  if (message_.kind == batch) {
    return std::move(message_);
  }
  if (message_.method.empty() && result_.length == 0) {
    return fail(Fault::client, "a message has a method, a result or an error");
  }
  message_.kind = message_.method.empty() ? response : message_.id.empty() ? notification : request;
  message_.calls_tool = message_.method == kToolCall;
  if (message_.calls_tool && message_.name.empty()) {
    return fail(Fault::client, "tools/call: params.name is the tool's name");
  }
  return std::move(message_);
}

/// Of a tool's result.
void read_result(std::string_view json, RpcReply& reply) {
  JsonScan scan(json);
  if (scan.kind() != JsonKind::object) {
    return;
  }
  scan.enter_object();
  JsonText name;
  bool content = false;
  bool task = false;
  while (scan.member(name)) {
    if (name == "isError" && scan.kind() == JsonKind::boolean) {
      scan.boolean(reply.is_error);
    } else if (name == "resultType" && scan.kind() == JsonKind::text) {
      JsonText type;
      scan.text(type);
      reply.stage = type == "input_required" ? RpcReply::Stage::input_required
                    : type == "task"         ? RpcReply::Stage::task
                                             : reply.stage;
    } else {
      content = content || name == "content";
      task = task || (name == "task" && scan.kind() == JsonKind::object);
      scan.skip();
    }
  }
  if (task && !content) {  // as 2025-11-25 has it
    reply.stage = RpcReply::Stage::task;
  }
}

void read_token(std::string_view json, std::size_t offset, RpcReply& reply) {
  JsonScan scan(json);
  if (scan.kind() != JsonKind::object) {
    return;
  }
  scan.enter_object();
  JsonText name;
  while (scan.member(name)) {
    const bool token = name == "progressToken";
    scan.kind();
    const std::size_t from = scan.at();
    const std::string_view raw = scan.skip();
    if (token) {
      reply.progress = raw;
      reply.progress_span = {.at = offset + from, .length = raw.size()};
    }
  }
}

}  // namespace

Result<RpcMessage> read_rpc(std::string_view body) {
  return Reader(body).read();
}

RpcReply read_rpc_reply(std::string_view json) {
  RpcReply reply;
  JsonScan scan(json);
  if (scan.kind() != JsonKind::object) {
    return reply;
  }
  std::string_view params;
  std::size_t params_at = 0;
  bool error = false;
  scan.enter_object();
  JsonText name;
  while (scan.member(name)) {
    scan.kind();
    const std::size_t from = scan.at();
    const std::string_view raw = scan.skip();
    if (name == "id") {
      reply.id = raw;
      reply.id_span = {.at = from, .length = raw.size()};
    } else if (name == "method" && raw.size() > 1) {
      reply.method = std::string(raw.substr(1, raw.size() - 2));
      reply.method_span = {.at = from, .length = raw.size()};
    } else if (name == "result") {
      reply.result = raw;
    } else if (name == "error") {
      error = true;
    } else if (name == "params") {
      params = raw;
      params_at = from;
    }
  }
  if (!scan.finish()) {
    return {};
  }
  if (reply.method.empty() && !reply.result.empty()) {
    reply.kind = RpcReply::Kind::result;
    read_result(reply.result, reply);
  } else if (reply.method.empty() && error) {
    reply.kind = RpcReply::Kind::error;
  } else if (!params.empty()) {
    read_token(params, params_at, reply);
  }
  return reply;
}

bool same_id(std::string_view a, std::string_view b) {
  if (a == b) {
    return !a.empty();
  }
  JsonScan first(a);
  JsonScan second(b);
  JsonText left;
  JsonText right;
  return first.kind() == JsonKind::text && second.kind() == JsonKind::text && first.text(left) &&
         second.text(right) && plain(left) == plain(right);
}

std::string spliced(std::string_view body, Span span, std::string_view with) {
  std::string out;
  out.reserve(body.size() + with.size());
  out += body.substr(0, span.at);
  out += with;
  out += body.substr(span.at + span.length);
  return out;
}

std::string rpc_error(std::string_view id, int code, std::string_view message) {
  std::string error;
  JsonObject(error).number("code", code).text("message", message).finish();
  std::string out;
  JsonObject(out)
      .text("jsonrpc", "2.0")
      .raw("id", id.empty() ? "null" : id)
      .raw("error", error)
      .finish();
  return out;
}

std::string rpc_result(std::string_view id, std::string_view result) {
  std::string out;
  JsonObject(out).text("jsonrpc", "2.0").raw("id", id).raw("result", result).finish();
  return out;
}

std::string tool_refusal(std::string_view id, std::string_view message, std::string_view limit,
                         std::string_view call_id) {
  std::string content;
  JsonObject(content).text("type", "text").text("text", message).finish();
  std::string refused;
  JsonObject about(refused);
  if (!limit.empty()) {
    about.text("limit", limit);
  }
  about.text("call", call_id).finish();
  std::string meta;
  JsonObject(meta).raw("purser/refused", refused).finish();
  std::string result;
  JsonObject(result)
      .raw("content", '[' + content + ']')
      .boolean("isError", true)
      .text("resultType", "complete")
      .raw("_meta", meta)
      .finish();
  return rpc_result(id, result);
}

}  // namespace purser
