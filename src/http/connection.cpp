// http/connection.cpp — reading requests with a deadline at every step, writing answers gathered.
#include "http/connection.hpp"

#include <sys/socket.h>

#include <boost/asio/buffer.hpp>

#include "http/chunks.hpp"
#include "http/content_coding.hpp"

namespace purser {
namespace {

/// Enough for a typical chat request with its head; larger ones grow to their exact size.
constexpr std::size_t kFirstRead = std::size_t{8} << 10;
/// A sender slower than this for a whole body is holding memory hostage.
constexpr std::size_t kBytesPerSecondMin = std::size_t{16} << 10;

/// How much of a refused request is read and dropped so that its sender reads our answer.
constexpr std::size_t kDropMax = std::size_t{4} << 20;

SteadyTime after(std::chrono::seconds wait) {
  return std::chrono::steady_clock::now() + wait;
}

std::unexpected<Connection::BadRequest> bad(int status, std::string message) {
  return std::unexpected(Connection::BadRequest{status, std::move(message)});
}

void split_target(Request& request) {
  const std::size_t question = request.target.find('?');
  request.path = request.target.substr(0, question);
  request.query =
      question == std::string_view::npos ? std::string_view{} : request.target.substr(question + 1);
}

}  // namespace

Connection::Connection(Socket socket, Deadlines& deadlines, const ConnectionLimits& limits)
    : socket_(std::move(socket)), limits_(limits) {
  ErrorCode ignored;  // a connection that is already gone shows on the first read
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);
  deadlines.watch(*this);
}

/// Reads at least one byte behind what is there. False when the client has left or is too slow.
Awaitable<bool> Connection::read_more(std::size_t room) {
  const std::span<char> space = in_.space(room);
  const auto [error, bytes] =
      co_await socket_.async_read_some(asio::buffer(space.data(), space.size()), kAwait);
  if (error) {
    gone_ = true;
    co_return false;
  }
  in_.filled(bytes);
  co_return true;
}

Awaitable<std::expected<Connection::Arrival, Connection::BadRequest>> Connection::next(
    Request& request) {
  Head head;
  std::size_t head_bytes = 0;
  std::size_t searched = 0;
  deadline = after(in_.size() == 0 ? limits_.idle : limits_.head);
  while (true) {
    head_bytes = head_length(in_.view(), searched);
    if (std::max(head_bytes, searched) > kHeadBytesMax) {
      co_return bad(431, "the header is larger than 32 KB");
    }
    if (head_bytes > 0) {
      break;
    }
    const bool first = in_.size() == 0;
    if (!co_await read_more(first ? kFirstRead : kFirstRead / 2)) {
      co_return Arrival::closed;
    }
    if (first) {
      deadline = after(limits_.head);
    }
  }
  auto read = read_request_head(in_.view().substr(0, head_bytes), fields_);
  if (!read) {
    co_return bad(fields_.size() == kFieldsMax ? 431 : 400, read.error().message);
  }
  head = *read;
  const bool has_body = head.framing != Framing::none;
  body_ = {};
  in_use_ = head_bytes;
  if (has_body) {
    if (auto body = co_await read_body(head, head_bytes); !body) {
      co_return std::unexpected(std::move(body.error()));
    }
    if (auto unpacked = unpack_body(); !unpacked) {
      co_return std::unexpected(std::move(unpacked.error()));
    }
  }
  if (gone_) {
    co_return Arrival::closed;
  }
  deadline = SteadyTime::max();
  request = Request{.method = head.method,
                    .target = head.target,
                    .path = {},
                    .query = {},
                    .provider = {},
                    .body = body_,
                    .fields = &fields_,
                    .keep_alive = head.keep_alive};
  split_target(request);
  co_return Arrival::request;
}

Awaitable<std::expected<void, Connection::BadRequest>> Connection::read_body(
    Head& head, std::size_t head_bytes) {
  if (head.framing == Framing::length && head.length > limits_.body_bytes_max) {
    co_return bad(413, "the request body is larger than " + std::to_string(limits_.body_bytes_max) +
                           " bytes");
  }
  if (same_name(field_value(fields_, "expect"), "100-continue") && in_.size() == head_bytes &&
      !co_await send({"HTTP/1.1 100 Continue\r\n\r\n"})) {
    co_return std::expected<void, BadRequest>{};
  }
  if (head.framing == Framing::chunked) {
    co_return co_await read_chunked(head, head_bytes);
  }
  const auto length = static_cast<std::size_t>(head.length);
  const std::size_t whole = head_bytes + length;
  deadline = after(limits_.body + std::chrono::seconds(length / kBytesPerSecondMin));
  make_room(head, head_bytes, whole + kPaddingBehindBody);
  while (in_.size() < whole) {
    if (!co_await read_more(whole + kPaddingBehindBody - in_.size())) {
      co_return std::expected<void, BadRequest>{};
    }
  }
  in_use_ = whole;
  body_ = in_.view().substr(head_bytes, length);
  co_return std::expected<void, BadRequest>{};
}

