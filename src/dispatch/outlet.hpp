// dispatch/outlet.hpp — a target made ready: its address taken apart, its trust loaded; and one try
// to hand it an alert.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "alerts/retry.hpp"
#include "alerts/target.hpp"
#include "base/result.hpp"
#include "http/upstream.hpp"

namespace purser {

/// Immutable: tries under way keep the one they began with.
struct Outlet {
  AlertTarget target;
  // Of a webhook.
  Origin origin;
  std::string path;  // with its query, as it was written
  std::shared_ptr<asio::ssl::context> trust;
};

/// "https://hooks.example.com/a?b=c" is an origin and a path. Error (config) when it is neither
/// http:// nor https://, or has what no request line may carry.
struct WebhookAddress {
  Origin origin;
  std::string path;
};
Result<WebhookAddress> parse_webhook(std::string_view url);

/// Error (config): an address or a file of certificates that cannot be used.
Result<std::shared_ptr<const Outlet>> make_outlet(AlertTarget target);

/// One try, over within the target's timeout but for a name server that does not answer. Never
/// says a webhook's path: for many it is the secret.
Awaitable<Attempt> attempt(asio::io_context& io, Deadlines& deadlines,
                           std::shared_ptr<const Outlet> outlet, Alert alert);

/// The same for several at once, here and now: for `purser alerts test`. In the order of `outlets`.
struct Tried {
  Attempt attempt;
  std::chrono::milliseconds took{0};
};
std::vector<Tried> attempt_all(const std::vector<std::shared_ptr<const Outlet>>& outlets,
                               const Alert& alert);

}  // namespace purser
