// pipeline/mcp_relay.hpp — what is said to an MCP server and what it says back, byte for byte but
// for what belongs to one hop, to Purser, or to the operator.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "http/connection.hpp"
#include "pipeline/relay.hpp"
#include "pipeline/stages.hpp"
#include "wire/sse.hpp"

namespace purser {

/// One request to one server.
struct McpRequest {
  const McpServer* server = nullptr;
  std::string_view method;
  std::string path;  // the server's, or of its metadata
  std::string_view query;
  std::string_view body;
  const std::vector<Field>* fields = nullptr;
  /// Fields said otherwise than the client said them: lower-case names; an empty value is left out.
  std::vector<std::pair<std::string, std::string>> instead = {};
  /// Whose session the client has: the server's own, or one of Purser's with several servers, which
  /// no answer may replace.
  enum class Session : std::uint8_t { of_server, of_purser } session = Session::of_server;
};
/// Who asked is known to Purser by its key; what else it brought as `Authorization` is the
/// server's. Null: nobody was asked for a key.
std::string mcp_head(const McpRequest& request, const Identified* who);
/// The head of the server's answer, without its framing and its last line.
std::string mcp_answer_head(const McpRequest& request, const Incoming& incoming);

/// Looks at each message of a stream; what it returns stands in its place.
using SeeMessage = std::function<std::optional<std::string>(std::string_view message)>;

/// An event stream on its way to the client, message by message where somebody looks.
class EventRelay {
 public:
  EventRelay(Incoming& incoming, Connection& client, SeeMessage see)
      : incoming_(incoming), client_(client), see_(std::move(see)) {}

  enum class End : std::uint8_t { whole, broken, left };
  /// Until it ends, or the client leaves. Sends chunks, the last one not.
  Awaitable<End> run(std::chrono::seconds silence);
  /// An event of Purser's own.
  Awaitable<bool> send(std::string_view event);
  /// The client may ask again for what it missed: an event had an id.
  bool resumable() const { return resumable_; }
  const std::string& why() const { return why_; }

 private:
  void take(const SseEvent& event);
  Awaitable<void> flush();

  Incoming& incoming_;
  Connection& client_;
  SeeMessage see_;
  SseCutter cutter_{kEventBytesMax};
  std::string out_;
  std::string why_;
  bool resumable_ = false;
};

/// Asks, and passes the answer on. `edit` may be null; with it, a plain answer is read whole.
Awaitable<bool> pass_on_mcp(Connection& client, const Request& request, const McpRequest& outgoing,
                            const Identified* who, SeeMessage edit, Core& core);

/// Purser's own answer to a message.
Awaitable<bool> answer_rpc(Connection& client, const Request& request, int status,
                           std::string_view body, std::string_view more_fields = {});
/// A refusal of a message that is no tool call, or of one whose caller is unknown.
Awaitable<bool> deny_rpc(Connection& client, const Request& request, std::string_view id,
                         const Denial& denial, Core& core);

void give_back(Incoming& incoming, Pool& pool);

}  // namespace purser
