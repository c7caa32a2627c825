// app/front.cpp — one table of paths. What is not in it is refused: an endpoint that we do not
// meter may cost money, and nothing that costs money passes unseen.
#include "app/front.hpp"

#include "admin/call_page.hpp"
#include "admin/metrics.hpp"
#include "app/desk.hpp"
#include "pipeline/heads.hpp"
#include "pipeline/serve.hpp"
#include "pipeline/serve_mcp.hpp"
#include "pipeline/stages.hpp"
#include "wire/gemini_path.hpp"

namespace purser {
namespace {

enum class Desk : std::uint8_t {
  chat,  // metered, like those up to free_messages
  messages,
  responses,
  embeddings,
  completions,
  images,
  free_messages,
  free_responses,
  answer,        // a stored one: fetched, cancelled, deleted
  websocket,     // of responses
  batches,       // refused: what they cost is in files that nobody has to fetch
  gemini,        // a method of a model of Google's: metered, free or refused
  mcp,           // MCP servers: their tools' calls are metered
  mcp_metadata,  // what those say of themselves, to anybody
  models,        // passed on to whichever provider the caller's headers speak of
  verdict,       // what would become of a call
  holds,         // for spend that does not pass through here
  costs,         // and for what was spent already
  call,          // one call's record
  session,
  limits,
  kills,  // kill switches, for operators
  metrics,
  alive,
  ready,
  greeting,
  unknown,
};

struct Entry {
  std::string_view method;  // empty: any
  std::string_view path;
  bool prefix;
  Desk desk;
  std::string_view end = {};  // of a prefix: how the rest must end
};
constexpr std::array kDesks{
    Entry{"POST", "/v1/chat/completions", false, Desk::chat},
    Entry{"POST", "/chat/completions", false, Desk::chat},
    Entry{"POST", "/openai/deployments/", true, Desk::chat, "/chat/completions"},  // Azure's
    Entry{"POST", "/v1/messages", false, Desk::messages},
    Entry{"POST", "/v1/responses", false, Desk::responses},
    Entry{"POST", "/responses", false, Desk::responses},
    Entry{"POST", "/v1/responses/compact", false, Desk::responses},
    Entry{"POST", "/responses/compact", false, Desk::responses},
    Entry{"POST", "/v1/responses/input_tokens", false, Desk::free_responses},
    Entry{"POST", "/v1/responses/", true, Desk::answer},
    Entry{"GET", "/v1/responses/", true, Desk::answer},
    Entry{"DELETE", "/v1/responses/", true, Desk::answer},
    Entry{"GET", "/v1/responses", false, Desk::websocket},
    Entry{"GET", "/responses", false, Desk::websocket},
    Entry{"POST", "/v1/embeddings", false, Desk::embeddings},
    Entry{"POST", "/embeddings", false, Desk::embeddings},
    Entry{"POST", "/v1/completions", false, Desk::completions},
    Entry{"POST", "/completions", false, Desk::completions},
    Entry{"POST", "/v1/images/generations", false, Desk::images},
    Entry{"POST", "/v1/images/edits", false, Desk::images},
    Entry{"POST", "/v1/batches", false, Desk::batches},
    Entry{"GET", "/v1/batches", true, Desk::batches},
    Entry{"POST", "/v1/files", false, Desk::batches},
    Entry{"GET", "/v1/files", true, Desk::batches},
    Entry{"POST", "/v1/uploads", true, Desk::batches},
    Entry{"POST", "/v1/messages/count_tokens", false, Desk::free_messages},
    Entry{"POST", "/v1/verdict", false, Desk::verdict},
    Entry{"POST", "/v1/holds", false, Desk::holds},
    Entry{"POST", "/v1/holds/", true, Desk::holds},
    Entry{"GET", "/v1/holds/", true, Desk::holds},
    Entry{"POST", "/v1/costs", false, Desk::costs},
    Entry{"GET", "/v1/models", false, Desk::models},
    Entry{"GET", "/v1/models/", true, Desk::models},
    Entry{"POST", "/v1beta/models/", true, Desk::gemini},
    Entry{"POST", "/v1/models/", true, Desk::gemini},
    Entry{"GET", "/v1beta/models", false, Desk::models},
    Entry{"GET", "/v1beta/models/", true, Desk::models},
    Entry{"GET", "/v1/calls/", true, Desk::call},
    Entry{"GET", "/v1/sessions/", true, Desk::session},
    Entry{"POST", "/v1/sessions/", true, Desk::session},
    Entry{"GET", "/v1/admin/limits", false, Desk::limits},
    Entry{"PUT", "/v1/admin/limits", false, Desk::limits},
    Entry{"GET", "/v1/admin/kills", false, Desk::kills},
    Entry{"POST", "/v1/admin/kills", false, Desk::kills},
    Entry{"DELETE", "/v1/admin/kills/", true, Desk::kills},
    Entry{"", "/mcp", false, Desk::mcp},
    Entry{"", "/mcp/", true, Desk::mcp},
    Entry{"GET", "/.well-known/oauth-protected-resource/mcp/", true, Desk::mcp_metadata},
    Entry{"GET", "/.well-known/oauth-authorization-server/mcp/", true, Desk::mcp_metadata},
    Entry{"GET", "/.well-known/openid-configuration/mcp/", true, Desk::mcp_metadata},
    Entry{"GET", "/metrics", false, Desk::metrics},
    Entry{"GET", "/healthz", false, Desk::alive},
    Entry{"GET", "/readyz", false, Desk::ready},
    Entry{"GET", "/", false, Desk::greeting},
    Entry{"HEAD", "/", false, Desk::greeting},
};

/// Google's paths that cost money where no answer tells of it, or that lead to such.
struct Unmetered {
  std::string_view prefix;
  std::string_view why;
};
constexpr std::array kUnmetered{
    Unmetered{"/v1beta/cachedContents",
              "A cache is billed by the hour, which no answer tells; Google caches long prompts by "
              "itself, and Purser meters that."},
    Unmetered{"/v1beta/batches", "What a batch costs stands in files that Purser does not read."},
    Unmetered{"/upload/", "Files are not passed on; media may stand in the request (inlineData)."},
    Unmetered{"/v1beta/files",
              "Files are not passed on; media may stand in the request (inlineData)."},
    Unmetered{"/v1beta/interactions", "Ask by generateContent instead."},
};

Desk find_desk(const Request& request) {
  for (const Entry& entry : kDesks) {
    if ((entry.method.empty() || request.method == entry.method) &&
        (entry.prefix ? request.path.starts_with(entry.path) && request.path.ends_with(entry.end)
                      : request.path == entry.path)) {
      return entry.desk;
    }
  }
  return Desk::unknown;
}

/// What a provider answers, and so what may be asked of one by name.
bool is_asked_of_providers(Desk desk) {
  switch (desk) {
    case Desk::chat:
    case Desk::messages:
    case Desk::responses:
    case Desk::embeddings:
    case Desk::completions:
    case Desk::images:
    case Desk::free_messages:
    case Desk::free_responses:
    case Desk::answer:
    case Desk::websocket:
    case Desk::batches:
    case Desk::gemini:
    case Desk::models:
    case Desk::verdict:
      return true;
    case Desk::mcp:
    case Desk::mcp_metadata:
    case Desk::holds:
    case Desk::costs:
    case Desk::call:
    case Desk::session:
    case Desk::limits:
    case Desk::kills:
    case Desk::metrics:
    case Desk::alive:
    case Desk::ready:
    case Desk::greeting:
    case Desk::unknown:
      return false;
  }
  return false;
}

/// A request for one provider by the path's first part: "/groq/v1/chat/completions". What follows
/// is as at the root, or as at the provider itself: "/groq/openai/v1/chat/completions". `path`
/// keeps what is made for it.
Desk find_desk_below_name(Request& request, std::span<const Provider> providers,
                          std::string& path) {
  const std::size_t end = request.path.find('/', 1);
  if (end == std::string_view::npos) {
    return Desk::unknown;
  }
  const std::string_view name = request.path.substr(1, end - 1);
  const std::string_view whole = request.path;
  request.path.remove_prefix(end);
  Desk desk = find_desk(request);
  if (const Provider* provider = find_provider(providers, name);
      desk == Desk::unknown && provider != nullptr) {
    std::string_view rest = request.path;
    if (rest.starts_with(provider->origin.base_path)) {
      rest.remove_prefix(provider->origin.base_path.size());
    }
    path = rest.starts_with("/v1/") ? rest : "/v1" + std::string(rest);
    request.path = path;
    desk = find_desk(request);
  }
  if (!is_asked_of_providers(desk)) {
    request.path = whole;
    return Desk::unknown;
  }
  request.provider = name;
  return desk;
}

Plain readiness(const Front& front) {
  if (front.services.stopping.load(std::memory_order_relaxed)) {
    return {503, "application/json", R"({"ready":false,"why":"stopping"})"};
  }
  if (front.services.store->health().failed) {
    return {503, "application/json", R"({"ready":false,"why":"the books cannot be written"})"};
  }
  return {200, "application/json", R"({"ready":true})"};
}

Awaitable<bool> show_call(Connection& client, const Request& request, Front& front) {
  const Dialect dialect = dialect_of(request);
  const auto caller = identify(request, front.core, front.services);
  if (!caller) {
    co_return co_await deny(client, request, dialect, caller.error(), {}, front.core);
  }
  const auto id = parse_call_id(request.path.substr(std::string_view("/v1/calls/").size()));
  Result<std::optional<std::string>> page{std::nullopt};
  if (id) {
    const auto work = [&] {
      return call_page(front.services, front.data, *id, caller->caller.key);
    };
    page = co_await on_clerk(front, work);
  }
  if (!page) {
    const Denial denial{Refused::overloaded, page.error().message, {}, {}};
    co_return co_await deny(client, request, dialect, denial, {}, front.core);
  }
  if (!*page) {
    const Denial denial{Refused::not_found,
                        "no such call of this key; a call is in the ledger when it is over",
                        {},
                        {}};
    co_return co_await deny(client, request, dialect, denial, {}, front.core);
  }
  co_return co_await answer(client, request, {200, "application/json", **page});
}

/// What is refused, and why.
std::string not_served(const Request& request) {
  std::string text = "Purser does not serve " + std::string(request.method) + ' ' +
                     std::string(request.path) + ". ";
  for (const Unmetered& path : kUnmetered) {
    if (request.path.starts_with(path.prefix)) {
      return text += path.why;
    }
  }
  if (dialect_of(request) == Dialect::gemini) {
    return text +=
           "Of Google's API it meters generateContent, streamGenerateContent, embedContent and "
           "batchEmbedContents, passes on countTokens and the models, and forwards nothing it "
           "cannot price.";
  }
  return text +=
         "It meters POST /v1/chat/completions, /v1/responses, /v1/messages, /v1/embeddings, "
         "/v1/completions, /v1/images and /v1beta/models/MODEL:generateContent, passes on "
         "/v1/models and what counts tokens, fronts MCP servers at /mcp, and forwards nothing it "
         "cannot price.";
}

Awaitable<bool> unknown_path(Connection& client, const Request& request, Front& front) {
  const Denial denial{Refused::not_found, not_served(request), {}, {}};
  co_return co_await deny(client, request, dialect_of(request), denial, {}, front.core);
}

/// Codex asks for a websocket first, and for plain HTTP once that is refused in this way.
Awaitable<bool> refuse_websocket(Connection& client, const Request& request) {
  co_return co_await answer(
      client, request,
      {426, "application/json",
       R"({"error":{"message":"Purser serves responses over HTTP: POST /v1/responses.",)"
       R"("type":"invalid_request_error","param":null,"code":"upgrade_required"}})"});
}

Awaitable<bool> refuse_batches(Connection& client, const Request& request, Front& front) {
  const Denial denial{
      Refused::not_found,
      "Purser does not pass on batches, nor the files and uploads they are made of: what a batch "
      "costs stands in a file that nobody has to fetch, so no limit could hold it. Send the calls "
      "one by one, with \"service_tier\": \"flex\" where that is cheap enough.",
      {},
      {}};
  co_return co_await deny(client, request, Dialect::chat, denial, {}, front.core);
}

bool is_multipart(const Request& request) {
  return field_value(*request.fields, "content-type").starts_with("multipart/");
}

Awaitable<bool> refuse_multipart(Connection& client, const Request& request, Front& front) {
  const Denial denial{
      Refused::bad_request,
      "Purser reads image edits as JSON, not as a form: send \"images\" as a list of "
      "{\"image_url\": \"data:image/png;base64,…\"} or {\"file_id\": …}.",
      {},
      {}};
  co_return co_await deny(client, request, Dialect::images, denial, {}, front.core);
}

/// A method of one of Google's models, by the end of the path.
Awaitable<bool> gemini_method(Connection& client, const Request& request, Front& front) {
  const auto path = read_gemini_path(request.path);
  switch (path ? path->method : GeminiMethod::other) {
    case GeminiMethod::generate:
    case GeminiMethod::stream:
    case GeminiMethod::embed:
    case GeminiMethod::embed_batch:
      co_return co_await serve(client, request, Dialect::gemini, front.core, front.services);
    case GeminiMethod::count_tokens:
      co_return co_await pass_through(client, request, Dialect::gemini, front.core, front.services);
    case GeminiMethod::other:
      break;
  }
  co_return co_await unknown_path(client, request, front);
}

Awaitable<bool> dispatch(Connection& client, Request& request, Front& front) {
  Core& core = front.core;
  Services& services = front.services;
  std::string path;
  Desk desk = find_desk(request);
  if (desk == Desk::unknown) {
    desk = find_desk_below_name(request, core.policy->providers, path);
  }
  switch (desk) {
    case Desk::chat:
      co_return co_await serve(client, request, Dialect::chat, core, services);
    case Desk::messages:
      co_return co_await serve(client, request, Dialect::messages, core, services);
    case Desk::responses:
      co_return co_await serve(client, request, Dialect::responses, core, services);
    case Desk::embeddings:
      co_return co_await serve(client, request, Dialect::embeddings, core, services);
    case Desk::completions:
      co_return co_await serve(client, request, Dialect::completions, core, services);
    case Desk::batches:
      co_return co_await refuse_batches(client, request, front);
    case Desk::images:
      co_return co_await (is_multipart(request)
                              ? refuse_multipart(client, request, front)
                              : serve(client, request, Dialect::images, core, services));
    case Desk::free_responses:
      co_return co_await pass_through(client, request, Dialect::responses, core, services);
    case Desk::answer:
      co_return co_await fetch_answer(client, request, core, services);
    case Desk::websocket:
      co_return co_await refuse_websocket(client, request);
    case Desk::free_messages:
      co_return co_await pass_through(client, request, Dialect::messages, core, services);
    case Desk::mcp:
      co_return co_await serve_mcp(client, request, core, services);
    case Desk::mcp_metadata:
      co_return co_await serve_mcp_metadata(client, request, core);
    case Desk::gemini:
      co_return co_await gemini_method(client, request, front);
    case Desk::models:
      co_return co_await pass_through(client, request, dialect_of(request), core, services);
    case Desk::verdict:
      co_return co_await verdict_desk(client, request, front);
    case Desk::holds:
      co_return co_await holds_desk(client, request, front);
    case Desk::costs:
      co_return co_await costs_desk(client, request, front);
    case Desk::call:
      co_return co_await show_call(client, request, front);
    case Desk::session:
      co_return co_await sessions_desk(client, request, front);
    case Desk::limits:
      co_return co_await limits_desk(client, request, front);
    case Desk::kills:
      co_return co_await kills_desk(client, request, front);
    case Desk::metrics:
      co_return co_await answer(
          client, request, {200, "text/plain; version=0.0.4", metrics_text(front.cores, services)});
    case Desk::alive:
      co_return co_await answer(client, request, {200, "application/json", R"({"alive":true})"});
    case Desk::ready:
      co_return co_await answer(client, request, readiness(front));
    case Desk::greeting:
      co_return co_await answer(client, request,
                                {200, "application/json", R"({"service":"purser"})"});
    case Desk::unknown:
      break;
  }
  co_return co_await unknown_path(client, request, front);
}

/// A request that could not be read: answered, and the connection ended without a reset.
Awaitable<void> refuse_bytes(Connection& client, const Connection::BadRequest& bad, Front& front) {
  const std::vector<Field> none;
  Request request;
  request.fields = &none;
  request.keep_alive = false;
  const Refused why = bad.status == 413   ? Refused::too_large
                      : bad.status == 431 ? Refused::head
                                          : Refused::bad_request;
  const Denial denial{why, bad.message, {}, {}};
  co_await deny(client, request, Dialect::chat, denial, {}, front.core);
  co_await client.close_gently();
}

Awaitable<void> serve_connection(Socket socket, Front& front) {
  Connection client(std::move(socket), front.core.deadlines, front.limits);
  front.core.counters.connections.add(1);
  bool open = true;
  while (open) {
    Request request;
    const auto arrival = co_await client.next(request);
    if (!arrival) {
      co_await refuse_bytes(client, arrival.error(), front);
      break;
    }
    if (*arrival == Connection::Arrival::closed) {
      break;
    }
    open = co_await dispatch(client, request, front);
    client.finish_request();
    open = open && !client.gone() && !front.services.stopping.load(std::memory_order_relaxed);
  }
  client.close();
  front.core.counters.connections.add(-1);
}

}  // namespace

Awaitable<void> accept_connections(Acceptor& acceptor, Front& front) {
  while (acceptor.is_open()) {
    auto [error, socket] = co_await acceptor.async_accept(kAwait);
    if (error == asio::error::operation_aborted) {
      co_return;
    }
    if (error) {  // out of descriptors: those that end make room
      Timer pause(front.core.io, std::chrono::milliseconds(100));
      co_await pause.async_wait(kAwait);
      continue;
    }
    asio::co_spawn(front.core.io, serve_connection(std::move(socket), front),
                   [](std::exception_ptr failure) {
                     INVARIANT(!failure, "no exception leaves a connection");
                   });
  }
}

}  // namespace purser
