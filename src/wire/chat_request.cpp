// wire/chat_request.cpp — what decides the cost of an OpenAI Chat Completions request.
// The same dialect is spoken by some thirty providers, which add members and part types of their
// own; so what is not known here passes, and counts as the dearest it could be.
#include <array>

#include "wire/openai_media.hpp"

namespace purser {
namespace {

struct OutputBound {
  std::optional<std::int64_t> tokens;
  Span span;
};

struct ChatRequest {
  OutputBound max_tokens;  // deprecated, but all that some providers know
  OutputBound max_completion_tokens;
  std::string_view tier;
  std::string_view user;
  std::string_view safety_identifier;
  std::string_view metadata_session;
  bool has_messages = false;
  std::int64_t images = 0;
};

using Members = RequestScan::Member<ChatRequest>;

/// An assistant's own earlier speech, named by id: no audio model answers more.
constexpr std::int64_t kAudioReferenceTokensMax = 16'384;

enum class PartKind : std::uint8_t { text, image, audio, opaque };

struct PartType {
  std::string_view name;
  PartKind kind;
};
constexpr std::array kPartTypes{
    PartType{"text", PartKind::text},         PartType{"refusal", PartKind::text},
    PartType{"thinking", PartKind::text},     PartType{"reference", PartKind::text},
    PartType{"image_url", PartKind::image},   PartType{"image", PartKind::image},
    PartType{"input_audio", PartKind::audio}, PartType{"audio_url", PartKind::opaque},
    PartType{"file", PartKind::opaque},       PartType{"document_url", PartKind::opaque},
    PartType{"video_url", PartKind::opaque},
};

struct Part {
  std::string_view type;
  Medium medium;
};

void read_part_medium(RequestScan& scan, Part& part) {
  read_medium(scan, part.medium);
}

constexpr std::array kPartMembers{
    RequestScan::Member<Part>{"type",
                              [](RequestScan& scan, Part& part) { scan.text("type", part.type); }},
    RequestScan::Member<Part>{"image_url", read_part_medium},
    RequestScan::Member<Part>{"image", read_part_medium},
    RequestScan::Member<Part>{"input_audio", read_part_medium},
    RequestScan::Member<Part>{"file", read_part_medium},
    RequestScan::Member<Part>{"audio_url", read_part_medium},
    RequestScan::Member<Part>{"document_url", read_part_medium},
    RequestScan::Member<Part>{"video_url", read_part_medium},
};

PartKind kind_of(const Part& part) {
  for (const PartType& known : kPartTypes) {
    if (known.name == part.type) {
      return known.kind;
    }
  }
  return PartKind::opaque;
}

void count_part(Call& call, ChatRequest& request, const Part& part) {
  switch (kind_of(part)) {
    case PartKind::text:
      return;
    case PartKind::image:
      ++request.images;
      return add_media(call, {.tokens_max = 0, .inline_bytes = part.medium.inline_bytes});
    case PartKind::audio:
      return add_media(call, speech(part.medium));
    case PartKind::opaque:
      return add_media(call, document(part.medium));
  }
}

void read_content(RequestScan& scan, ChatRequest& request) {
  if (scan.kind() != JsonKind::array) {
    scan.skip();
    return;
  }
  scan.elements("content", [&] {
    if (scan.kind() != JsonKind::object) {
      scan.skip();
      return;
    }
    Part part;
    scan.members("content", kPartMembers, part);
    count_part(scan.call(), request, part);
  });
}

constexpr std::array kMessageMembers{
    Members{"content", read_content},
    Members{"audio",
            [](RequestScan& scan, ChatRequest&) {
              if (scan.kind() == JsonKind::object) {
                add_media(scan.call(), {.tokens_max = kAudioReferenceTokensMax});
              }
              scan.skip();
            }},
};

void read_messages(RequestScan& scan, ChatRequest& request) {
  request.has_messages = scan.kind() == JsonKind::array;
  scan.call().messages_span = scan.spanned([&] {
    scan.elements("messages", [&] {
      ++scan.call().messages;
      scan.call().message_spans.push_back(
          scan.spanned([&] { scan.members("messages", kMessageMembers, request); }));
    });
  });
}

struct ToolType {
  std::string_view name;
};
constexpr std::array kToolMembers{
    RequestScan::Member<ToolType>{
        "type", [](RequestScan& scan, ToolType& tool) { scan.text("tools.type", tool.name); }},
};

void allow_searches(Call& call, std::int64_t rounds, std::int64_t searches) {
  add_rounds(call, rounds);
  call.web_searches_max = std::max(call.web_searches_max, searches);
}

void read_tools(RequestScan& scan, ChatRequest&) {
  scan.call().tools_span = scan.spanned([&] {
    scan.elements("tools", [&] {
      ++scan.call().tools;
      ToolType tool;
      scan.members("tools", kToolMembers, tool);
      if (!tool.name.empty() && tool.name != "function" && tool.name != "custom") {
        allow_searches(scan.call(), kServerRoundsMax, kWebSearchesMax);  // the provider runs it
      }
    });
  });
}

/// What tools were called before there were others.
void note_functions(RequestScan& scan, ChatRequest&) {
  const Span functions = scan.skip();
  if (scan.call().tools_span.length == 0) {
    scan.call().tools_span = functions;
  }
}

void read_web_search_options(RequestScan& scan, ChatRequest&) {
  if (scan.kind() == JsonKind::object) {
    allow_searches(scan.call(), 1, 1);  // search models search once, before they answer
  }
  scan.skip();
}

constexpr RequestScan::Bounds kOutputBounds{.min = 1, .max = kCountMax};

void note_server_state(RequestScan& scan, ChatRequest&) {
  scan.call().state_on_server = scan.call().state_on_server || scan.kind() != JsonKind::null;
  scan.skip();
}

constexpr std::array kMetadataMembers{
    Members{"session_id",
            [](RequestScan& scan, ChatRequest& request) {
              if (scan.kind() == JsonKind::text) {
                scan.text("metadata.session_id", request.metadata_session);
              } else {
                scan.skip();  // metadata is the caller's own
              }
            }},
};

constexpr std::array kChatMembers{
    Members{"model",
            [](RequestScan& scan, ChatRequest&) {
              scan.call().model_span = scan.spanned_text("model", scan.call().model);
            }},
    Members{"messages", read_messages},
    Members{"stream",
            [](RequestScan& scan, ChatRequest&) { scan.flag("stream", scan.call().stream); }},
    Members{"stream_options", [](RequestScan& scan, ChatRequest&) { read_stream_options(scan); }},
    Members{"max_tokens",
            [](RequestScan& scan, ChatRequest& request) {
              auto& [tokens, span] = request.max_tokens;
              span = scan.count("max_tokens", kOutputBounds, tokens);
            }},
    Members{"max_completion_tokens",
            [](RequestScan& scan, ChatRequest& request) {
              auto& [tokens, span] = request.max_completion_tokens;
              span = scan.count("max_completion_tokens", kOutputBounds, tokens);
            }},
    Members{"n",
            [](RequestScan& scan, ChatRequest&) {
              std::optional<std::int64_t> choices;
              scan.count("n", {.min = 1, .max = 128}, choices);
              scan.call().choices = choices.value_or(1);
            }},
    Members{"tools", read_tools},
    Members{"functions", note_functions},
    Members{"tool_choice",
            [](RequestScan& scan, ChatRequest&) { scan.call().tool_choice_span = scan.skip(); }},
    Members{"reasoning_effort",
            [](RequestScan& scan, ChatRequest&) {
              scan.call().effort_span = scan.spanned_text("reasoning_effort", scan.call().effort);
            }},
    Members{"web_search_options", read_web_search_options},
    Members{"service_tier", [](RequestScan& scan,
                               ChatRequest& request) { scan.text("service_tier", request.tier); }},
    Members{"user",
            [](RequestScan& scan, ChatRequest& request) { scan.text("user", request.user); }},
    Members{"safety_identifier",
            [](RequestScan& scan, ChatRequest& request) {
              scan.text("safety_identifier", request.safety_identifier);
            }},
    Members{"prompt_cache_key",
            [](RequestScan& scan, ChatRequest&) {
              scan.text("prompt_cache_key", scan.call().prompt_cache_key);
            }},
    Members{"metadata",
            [](RequestScan& scan, ChatRequest& request) {
              scan.members("metadata", kMetadataMembers, request);
            }},
    Members{"conversation", note_server_state},
    Members{"previous_response_id", note_server_state},
};

/// One of the two bounds counts; a null one is only a place to write into.
void settle_output_bound(RequestScan& scan, const ChatRequest& request) {
  const OutputBound& modern = request.max_completion_tokens;
  const OutputBound& old = request.max_tokens;
  if (modern.tokens && old.tokens) {
    return scan.refuse(
        "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported");
  }
  const bool use_old = old.tokens || (!modern.tokens && modern.span.length == 0);
  const OutputBound& used = use_old ? old : modern;
  scan.call().output_max_span = used.span;
  if (used.tokens) {
    scan.call().output_max = Tokens(*used.tokens);
  }
}

}  // namespace

Result<void> read_chat_request(RequestScan& scan) {
  ChatRequest request;
  scan.members("body", kChatMembers, request);
  Call& call = scan.call();
  if (!scan.refused()) {
    settle_output_bound(scan, request);
  }
  if (auto whole = scan.finish(); !whole) {
    return whole;
  }
  if (call.model.empty()) {
    return fail(Fault::client, "you must provide a model parameter");
  }
  if (!request.has_messages) {
    return fail(Fault::client, "Missing required parameter: 'messages'.");
  }
  call.media_tokens_max += Tokens(request.images * image_tokens_max(call.model));
  call.tier_asked = parse_service_tier(request.tier);
  call.user = request.user.empty() ? request.safety_identifier : request.user;
  call.session = request.metadata_session;
  return {};
}

}  // namespace purser
