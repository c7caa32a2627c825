// dispatch/webhook.cpp — one connection a try: alerts are rare, and a kept one would be stale.
#include "dispatch/webhook.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <charconv>

#include "alerts/message.hpp"
#include "base/invariant.hpp"
#include "http/incoming.hpp"

namespace purser {
namespace {

/// Of a refusal's words: enough to see why, not enough to fill a log.
constexpr std::size_t kSaidMax = 200;

/// Hangs up when the whole try has taken too long: each read has a deadline of its own, which who
/// drips bytes never meets.
class Patience final : public Waiting {
 public:
  Patience(Upstream& upstream, std::chrono::seconds longest) : upstream_(upstream) {
    deadline = std::chrono::steady_clock::now() + longest;
  }
  void overdue() override { upstream_.overdue(); }

 private:
  Upstream& upstream_;
};

UpstreamLimits limits_of(std::chrono::seconds timeout) {
  UpstreamLimits limits;
  limits.connect = limits.first_byte = limits.between_bytes = limits.write = timeout;
  return limits;
}

Attempt failed(std::string why) {
  return {.result = Attempt::Result::failed, .said = std::move(why)};
}

/// Seconds only: the form with a date is not used by those who ask for patience.
std::chrono::seconds retry_after(const std::vector<Field>& fields) {
  const std::string_view text = field_value(fields, "retry-after");
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  const bool whole = error == std::errc{} && end == text.data() + text.size() && seconds >= 0;
  return std::chrono::seconds(whole ? std::min<std::int64_t>(seconds, 86'400) : 0);
}

/// What was said, fit for one line of a log.
std::string one_line(std::string_view text) {
  std::string line(cut(text, kSaidMax));
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      c = ' ';
    }
  }
  return line;
}

Awaitable<Attempt> read_answer(std::shared_ptr<const Outlet> outlet, Incoming& incoming) {
  const UpstreamLimits limits = limits_of(outlet->target.timeout);
  if (auto read = co_await incoming.read_head(limits); !read) {
    co_return failed(read.error().message);
  }
  Attempt attempt{.result = judge(incoming.status()),
                  .said = std::to_string(incoming.status()),
                  .retry_after = retry_after(incoming.fields())};
  if (attempt.result == Attempt::Result::delivered) {
    co_return attempt;
  }
  std::string_view piece;
  const auto more = co_await incoming.next(piece, kSaidMax, limits.between_bytes);
  if (more && *more) {
    attempt.said += ": " + one_line(piece);
  }
  co_return attempt;
}

}  // namespace

Result<WebhookAddress> parse_webhook(std::string_view url) {
  const std::size_t scheme = url.find("://");
  const std::size_t path = scheme == std::string_view::npos ? scheme : url.find('/', scheme + 3);
  const std::string_view front = url.substr(0, path);
  const std::string_view rest = path == std::string_view::npos ? "/" : url.substr(path);
  auto origin = parse_origin(front);
  const bool visible =
      std::ranges::all_of(rest, [](char c) { return c > 0x20 && c < 0x7F && c != '#'; });
  if (!origin || !visible) {
    // Without the text: for many services the address is the secret.
    return fail(Fault::config, "a webhook must be like https://hooks.example.com/path");
  }
  return WebhookAddress{.origin = std::move(*origin), .path = std::string(rest)};
}

std::string sign_body(std::string_view secret, std::string_view body) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes;
  unsigned int size = 0;
  const unsigned char* made =
      HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
           reinterpret_cast<const unsigned char*>(body.data()), body.size(), bytes.data(), &size);
  INVARIANT(made != nullptr, "HMAC-SHA256 is always there");
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text = "sha256=";
  for (unsigned int i = 0; i < size; ++i) {
    text += kHex[bytes[i] >> 4];
    text += kHex[bytes[i] & 15];
  }
  return text;
}

std::string webhook_request(const Outlet& outlet, const Alert& alert) {
  const auto* webhook = std::get_if<Webhook>(&outlet.target.way);
  INVARIANT(webhook != nullptr, "only a webhook is posted to");
  const std::string body =
      webhook->format == WebhookFormat::slack ? to_slack(alert) : to_json(alert);
  std::string request = "POST " + outlet.path + " HTTP/1.1\r\n";
  const auto field = [&](std::string_view name, std::string_view value) {
    request.append(name).append(": ").append(value).append("\r\n");
  };
  field("Host", outlet.origin.authority);
  field("User-Agent", "purser");
  field("Content-Type", "application/json");
  field("Accept-Encoding", "identity");
  field("Connection", "close");
  field("X-Purser-Alert-Id", alert_name(alert.id));
  if (!webhook->secret.empty()) {
    field("X-Purser-Signature", sign_body(webhook->secret, body));
  }
  for (const auto& [name, value] : webhook->headers) {
    field(name, value);
  }
  field("Content-Length", std::to_string(body.size()));
  return request + "\r\n" + body;
}

Awaitable<Attempt> post_webhook(asio::io_context& io, Deadlines& deadlines,
                                std::shared_ptr<const Outlet> outlet, Alert alert) {
  const std::string request = webhook_request(*outlet, alert);
  const UpstreamLimits limits = limits_of(outlet->target.timeout);
  auto upstream = outlet->origin.tls ? std::make_unique<Upstream>(Socket(io), *outlet->trust)
                                     : std::make_unique<Upstream>(Socket(io));
  Patience patience(*upstream, outlet->target.timeout);
  deadlines.watch(*upstream);
  deadlines.watch(patience);
  if (auto connected = co_await upstream->connect(outlet->origin, limits); !connected) {
    co_return failed(connected.error().message);
  }
  if (auto sent = co_await upstream->send({request}, limits.write); !sent) {
    co_return failed(sent.error().message);
  }
  Incoming incoming(std::move(upstream));
  co_return co_await read_answer(outlet, incoming);
}

}  // namespace purser
