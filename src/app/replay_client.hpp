// app/replay_client.hpp — an agent's side of one call: asks, retries as SDKs do, learns the cost.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "call/call.hpp"
#include "http/incoming.hpp"
#include "http/upstream.hpp"
#include "money/amount.hpp"
#include "money/usage.hpp"

namespace purser {

/// Who asks, in Purser's words.
struct Player {
  std::string user;
  std::string tier;
  std::string feature;
  std::string session;
};

struct Question {
  Dialect dialect = Dialect::chat;
  bool stream = false;
  std::string body;
  std::int64_t output_tokens = 0;  // as recorded; the simulated provider answers as long
};

struct Heard {
  enum class Kind : std::uint8_t {
    answered,
    denied,  // the gateway refused: a limit
    failed,  // anything else; `message` says what
  };
  Kind kind = Kind::failed;
  std::string message = {};
  std::optional<Amount> cost = {};  // nothing: whoever answered did not say
  Usage usage = {};
  std::int64_t retries = 0;
};

class ReplayClient {
 public:
  ReplayClient(asio::io_context& io, Pool& pool, std::string key)
      : io_(io), pool_(pool), key_(std::move(key)) {}

  /// Up to three attempts.
  Awaitable<Heard> ask(Player player, Question question);

 private:
  struct Attempt {
    int status = 0;  // 0: no answer
    std::string error = {};
    std::string body = {};  // of an error
    std::string call_id = {};
    std::string limit = {};  // that stands nearest, or that refused
    bool admitted = false;   // the gateway let it pass, so what is said is the provider's
    bool retry = false;
    std::int64_t retry_after = 0;  // seconds
    std::optional<Amount> cost = {};
    Usage usage = {};
  };
  Awaitable<Attempt> attempt(const Player& player, const Question& question);
  Awaitable<Result<std::unique_ptr<Incoming>>> open(std::string head, std::string_view body);
  Awaitable<void> read_answer(Incoming& incoming, const Question& question, Attempt& attempt);
  Awaitable<std::optional<Amount>> look_up_cost(std::string call_id);
  std::string request_head(const Player& player, const Question& question) const;

  asio::io_context& io_;
  Pool& pool_;
  std::string key_;
};

}  // namespace purser
