// app/config_alerts_test.cpp — targets are read whole, and what cannot work is said where it
// stands.
#include <gtest/gtest.h>

#include <cstdlib>

#include "app/alert_policy.hpp"

namespace purser {
namespace {

std::string problems(const std::string& target) {
  const auto config = read_config("alerts: {targets: [{" + target + "}]}", "f");
  return config ? "fine" : config.error().message;
}

TEST(ConfigAlerts, ATargetIsReadWhole) {
  const auto config = read_config(
      "alerts:\n"
      "  repeat: 1h\n"
      "  give_up_after: 2h\n"
      "  targets:\n"
      "    - {name: a, webhook: 'https://x.example/p?q=1', format: slack, headers: {X-A: b},\n"
      "       secret_env: S, ca_file: ca.pem, timeout: 3s, min_severity: critical, match: spike}\n"
      "    - {name: b, command: /bin/page, args: [x, ''], pass_env: [P, Q]}\n",
      "f");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->alerts.repeat, std::chrono::hours(1));
  EXPECT_EQ(config->alerts.give_up_after, std::chrono::hours(2));
  ASSERT_EQ(config->alerts.targets.size(), 2U);
  const AlertTargetConfig& a = config->alerts.targets[0];
  EXPECT_EQ(a.webhook, "https://x.example/p?q=1");
  EXPECT_EQ(a.format, WebhookFormat::slack);
  EXPECT_EQ(a.headers, (std::vector<std::pair<std::string, std::string>>{{"X-A", "b"}}));
  EXPECT_EQ(a.secret_env + a.ca_file, "Sca.pem");
  EXPECT_EQ(a.timeout, std::chrono::seconds(3));
  EXPECT_EQ(a.severity_min, Severity::critical);
  EXPECT_EQ(a.match, std::vector{AlertKind::spike});
  const AlertTargetConfig& b = config->alerts.targets[1];
  EXPECT_EQ(b.command, "/bin/page");
  EXPECT_EQ(b.args, (std::vector<std::string>{"x", ""}));
  EXPECT_EQ(b.pass_env, (std::vector<std::string>{"P", "Q"}));
}

TEST(ConfigAlerts, WhatCannotWorkIsSaid) {
  struct Case {
    std::string target;
    std::string problem;
  };
  const Case cases[] = {
      {"webhook: 'http://a'", "a target needs a name"},
      {"name: a", "a: expected one of webhook, webhook_env and command"},
      {"name: a, webhook: 'http://a', command: /b", "expected one of webhook, webhook_env and"},
      {"name: a, webhook: 'ftp://a'", "a webhook must be like https://hooks.example.com/path"},
      {"name: a, webhook: 'http://a/b c'", "a webhook must be like"},
      {"name: a, webhook: \"http://a/b\\r\\nHost: c\"", "a webhook must be like"},
      {"name: a, webhook: 'http://a', args: [b]", "a: args is for a command"},
      {"name: a, command: /b, format: slack", "a: format is for a webhook"},
      {"name: a, command: page", "expected the whole path of a program"},
      {"name: a, command: /b, pass_env: A=B", "expected the name of an environment variable"},
      {"name: a, webhook: 'http://a', headers: {Host: b}", "none of them one that Purser sets"},
      {"name: a, webhook: 'http://a', headers: {A: \"b\\r\\nC: d\"}", "names and values of HTTP"},
      {"name: a, webhook: 'http://a', match: [spikes]", "expected one of limit_threshold,"},
      {"name: a, webhook: 'http://a'}, {name: a, command: /b", "another target has the name a"},
  };
  for (const Case& each : cases) {
    EXPECT_NE(problems(each.target).find(each.problem), std::string::npos) << each.target << "\n"
                                                                           << problems(each.target);
  }
}

TEST(ConfigAlerts, SecretsComeFromTheEnvironmentOrAreMissed) {
  const auto config = read_config(
      "alerts: {targets: [{name: a, webhook_env: PURSER_TEST_URL, secret_env: PURSER_TEST_S}]}",
      "f");
  ASSERT_TRUE(config);
  ::unsetenv("PURSER_TEST_URL");
  auto policy = make_alert_policy(config->alerts);
  ASSERT_FALSE(policy);
  EXPECT_EQ(policy.error().message, "alert target a: the variable PURSER_TEST_URL is not set");
  ::setenv("PURSER_TEST_URL", "https://hooks.example.com/secret", 1);
  ::setenv("PURSER_TEST_S", "s", 1);
  policy = make_alert_policy(config->alerts);
  ASSERT_TRUE(policy) << policy.error().message;
  EXPECT_EQ(policy->outlets[0]->path, "/secret");
  EXPECT_EQ(policy->outlets[0]->origin.host, "hooks.example.com");
  ::setenv("PURSER_TEST_URL", "hooks.example.com/secret", 1);
  policy = make_alert_policy(config->alerts);
  ASSERT_FALSE(policy);
  EXPECT_EQ(policy.error().message.find("secret"), std::string::npos) << "an address is a secret";
}

}  // namespace
}  // namespace purser
