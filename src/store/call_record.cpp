// store/call_record.cpp — one row read back.
#include "store/call_record.hpp"

#include <simdjson.h>

#include "store/tables.hpp"

namespace purser {
namespace {

constexpr std::string_view kSelect =
    "SELECT at, ended, key, user, tier, team, feature, session, tags, priority, provider, dialect, "
    "model, model_asked, outcome, status, held, cost, "
    "(SELECT coalesce(sum(amount), 0) FROM corrections WHERE call = calls.id), tokens_in, "
    "cache_read, tokens_out, output_max, stop_reason, edits, legs FROM calls WHERE id = ?";

Result<void> read_tags(const std::string& json, Caller& caller) {
  if (json.empty()) {
    return {};
  }
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(json).get(object) != simdjson::SUCCESS) {
    return fail(Fault::store, "a call's tags are no JSON object");
  }
  for (const auto [name, value] : object) {
    std::string_view text;
    if (value.get(text) == simdjson::SUCCESS) {
      caller.tags.emplace_back(name, text);
    }
  }
  return {};
}

Priority priority_of(std::string_view text) {
  for (const Priority priority : {Priority::background, Priority::essential}) {
    if (text == to_string(priority)) {
      return priority;
    }
  }
  return Priority::normal;
}

Result<CallRecord> record_at(const Statement& row, CallId id) {
  CallRecord call;
  call.call = id;
  call.at = Instant::from_nanos(row.number_at(0));
  call.ended = Instant::from_nanos(row.number_at(1));
  int column = 2;
  for (std::string* label : {&call.caller.key, &call.caller.user, &call.caller.tier,
                             &call.caller.team, &call.caller.feature, &call.caller.session}) {
    *label = row.text_at(column++);
  }
  if (auto tags = read_tags(row.text_at(8), call.caller); !tags) {
    return std::unexpected(tags.error());
  }
  call.caller.priority = priority_of(row.text_at(9));
  column = 10;
  for (std::string* text :
       {&call.provider, &call.dialect, &call.model, &call.model_asked, &call.outcome}) {
    *text = row.text_at(column++);
  }
  call.status = row.number_at(15);
  call.held = Amount::from_nanos(row.number_at(16));
  call.cost = Amount::from_nanos(row.number_at(17));
  call.corrected = Amount::from_nanos(row.number_at(18));
  call.tokens_in = Tokens(row.number_at(19));
  call.cache_read = Tokens(row.number_at(20));
  call.tokens_out = Tokens(row.number_at(21));
  call.output_max = Tokens(row.number_at(22));
  call.stop_reason = row.text_at(23);
  call.edits = row.text_at(24);
  auto legs = unpack_legs(row.blob_at(25));
  if (!legs) {
    return std::unexpected(legs.error());
  }
  call.legs = std::move(*legs);
  return call;
}

}  // namespace

Result<std::optional<CallRecord>> read_call(const std::filesystem::path& folder, CallId id) {
  const auto database = open_books(folder);
  if (!database) {
    return std::unexpected(database.error());
  }
  auto select = database->prepare(kSelect);
  if (!select) {
    return std::unexpected(select.error());
  }
  const auto row = select->number(id.count()).step();
  if (!row) {
    return std::unexpected(row.error());
  }
  if (!*row) {
    return std::optional<CallRecord>();
  }
  auto call = record_at(*select, id);
  if (!call) {
    return std::unexpected(call.error());
  }
  return std::optional(std::move(*call));
}

}  // namespace purser
