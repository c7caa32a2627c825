// pipeline/relay.cpp — bytes through, a meter looking on, and an end for every stream.
#include "pipeline/relay.hpp"

#include <charconv>

#include "call/stream_bound.hpp"
#include "wire/stream_edge.hpp"

namespace purser {
namespace {

/// A stream's events are small; a burst fills this and is read again at once.
constexpr std::size_t kStreamRead = std::size_t{2} << 10;
/// Plain answers and bursts: as much as a socket holds.
constexpr std::size_t kBulkRead = std::size_t{64} << 10;

/// Where the visible text goes past it, the provider ignores the bound it was sent, and the stream
/// is ended at its hold.
StreamBound stream_bound(const Admitted& admitted, const Held& held) {
  const std::int64_t choices = admitted.call.choices;
  return {all_choices(choices, held.output_max),
          // The words of several choices come mixed.
          choices == 1 ? public_encoding(admitted.provider->name, admitted.model) : std::nullopt};
}

std::string chunked(std::string_view bytes) {
  return (bytes.empty() ? std::string() : chunk_of(bytes)) + std::string(kLastChunk);
}

/// One stream on its way: the parts of relay() share this.
class Stream {
 public:
  Stream(Incoming& incoming, StreamFraming framing, Connection& client, const Admitted& admitted,
         const Held& held, Running& running, Core& core)
      : incoming_(incoming),
        client_(client),
        admitted_(admitted),
        running_(running),
        core_(core),
        bound_(stream_bound(admitted, held)),
        meter_(make_meter(admitted.call.dialect, {.stream = true,
                                                  .hide_usage = held.edits.ask_usage,
                                                  .keep_text = bound_.reads_text(),
                                                  .quirks = admitted.provider->quirks,
                                                  .whole_events = false,
                                                  .framing = framing})),
        edge_(framing) {}

  enum class Next { more, ended, broken, cut, cancelled, killed };
  Awaitable<Next> step();
  Relayed finish(Next how);

 private:
  Awaitable<void> pass_on(std::string_view piece);
  bool whole_for_client() const;
  bool start_draining();
  bool past_its_hold();
  Awaitable<Next> step_to_event_end(std::string_view piece);
  Relayed finish_killed(Next how);
  std::chrono::seconds patience() const;

