// app/kill_text.cpp — every member known, none guessed: a misspelt label must not switch off more.
#include "app/kill_text.hpp"

#include <simdjson.h>

#include <algorithm>

#include "app/quantity.hpp"
#include "base/json_text.hpp"

namespace purser {
namespace {

std::unexpected<Error> expected(std::string_view member, std::string_view what) {
  return fail(Fault::client, std::string(member) + ": expected " + std::string(what));
}

/// What one member says. `all` is remembered apart: it names nothing.
struct Reading {
  KillSwitch kill;
  bool all = false;
};

Result<void> read_flag(std::string_view name, simdjson::dom::element value, Reading& reading) {
  bool on = false;
  if (value.get(on) != simdjson::SUCCESS) {
    return expected(name, "true or false");
  }
  if (name == "all") {
    reading.all = on;
  } else {
    reading.kill.reach = on ? Reach::running : Reach::new_calls;
  }
  return {};
}

Result<void> read_member(std::string_view name, simdjson::dom::element value, Instant now,
                         Reading& reading) {
  if (name == "all" || name == "hard") {
    return read_flag(name, value, reading);
  }
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS || text.empty()) {
    return expected(name, "some text");
  }
  if (name == "why") {
    reading.kill.why = text;
    return {};
  }
  if (name == "for" || name == "until") {
    const auto until = parse_until(text, now);
    if (!until) {
      return fail(name, until.error());
    }
    reading.kill.until = *until;
    return {};
  }
  const auto label = std::ranges::find(kKillLabels, name, &KillLabel::name);
  if (label == kKillLabels.end()) {
    return fail(Fault::client, "unknown member '" + std::string(name) + "'");
  }
  reading.kill.target.*label->value = text;
  return {};
}

}  // namespace

Result<KillSwitch> read_kill(std::string_view json, Instant now) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(json.data(), json.size()).get(object) != simdjson::SUCCESS) {
    return expected("the body", R"(a JSON object such as {"feature":"digest","why":"it loops"})");
  }
  Reading reading;
  reading.kill.at = now;
  for (const auto [name, value] : object) {
    if (auto read = read_member(name, value, now, reading); !read) {
      return std::unexpected(Error{Fault::client, read.error().message});
    }
  }
  if (reading.all == (reading.kill.target != KillTarget{})) {
    return fail(Fault::client, "say which calls: by labels, or \"all\": true");
  }
  if (auto sound = check(reading.kill); !sound) {
    return std::unexpected(sound.error());
  }
  return reading.kill;
}

void append_kill(std::string& out, const KillSwitch& kill) {
  JsonObject object(out);
  object.number("id", kill.id.count());
  for (const KillLabel& label : kKillLabels) {
    if (const std::string& value = kill.target.*label.value; !value.empty()) {
      object.text(label.name, value);
    }
  }
  object.boolean("all", kill.target == KillTarget{});
  object.boolean("hard", kill.reach == Reach::running);
  object.text("at", to_rfc3339(kill.at));
  if (kill.until != Instant::never()) {
    object.text("until", to_rfc3339(kill.until));
  }
  object.text("who", kill.who).text("why", kill.why).finish();
}

}  // namespace purser
