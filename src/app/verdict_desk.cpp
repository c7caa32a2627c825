// app/verdict_desk.cpp — the verdict on a call that is not made: ?dialect= says how its body is
// written; else the headers do, as for /v1/models.
#include "pipeline/verdict.hpp"

#include "app/desk.hpp"
#include "pipeline/serve.hpp"

namespace purser {
namespace {

/// Nothing: a dialect nobody speaks.
std::optional<Dialect> dialect_asked(const Request& request) {
  constexpr std::string_view kName = "dialect=";
  for (std::string_view query = request.query; !query.empty();) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
    if (!pair.starts_with(kName)) {
      continue;
    }
    return dialect_named(pair.substr(kName.size()), kModelDialects);
  }
  return dialect_of(request);
}

}  // namespace

Awaitable<bool> verdict_desk(Connection& client, const Request& request, Front& front) {
  const auto dialect = dialect_asked(request);
  if (!dialect) {
    const Denial denial{
        Refused::bad_request, "dialect: expected " + names_of(kModelDialects), {}, {}};
    co_return co_await deny(client, request, dialect_of(request), denial, {}, front.core);
  }
  auto json = co_await verdict(request, *dialect, front.core, front.services);
  if (!json) {
    co_return co_await deny(client, request, *dialect, json.error(), {}, front.core);
  }
  co_return co_await answer(client, request, {.body = std::move(*json)});
}

}  // namespace purser
