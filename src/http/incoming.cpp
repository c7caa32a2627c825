// http/incoming.cpp — three framings, one way to read them.
#include "http/incoming.hpp"

namespace purser {
namespace {

constexpr std::size_t kHeadRead = std::size_t{4} << 10;

}  // namespace

Awaitable<Result<void>> Incoming::read_head(const UpstreamLimits& limits) {
  Buffer& in = upstream_->in();
  do {
    drop_used();  // 100 Continue, 103 Early Hints: the answer itself follows
    std::size_t searched = 0;
    while ((used_ = head_length(in.view(), searched)) == 0) {
      if (searched > kHeadBytesMax) {
        co_return fail(Fault::upstream, "the answer's header is larger than 32 KB");
      }
      const auto more = co_await upstream_->read(kHeadRead, limits.first_byte);
      if (!more) {
        co_return std::unexpected(more.error());
      }
      if (!*more) {
        co_return fail(Fault::upstream, "the connection was closed before an answer came");
      }
    }
    const auto head = read_response_head(in.view().substr(0, used_), upstream_->fields());
    if (!head) {
      co_return fail("reading the answer", head.error());
    }
    head_ = *head;
  } while (head_.status / 100 == 1);
  left_ = head_.framing == Framing::length ? head_.length : 0;
  ended_ = head_.framing == Framing::none;
  if (const auto coding = content_coding(upstream_->fields());
      !ended_ && coding && *coding != ContentCoding::identity) {
    unpacker_ = make_unpacker(*coding, Fault::upstream);
    forget_content_coding(upstream_->fields());
  }
  co_return Result<void>{};
}

std::optional<std::uint64_t> Incoming::length() const {
  if (head_.framing == Framing::length && !unpacker_) {
    return head_.length;
  }
  return std::nullopt;
}

void Incoming::drop_used() {
  upstream_->in().consume(used_);
  used_ = 0;
}

/// Takes what the buffer has. False: nothing to hand out yet.
Result<bool> Incoming::piece_from_buffer(std::string_view& piece) {
  drop_used();
  if (head_.framing == Framing::chunked) {
    const auto step = chunks_.decode(upstream_->in().bytes());
    if (!step) {
      return std::unexpected(step.error());
    }
    used_ = step->used;
    ended_ = chunks_.finished();
    piece = step->payload;
    return !piece.empty() || ended_;
  }
  const std::string_view bytes = upstream_->in().view();
  if (head_.framing == Framing::length) {
    piece = bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size())));
    left_ -= piece.size();
    ended_ = left_ == 0;
  } else {
    piece = bytes;
  }
  used_ = piece.size();
  return !piece.empty();
}

Awaitable<Result<bool>> Incoming::next_unpacked(std::string_view& piece, std::size_t room,
                                                std::chrono::seconds wait) {
  unpacked_.clear();
  while (unpacked_.empty()) {
    if (packed_.empty() && !unpacker_->has_more()) {
      const auto more = co_await next_as_sent(packed_, room, wait);
      if (!more) {
        co_return std::unexpected(more.error());
      }
      if (!*more && !unpacker_->finished()) {
        co_return fail(Fault::upstream, "the packed answer was cut");
      }
      if (!*more) {
        unpacker_.reset();
        co_return false;
      }
    }
    if (auto step = unpacker_->step(packed_, unpacked_); !step) {
      co_return std::unexpected(std::move(step.error()));
    }
  }
  piece = unpacked_;
  co_return true;
}

Awaitable<Result<bool>> Incoming::next_as_sent(std::string_view& piece, std::size_t room,
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
      if (head_.framing != Framing::until_close) {
        co_return fail(Fault::upstream, "the answer was cut");
      }
      ended_ = true;
    }
    fresh = true;
  }
  co_return false;
}

std::unique_ptr<Upstream> Incoming::take_reusable() {
  if (!ended_ || head_.framing == Framing::until_close || !head_.keep_alive) {
    return nullptr;
  }
  drop_used();
  return std::move(upstream_);
}

}  // namespace purser
