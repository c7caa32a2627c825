// translate/stream_translator.cpp — cuts the provider's stream and drives reader and writer.
#include "translate/stream.hpp"
#include "wire/wire.hpp"

namespace purser::translate {
namespace {

constexpr std::size_t kLossesMax = 64;  // a stream repeats itself; what it loses is told once

std::unique_ptr<StreamReader> reader_of(Wire wire, Losses& losses, std::string_view id) {
  switch (wire) {
    case Wire::chat:
      return chat_stream_reader(losses);
    case Wire::messages:
      return messages_stream_reader(losses);
    case Wire::responses:
      return responses_stream_reader(losses);
    case Wire::gemini:
      return gemini_stream_reader(losses, id);
  }
  return nullptr;
}

std::unique_ptr<StreamWriter> writer_of(Wire wire, const StreamOptions& options,
                                        std::string_view id) {
  switch (wire) {
    case Wire::chat:
      return chat_stream_writer(options, id);
    case Wire::messages:
      return messages_stream_writer(options, id);
    case Wire::responses:
      return responses_stream_writer(options, id);
    case Wire::gemini:
      return gemini_stream_writer(options, id);
  }
  return nullptr;
}

}  // namespace

const json::value* member(const json::value& from, std::string_view name) {
  const json::object* const object = from.if_object();
  const json::value* const value =
      object == nullptr ? nullptr : object->if_contains({name.data(), name.size()});
  return value == nullptr || value->is_null() ? nullptr : value;
}

std::string text_member(const json::value& from, std::string_view name) {
  const json::value* const value = member(from, name);
  return value == nullptr ? std::string() : std::string(text_of(*value));
}

void append_event(std::string& out, std::string_view name, const json::object& data) {
  if (!name.empty()) {
    out.append("event: ").append(name).append("\n");
  }
  out.append("data: ").append(print(data)).append("\n\n");
}

void StreamReader::note(std::string_view path, Concern concern, std::string_view why) {
  const bool known = std::ranges::any_of(
      losses_, [&](const Loss& loss) { return loss.path == path && loss.why == why; });
  if (!known && losses_.size() < kLossesMax) {
    losses_.push_back({std::string(path), Fate::dropped, concern, std::string(why)});
  }
}

void StreamReader::note_all(const Losses& losses) {
  for (const Loss& loss : losses) {
    note(loss.path, loss.concern, loss.why);
  }
}

void StreamWriter::start(std::string& out) {
  if (!started_) {
    started_ = true;
    begin(out);
  }
}

void StreamWriter::become(Open kind, std::string& out) {
  start(out);
  if (open_ == kind && kind != Open::call) {
    return;
  }
  if (open_ != Open::nothing) {
    close(out);
  }
  open_ = kind;
  if (kind != Open::nothing) {
    open(kind, out);
  }
}

void StreamWriter::write(const StreamEvent& event, std::string& out) {
  if (const auto* const begun = std::get_if<Begin>(&event)) {
    begun_ = *begun;
    begun_.id = begun_.id.empty() ? id_ : begun_.id;
  } else if (const auto* const words = std::get_if<TextDelta>(&event)) {
    become(words->refusal ? Open::refusal : Open::text, out);
    text(words->text, out);
  } else if (const auto* const thought = std::get_if<ThinkingDelta>(&event)) {
    become(Open::thinking, out);
    text(thought->text, out);
  } else if (const auto* const sealed = std::get_if<ThinkingSeal>(&event)) {
    if (sealed->hidden) {
      become(Open::nothing, out);
      hidden(sealed->seal, out);
    } else {
      become(Open::thinking, out);
      seal(sealed->seal, out);
    }
  } else if (const auto* const call = std::get_if<CallBegin>(&event)) {
    become(Open::nothing, out);
    call_ = *call;
    become(Open::call, out);
    ++calls_;
  } else if (const auto* const more = std::get_if<CallDelta>(&event)) {
    if (open_ == Open::call) {
      arguments(more->arguments, out);
    }
  } else if (std::holds_alternative<PartEnd>(event)) {
    if (open_ != Open::nothing) {
      become(Open::nothing, out);
    }
  } else if (const auto* const used = std::get_if<Used>(&event)) {
    usage_ = used->usage;
  } else if (const auto* const stop = std::get_if<Stopped>(&event)) {
    stop_ = stop->stop;
    stop_sequence_ = stop->sequence;
  }
}

void StreamWriter::end(std::string& out) {
  become(Open::nothing, out);
  if (calls_ > 0 && stop_ == Stop::end) {
    stop_ = Stop::tool_call;
  }
  finish(out);
}

void StreamWriter::fail(const Problem& problem, std::string& out) {
  start(out);
  break_off(problem, out);
}

StreamTranslator::StreamTranslator(Wire from, Wire to, const StreamOptions& options)
    : id_(options.named.id),
      cutter_(kEventBytesMax),
      reader_(reader_of(from, losses_, id_)),
      writer_(writer_of(to, options, id_)) {}

StreamTranslator::~StreamTranslator() = default;

void StreamTranslator::feed(std::string_view bytes, std::string& out) {
  cutter_.feed(bytes, [&](const SseEvent& event) { see(event, out); });
}

void StreamTranslator::see(const SseEvent& event, std::string& out) {
  if (over_ || event.tail) {
    return;
  }
  if (event.data.empty()) {
    if (event.raw.size() > kEventBytesMax / 2) {
      fail("the provider sent an event of more than " + std::to_string(kEventBytesMax) + " bytes",
           out);
    }
    return;  // a comment, or a name alone
  }
  StreamEvents events;
  reader_->read(event.name, event.data, events);
  for (const StreamEvent& one : events) {
    if (over_) {
      return;
    }
    if (const auto* const failed = std::get_if<Failed>(&one)) {
      writer_->fail(failed->problem, out);
      over_ = true;
    } else if (std::holds_alternative<Done>(one)) {
      writer_->end(out);
      over_ = true;
    } else {
      writer_->write(one, out);
      if (writer_->overflowed()) {
        fail("the answer is too large to be translated", out);
      }
    }
  }
}

void StreamTranslator::fail(std::string_view message, std::string& out) {
  writer_->fail({.trouble = Trouble::server, .message = std::string(message)}, out);
  over_ = true;
}

void StreamTranslator::finish(bool whole, std::string& out) {
  if (whole) {  // else what is left is half an event
    cutter_.finish([&](const SseEvent& event) { see(event, out); });
  }
  if (over_) {
    return;
  }
  if (whole && writer_->stopped()) {  // Gemini says no more than that; others may forget to
    writer_->end(out);
    over_ = true;
  } else {
    fail("the provider's stream ended early", out);
  }
}

}  // namespace purser::translate
