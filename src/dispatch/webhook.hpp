// dispatch/webhook.hpp — an alert as a POST.
#pragma once

#include "dispatch/outlet.hpp"

namespace purser {

/// "sha256=" and the HMAC-SHA256 of `body` under `secret`, in hexadecimal: what the header
/// X-Purser-Signature says.
std::string sign_body(std::string_view secret, std::string_view body);

/// The whole request: head and body.
std::string webhook_request(const Outlet& outlet, const Alert& alert);

Awaitable<Attempt> post_webhook(asio::io_context& io, Deadlines& deadlines,
                                std::shared_ptr<const Outlet> outlet, Alert alert);

}  // namespace purser