/// Room for `total` bytes from the head's first. If that moves the head, its views are read anew.
void Connection::make_room(Head& head, std::size_t head_bytes, std::size_t total) {
  const char* const before = in_.view().data();
  in_.reserve(total);
  if (in_.view().data() == before) {
    return;
  }
  const auto again = read_request_head(in_.view().substr(0, head_bytes), fields_);
  INVARIANT(again, "the same bytes make the same head");
  head = *again;
}

/// A chunked body is decoded into a string of its own. Its bytes only ever stand right behind the
/// head and are dropped once decoded, so the head's views stay valid.
Awaitable<std::expected<void, Connection::BadRequest>> Connection::read_chunked(
    Head& head, std::size_t head_bytes) {
  decoded_.clear();
  Chunks chunks(Fault::client);
  std::size_t at = head_bytes;
  deadline = after(limits_.body);
  make_room(head, head_bytes, head_bytes + 2 * kChunkLineMax);
  while (true) {
    const auto step = chunks.decode(in_.bytes().subspan(at));
    if (!step) {
      co_return bad(400, step.error().message);
    }
    decoded_ += step->payload;
    at += step->used;
    if (chunks.finished()) {
      break;
    }
    if (decoded_.size() > limits_.body_bytes_max) {
      co_return bad(413, "the request body is larger than " +
                             std::to_string(limits_.body_bytes_max) + " bytes");
    }
    in_.discard_between(head_bytes, at);
    at = head_bytes;
    const std::span<char> space = in_.space(0);
    INVARIANT(!space.empty(), "there is room for more than a chunk header");
    const auto [error, bytes] =
        co_await socket_.async_read_some(asio::buffer(space.data(), space.size()), kAwait);
    if (error) {
      gone_ = true;
      co_return std::expected<void, BadRequest>{};
    }
    in_.filled(bytes);
  }
  in_use_ = at;
  const std::size_t length = decoded_.size();
  decoded_.append(kPaddingBehindBody, '\0');
  body_ = std::string_view(decoded_).substr(0, length);
  co_return std::expected<void, BadRequest>{};
}

std::expected<void, Connection::BadRequest> Connection::unpack_body() {
  const auto coding = content_coding(fields_);
  if (coding == ContentCoding::identity) {
    return {};
  }
  if (!coding) {
    return bad(415, "Content-Encoding: expected gzip, deflate, br, zstd or identity, got \"" +
                        std::string(field_value(fields_, "content-encoding")) + '"');
  }
  auto whole = unpack_whole(*coding, body_, limits_.body_bytes_max);
  if (!whole) {
    return bad(400, std::move(whole.error().message));
  }
  if (!*whole) {
    return bad(413, "the request body is, unpacked, larger than " +
                        std::to_string(limits_.body_bytes_max) + " bytes");
  }
  decoded_ = std::move(**whole);
  const std::size_t length = decoded_.size();
  decoded_.append(kPaddingBehindBody, '\0');
  body_ = std::string_view(decoded_).substr(0, length);
  forget_content_coding(fields_);
  return {};
}

void Connection::finish_request() {
  in_.consume(in_use_);
  in_use_ = 0;
  body_ = {};
  fields_.clear();
  if (decoded_.capacity() > kFirstRead) {
    decoded_ = {};
  }
}

void Connection::release_input() {
  finish_request();
  in_.shrink(0);
  std::vector<Field>().swap(fields_);
}

Awaitable<bool> Connection::send(std::array<std::string_view, 4> parts) {
  std::array<asio::const_buffer, 4> buffers;
  std::size_t left = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    buffers[i] = asio::const_buffer(parts[i].data(), parts[i].size());
    left += parts[i].size();
  }
  while (left > 0 && !gone_) {
    ErrorCode error;
    const std::size_t sent = socket_.write_some(buffers, error);
    left -= sent;
    if (left == 0) {
      break;
    }
    std::size_t skip = sent;
    for (asio::const_buffer& buffer : buffers) {
      const std::size_t step = std::min(skip, buffer.size());
      buffer += step;
      skip -= step;
    }
    if (error && error != asio::error::would_block) {
      gone_ = true;
      break;
    }
    deadline = after(limits_.write);
    const auto [waited] = co_await socket_.async_wait(Socket::wait_write, kAwait);
    deadline = SteadyTime::max();
    if (waited) {
      gone_ = true;
    }
  }
  co_return !gone_;
}

bool Connection::look_whether_gone() {
  if (gone_ || !socket_.is_open()) {
    return gone_ = true;
  }
  char byte = 0;
  const ssize_t seen = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (seen == 0 || (seen < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) {
    gone_ = true;
  }
  return gone_;
}

Awaitable<void> Connection::close_gently() {
  ErrorCode ignored;  // whatever fails here, the connection ends
  socket_.shutdown(Socket::shutdown_send, ignored);
  deadline = after(std::chrono::seconds(2));
  in_.consume(in_.size());
  for (std::size_t dropped = 0; dropped < kDropMax && co_await read_more(kFirstRead);) {
    dropped += in_.size();
    in_.consume(in_.size());
  }
  close();
}

void Connection::close() {
  ErrorCode ignored;  // closing twice is fine
  socket_.close(ignored);
  gone_ = true;
}

std::string Connection::remote_address() const {
  ErrorCode error;
  const auto remote = socket_.remote_endpoint(error);
  return error ? std::string("?") : remote.address().to_string();
}

}  // namespace purser
