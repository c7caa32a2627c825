// http/connection.hpp — one client's connection: requests in, answers out, nobody waits for ever.
//
//   idle ──first byte──▶ head ──▶ body ──▶ request in hand ──answer sent──▶ idle | closed
//
// The request stays where it was received: fields and body are views into the input buffer until
// finish_request(). One connection serves one request at a time. A body that came packed is
// unpacked, and the field that said so is gone.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "http/asio.hpp"
#include "http/buffer.hpp"
#include "http/deadline.hpp"
#include "http/head.hpp"

namespace purser {

/// Readable bytes behind every body, for parsers that read in blocks (simdjson).
inline constexpr std::size_t kPaddingBehindBody = 64;

struct ConnectionLimits {
  std::size_t body_bytes_max = std::size_t{32} << 20;
  std::chrono::seconds idle{120};
  std::chrono::seconds head{15};
  std::chrono::seconds body{60};
  std::chrono::seconds write{60};
};

/// A request in hand. Views live until finish_request().
struct Request {
  std::string_view method;
  std::string_view target;    // as sent, query included
  std::string_view path;      // target without query
  std::string_view query;     // without the question mark
  std::string_view provider;  // whom a prefix of the target asks for; the path is without it
  std::string_view body;      // kPaddingBehindBody readable bytes follow
  const std::vector<Field>* fields = nullptr;
  bool keep_alive = true;
};

class Connection final : public Waiting {
 public:
  Connection(Socket socket, Deadlines& deadlines, const ConnectionLimits& limits);

  enum class Arrival { request, closed };
  /// Waits for the next request. Error: what to answer (`status`) before closing.
  struct BadRequest {
    int status;
    std::string message;
  };
  Awaitable<std::expected<Arrival, BadRequest>> next(Request& request);

  /// Gives the request's bytes back. Views of it end here.
  void finish_request();
  /// As finish_request(), and returns the memory: the answer is going to be long and slow.
  void release_input();

  /// Sends the parts in one gathered write. False when the client has left.
  Awaitable<bool> send(std::array<std::string_view, 4> parts);

  /// The client's end is closed, as far as we know without reading.
  bool gone() const { return gone_; }
  /// Looks whether the client has closed its end meanwhile (one system call).
  bool look_whether_gone();
  void close();
  /// Ends our side first and reads on for a moment, so that an answer to a request that we did not
  /// read whole arrives instead of a reset.
  Awaitable<void> close_gently();
  void overdue() override { close(); }
  std::string remote_address() const;

 private:
  Awaitable<bool> read_more(std::size_t room);
  Awaitable<std::expected<void, BadRequest>> read_body(Head& head, std::size_t head_bytes);
  Awaitable<std::expected<void, BadRequest>> read_chunked(Head& head, std::size_t head_bytes);
  void make_room(Head& head, std::size_t head_bytes, std::size_t total);
  std::expected<void, BadRequest> unpack_body();

  Socket socket_;
  ConnectionLimits limits_;
  Buffer in_;
  std::vector<Field> fields_;
  std::string decoded_;     // a body that came chunked or packed
  std::size_t in_use_ = 0;  // bytes of in_ that belong to the request in hand
  std::string_view body_;
  bool gone_ = false;
};

}  // namespace purser
