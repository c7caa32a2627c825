// app/config.hpp — what purser.yaml says, as plain values. docs/configuration.md explains each.
// Every default stands here and nowhere else: without a file these values serve.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/config_alerts.hpp"
#include "app/config_providers.hpp"
#include "app/document.hpp"
#include "base/result.hpp"
#include "bills/fixed_cost.hpp"
#include "call/call.hpp"
#include "http/upstream.hpp"
#include "limits/call_rule.hpp"
#include "limits/lane.hpp"
#include "limits/limit_set.hpp"
#include "money/price_book.hpp"
#include "pipeline/notices.hpp"
#include "pipeline/seat.hpp"
#include "pipeline/services.hpp"
#include "routing/attempts.hpp"
#include "routing/breaker.hpp"
#include "store/store.hpp"

namespace purser {

/// An MCP server that is fronted: at an address, or as a program that Purser starts.
struct McpConfig {
  std::string name;
  std::string url;  // empty: a program
  std::string bearer_env;
  std::string bearer_file;                                   // looked at first, when it is named
  std::vector<std::pair<std::string, std::string>> headers;  // lower-case names
  std::string command;
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>> environment;
  ToolList tools;
  std::vector<McpServer::Priced> prices;
  UpstreamLimits waits{.first_byte = std::chrono::seconds(600),
                       .between_bytes = std::chrono::seconds(600)};
  std::string ca_file;
};

/// What a call with a key that Purser did not make is taken for.
enum class UnknownKeys : std::uint8_t {
  refuse,   // 401
  forward,  // the caller's own provider key: passed on, known here by its fingerprint
  admit,    // anybody on this machine: served with Purser's provider key
};

/// Whether user, feature, session, priority and tags are believed from callers without a key of
/// Purser's. A key of Purser's says so itself.
enum class UnknownLabels : std::uint8_t { ignore, accept };

struct KeysConfig {
  UnknownKeys unknown = UnknownKeys::refuse;
  UnknownLabels labels = UnknownLabels::ignore;
};

struct OutputConfig {
  Tokens default_max{8192};  // held for a call that names no bound of its own
  Tokens least_useful{64};   // a call whose money buys less than this is denied instead
};

/// A model without a price: refused, or held and settled at this ceiling. Never counted as zero.
struct UnpricedCeiling {
  Rate input;
  Rate output;
};

enum class OnDisconnect : std::uint8_t {
  drain,   // read the answer to its end: the bill is exact
  cancel,  // hang up: the bill is estimated, at or above what it was
};

struct DrainConfig {
  OnDisconnect on_disconnect = OnDisconnect::drain;
  std::chrono::seconds longest{300};
  std::int64_t at_once_max = 256;  // more than that many are cancelled instead
};

/// Which sessions are let go on.
struct SessionsConfig {
  bool read_history = true;
  LoopAction loops = LoopAction::warn;
  SessionCaps caps;
};

struct TelemetryConfig {
  std::string turns = "stdout";  // agent_turn_completed lines: "stdout", "off" or a file's path
};

struct Config {
  std::string listen_host = "127.0.0.1";
  std::uint16_t listen_port = 8484;
  std::filesystem::path data = "data";
  Durability durability = Durability::strict;
  std::string time_zone = "UTC";
  std::int64_t threads = 0;  // 0: as many as the process may run on
  std::int64_t accounts_in_memory_max = 1'000'000;
  std::vector<ProviderConfig> providers;
  std::vector<McpConfig> mcp;
  KeysConfig keys;
  std::vector<Tier> tiers;
  std::vector<Limit> limits;  // they compile: LimitSet::compile(limits, time_zone, tiers) succeeds
  std::vector<CallRule> calls;
  std::vector<Workload> workloads;
  SessionsConfig sessions;
  SpikeAction spikes = SpikeAction::observe;
  OutputConfig output;
  std::optional<UnpricedCeiling> unpriced;  // nothing: such calls are refused
  RetryRules retries;
  std::vector<Fallback> fallbacks;
  BreakerRules breaker;
  DrainConfig drain;
  std::chrono::milliseconds admission_wait{2000};  // for money that open holds may give back
  std::size_t body_bytes_max = std::size_t{32} << 20;
  TelemetryConfig telemetry;
  AlertsConfig alerts;
  std::vector<FixedCost> infrastructure;  // no two of one name
  std::filesystem::path prices;           // more price files, over the built-in book; empty: none
};

/// OpenAI and Anthropic, with their keys from OPENAI_API_KEY and ANTHROPIC_API_KEY.
Config default_config();

/// Reads a purser.yaml. `name` stands in front of each problem. Error (config): every problem, one
/// "name:line:column: what was expected" a line.
Result<Config> read_config(std::string_view text, const std::string& name);

/// Reads the file at `path` (empty: the defaults), and behind its limits those that operators set
/// over HTTP, from the folder of the books: `data`, or the file's own when that is empty.
Result<Config> load_config(const std::filesystem::path& path,
                           const std::filesystem::path& data = {});

/// The file that those limits are kept in: `tiers`, `limits` and `workloads`, as in purser.yaml.
std::filesystem::path own_limits_file(const Config& config);
/// `config` with the limits of `text` behind its own. Error (config): every problem, with its line.
Result<Config> add_own_limits(Config config, std::string_view text, const std::string& name);
/// The file at `path` alone (empty: the defaults).
Result<Config> load_config_file(const std::filesystem::path& path);

/// Every key a purser.yaml may have, sorted: what schema/purser.schema.json is held against.
std::vector<KnownKey> config_keys();

/// The keys whose change needs a restart, of those that differ. Empty: all of `now` can be taken
/// on.
std::vector<std::string_view> needs_restart(const Config& before, const Config& now);

}  // namespace purser
