// bridge/room.cpp — lines there, lines back, each to whom it belongs.
#include "bridge/room.hpp"

#include <algorithm>

namespace purser {
namespace {

/// What nobody listens to yet. More is dropped, the oldest first.
constexpr std::size_t kUnheardMax = 256;

/// A message as the one line that the program reads: white space between its parts may break it.
std::string on_one_line(std::string_view body) {
  std::string line(body);
  std::ranges::replace_if(line, [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return line;
}

/// Both at once: spans are of the same text, and the later one goes first.
std::string renamed(std::string_view text, Span first, Span second, std::string_view with) {
  if (first.at < second.at) {
    std::swap(first, second);
  }
  const std::string once = first.length > 0 ? spliced(text, first, with) : std::string(text);
  return second.length > 0 ? spliced(once, second, with) : once;
}

}  // namespace

Room::~Room() {
  if (child_) {
    child_->forget();
  }
  over();
}

Result<void> Room::open(const Program& program, Child::Say say) {
  auto child = Child::start(
      io_, program, std::move(say), [this](std::string_view line) { hear(line); },
      [this] { over(); });
  if (!child) {
    return std::unexpected(child.error());
  }
  child_ = std::move(*child);
  return {};
}

std::shared_ptr<Listener> Room::ask(const RpcMessage& message, std::string_view body) {
  Waiting waiting{.name = std::string(message.id),
                  .id = std::string(message.id),
                  .token = std::string(message.progress),
                  .listener = std::make_shared<Listener>(io_)};
  std::string line = on_one_line(body);
  if (kind_ == Kind::shared) {
    waiting.name = std::to_string(++numbers_);
    line = renamed(line, message.id_span, message.progress_span, waiting.name);
  }
  if (!running() || !child_->tell(std::move(line))) {
    return nullptr;
  }
  used = std::chrono::steady_clock::now();
  waiting_.push_back(waiting);
  return waiting.listener;
}

bool Room::tell(std::string_view body) {
  used = std::chrono::steady_clock::now();
  return running() && child_->tell(on_one_line(body));
}

std::deque<Room::Waiting>::iterator Room::find(std::string_view name) {
  return std::ranges::find_if(waiting_,
                              [&](const Waiting& each) { return same_id(each.name, name); });
}

void Room::hear(std::string_view line) {
  const RpcReply reply = read_rpc_reply(line);
  if (reply.kind != RpcReply::Kind::other) {
    const auto found = find(reply.id);
    if (found != waiting_.end()) {
      const Waiting waiting = std::move(*found);
      waiting_.erase(found);
      waiting.listener->push(kind_ == Kind::shared ? spliced(line, reply.id_span, waiting.id)
                                                   : std::string(line));
      waiting.listener->end();
    }
    return;
  }
  if (!reply.progress.empty()) {
    const auto found = std::ranges::find_if(waiting_, [&](const Waiting& each) {
      return same_id(kind_ == Kind::shared ? each.name : each.token, reply.progress);
    });
    if (found != waiting_.end()) {
      found->listener->push(kind_ == Kind::shared ? spliced(line, reply.progress_span, found->token)
                                                  : std::string(line));
      return;
    }
  }
  if (kind_ == Kind::shared) {
    return;  // it belongs to no request, and nobody has a stream
  }
  if (stream_) {
    stream_->push(std::string(line));
  } else if (!waiting_.empty()) {
    waiting_.back().listener->push(std::string(line));
  } else {
    unheard_.emplace_back(line);
    if (unheard_.size() > kUnheardMax) {
      unheard_.pop_front();
    }
  }
}

void Room::leave(const std::shared_ptr<Listener>& listener) {
  const auto found = std::ranges::find(waiting_, listener, &Waiting::listener);
  if (found == waiting_.end() || kind_ == Kind::session) {
    return;
  }
  if (running()) {
    child_->tell(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":)" +
                 found->name + "}}");
  }
  waiting_.erase(found);
}

std::shared_ptr<Listener> Room::listen() {
  if (stream_) {
    stream_->end();
  }
  stream_ = std::make_shared<Listener>(io_);
  stream_->lines.swap(unheard_);
  return stream_;
}

void Room::stop_listening(const std::shared_ptr<Listener>& listener) {
  if (stream_ == listener) {
    stream_.reset();
  }
}

void Room::over() {
  for (const Waiting& waiting : waiting_) {
    waiting.listener->push(
        rpc_error(waiting.id, kRpcUpstream, "the server's program ended before it answered"));
    waiting.listener->end();
  }
  waiting_.clear();
  if (stream_) {
    stream_->end();
    stream_.reset();
  }
}

std::shared_ptr<Child> Room::close() {
  if (child_) {
    child_->stop();
  }
  return child_;
}

}  // namespace purser
