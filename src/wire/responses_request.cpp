// wire/responses_request.cpp — what decides the cost of an OpenAI Responses request.
// The input is a text or a list of items; what the provider keeps (earlier answers, conversations,
// prompts by id) is billed without standing in the body. Tools that the provider runs make it read
// the context again. What is not known here passes, and counts as the dearest it could be.
#include <algorithm>
#include <array>

#include "wire/openai_media.hpp"
#include "wire/picture_tokens.hpp"
#include "wire/request_scan.hpp"

namespace purser {
namespace {

struct ResponsesRequest {
  std::optional<std::int64_t> output_max;
  std::optional<std::int64_t> tool_calls_max;
  std::string_view tier;
  std::string_view user;
  std::string_view safety_identifier;
  bool searches_web = false;
  bool searches_files = false;
  bool tools_at_provider = false;
  std::int64_t images = 0;
};

using Members = RequestScan::Member<ResponsesRequest>;

/// A summary that the provider writes to make the context shorter.
constexpr std::int64_t kCompactionTokensMax = 32'000;
/// The image model of a tool that names none.
constexpr std::string_view kImageModel = "gpt-image-2.6-sunburst";

enum class PartKind : std::uint8_t { text, image, audio, opaque };

struct PartType {
  std::string_view name;
  PartKind kind;
};
/// Parts of messages, and whole items that are media or refer to something that is not here.
constexpr std::array kPartTypes{
    PartType{"input_image", PartKind::image},
    PartType{"computer_screenshot", PartKind::image},
    PartType{"image_generation_call", PartKind::image},
    PartType{"input_audio", PartKind::audio},
    PartType{"input_file", PartKind::opaque},
    PartType{"input_video", PartKind::opaque},
};

struct Part {
  std::string_view type;
  Medium medium;
};

void read_part_medium(RequestScan& scan, Part& part) {
  read_medium(scan, part.medium);
}

void read_part_id(RequestScan& scan, Part& part) {
  read_medium_id(scan, part.medium);
}

constexpr std::array kPartMembers{
    RequestScan::Member<Part>{"type",
                              [](RequestScan& scan, Part& part) { scan.text("type", part.type); }},
    RequestScan::Member<Part>{"image_url", read_part_medium},
    RequestScan::Member<Part>{"file_url", read_part_medium},
    RequestScan::Member<Part>{"file_data", read_part_medium},
    RequestScan::Member<Part>{"input_audio", read_part_medium},
    RequestScan::Member<Part>{"file_id", read_part_id},
};

void count_part(Call& call, ResponsesRequest& request, const Part& part) {
  const auto known = std::ranges::find(kPartTypes, part.type, &PartType::name);
  switch (known == kPartTypes.end() ? PartKind::text : known->kind) {
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

void read_part(RequestScan& scan, ResponsesRequest& request) {
  if (scan.kind() != JsonKind::object) {
    scan.skip();
    return;
  }
  Part part;
  scan.members("content", kPartMembers, part);
  count_part(scan.call(), request, part);
}

/// Something of the provider's keeping that may be as long as any context.
void refer(Call& call) {
  call.state_on_server = true;
  call.state_tokens_max = Tokens(kContextTokensMax);
}

/// The content of a message or the output of a tool: a text, a part, or a list of parts.
void read_content(RequestScan& scan, ResponsesRequest& request) {
  if (scan.kind() == JsonKind::array) {
    scan.elements("content", [&] { read_part(scan, request); });
  } else {
    read_part(scan, request);
  }
}

struct Item {
  ResponsesRequest& request;
  Part self = {};  // of items that are media themselves
};

constexpr std::array kItemMembers{
    RequestScan::Member<Item>{
        "type", [](RequestScan& scan, Item& item) { scan.text("input.type", item.self.type); }},
    RequestScan::Member<Item>{
        "content", [](RequestScan& scan, Item& item) { read_content(scan, item.request); }},
    RequestScan::Member<Item>{
        "output", [](RequestScan& scan, Item& item) { read_content(scan, item.request); }},
    RequestScan::Member<Item>{
        "result",  // a picture that was drawn earlier
        [](RequestScan& scan, Item& item) { read_medium(scan, item.self.medium); }},
};

void read_item(RequestScan& scan, ResponsesRequest& request) {
  Item item{.request = request};
  scan.members("input", kItemMembers, item);
  if (item.self.type == "item_reference") {
    refer(scan.call());
  }
  count_part(scan.call(), request, item.self);
}

void read_input(RequestScan& scan, ResponsesRequest& request) {
  Call& call = scan.call();
  if (scan.kind() == JsonKind::text) {
    std::string_view text;
    call.messages_span = scan.spanned_text("input", text);
    call.messages = 1;
    call.message_spans.push_back(call.messages_span);
    return;
  }
  call.messages_span = scan.spanned([&] {
    scan.elements("input", [&] {
      ++call.messages;
      call.message_spans.push_back(scan.spanned([&] { read_item(scan, request); }));
    });
  });
}

/// Run by who asks, or only words about tools. All others the provider runs by itself.
constexpr std::array<std::string_view, 8> kCallersTools{
    "function",
    "custom",
    "namespace",
    "computer",
    "local_shell",
    "apply_patch",
    "computer_use_preview",
    "computer_use",
};

/// Run by the provider, and searching nothing that has a price a search.
constexpr std::array<std::string_view, 6> kNoSearch{
    "code_interpreter", "mcp", "shell", "tool_search", "programmatic_tool_calling", "file_search",
};

bool is_one_of(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

struct ToolAsk {
  std::string_view type;
  PictureAsk picture;
};
constexpr std::array kToolMembers{
    RequestScan::Member<ToolAsk>{
        "type", [](RequestScan& scan, ToolAsk& tool) { scan.text("tools.type", tool.type); }},
    RequestScan::Member<ToolAsk>{
        "model",
        [](RequestScan& scan, ToolAsk& tool) { scan.text("tools.model", tool.picture.model); }},
    RequestScan::Member<ToolAsk>{
        "size",
        [](RequestScan& scan, ToolAsk& tool) { scan.text("tools.size", tool.picture.size); }},
    RequestScan::Member<ToolAsk>{
        "quality",
        [](RequestScan& scan, ToolAsk& tool) { scan.text("tools.quality", tool.picture.quality); }},
    RequestScan::Member<ToolAsk>{"partial_images",
                                 [](RequestScan& scan, ToolAsk& tool) {
                                   scan.count("tools.partial_images", {.min = 0, .max = 16},
                                              tool.picture.partial);
                                 }},
    RequestScan::Member<ToolAsk>{"frame_count",
                                 [](RequestScan& scan, ToolAsk& tool) {
                                   scan.count("tools.frame_count", {.min = 1, .max = 1'000},
                                              tool.picture.frames);
                                 }},
};

/// Pictures are drawn by a model of their own, at its prices, and beside the output bound.
void allow_pictures(Call& call, const PictureAsk& ask) {
  const std::string_view model = ask.model.empty() ? kImageModel : ask.model;
  const auto free = std::ranges::find(call.other_models, std::string_view{});
  if (free != call.other_models.end()) {
    *free = model;
  }
  call.side_output_max += Tokens(picture_tokens_max(ask) * kServerRoundsMax);
}

void read_tool(RequestScan& scan, ResponsesRequest& request) {
  ++scan.call().tools;
  ToolAsk tool;
  scan.members("tools", kToolMembers, tool);
  if (is_one_of(kCallersTools, tool.type)) {
    return;
  }
  request.tools_at_provider = true;
  if (tool.type == "image_generation") {
    return allow_pictures(scan.call(), tool.picture);
  }
  request.searches_files = request.searches_files || tool.type == "file_search";
  request.searches_web = request.searches_web || !is_one_of(kNoSearch, tool.type);
}

void read_tools(RequestScan& scan, ResponsesRequest& request) {
  scan.call().tools_span =
      scan.spanned([&] { scan.elements("tools", [&] { read_tool(scan, request); }); });
}

void read_reasoning(RequestScan& scan, ResponsesRequest&) {
  static constexpr std::array kReasoning{
      RequestScan::Member<Call>{"effort",
                                [](RequestScan& inner, Call& call) {
                                  call.effort_span =
                                      inner.spanned_text("reasoning.effort", call.effort);
                                }},
  };
  scan.members("reasoning", kReasoning, scan.call());
}

void read_conversation(RequestScan& scan, ResponsesRequest&) {
  static constexpr std::array kConversation{
      RequestScan::Member<Call>{
          "id",
          [](RequestScan& inner, Call& call) { inner.text("conversation.id", call.conversation); }},
  };
  Call& call = scan.call();
  if (scan.kind() == JsonKind::text) {
    scan.text("conversation", call.conversation);
  } else {
    scan.members("conversation", kConversation, call);
  }
  if (!call.conversation.empty()) {
    refer(call);
  }
}

void read_metadata(RequestScan& scan, ResponsesRequest&) {
  static constexpr std::array kMetadata{
      RequestScan::Member<Call>{"session_id",
                                [](RequestScan& inner, Call& call) {
                                  if (inner.kind() == JsonKind::text) {
                                    inner.text("metadata.session_id", call.session);
                                  } else {
                                    inner.skip();  // metadata is the caller's own
                                  }
                                }},
  };
  scan.members("metadata", kMetadata, scan.call());
}

void note_compaction(RequestScan& scan, ResponsesRequest&) {
  if (scan.kind() == JsonKind::array) {
    add_rounds(scan.call(), 1);
    scan.call().side_output_max += Tokens(kCompactionTokensMax);
  }
  scan.skip();
}

/// Agents that the provider starts by itself, each with a context of its own.
void note_agents(RequestScan& scan, ResponsesRequest& request) {
  request.tools_at_provider = request.tools_at_provider || scan.kind() == JsonKind::object;
  scan.skip();
}

constexpr std::array kResponsesMembers{
    Members{"model",
            [](RequestScan& scan, ResponsesRequest&) {
              scan.call().model_span = scan.spanned_text("model", scan.call().model);
            }},
    Members{"input", read_input},
    Members{"instructions",
            [](RequestScan& scan, ResponsesRequest&) { scan.call().system_span = scan.skip(); }},
    Members{"stream",
            [](RequestScan& scan, ResponsesRequest&) { scan.flag("stream", scan.call().stream); }},
    Members{"background",
            [](RequestScan& scan, ResponsesRequest&) {
              scan.flag("background", scan.call().background);
            }},
    Members{"max_output_tokens",
            [](RequestScan& scan, ResponsesRequest& request) {
              scan.call().output_max_span =
                  scan.count("max_output_tokens", {.min = 1, .max = kCountMax}, request.output_max);
            }},
    Members{"max_tool_calls",
            [](RequestScan& scan, ResponsesRequest& request) {
              scan.count("max_tool_calls", {.min = 0, .max = kCountMax}, request.tool_calls_max);
            }},
    Members{"tools", read_tools},
    Members{"tool_choice", [](RequestScan& scan,
                              ResponsesRequest&) { scan.call().tool_choice_span = scan.skip(); }},
    Members{"reasoning", read_reasoning},
    Members{"previous_response_id",
            [](RequestScan& scan, ResponsesRequest&) {
              Call& call = scan.call();
              scan.text("previous_response_id", call.previous_response);
              call.state_on_server = call.state_on_server || !call.previous_response.empty();
            }},
    Members{"conversation", read_conversation},
    Members{"prompt",  // one that is kept by the provider
            [](RequestScan& scan, ResponsesRequest&) {
              if (scan.kind() == JsonKind::object) {
                refer(scan.call());
              }
              scan.skip();
            }},
    Members{"context_management", note_compaction},
    Members{"multi_agent", note_agents},
    Members{"service_tier",
            [](RequestScan& scan, ResponsesRequest& request) {
              scan.text("service_tier", request.tier);
            }},
    Members{"user",
            [](RequestScan& scan, ResponsesRequest& request) { scan.text("user", request.user); }},
    Members{"safety_identifier",
            [](RequestScan& scan, ResponsesRequest& request) {
              scan.text("safety_identifier", request.safety_identifier);
            }},
    Members{"prompt_cache_key",
            [](RequestScan& scan, ResponsesRequest&) {
              scan.text("prompt_cache_key", scan.call().prompt_cache_key);
            }},
    Members{"metadata", read_metadata},
};

/// How often the provider may go round, and search, by itself.
void settle_tools(Call& call, const ResponsesRequest& request) {
  if (!request.tools_at_provider) {
    return;
  }
  add_rounds(call, std::min(request.tool_calls_max.value_or(kServerRoundsMax), kServerRoundsMax));
  const std::int64_t searches = request.tool_calls_max.value_or(kWebSearchesMax);
  call.web_searches_max = request.searches_web ? searches : 0;
  call.file_searches_max = request.searches_files ? searches : 0;
}

}  // namespace

Result<void> read_responses_request(RequestScan& scan) {
  ResponsesRequest request;
  scan.members("body", kResponsesMembers, request);
  if (auto whole = scan.finish(); !whole) {
    return whole;
  }
  Call& call = scan.call();
  if (call.model.empty()) {
    return fail(Fault::client, "you must provide a model parameter");
  }
  if (request.output_max) {
    call.output_max = Tokens(*request.output_max);
  }
  settle_tools(call, request);
  call.media_tokens_max += Tokens(request.images * image_tokens_max(call.model));
  call.tier_asked = parse_service_tier(request.tier);
  call.user = request.user.empty() ? request.safety_identifier : request.user;
  return {};
}

}  // namespace purser
