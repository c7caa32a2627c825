// http/incoming.cpp — three framings, one way to read them.
#include "http/incoming.hpp"

namespace purser {
namespace {

constexpr std::size_t kHeadRead = std::size_t{4} << 10;
/// A chunk header that does not end within this is no chunk header.
constexpr std::size_t kChunkHeaderMax = std::size_t{16} << 10;

}  // namespace

Awaitable<Result<void>> Incoming::read_head(const UpstreamLimits& limits) {
  Buffer& in = upstream_->in();
  while (true) {
    reader_.emplace(upstream_->fields());
    while (true) {
      if (in.size() > 0) {
        const auto head = reader_->read_head(in.view());
        if (!head) {
          co_return fail("reading the answer", head.error());
        }
        if (*head > 0) {
          used_ = *head;
          break;
        }
      }
      const auto more = co_await upstream_->read(kHeadRead, limits.first_byte);
      if (!more) {
        co_return std::unexpected(more.error());
      }
      if (!*more) {
        co_return fail(Fault::upstream, "the connection was closed before an answer came");
      }
    }
    if (reader_->status() / 100 != 1) {
      break;
    }
    drop_used();  // 100 Continue, 103 Early Hints: the answer itself follows
  }
  start_body();
  co_return Result<void>{};
}

void Incoming::start_body() {
  framing_ = reader_->framing();
  left_ = framing_ == Framing::length ? reader_->length() : 0;
  ended_ = framing_ == Framing::none;
}

std::optional<std::uint64_t> Incoming::length() const {
  if (framing_ == Framing::length) {
    return reader_->length();
  }
  return std::nullopt;
}

void Incoming::drop_used() {
  upstream_->in().consume(used_);
  used_ = 0;
}

/// Takes what the buffer has. False: nothing to hand out yet.
Result<bool> Incoming::piece_from_buffer(std::string_view& piece) {
  const std::string_view bytes = upstream_->in().view();
  if (framing_ == Framing::chunked) {
    decoded_.clear();
    const auto used = reader_->decode(bytes, decoded_);
    if (!used) {
      return std::unexpected(used.error());
    }
    if (bytes.size() - *used > kChunkHeaderMax) {
      return fail(Fault::upstream, "broken chunked body: a chunk header does not end");
    }
    upstream_->in().consume(*used);
    ended_ = reader_->finished();
    piece = decoded_;
    return !piece.empty() || ended_;
  }
  if (framing_ == Framing::length) {
    piece = bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size())));
    left_ -= piece.size();
    ended_ = left_ == 0;
  } else {
    piece = bytes;
  }
  used_ = piece.size();
  return !piece.empty();
}

Awaitable<Result<bool>> Incoming::next(std::string_view& piece, std::size_t room,
                                       std::chrono::seconds wait) {
  drop_used();
  piece = {};
  bool fresh = upstream_->in().size() > 0;
  while (!ended_) {
    if (fresh) {
      const auto found = piece_from_buffer(piece);
      if (!found) {
        co_return std::unexpected(found.error());
      }
      if (*found) {
        co_return !piece.empty();
      }
    }
    const auto more = co_await upstream_->read(room, wait);
    if (!more) {
      co_return std::unexpected(more.error());
    }
    if (!*more) {
      if (framing_ != Framing::until_close) {
        co_return fail(Fault::upstream, "the answer was cut");
      }
      ended_ = true;
    }
    fresh = true;
  }
  co_return false;
}

std::unique_ptr<Upstream> Incoming::take_reusable() {
  if (!ended_ || framing_ == Framing::until_close || !reader_->keep_alive()) {
    return nullptr;
  }
  drop_used();
  return std::move(upstream_);
}

}  // namespace purser
