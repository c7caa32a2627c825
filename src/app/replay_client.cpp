// app/replay_client.cpp — the names of the gateway's headers stand here and nowhere else.
#include "app/replay_client.hpp"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <charconv>

#include "wire/wire.hpp"

namespace purser {
namespace {

constexpr int kAttemptsMax = 3;              // as the official SDKs
constexpr std::int64_t kRetryAfterMax = 60;  // seconds; longer is not waited for
constexpr std::size_t kPieceBytes = std::size_t{64} << 10;
constexpr std::size_t kErrorBytesMax = 2'000;  // of an error's body, to be shown

// What is said to the gateway …
constexpr std::string_view kUser = "x-purser-user";
constexpr std::string_view kTier = "x-purser-tier";
constexpr std::string_view kFeature = "x-purser-feature";
constexpr std::string_view kSession = "x-purser-session";
// … and what it says.
constexpr std::string_view kCallId = "x-purser-call-id";
constexpr std::string_view kCost = "x-purser-cost-usd";
constexpr std::string_view kLimit = "x-purser-limit";
constexpr std::string_view kHeld = "x-purser-held-usd";  // only where the call was admitted
constexpr std::string_view kShouldRetry = "x-should-retry";
constexpr std::string_view kRetryAfter = "retry-after";
constexpr std::string_view kCallPage = "/v1/calls/";
constexpr std::string_view kCallPageCost = "\"cost_usd\":";
// Only the simulated provider reads this: it answers at the recorded length.
constexpr std::string_view kSimulate = "x-simulate";

std::optional<Amount> read_dollars(std::string_view text) {
  const auto amount = parse_dollars(text);
  return amount ? std::optional(*amount) : std::nullopt;
}

/// The digits as they stand: a double between them and the sum would round.
std::optional<Amount> cost_on_page(std::string_view page) {
  const auto found = page.find(kCallPageCost);
  if (found == std::string_view::npos) {
    return std::nullopt;
  }
  page.remove_prefix(found + kCallPageCost.size());
  return read_dollars(page.substr(0, page.find_first_of(",}")));
}

std::int64_t read_seconds(std::string_view text) {
  std::int64_t seconds = 0;
  std::from_chars(text.data(), text.data() + text.size(), seconds);
  return std::clamp<std::int64_t>(seconds, 0, kRetryAfterMax);
}

/// SDKs go by the explicit word, and without one by the status.
bool to_be_retried(int status, std::string_view word) {
  if (!word.empty()) {
    return word == "true";
  }
  return status == 0 || status == 408 || status == 409 || status == 429 || status >= 500;
}

/// The message of an error of either dialect; else the body itself.
std::string error_message(const std::string& body) {
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(body, error);
  if (!error) {
    const boost::json::value* const text = value.find_pointer("/error/message", error);
    if (text != nullptr && text->is_string()) {
      return std::string(text->get_string());
    }
  }
  return body.substr(0, 200);
}

}  // namespace

std::string ReplayClient::request_head(const Player& player, const Question& question) const {
  const bool chat = question.dialect == Dialect::chat;
  // A base URL of OpenAI's kind ends in /v1, one of Anthropic's does not: both are understood.
  const std::string_view version = pool_.origin().base_path.ends_with("/v1") ? "" : "/v1";
  std::string head = fmt::format(
      "POST {}{}{} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n"
      "content-length: {}\r\n{}: {}\r\n{}: {}\r\n{}: {}\r\n{}: {}\r\n"
      "{}: output={} no-tool\r\n",
      pool_.origin().base_path, version, chat ? "/chat/completions" : "/messages",
      pool_.origin().authority, question.body.size(), kUser, player.user, kTier, player.tier,
      kFeature, player.feature, kSession, player.session, kSimulate, question.output_tokens);
  if (!key_.empty()) {
    head += fmt::format("authorization: Bearer {}\r\n", key_);
  }
  if (!chat) {
    head += "anthropic-version: 2023-06-01\r\n";
  }
  return head + "\r\n";
}

Awaitable<Result<std::unique_ptr<Incoming>>> ReplayClient::open(std::string head,
                                                                std::string_view body) {
  auto upstream = co_await pool_.take();
  if (!upstream) {
    co_return std::unexpected(upstream.error());
  }
  const auto sent = co_await (*upstream)->send({head, body, {}, {}}, pool_.limits().write);
  if (!sent) {
    co_return std::unexpected(sent.error());
  }
  auto incoming = std::make_unique<Incoming>(std::move(*upstream));
  const auto read = co_await incoming->read_head(pool_.limits());
  if (!read) {
    co_return std::unexpected(read.error());
  }
  co_return incoming;
}

Awaitable<void> ReplayClient::read_answer(Incoming& incoming, const Question& question,
                                          Attempt& attempt) {
  const bool answered = attempt.status == 200;
  const auto meter = make_meter(question.dialect, {.stream = question.stream});
  std::string unused;
  std::string_view piece;
  while (true) {
    const auto more = co_await incoming.next(piece, kPieceBytes, pool_.limits().between_bytes);
    if (!more) {
      attempt.error = more.error().message;
      break;
    }
    if (!*more) {
      break;
    }
    if (answered) {
      meter->see(piece, unused);
    } else if (attempt.body.size() < kErrorBytesMax) {
      attempt.body += piece;
    }
  }
  if (answered) {
    attempt.usage = meter->finish(incoming.ended(), unused).usage;
  }
  if (auto reusable = incoming.take_reusable()) {
    pool_.give_back(std::move(reusable));
  }
}

Awaitable<ReplayClient::Attempt> ReplayClient::attempt(const Player& player,
                                                       const Question& question) {
  Attempt attempt;
  auto incoming = co_await open(request_head(player, question), question.body);
  if (!incoming) {
    attempt.error = incoming.error().message;
    attempt.retry = true;
    co_return attempt;
  }
  const std::vector<Field>& fields = (*incoming)->fields();
  attempt.status = (*incoming)->status();
  attempt.call_id = field_value(fields, kCallId);
  attempt.admitted = !field_value(fields, kHeld).empty();
  attempt.limit = field_value(fields, kLimit);
  attempt.cost = read_dollars(field_value(fields, kCost));
  attempt.retry = to_be_retried(attempt.status, field_value(fields, kShouldRetry));
  attempt.retry_after = read_seconds(field_value(fields, kRetryAfter));
  co_await read_answer(**incoming, question, attempt);
  co_return attempt;
}

Awaitable<std::optional<Amount>> ReplayClient::look_up_cost(std::string call_id) {
  std::string head = fmt::format("GET {}{} HTTP/1.1\r\nhost: {}\r\n", kCallPage, call_id,
                                 pool_.origin().authority);
  if (!key_.empty()) {
    head += fmt::format("authorization: Bearer {}\r\n", key_);
  }
  auto incoming = co_await open(head + "\r\n", {});
  if (!incoming || (*incoming)->status() != 200) {
    co_return std::nullopt;
  }
  std::string body;
  std::string_view piece;
  while (true) {
    const auto more = co_await (*incoming)->next(piece, kPieceBytes, pool_.limits().between_bytes);
    if (!more || !*more) {
      break;
    }
    body += piece;
  }
  if (auto reusable = (*incoming)->take_reusable()) {
    pool_.give_back(std::move(reusable));
  }
  co_return cost_on_page(body);
}

Awaitable<Heard> ReplayClient::ask(Player player, Question question) {
  Heard heard;
  Attempt last;
  for (int attempts = 1; attempts <= kAttemptsMax; ++attempts) {
    last = co_await attempt(player, question);
    if (!last.retry || last.status == 200 || attempts == kAttemptsMax) {
      break;
    }
    heard.retries += 1;
    const auto back_off = std::chrono::milliseconds(250 << attempts);
    Timer pause(
        io_, std::max<std::chrono::milliseconds>(back_off, std::chrono::seconds(last.retry_after)));
    co_await pause.async_wait(kAwait);
  }
  if (last.status == 200) {
    heard.kind = last.error.empty() ? Heard::Kind::answered : Heard::Kind::failed;
    heard.message = last.error;
    heard.usage = last.usage;
    heard.cost = last.cost;
    if (!heard.cost && !last.call_id.empty()) {
      heard.cost = co_await look_up_cost(last.call_id);
    }
    co_return heard;
  }
  const bool by_limit = !last.admitted && !last.limit.empty();
  heard.kind = last.status == 402 || by_limit ? Heard::Kind::denied : Heard::Kind::failed;
  if (last.status == 0) {
    heard.message = last.error;
  } else if (by_limit) {
    heard.message = fmt::format("{}: limit {}", last.status, last.limit);
  } else {
    heard.message = fmt::format("{}: {}", last.status, error_message(last.body));
  }
  co_return heard;
}

}  // namespace purser
