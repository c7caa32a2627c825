// wire/gemini_request.cpp — what decides the cost of a request to Google's Gemini API: content to
// generate, or to embed. Every member has two spellings, and where a list is expected a single
// element will do.
#include <array>

#include "wire/gemini_path.hpp"
#include "wire/gemini_thinking.hpp"
#include "wire/request_scan.hpp"

namespace purser {
namespace {

struct GeminiRequest {
  bool has_contents = false;
  std::optional<std::int64_t> output_max;
  std::optional<std::int64_t> thinking_budget;
  std::string_view thinking_level;
  std::string_view model;
  std::string_view tier;
};

using Members = RequestScan::Member<GeminiRequest>;

/// Sixteen tiles of 768×768 at 258 tokens; newer models stop lower whatever the resolution.
constexpr std::int64_t kImageTokensMax = 4'128;

/// The elements of a list, or the one element that stands for it.
template <typename Each>
void each_of(RequestScan& scan, std::string_view name, Each each) {
  if (scan.kind() == JsonKind::object) {
    each();
  } else {
    scan.elements(name, each);
  }
}

struct Medium {
  std::string_view mime;
  std::int64_t inline_bytes = 0;
  bool by_reference = false;
};

constexpr std::array kMediumMembers{
    RequestScan::Member<Medium>{
        "mimeType", [](RequestScan& scan, Medium& medium) { scan.text("mimeType", medium.mime); },
        "mime_type"},
    RequestScan::Member<Medium>{"data",
                                [](RequestScan& scan, Medium& medium) {
                                  std::string_view data;
                                  scan.text("inlineData.data", data);
                                  medium.inline_bytes = static_cast<std::int64_t>(data.size());
                                }},
    RequestScan::Member<Medium>{"fileUri",
                                [](RequestScan& scan, Medium& medium) {
                                  scan.skip();
                                  medium.by_reference = true;
                                },
                                "file_uri"},
};

std::int64_t tokens_max_of(const Medium& medium) {
  if (medium.mime.starts_with("image/")) {
    return kImageTokensMax;
  }
  if (medium.by_reference) {
    return kContextTokensMax;
  }
  if (medium.mime.starts_with("audio/")) {
    // 32 tokens a second, and no codec speaks below 6 kbit/s: a thousand base64 characters.
    return medium.inline_bytes / 16 + 64;
  }
  if (medium.mime.starts_with("text/")) {
    return medium.inline_bytes;
  }
  return kContextTokensMax;  // a page of a document, a second of video take next to no bytes
}

template <typename State>
void read_medium(RequestScan& scan, State&) {
  if (scan.kind() != JsonKind::object) {
    scan.skip();
    return;
  }
  Medium medium;
  scan.members("inlineData", kMediumMembers, medium);
  add_media(scan.call(),
            {.tokens_max = tokens_max_of(medium), .inline_bytes = medium.inline_bytes});
}

void read_part(RequestScan& scan);

/// What a function gave back may hold media of its own.
constexpr std::array kResponseMembers{
    RequestScan::Member<Call>{"parts",
                              [](RequestScan& scan, Call&) {
                                each_of(scan, "functionResponse.parts", [&] { read_part(scan); });
                              }},
};
constexpr std::array kPartMembers{
    RequestScan::Member<Call>{"inlineData", read_medium<Call>, "inline_data"},
    RequestScan::Member<Call>{"fileData", read_medium<Call>, "file_data"},
    RequestScan::Member<Call>{"functionResponse",
                              [](RequestScan& scan, Call& call) {
                                scan.members("functionResponse", kResponseMembers, call);
                              },
                              "function_response"},
};

void read_part(RequestScan& scan) {
  if (scan.kind() == JsonKind::text) {
    scan.skip();
  } else {
    scan.members("parts", kPartMembers, scan.call());
  }
}

constexpr std::array kContentMembers{
    RequestScan::Member<Call>{
        "parts",
        [](RequestScan& scan, Call&) { each_of(scan, "parts", [&] { read_part(scan); }); }},
};

void read_content(RequestScan& scan) {
  if (scan.kind() == JsonKind::text) {
    scan.skip();
  } else {
    scan.members("contents", kContentMembers, scan.call());
  }
}

void read_contents(RequestScan& scan, GeminiRequest& request) {
  Call& call = scan.call();
  request.has_contents = scan.kind() != JsonKind::null;
  call.messages_span = scan.spanned([&] {
    each_of(scan, "contents", [&] {
      ++call.messages;
      call.message_spans.push_back(scan.spanned([&] { read_content(scan); }));
    });
  });
}

void read_system(RequestScan& scan, GeminiRequest&) {
  scan.call().system_span = scan.spanned([&] { read_content(scan); });
}

struct ToolKinds {
  bool at_caller = false;
  bool at_server = false;
};
using ToolMember = RequestScan::Member<ToolKinds>;

void read_functions(RequestScan& scan, ToolKinds& kinds) {
  kinds.at_caller = true;
  each_of(scan, "functionDeclarations", [&] {
    ++scan.call().tools;
    scan.skip();
  });
}

void note_screen(RequestScan& scan, ToolKinds& kinds) {
  kinds.at_caller = true;
  ++scan.call().tools;
  scan.skip();
}

void note_server_tool(RequestScan& scan, ToolKinds& kinds) {
  kinds.at_server = kinds.at_server || scan.kind() != JsonKind::null;
  scan.skip();
}

void note_search(RequestScan& scan, ToolKinds& kinds) {
  if (scan.kind() != JsonKind::null) {
    scan.call().web_searches_max = std::max(scan.call().web_searches_max, kWebSearchesMax);
  }
  note_server_tool(scan, kinds);
}

constexpr std::array kToolMembers{
    ToolMember{"functionDeclarations", read_functions, "function_declarations"},
    ToolMember{"computerUse", note_screen, "computer_use"},
    ToolMember{"googleSearch", note_search, "google_search"},
    ToolMember{"googleSearchRetrieval", note_search, "google_search_retrieval"},
    ToolMember{"enterpriseWebSearch", note_search, "enterprise_web_search"},
    ToolMember{"googleMaps", note_search, "google_maps"},
    ToolMember{"urlContext", note_server_tool, "url_context"},
    ToolMember{"codeExecution", note_server_tool, "code_execution"},
    ToolMember{"fileSearch", note_server_tool, "file_search"},
    ToolMember{"retrieval", note_server_tool},
};

void read_tools(RequestScan& scan, GeminiRequest&) {
  scan.call().tools_span = scan.spanned([&] {
    each_of(scan, "tools", [&] {
      ToolKinds kinds;
      scan.members("tools", kToolMembers, kinds);
      if (kinds.at_server || !kinds.at_caller) {  // what nobody knows the provider runs
        add_rounds(scan.call(), kServerRoundsMax);
      }
    });
  });
}

constexpr std::array kThinkingMembers{
    Members{"thinkingBudget",
            [](RequestScan& scan, GeminiRequest& request) {
              const Span span = scan.count("thinkingBudget", {.min = -1, .max = kCountMax},
                                           request.thinking_budget);
              if (request.thinking_budget) {
                scan.call().effort_span = span;
              }
            },
            "thinking_budget"},
    Members{"thinkingLevel",
            [](RequestScan& scan, GeminiRequest& request) {
              const Span span = scan.spanned_text("thinkingLevel", request.thinking_level);
              if (!request.thinking_level.empty()) {
                scan.call().effort_span = span;
              }
            },
            "thinking_level"},
};
constexpr std::array kGenerationMembers{
    Members{"maxOutputTokens",
            [](RequestScan& scan, GeminiRequest& request) {
              scan.call().output_max_span =
                  scan.count("maxOutputTokens", {.min = 1, .max = kCountMax}, request.output_max);
            },
            "max_output_tokens"},
    Members{"candidateCount",
            [](RequestScan& scan, GeminiRequest&) {
              std::optional<std::int64_t> choices;
              scan.count("candidateCount", {.min = 1, .max = 128}, choices);
              scan.call().choices = choices.value_or(1);
            },
            "candidate_count"},
    Members{"thinkingConfig",
            [](RequestScan& scan, GeminiRequest& request) {
              scan.members("thinkingConfig", kThinkingMembers, request);
            },
            "thinking_config"},
};

void read_generation_config(RequestScan& scan, GeminiRequest& request) {
  scan.call().generation_config_span =
      scan.spanned([&] { scan.members("generationConfig", kGenerationMembers, request); });
}

/// Its tokens are billed, at the cached rate, and stand in no body.
void note_cached_content(RequestScan& scan, GeminiRequest&) {
  std::string_view name;
  scan.text("cachedContent", name);
  if (!name.empty()) {
    scan.call().state_on_server = true;
    scan.call().media_tokens_max += Tokens(kContextTokensMax);
  }
}

constexpr std::array kEmbedMembers{
    RequestScan::Member<Call>{"content", [](RequestScan& scan, Call&) { read_content(scan); }},
};

constexpr std::array kGeminiMembers{
    Members{"contents", read_contents},
    Members{"systemInstruction", read_system, "system_instruction"},
    Members{"generationConfig", read_generation_config, "generation_config"},
    Members{"tools", read_tools},
    Members{"toolConfig",
            [](RequestScan& scan, GeminiRequest&) { scan.call().tool_choice_span = scan.skip(); },
            "tool_config"},
    Members{"cachedContent", note_cached_content, "cached_content"},
    Members{
        "serviceTier",
        [](RequestScan& scan, GeminiRequest& request) { scan.text("serviceTier", request.tier); },
        "service_tier"},
    Members{"model",
            [](RequestScan& scan, GeminiRequest& request) {
              scan.call().model_span = scan.spanned_text("model", request.model);
            }},
    Members{"content",
            [](RequestScan& scan, GeminiRequest& request) {
              request.has_contents = true;
              read_content(scan);
            }},
    Members{"requests",
            [](RequestScan& scan, GeminiRequest& request) {
              request.has_contents = true;
              scan.elements("requests",
                            [&] { scan.members("requests", kEmbedMembers, scan.call()); });
            }},
};

std::string_view without_collection(std::string_view model) {
  constexpr std::string_view kModels = "models/";
  return model.starts_with(kModels) ? model.substr(kModels.size()) : model;
}

/// By the path, else by the body. A body that names another one would be priced by the wrong one.
Result<void> settle_model(Call& call, const GeminiRequest& request,
                          const std::optional<GeminiPath>& path) {
  const std::string_view named = without_collection(request.model);
  if (!path) {
    call.model = named;
  } else {
    call.model = path->model;
    call.model_path_span = path->model_span;
  }
  if (call.model.empty()) {
    return fail(Fault::client, "model: neither the path nor the body names one");
  }
  if (!named.empty() && named != call.model) {
    return fail(Fault::client, "model: the path names '" + std::string(call.model) +
                                   "', the body '" + std::string(named) + "'");
  }
  return {};
}

Result<void> settle_thinking(Call& call, const GeminiRequest& request) {
  if (request.thinking_budget && !request.thinking_level.empty()) {
    return fail(Fault::client,
                "thinkingConfig: set thinkingBudget or thinkingLevel, not both of them");
  }
  if (request.thinking_budget) {
    call.effort = effort_of_budget(*request.thinking_budget);
  } else if (!request.thinking_level.empty()) {
    call.effort = effort_of_level(request.thinking_level);
  }
  return {};
}

}  // namespace

Result<void> read_gemini_request(RequestScan& scan) {
  GeminiRequest request;
  scan.members("body", kGeminiMembers, request);
  if (auto whole = scan.finish(); !whole) {
    return whole;
  }
  Call& call = scan.call();
  const auto path = read_gemini_path(scan.path());
  if (auto settled = settle_model(call, request, path); !settled) {
    return settled;
  }
  if (!request.has_contents) {
    return fail(Fault::client, "contents: contents is not specified");
  }
  if (auto settled = settle_thinking(call, request); !settled) {
    return settled;
  }
  call.stream = path && path->method == GeminiMethod::stream;
  call.embeds =
      path && (path->method == GeminiMethod::embed || path->method == GeminiMethod::embed_batch);
  if (request.output_max) {
    call.output_max = Tokens(*request.output_max);
  }
  if (call.embeds) {
    call.output_max = Tokens(0);
    call.output_fixed = true;
  }
  call.tier_asked = parse_service_tier(request.tier);
  return {};
}

}  // namespace purser
