// translate/recordings_test.cpp — the recorded exchanges, unpacked and read.
#include "translate/recordings_test.hpp"

#include <cstdio>
#include <cstdlib>
#include <optional>

#include "translate/json.hpp"

namespace purser::translate {

std::string recordings() {
  const char* const given = std::getenv("PURSER_DATA");
  const std::string folder = given != nullptr ? given : PURSER_SOURCE_DIR "/../shared/data";
  return folder + "/wire/recorded_exchanges.jsonl.zst";
}

namespace {

std::string unpacked(const std::string& path) {
  std::string text;
  FILE* const pipe = popen(("zstd -dqc '" + path + "'").c_str(), "r");
  if (pipe == nullptr) {
    return text;
  }
  std::array<char, 65536> block;
  while (const std::size_t got = std::fread(block.data(), 1, block.size(), pipe)) {
    text.append(block.data(), got);
  }
  pclose(pipe);
  return text;
}

std::optional<Wire> wire_of(std::string_view api) {
  constexpr std::pair<std::string_view, Wire> kApis[] = {{"openai.chat", Wire::chat},
                                                         {"anthropic.messages", Wire::messages},
                                                         {"openai.responses", Wire::responses},
                                                         {"gemini.generateContent", Wire::gemini}};
  for (const auto& [name, wire] : kApis) {
    if (name == api) {
      return wire;
    }
  }
  return {};
}

std::string body_text(const json::value& body) {
  return body.is_null()     ? std::string()
         : body.is_string() ? std::string(text_of(body))
                            : print(body);
}

}  // namespace

std::vector<Exchange> exchanges() {
  std::vector<Exchange> read;
  const std::string all = unpacked(recordings());
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t end = std::min(all.find('\n', at), all.size());
    const auto row = parsed(std::string_view(all).substr(at, end - at));
    at = end + 1;
    if (!row) {
      continue;
    }
    const json::object& fields = row->as_object();
    const auto wire = wire_of(text_of(fields.at("api")));
    const json::object* const request = fields.at("request").if_object();
    const json::object* const response = fields.at("response").if_object();
    if (!wire || response == nullptr) {
      continue;
    }
    const json::value* const status = response->if_contains("status");
    Exchange exchange{.id = std::string(text_of(fields.at("id"))),
                      .wire = *wire,
                      .streaming = fields.at("streaming").as_bool(),
                      .status = status != nullptr && status->is_int64()
                                    ? static_cast<int>(status->get_int64())
                                    : 0};
    if (request != nullptr && request->contains("body")) {
      exchange.request = body_text(request->at("body"));
    }
    exchange.response = body_text(response->at("body"));
    read.push_back(std::move(exchange));
  }
  return read;
}

}  // namespace purser::translate
