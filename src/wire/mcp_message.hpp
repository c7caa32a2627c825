// wire/mcp_message.hpp — JSON-RPC as the Model Context Protocol speaks it, read from its bytes:
// what decides who is asked for which tool, and nothing else. Both generations: with sessions
// (2025-11-25 and before) and without (2026-07-28). Why strict: a message that we read in one way
// and a server in another could be a tool call that nobody paid for. So whatever is no JSON, or
// names a member twice that we need, is refused.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "call/call.hpp"

namespace purser {

/// One message of a client. Texts are unescaped; spans and raw values point into the body.
struct RpcMessage {
  enum class Kind : std::uint8_t {
    request,       // a method and an id
    notification,  // a method
    response,      // to a request of the server's
    batch,         // several, as 2025-03-26 allowed
  };
  Kind kind = Kind::request;
  std::string method = {};
  std::string_view id = {};  // raw: 1 and "1" are two
  Span id_span = {};
  Span params_span = {};           // its whole value
  std::string name = {};           // params.name: of a tool or a prompt
  Span name_span = {};             // with its quotes
  std::string_view meta = {};      // params._meta, raw
  std::string_view progress = {};  // params._meta.progressToken, raw
  Span progress_span = {};
  /// What params._meta says of whose it is.
  std::string session = {};  // "purser/session"
  std::string trace = {};    // "traceparent"
  std::string baggage = {};
  /// What params._meta, or an initialize, says of the protocol's revision.
  std::string version = {};
  bool calls_tool = false;  // tools/call; of a batch: any of its messages

  bool asks(std::string_view what) const { return kind == Kind::request && method == what; }
};
Result<RpcMessage> read_rpc(std::string_view body);

/// A message of a server, as far as the books care. Tolerant: nothing is refused.
struct RpcReply {
  enum class Kind : std::uint8_t { result, error, other };  // other: a request, a notification
  Kind kind = Kind::other;
  std::string_view id = {};  // raw
  Span id_span = {};
  Span method_span = {};
  std::string method = {};         // other
  std::string_view result = {};    // its whole value
  std::string_view progress = {};  // of a notification: params.progressToken, raw
  Span progress_span = {};
  bool is_error = false;  // the tool's own
  /// A tool may answer that it is not done.
  enum class Stage : std::uint8_t {
    complete,
    input_required,  // the client will ask again, with what was missing
    task,            // the result is asked for later
  } stage = Stage::complete;
};
RpcReply read_rpc_reply(std::string_view json);

/// The same value of a JSON-RPC id or token.
bool same_id(std::string_view a, std::string_view b);

/// The value that an RFC 6901 pointer names. Nothing: there is none, or that is no pointer.
std::optional<std::string_view> at_pointer(std::string_view json, std::string_view pointer);
/// Empty, or begins with '/', and every ~ is a ~0 or a ~1.
bool is_pointer(std::string_view pointer);
/// The text there; empty: there is none.
std::string text_at(std::string_view json, std::string_view pointer);
/// How many millionths of a unit stand there: a number that is not negative, or a list's length.
std::optional<std::int64_t> micro_units_at(std::string_view json, std::string_view pointer);

/// `json` with each tool of result.tools renamed by `rename`, and those left out for which that
/// says nothing. Everything else stays byte for byte.
using Rename = std::function<std::optional<std::string>(std::string_view name)>;
std::string with_tools(std::string_view json, const Rename& rename);

/// `body` with `span` replaced.
std::string spliced(std::string_view body, Span span, std::string_view with);

/// Error codes of Purser's own, in the range that the protocol leaves to applications.
inline constexpr int kRpcParse = -32'700;
inline constexpr int kRpcInvalid = -32'600;
inline constexpr int kRpcNoMethod = -32'601;
inline constexpr int kRpcParams = -32'602;
inline constexpr int kRpcRefused = -32'010;   // identity, or a request Purser does not take
inline constexpr int kRpcUpstream = -32'011;  // the server did not answer

/// `id`: raw, or empty for null.
std::string rpc_error(std::string_view id, int code, std::string_view message);
std::string rpc_result(std::string_view id, std::string_view result);
/// A refused tool call as its result: the model reads why, and goes on without the tool.
std::string tool_refusal(std::string_view id, std::string_view message, std::string_view limit,
                         std::string_view call_id);

}  // namespace purser
