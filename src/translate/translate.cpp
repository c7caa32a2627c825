// translate/translate.cpp — the table of dialects, and what is the same for all of them.
#include "translate/translate.hpp"

#include "translate/dialects.hpp"

namespace purser::translate {
namespace {

struct Words {
  Conversation (*read)(const json::value&, Reading&);
  json::object (*write)(const Conversation&, Notes&);
  Answer (*read_answer)(const json::value&, const Named&, Reading&);
  json::object (*write_answer)(const Answer&, const Named&, Notes&);
};
constexpr Words kDialects[] = {
    {read_chat, write_chat, read_chat_answer, write_chat_answer},
    {read_messages, write_messages, read_messages_answer, write_messages_answer},
    {read_responses, write_responses, read_responses_answer, write_responses_answer},
    {read_gemini, write_gemini, read_gemini_answer, write_gemini_answer},
};
static_assert(std::size(kDialects) == kWires.size());

const Words& dialect(Wire wire) {
  return kDialects[static_cast<std::size_t>(wire)];
}

}  // namespace

std::optional<Wire> wire_of(purser::Dialect of) {
  switch (of) {
    case purser::Dialect::chat:
      return Wire::chat;
    case purser::Dialect::messages:
      return Wire::messages;
    case purser::Dialect::responses:
      return Wire::responses;
    case purser::Dialect::gemini:
      return Wire::gemini;
    default:
      return {};
  }
}

Result<Conversation> read(Wire wire, std::string_view body, const Beside& beside) {
  const auto tree = parse(body, Fault::client);
  if (!tree) {
    return std::unexpected(tree.error());
  }
  Reading reading;
  reading.snake_too = wire == Wire::gemini;
  Conversation conversation = dialect(wire).read(*tree, reading);
  if (!reading.wrong.empty()) {
    return fail(Fault::client, std::move(reading.wrong));
  }
  if (!beside.model.empty()) {
    conversation.model = beside.model;
  }
  conversation.settings.stream = conversation.settings.stream || beside.stream;
  conversation.losses = std::move(reading.losses);
  return conversation;
}

Result<Written> write(Wire wire, const Conversation& conversation, const Policy& policy) {
  Notes notes{.losses = conversation.losses};
  const json::object body = dialect(wire).write(conversation, notes);
  for (const Loss& loss : notes.losses) {
    if (loss.fate == Fate::dropped && policy.of(loss.concern) == WhenDropped::refuse) {
      return fail(Fault::client, "cannot be asked of a model that speaks " +
                                     std::string(to_string(wire)) + ": " + loss.path + ": " +
                                     loss.why);
    }
  }
  return Written{.body = print(body),
                 .path_model = wire == Wire::gemini ? conversation.model : std::string(),
                 .stream = conversation.settings.stream,
                 .losses = std::move(notes.losses)};
}

Result<Answer> read_answer(Wire wire, std::string_view body, const Named& named) {
  const auto tree = parse(body, Fault::upstream);
  if (!tree) {
    return std::unexpected(tree.error());
  }
  Reading reading;
  reading.snake_too = wire == Wire::gemini;
  Answer answer = dialect(wire).read_answer(*tree, named, reading);
  if (!reading.wrong.empty()) {
    return fail(Fault::upstream, std::move(reading.wrong));
  }
  answer.losses = std::move(reading.losses);
  return answer;
}

WrittenAnswer write_answer(Wire wire, const Answer& answer, const Named& named) {
  Notes notes{.losses = answer.losses};
  const json::object body = dialect(wire).write_answer(answer, named, notes);
  return {.body = print(body), .losses = std::move(notes.losses)};
}

}  // namespace purser::translate
