// pipeline/relay.hpp — the answer, from the provider to the client, with a meter looking on.
#pragma once

#include <array>
#include <string>

#include "http/connection.hpp"
#include "http/incoming.hpp"
#include "pipeline/stages.hpp"

namespace purser {

/// Looks now and then whether the client is still there, and hangs up on the provider if not.
class LeaveWatch final : public Waiting {
 public:
  LeaveWatch(Connection& client, Upstream& upstream) : client_(client), upstream_(upstream) {
    deadline = SteadyTime::min();
  }
  void overdue() override {
    if (client_.look_whether_gone()) {
      upstream_.close();
    } else {
      deadline = SteadyTime::min();
    }
  }

 private:
  Connection& client_;
  Upstream& upstream_;
};

/// "1f\r\n" in `digits`.
std::string_view chunk_head(std::array<char, 24>& digits, std::size_t bytes);

/// Sends the request and reads the head of the answer. `sent` tells, also on failure, whether the
/// provider may have seen the call: what it has not seen it cannot bill.
struct Asked {
  std::unique_ptr<Incoming> incoming;
  bool sent = false;
  std::string failure;  // of a call without an answer
  bool timed_out = false;
};
/// `running` may be told to end meanwhile; null for a request that cannot.
Awaitable<Asked> ask(Pool& pool, std::string_view head, std::string_view body, Running* running);

/// A request that costs nothing, sent on with the provider's key. Its policy keeps its provider.
struct FreeAnswer {
  std::shared_ptr<const Policy> policy;
  const Provider* provider = nullptr;
  std::unique_ptr<Incoming> incoming = {};
};
Awaitable<OrDenial<FreeAnswer>> ask_free(const Request& request, Dialect dialect, Core& core,
                                         Services& services);

/// Whether an answer's head announces server-sent events.
bool is_event_stream(const std::vector<Field>& fields);
/// The last bytes of a chunked body, and one piece of it before them.
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";
std::string chunk_of(std::string_view bytes);

/// Reads a whole plain answer into `body`. False: it was cut, or it is larger than `bytes_max`.
Awaitable<bool> read_whole(Incoming& incoming, std::string& body, std::size_t bytes_max,
                           std::chrono::seconds wait);

/// Relays a stream, event by event as it arrives. The client may leave: then the rest is drained or
/// cancelled as the policy says. Returns how it ended and what is still to be sent to the client
/// once the call is settled.
struct Relayed {
  Answered answered;
  std::string tail;
};
Awaitable<Relayed> relay(Incoming& incoming, StreamFraming framing, Connection& client,
                         const Admitted& admitted, const Held& held, Running& running, Core& core);

}  // namespace purser
