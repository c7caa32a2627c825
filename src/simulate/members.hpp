// simulate/members.hpp — reading members of a JSON object, and writing a prompt down block by
// block.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <string_view>

#include "simulate/asked.hpp"

namespace purser::simulate {

namespace json = boost::json;

/// The member, or null when it is not there or is a JSON null.
const json::value* member(const json::object& object, std::string_view name);
const json::object* object_member(const json::object& object, std::string_view name);
const json::array* array_member(const json::object& object, std::string_view name);
/// Empty when it is not there or no string.
std::string_view text_member(const json::object& object, std::string_view name);
bool true_member(const json::object& object, std::string_view name);

/// A whole number ≥ `least`; nothing when the member is not there.
std::expected<std::optional<std::int64_t>, Rejection> count_member(const json::object& object,
                                                                   std::string_view name,
                                                                   std::int64_t least);

/// The model's name up to '#', looked up; what stands behind it are words for the simulator.
std::expected<void, Rejection> read_model(std::string_view full, Asked& asked);

std::unexpected<Rejection> reject(std::string message, std::string param = {},
                                  std::string code = {});

/// Writes the prompt down. Every block is opened, filled and closed.
class Scribe {
 public:
  explicit Scribe(Asked& asked) : asked_(asked) {}
  void text(std::string_view text);
  void value(const json::value& value) { text(json::serialize(value)); }
  /// Media are counted by rule, not by their bytes.
  void media(const json::value& value, std::int64_t tokens);
  void close(Block::Section section, Block::Kind kind, Lifetime mark);
  /// The tokens that frame one message.
  void frame(char role);

 private:
  Asked& asked_;
  std::int64_t tokens_ = 0;
};

/// "service_tier" as OpenAI's dialects have it.
std::expected<void, Rejection> read_openai_tier(const json::object& body, Asked& asked);

constexpr std::int64_t kFramingTokens = 3;  // of a message, and once of a request

}  // namespace purser::simulate
