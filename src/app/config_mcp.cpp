// app/config_mcp.cpp — servers, one function a mapping. A key is named once.
#include "app/config_mcp.hpp"

#include "app/config_limits.hpp"
#include "app/quantity.hpp"
#include "money/decimal.hpp"
#include "wire/mcp_message.hpp"

namespace purser {
namespace {

Result<std::string> parse_url(std::string_view text) {
  const auto origin = parse_origin(text);
  return origin ? Result<std::string>(std::string(text)) : std::unexpected(origin.error());
}

Result<std::string> parse_pointer(std::string_view text) {
  if (is_pointer(text)) {
    return std::string(text);
  }
  return fail(Fault::config, "expected a JSON pointer such as /structuredContent/units, got \"" +
                                 std::string(text.substr(0, 60)) + "\"");
}

Result<Amount> parse_price(std::string_view text) {
  constexpr Amount kPriceMax = Amount::from_dollars(10'000);
  auto amount = parse_dollars(text);
  if (amount && (*amount < Amount{} || *amount > kPriceMax)) {
    return fail(Fault::config, "expected from 0 to 10000 US dollars, got \"" +
                                   std::string(text.substr(0, 60)) + "\"");
  }
  return amount;
}

/// Dollars for one of something, to the picodollar.
Result<Rate> parse_rate(std::string_view text) {
  constexpr int kPlaces = 12;
  constexpr std::int64_t kRateMax = 10'000'000'000'000'000;  // 10000 dollars
  const std::string_view digits = text.starts_with('$') ? text.substr(1) : text;
  const auto picos = exact_decimal(digits, kPlaces);
  if (!picos || *picos > kRateMax) {
    return fail(Fault::config,
                "expected US dollars from 0 to 10000 with at most twelve decimals, got \"" +
                    std::string(text.substr(0, 60)) + "\"");
  }
  return Rate(*picos);
}

/// A field of a request that an operator may set: a name, and a value on one line.
bool is_field(std::string_view name, std::string_view value) {
  const auto in_name = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  const auto in_value = [](char c) { return c >= ' ' && c != 0x7F; };
  return !name.empty() && std::ranges::all_of(name, in_name) &&
         std::ranges::all_of(value, in_value);
}

std::string lower(std::string text) {
  for (char& c : text) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  }
  return text;
}

void read_headers(Section& section, McpConfig& server) {
  section.table("headers", [&](const std::string& name, const std::vector<std::string>& values) {
    const std::string field = lower(name);
    if (values.size() != 1 || !is_field(field, values.front())) {
      section.reject("headers", name + ": expected a header's name and its one value");
      return;
    }
    server.headers.emplace_back(field, values.front());
  });
}

void read_price(Section& section, McpServer::Priced& priced) {
  ToolPrice& price = priced.price;
  section.scalar("tool", priced.tool, parse_text);
  section.scalar("per_call", price.per_call, parse_price);
  section.section("per_unit", [&](Section& unit) {
    unit.scalar("at", price.units_at, parse_pointer);
    unit.scalar("usd", price.per_unit, parse_rate);
  });
  section.scalar("per_kib", price.per_kib, parse_rate);
  section.scalar("per_second", price.per_second, parse_rate);
  section.scalar("at_most", price.at_most, parse_price);
  if (priced.tool.empty()) {
    section.reject("tool", "tool: the tool's name is missing; a * stands for any text");
  }
  if (price.varies() && (price.at_most <= Amount{} || price.at_most < price.per_call)) {
    section.reject("at_most",
                   "at_most: what a call costs at most is held before it; per_unit, "
                   "per_kib and per_second need it, and not below per_call");
  }
}

void read_server(Section& section, McpConfig& server) {
  section.scalar("url", server.url, parse_url);
  section.scalar("bearer_env", server.bearer_env, parse_text);
  section.scalar("bearer_file", server.bearer_file, parse_text);
  read_headers(section, server);
  section.scalar("command", server.command, parse_text);
  section.list("args", server.arguments, parse_text);
  section.table("env", [&](const std::string& name, const std::vector<std::string>& values) {
    server.environment.emplace_back(name, values.empty() ? std::string() : values.front());
  });
  section.section("tools", [&](Section& tools) { read_tool_list(tools, server.tools); });
  section.sections("prices",
                   [&](Section& price) { read_price(price, server.prices.emplace_back()); });
  section.section("timeouts", [&](Section& timeouts) {
    timeouts.scalar("connect", server.waits.connect, parse_seconds);
    timeouts.scalar("first_byte", server.waits.first_byte, parse_seconds);
    timeouts.scalar("idle", server.waits.between_bytes, parse_seconds);
  });
  section.scalar("ca_file", server.ca_file, parse_text);
  if (server.url.empty() == server.command.empty()) {
    section.reject("url", server.name + ": expected either url or command");
  }
}

/// It stands in paths, and before "__" in names of tools.
bool is_server_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  };
  return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, fits) &&
         !name.contains("__");
}

}  // namespace

void read_mcp(Section& root, Config& config) {
  root.named("mcp", [&](const std::string& name, Section& section) {
    McpConfig server;
    server.name = name;
    read_server(section, server);
    if (!is_server_name(name)) {
      section.reject("url", name + ": a server's name has letters, digits, - and single _ in it");
    }
    config.mcp.push_back(std::move(server));
  });
}

}  // namespace purser
