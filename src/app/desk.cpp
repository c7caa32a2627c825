// app/desk.cpp — plain answers.
#include "app/desk.hpp"

#include "pipeline/heads.hpp"

namespace purser {

Dialect dialect_of(const Request& request) {
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

}  // namespace purser
