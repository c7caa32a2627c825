// translate/collected_test.hpp — what a client of a dialect makes of a stream, for tests.
#pragma once

#include <string>
#include <vector>

#include "translate/stream.hpp"

namespace purser::translate {

struct Collected {
  std::string text;
  std::string thinking;
  std::vector<ToolCall> calls;
  std::vector<std::string> seals;
  Stop stop = Stop::unsaid;
  Usage usage;
  std::string error;
  bool done = false;
};

inline std::unique_ptr<StreamReader> reader_for(Wire wire, Losses& losses) {
  switch (wire) {
    case Wire::chat:
      return chat_stream_reader(losses);
    case Wire::messages:
      return messages_stream_reader(losses);
    case Wire::responses:
      return responses_stream_reader(losses);
    case Wire::gemini:
      return gemini_stream_reader(losses, "again");
  }
  return nullptr;
}

inline void collect(const StreamEvent& event, Collected& all) {
  if (const auto* const text = std::get_if<TextDelta>(&event)) {
    all.text += text->text;
  } else if (const auto* const thought = std::get_if<ThinkingDelta>(&event)) {
    all.thinking += thought->text;
  } else if (const auto* const call = std::get_if<CallBegin>(&event)) {
    all.calls.push_back({.id = call->id, .name = call->name, .seal = call->seal});
  } else if (const auto* const more = std::get_if<CallDelta>(&event)) {
    if (!all.calls.empty()) {
      all.calls.back().arguments += more->arguments;
    }
  } else if (const auto* const seal = std::get_if<ThinkingSeal>(&event)) {
    all.seals.push_back(seal->seal.bytes);
  } else if (const auto* const used = std::get_if<Used>(&event)) {
    all.usage = used->usage;
  } else if (const auto* const stopped = std::get_if<Stopped>(&event)) {
    all.stop = stopped->stop;
  } else if (const auto* const failed = std::get_if<Failed>(&event)) {
    all.error = failed->problem.message;
  } else if (std::holds_alternative<Done>(event)) {
    all.done = true;
  }
}

inline Collected collected(Wire wire, std::string_view bytes) {
  Losses losses;
  const auto reader = reader_for(wire, losses);
  Collected all;
  SseCutter cutter(std::size_t{64} << 20);
  const auto see = [&](const SseEvent& event) {
    StreamEvents events;
    if (!event.data.empty() && !all.done) {
      reader->read(event.name, event.data, events);
    }
    for (const StreamEvent& one : events) {
      collect(one, all);
    }
  };
  cutter.feed(bytes, see);
  cutter.finish(see);
  all.done = all.done || (wire == Wire::gemini && all.stop != Stop::unsaid);
  if (all.stop == Stop::end && !all.calls.empty()) {  // Gemini has no word of its own for it
    all.stop = Stop::tool_call;
  }
  return all;
}

inline std::string translated_stream(Wire from, Wire to, std::string_view bytes, std::size_t step,
                                     bool whole = true) {
  StreamTranslator translator(from, to, {.named = {.id = "p1", .now = 1000}});
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    translator.feed(bytes.substr(at, step), out);
  }
  translator.finish(whole, out);
  return out;
}

}  // namespace purser::translate
