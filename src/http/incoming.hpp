// http/incoming.hpp — one answer as it arrives: its head, then its body piece by piece, decoded:
// out of its chunks, and unpacked where it came packed although nobody asked for that.
#pragma once

#include <memory>
#include <optional>

#include "http/chunks.hpp"
#include "http/content_coding.hpp"
#include "http/head.hpp"
#include "http/upstream.hpp"

namespace purser {

class Incoming {
 public:
  explicit Incoming(std::unique_ptr<Upstream> upstream) : upstream_(std::move(upstream)) {}

  /// Reads the head, skipping interim (1xx) ones. Error (upstream): closed, late, or not HTTP.
  Awaitable<Result<void>> read_head(const UpstreamLimits& limits);
  int status() const { return head_.status; }
  /// Views live until the first next(): copy or forward them before. What only a packed body had
  /// to say is not in them.
  const std::vector<Field>& fields() const { return upstream_->fields(); }
  Framing framing() const { return head_.framing; }
  /// The body's length when its head says so.
  std::optional<std::uint64_t> length() const;

  /// The next decoded bytes; valid until the call after. False: the body has ended properly.
  /// Error (upstream): it broke, or went silent. `room`: how much to read at most in one go.
  Awaitable<Result<bool>> next(std::string_view& piece, std::size_t room,
                               std::chrono::seconds wait) {
    return unpacker_ ? next_unpacked(piece, room, wait) : next_as_sent(piece, room, wait);
  }
  /// The body is whole: no next() will bring more.
  bool ended() const { return ended_ && !unpacker_; }

  /// The connection, if it may carry another call; else nothing.
  std::unique_ptr<Upstream> take_reusable();
  Upstream& upstream() { return *upstream_; }

 private:
  Awaitable<Result<bool>> next_as_sent(std::string_view& piece, std::size_t room,
                                       std::chrono::seconds wait);
  Awaitable<Result<bool>> next_unpacked(std::string_view& piece, std::size_t room,
                                        std::chrono::seconds wait);
  void drop_used();
  Result<bool> piece_from_buffer(std::string_view& piece);

  std::unique_ptr<Upstream> upstream_;
  Head head_;
  Chunks chunks_{Fault::upstream};
  std::uint64_t left_ = 0;  // of a body with a length
  std::size_t used_ = 0;    // bytes at the front of in() that the last piece stood in
  bool ended_ = false;
  std::unique_ptr<Unpacker> unpacker_;  // gone when all is unpacked
  std::string_view packed_;             // of the last piece, what is not unpacked yet
  std::string unpacked_;
};

}  // namespace purser
