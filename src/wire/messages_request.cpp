// wire/messages_request.cpp — what decides the cost of an Anthropic Messages request.
#include <array>

#include "wire/request_scan.hpp"

namespace purser {
namespace {

struct MessagesRequest {
  std::optional<std::int64_t> max_tokens;
  std::string_view tier;
  std::string_view speed;
  std::string_view user_id;  // metadata.user_id
  bool has_messages = false;
  std::size_t others = 0;  // of Call::other_models
};

using Members = RequestScan::Member<MessagesRequest>;

/// An image of 2576 pixels on its long edge, in patches of 28×28; older models stop at 1568.
constexpr std::int64_t kImageTokensMax = 4'784;
/// An advisor's answer or a compaction's summary, where the request sets no bound of its own.
constexpr std::int64_t kSideOutputTokensMax = 32'000;

/// Blocks whose every token stands in the body as text.
constexpr std::array<std::string_view, 18> kTextBlocks{
    "text",
    "thinking",
    "redacted_thinking",
    "tool_use",
    "tool_result",
    "server_tool_use",
    "search_result",
    "web_search_tool_result",
    "web_fetch_tool_result",
    "web_fetch_result",
    "code_execution_tool_result",
    "bash_code_execution_tool_result",
    "text_editor_code_execution_tool_result",
    "tool_search_tool_result",
    "mcp_tool_use",
    "mcp_tool_result",
    "tool_reference",
    "compaction",
};
/// Blocks that bring no tokens: a file for the container, a note on which model took over.
constexpr std::array<std::string_view, 4> kEmptyBlocks{"container_upload", "fallback",
                                                       "web_search_result", "cache_edits"};

struct Source {
  std::string_view type;
  std::int64_t data_bytes = 0;
};

struct Block {
  std::string_view type;
  Source source;
};

void read_content(RequestScan& scan, Call& call);

constexpr std::array kSourceMembers{
    RequestScan::Member<Source>{
        "type", [](RequestScan& scan, Source& source) { scan.text("source.type", source.type); }},
    RequestScan::Member<Source>{"data",
                                [](RequestScan& scan, Source& source) {
                                  std::string_view data;
                                  scan.text("source.data", data);
                                  source.data_bytes = static_cast<std::int64_t>(data.size());
                                }},
    RequestScan::Member<Source>{
        "content", [](RequestScan& scan, Source&) { read_content(scan, scan.call()); }},
};

void read_source(RequestScan& scan, Block& block) {
  if (scan.kind() == JsonKind::object) {
    scan.members("source", kSourceMembers, block.source);
  } else {
    scan.skip();
  }
}

constexpr std::array kBlockMembers{
    RequestScan::Member<Block>{
        "type", [](RequestScan& scan, Block& block) { scan.text("content.type", block.type); }},
    RequestScan::Member<Block>{"source", read_source},
    RequestScan::Member<Block>{"content",
                               [](RequestScan& scan, Block&) { read_content(scan, scan.call()); }},
};

bool is_one_of(std::string_view type, std::span<const std::string_view> types) {
  return std::ranges::find(types, type) != types.end();
}

void count_block(Call& call, const Block& block) {
  const Source& source = block.source;
  if (block.type == "image") {
    return add_media(call, {.tokens_max = kImageTokensMax, .inline_bytes = source.data_bytes});
  }
  if (block.type == "document") {
    if (source.type == "text" || source.type == "content") {
      return;  // stands in the body, and its images were counted on the way
    }
    return add_media(call, {.tokens_max = kContextTokensMax, .inline_bytes = source.data_bytes});
  }
  // An error block in a tool result has a type of its own ("…_error") and no content.
  if (!is_one_of(block.type, kTextBlocks) && !is_one_of(block.type, kEmptyBlocks) &&
      !block.type.ends_with("_result") && !block.type.ends_with("_error")) {
    add_media(call, {.tokens_max = kContextTokensMax, .inline_bytes = 0});
  }
}

void read_block(RequestScan& scan) {
  Block block;
  scan.members("content", kBlockMembers, block);
  count_block(scan.call(), block);
}

/// A text, a block, or a list of them.
void read_content(RequestScan& scan, Call&) {
  if (scan.kind() == JsonKind::object) {
    return read_block(scan);
  }
  if (scan.kind() != JsonKind::array) {
    scan.skip();
    return;
  }
  scan.elements("content", [&] {
    if (scan.kind() == JsonKind::object) {
      read_block(scan);
    } else {
      scan.skip();
    }
  });
}

constexpr std::array kMessageMembers{RequestScan::Member<Call>{"content", read_content}};

void read_messages(RequestScan& scan, MessagesRequest& request) {
  request.has_messages = scan.kind() == JsonKind::array;
  scan.call().messages_span = scan.spanned([&] {
    scan.elements("messages", [&] {
      ++scan.call().messages;
      scan.call().message_spans.push_back(
          scan.spanned([&] { scan.members("messages", kMessageMembers, scan.call()); }));
    });
  });
}

constexpr std::array kOutputConfigMembers{
    RequestScan::Member<Call>{"effort",
                              [](RequestScan& scan, Call& call) {
                                call.effort_span =
                                    scan.spanned_text("output_config.effort", call.effort);
                              }},
};

void note_other_model(Call& call, MessagesRequest& request, std::string_view model) {
  if (model.empty()) {
    return;
  }
  call.other_models[request.others++] = model;
}

struct Tool {
  std::string_view type;
  std::string_view model;
  std::optional<std::int64_t> max_uses;
  std::optional<std::int64_t> max_tokens;
};
constexpr RequestScan::Bounds kCounts{.min = 0, .max = kCountMax};
constexpr std::array kToolMembers{
    RequestScan::Member<Tool>{
        "type", [](RequestScan& scan, Tool& tool) { scan.text("tools.type", tool.type); }},
    RequestScan::Member<Tool>{
        "model", [](RequestScan& scan, Tool& tool) { scan.text("tools.model", tool.model); }},
    RequestScan::Member<Tool>{"max_uses",
                              [](RequestScan& scan, Tool& tool) {
                                scan.count("tools.max_uses", kCounts, tool.max_uses);
                              }},
    RequestScan::Member<Tool>{"max_tokens",
                              [](RequestScan& scan, Tool& tool) {
                                scan.count("tools.max_tokens", kCounts, tool.max_tokens);
                              }},
};

/// Tools that the caller runs: they end the answer instead of looping inside it.
bool runs_at_caller(std::string_view type) {
  constexpr std::array<std::string_view, 4> kPrefixes{"bash_", "text_editor_", "computer_",
                                                      "memory_"};
  return type.empty() || type == "custom" ||
         std::ranges::any_of(kPrefixes, [&](auto prefix) { return type.starts_with(prefix); });
}

void count_tool(RequestScan& scan, MessagesRequest& request, const Tool& tool) {
  Call& call = scan.call();
  ++call.tools;
  if (runs_at_caller(tool.type)) {
    return;
  }
  const std::int64_t rounds = std::min(tool.max_uses.value_or(kServerRoundsMax), kServerRoundsMax);
  add_rounds(call, rounds);
  if (tool.type.starts_with("web_search_")) {
    call.web_searches_max += tool.max_uses.value_or(kWebSearchesMax);
  }
  if (tool.type.starts_with("advisor_")) {
    call.side_output_max += Tokens(rounds * tool.max_tokens.value_or(kSideOutputTokensMax));
    if (request.others == Call::kOtherModelsMax) {
      return scan.refuse("tools: Too many advisors and fallbacks to be priced together");
    }
    note_other_model(call, request, tool.model);
  }
}

void read_tools(RequestScan& scan, MessagesRequest& request) {
  scan.call().tools_span = scan.spanned([&] {
    scan.elements("tools", [&] {
      Tool tool;
      scan.members("tools", kToolMembers, tool);
      count_tool(scan, request, tool);
    });
  });
}

void read_system(RequestScan& scan, MessagesRequest&) {
  scan.call().system_span = scan.spanned([&] { read_content(scan, scan.call()); });
}

void read_fallbacks(RequestScan& scan, MessagesRequest& request) {
  if (scan.kind() != JsonKind::array) {
    if (scan.kind() != JsonKind::null) {
      add_rounds(scan.call(), 1);  // "default": one more attempt, by a model that is not named
    }
    scan.skip();
    return;
  }
  scan.elements("fallbacks", [&] {
    Tool fallback;
    scan.members("fallbacks", kToolMembers, fallback);
    add_rounds(scan.call(), 1);
    scan.call().side_output_max += Tokens(fallback.max_tokens.value_or(kSideOutputTokensMax));
    if (request.others == Call::kOtherModelsMax) {
      return scan.refuse("fallbacks: Too many advisors and fallbacks to be priced together");
    }
    note_other_model(scan.call(), request, fallback.model);
  });
}

/// The provider itself summarises, and bills that pass beside the answer.
void note_compaction(RequestScan& scan, MessagesRequest&) {
  if (scan.kind() == JsonKind::object) {
    add_rounds(scan.call(), 1);
    scan.call().side_output_max += Tokens(kSideOutputTokensMax);
  }
  scan.skip();
}

/// Connected MCP servers: the provider runs their tools in a loop of its own.
void note_server_tools(RequestScan& scan, MessagesRequest&) {
  if (scan.kind() == JsonKind::array) {
    add_rounds(scan.call(), kServerRoundsMax);
  }
  scan.skip();
}

void read_thread(RequestScan& scan, MessagesRequest&) {
  static constexpr std::array kThread{
      RequestScan::Member<Call>{"type",
                                [](RequestScan& inner, Call& call) {
                                  std::string_view type;
                                  inner.text("thread.type", type);
                                  call.state_on_server = type != "create";
                                }},
  };
  if (scan.kind() == JsonKind::object) {
    scan.members("thread", kThread, scan.call());
  } else {
    scan.skip();
  }
}

void read_metadata(RequestScan& scan, MessagesRequest& request) {
  static constexpr std::array kMetadata{
      Members{"user_id",
              [](RequestScan& inner, MessagesRequest& state) {
                inner.text("metadata.user_id", state.user_id);
              }},
  };
  scan.members("metadata", kMetadata, request);
}

constexpr std::array kMessagesMembers{
    Members{"model",
            [](RequestScan& scan, MessagesRequest&) {
              scan.call().model_span = scan.spanned_text("model", scan.call().model);
            }},
    Members{"messages", read_messages},
    Members{"system", read_system},
    Members{"stream",
            [](RequestScan& scan, MessagesRequest&) { scan.flag("stream", scan.call().stream); }},
    Members{"max_tokens",
            [](RequestScan& scan, MessagesRequest& request) {
              scan.call().output_max_span = scan.count("max_tokens", kCounts, request.max_tokens);
            }},
    Members{"tools", read_tools},
    Members{"tool_choice", [](RequestScan& scan,
                              MessagesRequest&) { scan.call().tool_choice_span = scan.skip(); }},
    Members{"output_config",
            [](RequestScan& scan, MessagesRequest&) {
              scan.members("output_config", kOutputConfigMembers, scan.call());
            }},
    Members{"service_tier",
            [](RequestScan& scan, MessagesRequest& request) {
              scan.text("service_tier", request.tier);
            }},
    Members{"speed",
            [](RequestScan& scan, MessagesRequest& request) { scan.text("speed", request.speed); }},
    Members{"inference_geo",
            [](RequestScan& scan, MessagesRequest&) {
              scan.text("inference_geo", scan.call().geo_asked);
            }},
    Members{"metadata", read_metadata},
    Members{"thread", read_thread},
    Members{"fallbacks", read_fallbacks},
    Members{"compaction", note_compaction},
    Members{"context_management", note_compaction},
    Members{"mcp_servers", note_server_tools},
};

constexpr std::array kClientIdMembers{
    RequestScan::Member<Call>{
        "session_id", [](RequestScan& scan, Call& call) { scan.text("session_id", call.session); }},
    RequestScan::Member<Call>{
        "account_uuid",
        [](RequestScan& scan, Call& call) { scan.text("account_uuid", call.user); }},
};

/// Claude Code writes a JSON object into metadata.user_id, or, before 2026, three ids in one
/// ("user_…_account_…_session_…"). Anybody else's is the user.
void read_user_id(Call& call, std::string_view user_id) {
  constexpr std::string_view kSession = "_session_";
  if (user_id.starts_with('{')) {
    Call found;
    RequestScan scan(found, user_id);
    scan.members("metadata.user_id", kClientIdMembers, found);
    // Its views point into the text that `call` keeps, unless they were escaped once more.
    if (scan.finish() && !found.session.empty() && !found.unescaped) {
      call.session = found.session;
      call.user = found.user;
      return;
    }
  }
  const std::size_t at = user_id.rfind(kSession);
  if (user_id.starts_with("user_") && at != std::string_view::npos) {
    call.session = user_id.substr(at + kSession.size());
    user_id = user_id.substr(0, at);
  }
  call.user = user_id;
}

}  // namespace

Result<void> read_messages_request(RequestScan& scan) {
  MessagesRequest request;
  scan.members("body", kMessagesMembers, request);
  if (auto whole = scan.finish(); !whole) {
    return whole;
  }
  Call& call = scan.call();
  if (call.model.empty()) {
    return fail(Fault::client, "model: Field required");
  }
  if (!request.has_messages) {
    return fail(Fault::client, "messages: Field required");
  }
  if (request.max_tokens) {
    call.output_max = Tokens(*request.max_tokens);
  }
  call.tier_asked = parse_service_tier(request.tier);
  call.speed_asked = request.speed == "fast" ? Speed::fast : Speed::standard;
  call.user_id = request.user_id;
  read_user_id(call, request.user_id);
  return {};
}

}  // namespace purser