  Incoming& incoming_;
  Connection& client_;
  const Admitted& admitted_;
  Running& running_;
  Core& core_;
  StreamBound bound_;
  const std::unique_ptr<Meter> meter_;
  StreamEdge edge_;
  std::string forward_;
  std::string why_;
  std::size_t room_ = kStreamRead;
  bool draining_ = false;
  SteadyTime drain_until_ = SteadyTime::max();
};

std::chrono::seconds Stream::patience() const {
  const std::chrono::seconds silence = admitted_.provider->waits.between_bytes;
  if (!draining_) {
    return silence;
  }
  const auto left =
      std::chrono::ceil<std::chrono::seconds>(drain_until_ - std::chrono::steady_clock::now());
  return std::clamp(left, std::chrono::seconds(0), silence);
}

/// The client has left. False: the answer is given up.
bool Stream::start_draining() {
  if (draining_) {
    return true;
  }
  const Policy& policy = *admitted_.policy;
  if (policy.leaving == Leaving::cancel || core_.draining >= policy.drains_max) {
    return false;
  }
  draining_ = true;
  ++core_.draining;
  core_.counters.drained.add();
  drain_until_ = std::chrono::steady_clock::now() + policy.drain_max;
  return true;
}

bool Stream::past_its_hold() {
  if (bound_.wants_text(meter_->visible_bytes())) {
    bound_.count(meter_->take_text());
  }
  return bound_.passed(meter_->visible_bytes());
}

Awaitable<void> Stream::pass_on(std::string_view piece) {
  forward_.clear();
  meter_->see(piece, forward_);
  const std::string_view out = meter_->filters() ? std::string_view(forward_) : piece;
  if (out.empty() || client_.gone()) {
    co_return;
  }
  edge_.see(out);
  std::array<char, 24> digits;
  co_await client_.send({chunk_head(digits, out.size()), out, "\r\n"});
}

/// What the client has so far could be ended here.
bool Stream::whole_for_client() const {
  return client_.gone() || edge_.between();
}

Awaitable<Stream::Next> Stream::step() {
  if (running_.killed() && whole_for_client()) {
    co_return Next::killed;
  }
  running_.set_hang_up(whole_for_client() ? Running::HangUp::at_once
                                          : Running::HangUp::at_event_end);
  std::string_view piece;
  const auto more = co_await incoming_.next(piece, room_, patience());
  if (running_.killed()) {
    co_return co_await step_to_event_end(more ? piece : std::string_view{});
  }
  if (!more) {
    why_ = more.error().message;
    co_return client_.gone() && !draining_ ? Next::cancelled : Next::broken;
  }
  if (!*more) {
    co_return Next::ended;
  }
  room_ = piece.size() >= kStreamRead ? kBulkRead : kStreamRead;
  co_await pass_on(piece);
  if (incoming_.ended()) {
    co_return Next::ended;
  }
  // Cut only between two events: what follows half of one would be garbage.
  if (past_its_hold() && whole_for_client()) {
    co_return Next::cut;
  }
  if (client_.gone() && !start_draining()) {
    co_return Next::cancelled;
  }
  if (draining_ && std::chrono::steady_clock::now() >= drain_until_) {
    why_ = "the client had left and the answer did not end in time";
    co_return Next::broken;
  }
  co_return Next::more;
}

/// Told to end: the event that is under way may end first, if it does so in a moment.
Awaitable<Stream::Next> Stream::step_to_event_end(std::string_view piece) {
  if (!whole_for_client() && !piece.empty()) {
    co_await pass_on(piece.substr(0, edge_.rest_of_event(piece)));
  }
  if (whole_for_client()) {
    co_return Next::killed;
  }
  if (piece.empty() || running_.late(std::chrono::steady_clock::now())) {
    co_return Next::broken;
  }
  co_return Next::more;
}

/// Ended by a kill switch: what it has cost so far is unknown, unless its usage had come already.
Relayed Stream::finish_killed(Next how) {
  core_.counters.killed.add();
  Relayed relayed;
  relayed.tail = how == Next::killed ? chunked(meter_->closing_events()) : std::string();
  Answered& answered = relayed.answered;
  answered.status = incoming_.status();
  answered.reply = meter_->finish(false, forward_);
  answered.reply.stop_reason = "purser_kill";
  answered.outcome =
      outcome_of(answered.reply) == Outcome::settled ? Outcome::settled : Outcome::estimated;
  answered.why = *running_.killed();
  return relayed;
}

Relayed Stream::finish(Next how) {
  if (draining_) {
    --core_.draining;
  }
  forward_.clear();
  if (running_.killed() && how != Next::ended) {
    return finish_killed(how);
  }
  Relayed relayed;
  Answered& answered = relayed.answered;
  answered.status = incoming_.status();
  if (how == Next::cut) {
    core_.counters.cut.add();
    relayed.tail = chunked(meter_->closing_events());
    answered.reply = meter_->finish(false, forward_);
    answered.reply.stop_reason = "purser_hold";
    answered.why = "the provider went past the output bound it was sent";
    answered.outcome = Outcome::presumed;
    return relayed;
  }
  answered.reply = meter_->finish(how == Next::ended, forward_);
  answered.outcome = how == Next::cancelled ? Outcome::estimated : outcome_of(answered.reply);
  answered.why = why_;
  relayed.tail = how == Next::ended ? chunked(forward_) : std::string();
  return relayed;
}

}  // namespace

std::string_view chunk_head(std::array<char, 24>& digits, std::size_t bytes) {
  char* end = std::to_chars(digits.data(), digits.data() + 16, bytes, 16).ptr;
  *end++ = '\r';
  *end++ = '\n';
  return {digits.data(), static_cast<std::size_t>(end - digits.data())};
}

bool is_event_stream(const std::vector<Field>& fields) {
  for (const Field& field : fields) {
    if (field.known == FieldName::content_type) {
      return field.value.size() >= 17 && same_name(field.value.substr(0, 17), "text/event-stream");
    }
  }
  return false;
}

std::string chunk_of(std::string_view bytes) {
  std::array<char, 24> digits;
  std::string out(chunk_head(digits, bytes.size()));
  out += bytes;
  out += "\r\n";
  return out;
}

Awaitable<Asked> ask(Pool& pool, std::string_view head, std::string_view body, Running* running) {
  Asked asked;
  auto upstream = co_await pool.take();
  if (!upstream) {
    asked.failure = upstream.error().message;
    co_return asked;
  }
  if (running != nullptr && running->killed()) {
    pool.give_back(std::move(*upstream));
    co_return asked;
  }
  Upstream& connection = **upstream;
  std::optional<Leash> leash;
  if (running != nullptr) {
    leash.emplace(*running, connection);
  }
  asked.sent = true;  // from the first byte on the provider may act on it
  asked.incoming = std::make_unique<Incoming>(std::move(*upstream));
  if (auto sent = co_await connection.send({head, body}, pool.limits().write); !sent) {
    asked.failure = sent.error().message;
  } else if (auto read = co_await asked.incoming->read_head(pool.limits()); !read) {
    asked.failure = read.error().message;
  } else {
    co_return asked;
  }
  leash.reset();
  asked.timed_out = connection.timed_out();
  asked.incoming.reset();
  co_return asked;
}

Awaitable<bool> read_whole(Incoming& incoming, std::string& body, std::size_t bytes_max,
                           std::chrono::seconds wait) {
  if (const auto length = incoming.length(); length && *length <= bytes_max) {
    body.reserve(static_cast<std::size_t>(*length) + kBodyPadding);
  }
  while (!incoming.ended()) {
    std::string_view piece;
    const auto more = co_await incoming.next(piece, kBulkRead, wait);
    if (!more || body.size() + piece.size() > bytes_max) {
      co_return false;
    }
    body += piece;
  }
  co_return true;
}

Awaitable<Relayed> relay(Incoming& incoming, StreamFraming framing, Connection& client,
                         const Admitted& admitted, const Held& held, Running& running, Core& core) {
  const Leash leash(running, incoming.upstream());
  std::optional<LeaveWatch> watch;
  if (admitted.policy->leaving == Leaving::cancel) {
    watch.emplace(client, incoming.upstream());
    core.deadlines.watch(*watch);
  }
  Stream stream(incoming, framing, client, admitted, held, running, core);
  Stream::Next next = Stream::Next::more;
  while (next == Stream::Next::more) {
    next = co_await stream.step();
  }
  co_return stream.finish(next);
}

}  // namespace purser
