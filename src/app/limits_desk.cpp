// app/limits_desk.cpp — the limits that operators set over HTTP: the same list as in purser.yaml,
// kept beside the books, behind the file's own.
#include "app/config.hpp"
#include "app/data_file.hpp"
#include "app/desk.hpp"
#include "app/policy.hpp"
#include "base/json_text.hpp"
#include "store/audit.hpp"
#include "store/tables.hpp"

namespace purser {
namespace {

Result<Plain> show(const Front& front) {
  auto base = load_config_file(front.config_file);
  if (!base) {
    return std::unexpected(base.error());
  }
  base->data = front.data;
  std::error_code ignored;
  const auto file = own_limits_file(*base);
  auto text = std::filesystem::exists(file, ignored) ? read_file(file)
                                                     : Result<std::string>("limits: []\n");
  if (!text) {
    return std::unexpected(text.error());
  }
  return Plain{.type = "application/yaml", .body = std::move(*text)};
}

Result<void> note(const Front& front, const Caller& who, std::size_t limits) {
  const auto database = Database::open(front.data / kDatabaseName, Database::Access::write);
  if (!database) {
    return std::unexpected(database.error());
  }
  return write_change(
      *database,
      {.who = who.key, .what = "set " + std::to_string(limits) + " limits over HTTP", .at = now()},
      "limits_version", [] { return Result<void>(); });
}

/// All of them or none: what is wrong is told with its line, and the old ones stay.
Result<Plain> set(const Front& front, std::string_view text, const Caller& who) {
  auto base = load_config_file(front.config_file);
  if (!base) {
    return std::unexpected(base.error());
  }
  base->data = front.data;
  const auto file = own_limits_file(*base);
  const std::size_t own = base->limits.size();
  const auto config = add_own_limits(std::move(*base), text, "limits");
  if (!config) {
    return fail(Fault::client, config.error().message);
  }
  if (const auto policy = make_policy(*config); !policy) {
    return std::unexpected(policy.error());
  }
  if (auto noted = note(front, who, config->limits.size() - own); !noted) {
    return std::unexpected(noted.error());
  }
  if (auto written = replace_file(file, text); !written) {
    return std::unexpected(written.error());
  }
  front.services.limits_changed.store(true);
  std::string list = "[";
  for (const std::string& doubt : doubts(config->limits, config->tiers)) {
    list += list.size() == 1 ? "" : ",";
    append_json_string(list, doubt);
  }
  Plain plain;
  JsonObject(plain.body)
      .number("limits", static_cast<std::int64_t>(config->limits.size() - own))
      .raw("doubts", list + "]")
      .finish();
  return plain;
}

}  // namespace

Awaitable<bool> limits_desk(Connection& client, const Request& request, Front& front) {
  return operate(client, request, front, [&](const Caller& caller) {
    return request.method == "PUT" ? set(front, request.body, caller) : show(front);
  });
}

}  // namespace purser
