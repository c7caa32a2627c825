// app/config_routing.cpp — retries, fallbacks and the breaker, read from purser.yaml.
#include "app/config_routing.hpp"

#include <algorithm>

#include "app/config_limits.hpp"
#include "app/quantity.hpp"

namespace purser {
namespace {

/// More attempts than this are a storm, not patience.
constexpr std::int64_t kRetriesMax = 10;

/// "groq/llama-3.3-70b" is a model of that provider where one of that name is configured; else all
/// of it is a model's name.
Target parse_target(const std::string& text, const Config& config) {
  const std::size_t slash = text.find('/');
  const std::string name = text.substr(0, slash);
  const bool known = slash != std::string::npos &&
                     std::ranges::any_of(config.providers, [&](const ProviderConfig& each) {
                       return each.name == name;
                     });
  return known ? Target{.provider = name, .model = text.substr(slash + 1)}
               : Target{.provider = {}, .model = text};
}

void read_retries(Section& section, RetryRules& rules) {
  section.scalar("most", rules.most, whole(0, kRetriesMax));
  section.scalar("first", rules.first, parse_duration);
  section.scalar("longest", rules.longest, parse_duration);
  section.choice("unanswered", rules.unanswered, {{"true", true}, {"false", false}});
  if (rules.longest < rules.first) {
    section.reject("longest", "retries: longest is shorter than first");
  }
}

void read_fallback(Section& section, Config& config) {
  Fallback rule;
  std::vector<std::string> to;
  section.section("match", [&](Section& match) { read_match(match, rule.match); });
  section.list("to", to, parse_text);
  if (to.empty()) {
    section.reject("to", "a fallback needs a model to fall back on");
  }
  for (const std::string& text : to) {
    rule.to.push_back(parse_target(text, config));
  }
  config.fallbacks.push_back(std::move(rule));
}

}  // namespace

void read_routing(Section& root, Config& config) {
  root.section("retries", [&](Section& section) { read_retries(section, config.retries); });
  root.sections("fallbacks", [&](Section& section) { read_fallback(section, config); });
  root.section("breaker", [&](Section& section) {
    section.scalar("failures", config.breaker.failures, whole(0, 1'000'000));
    section.scalar("rest", config.breaker.rest, parse_duration);
  });
}

}  // namespace purser
