// app/replay.cpp — many users at once, each session turn by turn.
#include "app/replay.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/signal_set.hpp>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <set>

#include "app/replay_client.hpp"
#include "app/replay_recording.hpp"
#include "app/replay_request.hpp"
#include "app/replay_tally.hpp"
#include "base/hash.hpp"

namespace purser {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
constexpr double kSpeedMax = 1e6;
constexpr milliseconds kSweep{250};         // of deadlines
constexpr std::int64_t kBytesPerToken = 4;  // of recorded text, nearly

/// "software engineering, interactive" → "software-engineering".
std::string feature_of(std::string_view domain) {
  std::string feature;
  for (const char c : domain.substr(0, domain.find_first_of(",/"))) {
    const bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
    if (word) {
      feature += c;
    } else if (!feature.empty() && feature.back() != '-') {
      feature += '-';
    }
  }
  while (feature.ends_with('-')) {
    feature.pop_back();
  }
  return feature.empty() ? "unknown" : feature;
}

/// Header values are printable ASCII without spaces, whatever a recording calls itself.
std::string header_safe(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    safe += c > ' ' && c < '\x7F' ? c : '-';
  }
  return safe;
}

/// A replay in progress. All of it runs on one thread.
class Replay {
 public:
  Replay(const ReplayOptions& options, std::vector<Recording> recordings, Origin origin,
         std::shared_ptr<asio::ssl::context> trust)
      : options_(options),
        recordings_(std::move(recordings)),
        pool_(io_, deadlines_, std::move(origin), UpstreamLimits{}, std::move(trust)),
        client_(io_, pool_, options.key),
        count_(options.sessions == 0 ? recordings_.size() : options.sessions) {}

  const Tally& run() {
    running_ = std::min(std::max<std::size_t>(options_.concurrency, 1), count_);
    for (std::size_t i = 0; i < running_; ++i) {
      start(play_sessions());
    }
    start(keep_time());
    watch_signals();
    io_.run();
    say_progress("\n");
    return tally_;
  }

 private:
  void start(Awaitable<void> work) {
    asio::co_spawn(io_, std::move(work), [](std::exception_ptr failure) {
      INVARIANT(!failure, "no exception leaves a replayed session");
    });
  }

  Awaitable<void> play_sessions() {
    while (next_ < count_ && !stopping_) {
      co_await play(next_++);
    }
    if (--running_ == 0) {
      io_.stop();
    }
  }

  Player player(std::size_t number, const Recording& recording) const {
    const auto users = static_cast<std::size_t>(std::max<std::int64_t>(options_.users, 1));
    const std::size_t user = number % users;
    const std::size_t round = number / recordings_.size();
    Player player{.user = fmt::format("user-{:03}", user + 1),
                  .tier = options_.tiers.empty()
                              ? "free"
                              : header_safe(options_.tiers[user % options_.tiers.size()]),
                  .feature = feature_of(recording.domain),
                  .session = header_safe(recording.id)};
    if (round > 0) {
      player.session += fmt::format("-{}", round + 1);
    }
    return player;
  }

  Awaitable<void> play(std::size_t number) {
    const Recording& recording = recordings_[number % recordings_.size()];
    const Player who = player(number, recording);
    const std::string model = played_model(recording.model, options_.models);
    const auto share = static_cast<std::int64_t>(digest(who.session).low % 100);
    const Manner manner{.model = model,
                        .dialect = dialect_of_model(model),
                        .stream = share < options_.stream_percent,
                        .output_max = options_.output_max};
    History history(recording, manner);
    for (const Said& said : recording.messages) {
      co_await wait(said.pause);
      if (stopping_) {
        co_return;
      }
      if (said.asks() && !history.empty()) {
        Question question{
            .dialect = manner.dialect,
            .stream = manner.stream,
            .body = history.request(),
            .output_tokens = std::min(options_.output_max, said.output_bytes / kBytesPerToken + 1)};
        const Heard heard = co_await client_.ask(who, std::move(question));
        tally_.add(who, model, heard);
        if (heard.kind != Heard::Kind::answered) {
          co_return;  // an agent that is refused, or broken, gives up
        }
      }
      history.add(said);
    }
  }

