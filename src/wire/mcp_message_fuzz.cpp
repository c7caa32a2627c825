// wire/mcp_message_fuzz.cpp — no message crashes the reader, and what it says of one holds.
#include "base/invariant.hpp"
#include "wire/mcp_message.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace purser;
  const std::string body(reinterpret_cast<const char*>(data), size);
  if (const auto message = read_rpc(body)) {
    INVARIANT(
        !message->calls_tool || message->kind == RpcMessage::Kind::batch || !message->name.empty(),
        "a tool that is called has a name");
    if (message->name_span.length > 0) {
      const auto again = read_rpc(spliced(body, message->name_span, "\"fuzz\""));
      INVARIANT(again && again->name == "fuzz" && again->id == message->id &&
                    again->method == message->method,
                "another name changes nothing else");
    }
    if (message->kind == RpcMessage::Kind::request) {
      const RpcReply refused =
          read_rpc_reply(tool_refusal(message->id, body.substr(0, 32), "limit", "call"));
      INVARIANT(refused.is_error && same_id(refused.id, message->id),
                "a refusal is a result of the same id");
    }
  } else {
    INVARIANT(message.error().fault == Fault::client && !message.error().message.empty(),
              "a message that is not taken is the client's fault, and is told why");
  }
  const RpcReply reply = read_rpc_reply(body);
  INVARIANT(reply.kind != RpcReply::Kind::result || !reply.result.empty(), "a result is there");
  for (const char* pointer : {"", "/result/tools", "/0/a~1b", "/result/structuredContent/units"}) {
    const auto units = micro_units_at(body, pointer);
    INVARIANT(!units || *units >= 0, "units are not negative");
  }
  const std::string same =
      with_tools(body, [](std::string_view name) { return std::string(name); });
  INVARIANT(with_tools(same, [](std::string_view name) { return std::string(name); }) == same,
            "what was made is not made otherwise again");
  return 0;
}
