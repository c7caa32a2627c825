// app/kills_desk.cpp — kill switches over HTTP, for keys made with --operator. A switch holds on
// every core for whatever comes after the answer that confirms it.
#include "app/desk.hpp"
#include "app/kill_text.hpp"
#include "app/quantity.hpp"
#include "base/json_text.hpp"

namespace purser {
namespace {

constexpr std::string_view kPath = "/v1/admin/kills";

/// {"kills":[…]}
std::string list_json(std::string_view name, std::span<const KillSwitch> kills) {
  std::string list = "[";
  for (const KillSwitch& kill : kills) {
    list += list.size() == 1 ? "" : ",";
    append_kill(list, kill);
  }
  list += ']';
  std::string json;
  JsonObject(json).raw(name, list).finish();
  return json;
}

Result<Plain> throw_switch(const Request& request, const Caller& caller, Front& front) {
  auto kill = read_kill(request.body, now());
  if (!kill) {
    return std::unexpected(kill.error());
  }
  kill->who = caller.key;
  const auto id = front.services.kills->add(*kill, front.cores, now());
  if (!id) {
    return std::unexpected(id.error());
  }
  kill->id = *id;
  Plain plain{.status = 201};
  append_kill(plain.body, *kill);
  return plain;
}

Result<Plain> list_switches(Front& front) {
  const auto set = front.services.kills->kills();
  std::vector<KillSwitch> kills(set->list().begin(), set->list().end());
  std::erase_if(kills, [time = now()](const KillSwitch& kill) { return kill.until <= time; });
  return Plain{.body = list_json("kills", kills)};
}

Result<Plain> resume_switch(const Request& request, const Caller& caller, Front& front) {
  const auto id = parse_whole(request.path.substr(kPath.size() + 1), 1, INT64_MAX);
  if (!id) {
    return fail(Fault::client, "no such kill switch: its id is a whole number");
  }
  const auto resumed =
      front.services.kills->resume({.id = KillId(*id)}, caller.key, front.cores, now());
  if (!resumed) {
    return std::unexpected(resumed.error());
  }
  return Plain{.body = list_json("resumed", *resumed)};
}

}  // namespace

Awaitable<bool> kills_desk(Connection& client, const Request& request, Front& front) {
  return operate(client, request, front, [&](const Caller& caller) {
    if (request.method == "POST") {
      return throw_switch(request, caller, front);
    }
    return request.method == "DELETE" ? resume_switch(request, caller, front)
                                      : list_switches(front);
  });
}

}  // namespace purser