  Awaitable<void> wait(milliseconds pause) {
    if (pause.count() == 0 || options_.speed <= 0) {
      co_return;
    }
    Timer timer(io_, milliseconds(static_cast<std::int64_t>(
                         std::ceil(static_cast<double>(pause.count()) / options_.speed))));
    const auto here = pauses_.insert(&timer).first;
    co_await timer.async_wait(kAwait);
    pauses_.erase(here);
  }

  /// Ends waits that take too long, and says every second how far it is.
  Awaitable<void> keep_time() {
    Timer timer(io_);
    for (int beat = 1;; ++beat) {
      timer.expires_after(kSweep);
      co_await timer.async_wait(kAwait);
      const SteadyTime now = std::chrono::steady_clock::now();
      deadlines_.sweep(now);
      pool_.sweep(now);
      if (beat % 4 == 0 && ::isatty(STDERR_FILENO) != 0) {
        say_progress("\r");
      }
    }
  }

  void say_progress(const char* end) const {
    const Sum& sum = tally_.total();
    fmt::print(stderr, "sessions {}/{}  calls {}  denied {}  failed {}  cost ${}   {}",
               std::min(next_, count_), count_, sum.calls, sum.denied, sum.failed,
               to_exact_dollars(sum.cost), end);
  }

  void watch_signals() {
    signals_.async_wait([this](const ErrorCode& error, int) {
      if (error) {
        return;
      }
      if (stopping_) {
        io_.stop();
        return;
      }
      stopping_ = true;
      for (Timer* const pause : pauses_) {
        pause->cancel();
      }
      fmt::print(stderr, "\nending the calls in flight; once more to drop them\n");
      watch_signals();
    });
  }

  const ReplayOptions& options_;
  std::vector<Recording> recordings_;
  asio::io_context io_{1};
  asio::signal_set signals_{io_, SIGINT, SIGTERM};
  Deadlines deadlines_;
  Pool pool_;
  ReplayClient client_;
  Tally tally_;
  std::set<Timer*> pauses_;  // of sessions that wait for their user
  std::size_t count_;
  std::size_t next_ = 0;
  std::size_t running_ = 0;
  bool stopping_ = false;
};

int give_up(const Error& error) {
  fmt::print(stderr, "purser replay: {}\n", error.message);
  return 1;
}

}  // namespace

Result<double> parse_speed(std::string_view text) {
  if (text == "max") {
    return 0;
  }
  std::string_view digits = text;
  if (digits.ends_with('x')) {
    digits.remove_suffix(1);
  }
  double speed = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, speed);
  if (error != std::errc{} || stop != end || !(speed > 0 && speed <= kSpeedMax)) {
    return fail(Fault::config, fmt::format("'{}': expected a speed such as 100x, or max", text));
  }
  return speed;
}

Result<ModelMapping> parse_model_mapping(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos || equals + 1 == text.size()) {
    return fail(Fault::config,
                fmt::format("'{}': expected RECORDED=PLAYED, such as gpt-4-turbo=gpt-4o", text));
  }
  return ModelMapping{.recorded = std::string(text.substr(0, equals)),
                      .played = std::string(text.substr(equals + 1))};
}

int replay(const ReplayOptions& options) {
  auto recordings = read_recordings(options.file);
  if (!recordings) {
    return give_up(recordings.error());
  }
  if (recordings->empty()) {
    return give_up({Fault::config, options.file.string() + ": holds no session"});
  }
  auto origin = parse_origin(options.base);
  if (!origin) {
    return give_up(origin.error());
  }
  std::shared_ptr<asio::ssl::context> trust;
  if (origin->tls) {
    auto trusted = make_trust({});
    if (!trusted) {
      return give_up(trusted.error());
    }
    trust = std::move(*trusted);
  }
  Replay replay(options, std::move(*recordings), std::move(*origin), std::move(trust));
  const Tally& tally = replay.run();
  fmt::print("{}", tally.report(options.format));
  return tally.total().calls + tally.total().denied > 0 ? 0 : 1;
}

}  // namespace purser
