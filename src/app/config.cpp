// app/config.cpp — one function a section, in the order of purser.yaml. A key is named once.
#include "app/config.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <fstream>

#include "app/config_infrastructure.hpp"
#include "app/config_limits.hpp"
#include "app/config_mcp.hpp"
#include "app/config_routing.hpp"
#include "app/data_file.hpp"
#include "app/quantity.hpp"
#include "limits/limit_set.hpp"
#include "money/price_file.hpp"

namespace purser {
namespace {

struct Listen {
  std::string host;
  std::uint16_t port;
};

bool is_address(const std::string& host) {
  in6_addr address{};  // large enough for both kinds
  return ::inet_pton(AF_INET, host.c_str(), &address) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

Result<Listen> parse_listen(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);  // [::1]:8484
  } else if (host.contains(':')) {
    host = {};
  }
  const auto port = parse_whole(
      colon == std::string_view::npos ? std::string_view{} : text.substr(colon + 1), 0, 65535);
  if (!port || !(host == "localhost" || is_address(std::string(host)))) {
    return fail(Fault::config,
                "expected an address and a port, such as 127.0.0.1:8484, "
                "localhost:8484 or [::1]:8484, got \"" +
                    std::string(text.substr(0, 60)) + "\"");
  }
  return Listen{std::string(host), static_cast<std::uint16_t>(*port)};
}

Result<std::string> parse_time_zone(std::string_view text) {
  if (!Calendar::of(std::string(text))) {
    return fail(Fault::config, "expected a time zone such as UTC or Europe/Berlin, got \"" +
                                   std::string(text.substr(0, 60)) + "\"");
  }
  return std::string(text);
}

Result<std::string> parse_turns(std::string_view text) {
  if (text == "stdout" || text == "off" || text.contains('/')) {
    return std::string(text);
  }
  return fail(Fault::config, "expected stdout, off or a path with a slash in it, got \"" +
                                 std::string(text.substr(0, 60)) + "\"");
}

bool is_loopback(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

void read_keys(Section& section, Config& config) {
  section.choice("unknown", config.keys.unknown,
                 {{"refuse", UnknownKeys::refuse},
                  {"forward", UnknownKeys::forward},
                  {"admit", UnknownKeys::admit}});
  section.choice("labels", config.keys.labels,
                 {{"ignore", UnknownLabels::ignore}, {"accept", UnknownLabels::accept}});
  if (config.keys.unknown == UnknownKeys::admit && !is_loopback(config.listen_host)) {
    section.reject("unknown",
                   "unknown: admit lets anybody spend, so it is for a listen address of "
                   "this machine only, such as 127.0.0.1:8484");
  }
}

void read_output(Section& section, Config& config) {
  section.scalar("default_max", config.output.default_max, parse_tokens);
  section.scalar("least_useful", config.output.least_useful, parse_tokens);
  if (config.output.default_max < config.output.least_useful) {
    section.reject("default_max",
                   "default_max is below least_useful: every call without a bound "
                   "of its own would be denied");
  }
}

void read_unpriced(Section& root, Config& config) {
  root.section("unpriced", [&](Section& section) {
    enum class Policy { refuse, ceiling } policy = Policy::refuse;
    section.choice("policy", policy, {{"refuse", Policy::refuse}, {"ceiling", Policy::ceiling}});
    UnpricedCeiling ceiling;
    section.scalar("input", ceiling.input, parse_rate_per_million);
    section.scalar("output", ceiling.output, parse_rate_per_million);
    if (policy == Policy::refuse) {
      return;
    }
    if (ceiling.input == Rate{} || ceiling.output == Rate{}) {
      section.reject("policy",
                     "policy: ceiling needs input and output above zero, in US dollars "
                     "per million tokens");
    }
    config.unpriced = ceiling;
  });
}

void read_disconnect(Section& section, DrainConfig& drain) {
  section.choice("action", drain.on_disconnect,
                 {{"drain", OnDisconnect::drain}, {"cancel", OnDisconnect::cancel}});
  section.scalar("longest", drain.longest, parse_seconds);
  section.scalar("at_once_max", drain.at_once_max, whole(0, 1'000'000));
}

void read_root(Section& root, Config& config) {
  Listen listen{config.listen_host, config.listen_port};
  root.scalar("listen", listen, parse_listen);
  config.listen_host = listen.host;
  config.listen_port = listen.port;
  root.scalar("data", config.data, parse_text);
  root.choice("durability", config.durability,
              {{"strict", Durability::strict}, {"relaxed", Durability::relaxed}});
  root.scalar("time_zone", config.time_zone, parse_time_zone);
  root.scalar("threads", config.threads, whole(0, 1024));
  root.scalar("accounts_in_memory_max", config.accounts_in_memory_max, whole(1, 1'000'000'000));
  read_providers(root, config.providers);
  read_mcp(root, config);
  root.section("keys", [&](Section& section) { read_keys(section, config); });
  read_limits(root, config);
  read_calls(root, config);
  read_sessions(root, config);
  read_routing(root, config);
  root.section("output", [&](Section& section) { read_output(section, config); });
  read_unpriced(root, config);
  root.section("on_disconnect", [&](Section& section) { read_disconnect(section, config.drain); });
  root.scalar("admission_wait", config.admission_wait, parse_duration);
  root.scalar("body_bytes_max", config.body_bytes_max,
              [](std::string_view text) { return parse_bytes(text, std::size_t{1} << 30); });
  root.section("telemetry", [&](Section& section) {
    section.scalar("turns", config.telemetry.turns, parse_turns);
  });
  root.section("alerts", [&](Section& section) { read_alerts(section, config.alerts); });
  read_infrastructure(root, config);
  root.scalar("prices", config.prices, parse_text);
}

}  // namespace

Config default_config() {
  Config config;
  config.providers = {provider_named("openai"), provider_named("anthropic"),
                      provider_named("google")};
  return config;
}

Result<Config> read_config(std::string_view text, const std::string& name) {
  Config config = default_config();
  const auto read = read_document(text, name, [&](Section& root) { read_root(root, config); });
  if (!read) {
    return std::unexpected(read.error());
  }
  return config;
}

std::filesystem::path own_limits_file(const Config& config) {
  return config.data / "limits.yaml";
}

Result<Config> add_own_limits(Config config, std::string_view text, const std::string& name) {
  const auto read = read_document(text, name, [&](Section& root) { read_limits(root, config); });
  if (!read) {
    return std::unexpected(read.error());
  }
  return config;
}

Result<Config> load_config(const std::filesystem::path& path, const std::filesystem::path& data) {
  auto config = load_config_file(path);
  if (config && !data.empty()) {
    config->data = data;
  }
  std::error_code ignored;
  if (!config || !std::filesystem::exists(own_limits_file(*config), ignored)) {
    return config;
  }
  const std::string file = own_limits_file(*config).string();
  const auto text = read_file(file);
  return text ? add_own_limits(std::move(*config), *text, file) : std::unexpected(text.error());
}

Result<Config> load_config_file(const std::filesystem::path& path) {
  if (path.empty()) {
    return default_config();
  }
  std::ifstream file(path, std::ios::binary);
  std::string text(kDocumentBytesMax + 1, '\0');  // one more than is read: so a larger one shows
  if (!file.read(text.data(), static_cast<std::streamsize>(text.size())) && !file.eof()) {
    return fail(Fault::config, path.string() + ": cannot be read");
  }
  text.resize(static_cast<std::size_t>(file.gcount()));
  return read_config(text, path.string());
}

std::vector<KnownKey> config_keys() {
  Config scratch = default_config();
  return list_keys([&](Section& root) { read_root(root, scratch); });
}

std::vector<std::string_view> needs_restart(const Config& before, const Config& now) {
  std::vector<std::string_view> keys;
  if (before.listen_host != now.listen_host || before.listen_port != now.listen_port) {
    keys.push_back("listen");
  }
  if (before.data != now.data) {
    keys.push_back("data");
  }
  if (before.durability != now.durability) {
    keys.push_back("durability");
  }
  if (before.threads != now.threads) {
    keys.push_back("threads");
  }
  return keys;
}

}  // namespace purser
