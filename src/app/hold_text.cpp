// app/hold_text.cpp — every member known, and money as text: a JSON number has passed through
// somebody's double.
#include "app/hold_text.hpp"

#include <simdjson.h>

#include <algorithm>
#include <functional>

#include "app/quantity.hpp"
#include "base/json_text.hpp"

namespace purser {
namespace {

std::unexpected<Error> expected(std::string_view member, std::string_view what) {
  return fail(Fault::client, std::string(member) + ": expected " + std::string(what));
}

using ReadMember = std::function<Result<void>(std::string_view name, std::string_view text)>;

/// Every member's value is a text that is not empty.
Result<void> read_object(std::string_view json, std::string_view like, const ReadMember& read) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(json.data(), json.size()).get(object) != simdjson::SUCCESS) {
    return expected("the body", "a JSON object such as " + std::string(like));
  }
  for (const auto [name, value] : object) {
    std::string_view text;
    if (value.get(text) != simdjson::SUCCESS || text.empty()) {
      return expected(name, "some text");
    }
    if (auto done = read(name, text); !done) {
      return std::unexpected(Error{Fault::client, done.error().message});
    }
  }
  return {};
}

/// Names become labels of the ledger.
Result<void> read_name(std::string_view name, std::string_view text, std::string& into) {
  const bool printable = std::ranges::all_of(
      text, [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F; });
  if (text.size() > kLabelBytesMax || !printable) {
    return expected(name, "at most " + std::to_string(kLabelBytesMax) + " printable bytes");
  }
  into = text;
  return {};
}

Result<void> read_usd(std::string_view text, std::optional<Amount>& into) {
  const auto amount = parse_dollars(text);
  if (!amount || *amount < Amount() || *amount > kVendorUsdMax) {
    return expected("usd", "dollars from 0 to " + to_dollars(kVendorUsdMax) +
                               " with at most nine decimals, such as \"0.50\"");
  }
  into = *amount;
  return {};
}

Result<void> read_ttl(std::string_view text, std::chrono::seconds& into) {
  const auto ttl = parse_seconds(text);
  if (!ttl || *ttl > kVendorTtlMax) {
    return expected("ttl", "from 1s to 24h, such as \"10m\"");
  }
  into = *ttl;
  return {};
}

}  // namespace

Result<VendorAsk> read_vendor_ask(std::string_view json) {
  constexpr std::string_view kLike = R"({"vendor":"serper","item":"search","usd":"0.50"})";
  VendorAsk ask;
  std::optional<Amount> usd;
  const auto read =
      read_object(json, kLike, [&](std::string_view name, std::string_view text) -> Result<void> {
        if (name == "usd") {
          return read_usd(text, usd);
        }
        if (name == "ttl") {
          return read_ttl(text, ask.ttl);
        }
        for (const auto& [known, member] :
             {std::pair{"vendor", &ask.vendor}, std::pair{"item", &ask.item},
              std::pair{"idempotency_key", &ask.idempotency_key}}) {
          if (name == known) {
            return read_name(name, text, *member);
          }
        }
        return fail(Fault::client, "unknown member '" + std::string(name) + "'");
      });
  if (!read) {
    return std::unexpected(read.error());
  }
  if (ask.vendor.empty() || ask.item.empty() || !usd) {
    return fail(Fault::client,
                "a hold needs a vendor, an item and usd, such as " + std::string(kLike));
  }
  ask.usd = *usd;
  return ask;
}

Result<Amount> read_settlement(std::string_view json) {
  constexpr std::string_view kLike = R"({"usd":"0.42"})";
  std::optional<Amount> usd;
  const auto read =
      read_object(json, kLike, [&](std::string_view name, std::string_view text) -> Result<void> {
        return name == "usd" ? read_usd(text, usd)
                             : fail(Fault::client, "unknown member '" + std::string(name) + "'");
      });
  if (!read) {
    return std::unexpected(read.error());
  }
  if (!usd) {
    return expected("the body", "what it cost, such as " + std::string(kLike));
  }
  return *usd;
}

std::string vendor_json(const VendorState& state) {
  std::string json;
  JsonObject object(json);
  object.text("id", to_text(state.id))
      .text("state", state.outcome ? to_string(*state.outcome) : "held")
      .text("vendor", state.vendor)
      .text("item", state.item)
      .raw("held_usd", to_exact_dollars(state.held));
  if (state.outcome) {
    object.raw("cost_usd", to_exact_dollars(state.cost));
  }
  object.text("at", to_rfc3339(state.at))
      .text(state.outcome ? "ended" : "due", to_rfc3339(state.ends))
      .finish();
  return json;
}

}  // namespace purser
