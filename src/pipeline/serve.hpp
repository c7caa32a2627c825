// pipeline/serve.hpp — one model call, from its first byte to the settled cent.
#pragma once

#include "http/connection.hpp"
#include "pipeline/services.hpp"

namespace purser {

/// Serves the request in hand: answers it, whatever happens, unless the client has left. Returns
/// whether the connection may carry another request.
Awaitable<bool> serve(Connection& client, const Request& request, Dialect dialect, Core& core,
                      Services& services);

/// Passes on a request that costs nothing (models, count_tokens), with the provider's key.
Awaitable<bool> pass_through(Connection& client, const Request& request, Dialect dialect,
                             Core& core, Services& services);

/// Answers with Purser's own error, phrased in the dialect.
struct Denial;
Awaitable<bool> deny(Connection& client, const Request& request, Dialect dialect,
                     const Denial& denial, std::string_view request_id, Core& core);

}  // namespace purser
