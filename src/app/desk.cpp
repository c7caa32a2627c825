// app/desk.cpp — plain answers, and the one check of who may operate.
#include "app/desk.hpp"

#include "pipeline/heads.hpp"
#include "pipeline/serve.hpp"
#include "pipeline/stages.hpp"

namespace purser {
namespace {

OrDenial<Identified> identify_operator(const Request& request, Front& front) {
  auto who = identify(request, front.core, front.services);
  if (who && !who->operates) {
    return std::unexpected(
        Denial{Refused::forbidden,
               "this key may call, not operate: `purser keys create --operator` makes one that may",
               {},
               {}});
  }
  return who;
}

/// What is to be deleted and is not there is the one wish that is refused for its path.
Refused refused_of(const Request& request, const Error& error) {
  if (error.fault != Fault::client) {
    return Refused::overloaded;
  }
  return request.method == "DELETE" ? Refused::not_found : Refused::bad_request;
}

}  // namespace

Dialect dialect_of(const Request& request) {
  if (request.path.starts_with("/v1beta/") ||
      !field_value(*request.fields, "x-goog-api-key").empty()) {
    return Dialect::gemini;
  }
  return !field_value(*request.fields, "anthropic-version").empty() ||
                 request.path.starts_with("/v1/messages")
             ? Dialect::messages
             : Dialect::chat;
}

Awaitable<bool> answer(Connection& client, const Request& request, const Plain& plain) {
  std::string head = "HTTP/1.1 " + std::to_string(plain.status) + ' ';
  head += reason_phrase(plain.status);
  head += "\r\n";
  append_field(head, "Content-Type", plain.type);
  end_head_with_length(head, plain.body.size(), request.keep_alive);
  const bool sent = request.method == "HEAD" ? co_await client.send({head})
                                             : co_await client.send({head, plain.body});
  co_return sent&& request.keep_alive;
}

Awaitable<bool> operate(Connection& client, const Request& request, Front& front,
                        Operation operation) {
  const Dialect dialect = dialect_of(request);
  const auto who = identify_operator(request, front);
  if (!who) {
    co_return co_await deny(client, request, dialect, who.error(), {}, front.core);
  }
  const auto work = [&] { return operation(who->caller); };
  const Result<Plain> done = co_await on_clerk(front, work);
  if (!done) {
    const Denial denial{refused_of(request, done.error()), done.error().message, {}, {}};
    co_return co_await deny(client, request, dialect, denial, {}, front.core);
  }
  co_return co_await answer(client, request, *done);
}

}  // namespace purser
