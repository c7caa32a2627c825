// app/config_test.cpp — every mistake is found where it stands, every key is in the schema, every
// example is read.
#include "app/config.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "app/config_watch.hpp"
#include "app/quantity.hpp"
#include "money/builtin_prices.hpp"
#include "money/price_list.hpp"

namespace purser {
namespace {

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// The problems of `text`, or "fine".
std::string problems(std::string_view text) {
  const auto config = read_config(text, "f");
  return config ? "fine" : config.error().message;
}

TEST(Config, AnEmptyFileIsTheDefaults) {
  for (const char* text : {"", "\n", "# nothing yet\n", "---\n", "keys:\nproviders:\nlimits:\n"}) {
    const auto config = read_config(text, "f");
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->listen_port, 8484);
    EXPECT_EQ(config->durability, Durability::strict);
    ASSERT_EQ(config->providers.size(), 3U);
    EXPECT_EQ(config->providers[0].api_key_env, "OPENAI_API_KEY");
    EXPECT_EQ(config->providers[2].api_key_env, "GEMINI_API_KEY");
    EXPECT_FALSE(config->unpriced);
  }
}

TEST(Config, AFixedCostHasANameAnAmountAndDays) {
  const auto config = read_config(
      "infrastructure:\n"
      "  - {name: gpu, usd: \"1200\", from: 2026-11-01, spread_by: tokens, over: {team: blue}}\n"
      "  - {name: disk, usd: 5, from: 2026-11-01, to: 2026-11-30}\n",
      "f");
  ASSERT_TRUE(config) << config.error().message;
  ASSERT_EQ(config->infrastructure.size(), 2U);
  EXPECT_EQ(config->infrastructure[0].usd, Amount::from_dollars(1200));
  EXPECT_EQ(config->infrastructure[0].by, SpreadBy::tokens);
  EXPECT_TRUE(config->infrastructure[0].over.all.asks(Label::team));
  EXPECT_EQ(config->infrastructure[1].to, Day(std::chrono::year(2026) / 11 / 30));
  for (const auto& [text, says] :
       {std::pair{"name: gpu, usd: 1", "from is missing"},
        std::pair{"usd: 1, from: 2026-11-01", "name is missing"},
        std::pair{"name: gpu, usd: -1, from: 2026-11-01", "expected dollars a month"},
        std::pair{"name: gpu, usd: 1, from: 1 November", "expected a date"},
        std::pair{"name: gpu, usd: 1, from: 2026-11-02, to: 2026-11-01", "to lies before from"},
        std::pair{"name: a, usd: 1, from: 2026-11-01}, {name: a, usd: 1, from: 2026-11-01",
                  "another fixed cost has this name"}}) {
    EXPECT_NE(problems("infrastructure: [{" + std::string(text) + "}]").find(says),
              std::string::npos)
        << text << ": " << problems("infrastructure: [{" + std::string(text) + "}]");
  }
}

TEST(Config, EveryMistakeIsFoundWhereItStands) {
  struct Case {
    std::string_view text;
    std::string_view problem;
  };
  const Case cases[] = {
      {"listn: 1", R"(f:1:1: unknown key "listn"; did you mean "listen"?)"},
      {"keys:\n  unknwon: refuse", R"(f:2:3: unknown key "unknwon"; did you mean "unknown"?)"},
      {"telemetry: {zzz: 1}", R"(f:1:13: unknown key "zzz"; known here: turns)"},
      {"durability: strickt",
       R"(f:1:13: durability: expected one of strict, relaxed, got "strickt";)"
       R"( did you mean "strict"?)"},
      {"threads: many", R"(f:1:10: threads: expected a whole number from 0 to 1024, got "many")"},
      {"threads: [1]", "f:1:10: threads: expected a single value, got a list"},
      {"data: x\nthreads:", "f:2:1: threads: expected a single value, got nothing"},
      {"listen: 8484",
       "f:1:9: listen: expected an address and a port, such as 127.0.0.1:8484, localhost:8484 or "
       "[::1]:8484, got \"8484\""},
      {"time_zone: Berlin",
       R"(f:1:12: time_zone: expected a time zone such as UTC or Europe/Berlin, got "Berlin")"},
      {"threads: 1\nthreads: 2", R"(f:2:1: key "threads" stands here a second time)"},
      {"[a]", "f:1:1: the document: expected a mapping, got a list"},
      {"{[a]: b}", "f:1:2: expected a key, got a list"},
      {"keys: {unknown: admit}\nlisten: 0.0.0.0:80",
       "f:1:17: unknown: admit lets anybody spend, so it is for a listen address of this machine "
       "only, such as 127.0.0.1:8484"},
      {"unpriced: {policy: ceiling, input: 3}",
       "f:1:20: policy: ceiling needs input and output above zero, in US dollars per million "
       "tokens"},
      {"unpriced: {input: 0.0000001}",
       "f:1:19: input: '0.0000001' must be a decimal like \"2.50\", with at most six decimals"},
      {"providers: {azure: }",
       "f:1:13: azure: base_url is missing: each of its customers has another"},
      {"providers: {x: {base_url: 'http://a'}}",
       "f:1:16: x: dialects is missing; expected chat, messages, responses, "
       "embeddings, completions, images or gemini"},
      {"providers: {openai: {default: true}, x: {like: groq, default: true}}",
       "f:1:63: default: openai is the default for chat already"},
      {"providers: {groq: {models_as: {a: [b, c]}}}",
       "f:1:31: models_as: expected one model for \"a\""},
      {"providers: {groq: {headers: {Content-Length: 5}}}",
       "f:1:29: headers: expected names and values of HTTP fields, at most 32, none of them one "
       "that Purser sets itself, got \"Content-Length\""},
      {"output: {default_max: 10, least_useful: 20}",
       "f:1:23: default_max is below least_useful: every call without a bound of its own would be "
       "denied"},
      {"limits: [{name: a}]", R"(f:1:17: limit "a": it has no max)"},
      {"limits: [{name: a, max: {usd: 1}}, {name: a, max: {usd: 1}}]",
       R"(f:1:9: limit "a": another limit has this name)"},
      {"limits: [{name: a, max: {tokens: 1.5}}]",
       R"(f:1:34: tokens: expected a whole number from 0 to 1000000000000000, got "1.5")"},
      {"limits: [{name: a, max: {usd: 1}, per: usr}]",
       "f:1:40: per: expected one of user, team, feature, key, session, tier, tag, all, got "
       "\"usr\"; "
       "did you mean \"user\"?"},
      {"threads: 1\n---\nthreads: 2", "f:3:1: a second document; one is expected"},
      {"a: &a [*a]", "f:1:8: an alias inside of what it stands for"},
      {"threads: 1\n  data: x", "f:2:7: not YAML: illegal map value"},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(problems(each.text), each.problem) << each.text;
  }
}

TEST(Config, AllMistakesAreToldAtOnceFromTheFirstLineToTheLast) {
  EXPECT_EQ(problems("zzzzzz: 1\nthreads: x\nyyyyyy: 2").find("f:1:1: unknown key"), 0U);
  EXPECT_NE(problems("zzzzzz: 1\nthreads: x\nyyyyyy: 2").find("\nf:2:10: threads"),
            std::string::npos);
  std::string many;
  for (int i = 0; i < 50; ++i) {
    many += "wrong" + std::to_string(i) + ": 1\n";
  }
  EXPECT_NE(problems(many).find("and 30 more"), std::string::npos);
}

TEST(Config, ABillionLaughsAreNotLaughed) {
  std::string text = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string below = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + below;
    for (int j = 0; j < 8; ++j) {
      text += "," + below;
    }
    text += "]\n";
  }
  EXPECT_NE(problems(text).find("more than 20000 values"), std::string::npos) << problems(text);
}

TEST(Config, DepthAndSizeAreBounded) {
  EXPECT_NE(problems(std::string(30, '[') + std::string(30, ']')).find("more than 16 deep"),
            std::string::npos);
  EXPECT_NE(problems(std::string(100'000, '[')).find("more than 16 deep"), std::string::npos);
  EXPECT_NE(problems("# " + std::string(kDocumentBytesMax, 'x')).find("larger than 262144 bytes"),
            std::string::npos);
}

TEST(Config, NamedProvidersReplaceTheBuiltInOnesAndKeepTheirDefaults) {
  const auto config = read_config("providers: {openai: {base_url: 'http://127.0.0.1:9/v1'}}", "f");
  ASSERT_TRUE(config) << config.error().message;
  ASSERT_EQ(config->providers.size(), 1U);
  EXPECT_EQ(config->providers[0].base_url, "http://127.0.0.1:9/v1");
  EXPECT_EQ(config->providers[0].api_key_env, "OPENAI_API_KEY");
  EXPECT_EQ(config->providers[0].dialects,
            (std::vector{Dialect::chat, Dialect::responses, Dialect::embeddings,
                         Dialect::completions, Dialect::images}));
}

TEST(Config, AKnownProviderNeedsItsNameOnlyAndAnyNumberMaySpeakADialect) {
  const auto config = read_config("providers: {groq: , mistral: , openai: , zai: , ollama: }", "f");
  ASSERT_TRUE(config) << config.error().message;
  ASSERT_EQ(config->providers.size(), 5U);
  EXPECT_EQ(config->providers[0].base_url, "https://api.groq.com/openai/v1");
  EXPECT_EQ(config->providers[0].api_key_env, "GROQ_API_KEY");
  EXPECT_EQ(config->providers[1].quirks, quirks_of("mistral"));
  EXPECT_EQ(config->providers[3].prices_of, "zhipu");
  EXPECT_TRUE(config->providers[4].free);
}

TEST(Config, AProviderOfAnyNameIsLikeAKnownOneButForWhatItSays) {
  const auto config = read_config(
      "providers:\n"
      "  mine: {like: mistral, base_url: 'http://a/v1', quirks: {usage_unasked: false},\n"
      "         models: [a*, b], headers: {X-A: '1'}, headers_env: {X-B: V}}\n"
      "  yours: {base_url: 'http://b', dialects: messages}\n",
      "f");
  ASSERT_TRUE(config) << config.error().message;
  const ProviderConfig& mine = config->providers[0];
  EXPECT_EQ(mine.name, "mine");
  EXPECT_EQ(mine.api_key_env, "MISTRAL_API_KEY");
  EXPECT_EQ(mine.prices_of, "mistral");
  EXPECT_EQ(mine.quirks, (Quirks{.output_field = "max_tokens"}));
  EXPECT_EQ(mine.models, (std::vector<std::string>{"a*", "b"}));
  EXPECT_EQ(mine.headers, (std::vector<HeaderConfig>{{"X-A", HeaderConfig::From::text, "1"},
                                                     {"X-B", HeaderConfig::From::env, "V"}}));
  EXPECT_EQ(config->providers[1].key_header, KeyHeader::x_api_key);
  EXPECT_TRUE(config->providers[1].api_key_env.empty());
}

TEST(Config, AProvidersNameCanStandInAPath) {
  for (const char* name : {"v1", "mcp", "metrics", "chat", "a/b", "'a b'", "-a", "ä", "''"}) {
    const std::string found = problems("providers: {" + std::string(name) + ": {like: groq}}");
    EXPECT_NE(found.find("is no name for a provider"), std::string::npos) << name << found;
  }
  EXPECT_EQ(problems("providers: {Groq-2.eu_west: {like: groq}}"), "fine");
}

TEST(Config, EveryKnownProviderIsDocumentedAsItIs) {
  const std::string page = read_file(PURSER_SOURCE_DIR "/docs/providers.md");
  for (const KnownProvider& known : known_providers()) {
    const std::size_t row = page.find("\n| `" + std::string(known.name) + "` |");
    ASSERT_NE(row, std::string::npos) << known.name;
    const std::string line = page.substr(row + 1, page.find('\n', row + 1) - row);
    EXPECT_NE(line.find(known.base_url), std::string::npos) << line;
    EXPECT_NE(line.find(known.key_variable), std::string::npos) << line;
    EXPECT_NE(line.find(known.prices_of), std::string::npos) << line;
    EXPECT_TRUE(known.base_url.empty() || parse_origin(known.base_url)) << line;
    EXPECT_EQ(line.find("free") != std::string::npos, known.free) << line;
  }
}

TEST(Config, EveryKnownProviderThatBillsHasPricesInTheBook) {
  const auto book = PriceBook::parse(builtin_prices()).value();
  for (const KnownProvider& known : known_providers()) {
    const std::string_view whose = known.prices_of.empty() ? known.name : known.prices_of;
    const bool priced = std::ranges::any_of(
        book.lists(), [whose](const PriceList* list) { return list->provider == whose; });
    EXPECT_NE(priced, known.free) << known.name;
  }
}

TEST(Config, GooglesKeyHasTwoNamesUntilOneIsNamed) {
  const auto unsaid = read_config("providers: {google: }", "f");
  ASSERT_TRUE(unsaid) << unsaid.error().message;
  EXPECT_EQ(unsaid->providers[0].api_key_env, "GEMINI_API_KEY");
  EXPECT_EQ(unsaid->providers[0].api_key_env_too, "GOOGLE_API_KEY");
  EXPECT_EQ(unsaid->providers[0].dialects, std::vector{Dialect::gemini});
  const auto named = read_config("providers: {google: {api_key_env: MINE}}", "f");
  ASSERT_TRUE(named) << named.error().message;
  EXPECT_EQ(named->providers[0].api_key_env, "MINE");
  EXPECT_EQ(named->providers[0].api_key_env_too, "");
}

TEST(Config, AnUnsetServiceTierIsStandardUnlessTheProjectSaysOtherwise) {
  const auto config = read_config("providers: {openai: {service_tier_default: priority}}", "f");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->providers.front().tier_default, ServiceTier::priority);
  EXPECT_EQ(default_config().providers.front().tier_default, ServiceTier::standard);
}

TEST(Config, ALimitIsReadWhole) {
  const auto config = read_config(
      "limits:\n"
      "  - {name: a, match: {tier: [free, trial], tags: {env: [x, y]}, priority: background},\n"
      "     per: user, window: month, max: {usd: 0.5, tokens_out: 7}, message: 'no {left}'}\n",
      "f");
  ASSERT_TRUE(config) << config.error().message;
  ASSERT_EQ(config->limits.size(), 1U);
  const Limit& limit = config->limits[0];
  EXPECT_EQ(limit.name, "a");
  const auto values = [&](Label label) {
    const auto found = std::ranges::find(limit.match.all.asked, label, &OneOf::label);
    return found == limit.match.all.asked.end() ? std::vector<std::string>{} : found->values;
  };
  EXPECT_EQ(values(Label::tier), (std::vector<std::string>{"free", "trial"}));
  EXPECT_EQ(values(Label::tag), (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(values(Label::priority), std::vector<std::string>{"background"});
  EXPECT_EQ(limit.per, Per::user);
  EXPECT_EQ(limit.window, Window::month);
  EXPECT_EQ(limit.max.usd, Amount::from_nanos(500'000'000));
  EXPECT_EQ(limit.max.tokens_out, Tokens(7));
  EXPECT_FALSE(limit.max.calls);
  EXPECT_EQ(limit.message, "no {left}");
}

TEST(Config, OnlyWhatIsBoundAtTheStartNeedsARestart) {
  const Config before = default_config();
  Config now = before;
  EXPECT_TRUE(needs_restart(before, now).empty());
  now.admission_wait = std::chrono::milliseconds(1);
  EXPECT_TRUE(needs_restart(before, now).empty());
  now.listen_port = 1;
  now.data = "elsewhere";
  now.durability = Durability::relaxed;
  now.threads = 7;
  EXPECT_EQ(needs_restart(before, now),
            (std::vector<std::string_view>{"listen", "data", "durability", "threads"}));
}

/// What a "$ref" of `root` stands for; anything else is itself.
const boost::json::object& meant(const boost::json::object& root, const boost::json::value& value) {
  const boost::json::object& schema = value.as_object();
  const auto* reference = schema.if_contains("$ref");
  if (reference == nullptr) {
    return schema;
  }
  constexpr std::string_view kDefs = "#/$defs/";
  const std::string_view name = reference->as_string();
  EXPECT_TRUE(name.starts_with(kDefs)) << name;
  return root.at("$defs").at(name.substr(kDefs.size())).as_object();
}

/// Adds what `schema` allows, as config_keys() would name it.
void flatten(const boost::json::object& root, const boost::json::object& schema,
             const std::string& path, std::vector<KnownKey>& keys) {
  const auto within = [&](const boost::json::value& value, const std::string& name) {
    flatten(root, meant(root, value), name, keys);
  };
  if (const auto* properties = schema.if_contains("properties")) {
    EXPECT_EQ(schema.at("additionalProperties"), false) << path << " must be closed";
    for (const auto& member : properties->as_object()) {
      const std::string name =
          (path.empty() ? "" : path + ".") + std::string(std::string_view(member.key()));
      std::string words;
      const boost::json::object& member_schema = meant(root, member.value());
      if (const auto* choices = member_schema.if_contains("enum")) {
        for (const auto& word : choices->as_array()) {
          if (!word.is_string()) {
            continue;  // YAML's own true and false
          }
          words += (words.empty() ? "" : "|") + std::string(std::string_view(word.as_string()));
        }
      }
      EXPECT_TRUE(member_schema.contains("description")) << name;
      keys.push_back({name, words});
      within(member.value(), name);
    }
  } else if (const auto* others = schema.if_contains("additionalProperties")) {
    within(*others, path + ".*");
  } else if (const auto* items = schema.if_contains("items")) {
    within(*items, path + "[]");
  }
}

TEST(Config, TheSchemaAndTheParserKnowTheSameKeysAndWords) {
  const std::string text = read_file(PURSER_SOURCE_DIR "/schema/purser.schema.json");
  const auto schema = boost::json::parse(text);
  std::vector<KnownKey> in_schema;
  flatten(schema.as_object(), schema.as_object(), "", in_schema);
  std::ranges::sort(in_schema);
  const std::vector<KnownKey> in_parser = config_keys();
  for (const KnownKey& key : in_parser) {
    EXPECT_TRUE(std::ranges::binary_search(in_schema, key)) << "not in the schema: " << key.path;
  }
  for (const KnownKey& key : in_schema) {
    EXPECT_TRUE(std::ranges::binary_search(in_parser, key)) << "not in the parser: " << key.path;
  }
}

/// Matches and maxima are the same wherever they stand: they are documented once.
std::string documented_as(std::string path) {
  for (const std::string_view match : {"calls[].match", "workloads[].match", "limits[].match",
                                       "fallbacks[].match", "infrastructure[].over"}) {
    for (const std::string_view part : {".any[]", ".not[]", ""}) {
      const std::string place = std::string(match) + std::string(part) + '.';
      if (path.starts_with(place)) {
        return "limits[].match." + path.substr(place.size());
      }
    }
  }
  for (const std::string_view place : {"limits[].tiers.*.", "limits[].users.*."}) {
    if (path.starts_with(place)) {
      return "limits[].max." + path.substr(place.size());
    }
  }
  return path;
}

TEST(Config, EveryKeyIsDocumented) {
  const std::string page = read_file(PURSER_SOURCE_DIR "/docs/configuration.md");
  for (const KnownKey& key : config_keys()) {
    EXPECT_NE(page.find("`" + documented_as(key.path) + "`"), std::string::npos) << key.path;
  }
}

TEST(Config, EveryExampleIsRead) {
  int examples = 0;
  for (const auto& entry : std::filesystem::directory_iterator(PURSER_SOURCE_DIR "/examples")) {
    if (entry.path().extension() == ".yaml") {
      const auto config = load_config(entry.path());
      EXPECT_TRUE(config) << config.error().message;
      ++examples;
    }
  }
  EXPECT_GE(examples, 2);
}

TEST(Config, EveryYamlBlockOfTheDocumentationIsRead) {
  constexpr std::string_view kOpen = "```yaml\n";
  int blocks = 0;
  for (const char* name : {"configuration.md", "alerts.md", "providers.md"}) {
    const std::string page = read_file(PURSER_SOURCE_DIR "/docs/" + std::string(name));
    for (std::size_t at = page.find(kOpen); at != std::string::npos; at = page.find(kOpen, at)) {
      at += kOpen.size();
      const std::string block = page.substr(at, page.find("```", at) - at);
      EXPECT_EQ(problems(block), "fine") << block;
      ++blocks;
    }
  }
  EXPECT_GE(blocks, 7);
}

TEST(ConfigWatch, AChangeIsFoundOnceAndABadOneIsRefusedWithItsReason) {
  const auto file = std::filesystem::temp_directory_path() /
                    ("purser_watch_" + std::to_string(::getpid()) + ".yaml");
  const auto write = [&](std::string_view text) { std::ofstream(file) << text; };
  write("threads: 1\n");
  ConfigWatch watch(file);
  EXPECT_FALSE(watch.look());

  write("threads: 22\n");
  EXPECT_FALSE(watch.look()) << "it may not be written to its end yet";
  auto found = watch.look();
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->threads, 22);
  EXPECT_FALSE(watch.look());

  write("threads: many\n");
  EXPECT_FALSE(watch.look());
  found = watch.look();
  ASSERT_TRUE(found && !*found);
  EXPECT_NE(found->error().message.find(":1:10: threads: expected"), std::string::npos);
  EXPECT_FALSE(watch.look()) << "a refusal is said once";

  std::filesystem::remove(file);
  EXPECT_FALSE(watch.look());
  found = watch.look();
  ASSERT_TRUE(found && !*found);
  EXPECT_NE(found->error().message.find("cannot be read"), std::string::npos);
}

TEST(ConfigWatch, AFileEmptiedBeforeItIsWrittenIsNotTakenForOneWithoutLimits) {
  const auto file = std::filesystem::temp_directory_path() /
                    ("purser_watch_empty_" + std::to_string(::getpid()) + ".yaml");
  std::ofstream(file) << "threads: 1\n";
  ConfigWatch watch(file);
  std::ofstream(file) << "";
  EXPECT_FALSE(watch.look());
  std::ofstream(file) << "threads: 3\n";
  EXPECT_FALSE(watch.look());
  const auto found = watch.look();
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->threads, 3);
  std::filesystem::remove(file);
}

RC_GTEST_PROP(Config, AnyBytesAreReadOrRefusedWithAPlace, (const std::string& text)) {
  const auto config = read_config(text, "f");
  RC_ASSERT((config.has_value() || config.error().message.starts_with("f:")));
}

TEST(Quantity, IsReadExactlyOrNotAtAll) {
  EXPECT_EQ(parse_duration("250ms")->count(), 250);
  EXPECT_EQ(parse_duration("2h")->count(), 7'200'000);
  EXPECT_EQ(parse_bytes("32MiB", 1 << 30), std::size_t{32} << 20);
  for (const char* text : {"", "5", "5 s", "-5s", "5.5s", "s", "99999999999d", "367d", "5S"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
  for (const char* text : {"", "-1", "1KB", "1kib", "2GiB", "9999999999999GiB", "0x10"}) {
    EXPECT_FALSE(parse_bytes(text, 1 << 30)) << text;
  }
  EXPECT_FALSE(parse_seconds("500ms"));
  EXPECT_FALSE(parse_seconds("0s"));
}

TEST(Quantity, SinceIsADateOrHowLongAgo) {
  const Instant now = *parse_rfc3339("2026-11-24T12:00:00Z");
  EXPECT_EQ(parse_since("2026-11-23", now), *parse_rfc3339("2026-11-23"));
  EXPECT_EQ(parse_since("36h", now), *parse_rfc3339("2026-11-23T00:00:00Z"));
  EXPECT_FALSE(parse_since("yesterday", now));
  EXPECT_EQ(parse_until("36h", now), *parse_rfc3339("2026-11-26T00:00:00Z"));
  EXPECT_EQ(parse_until("2027-01-01", now), *parse_rfc3339("2027-01-01"));
  for (const char* text : {"", "2026-11-23", "0d", "-1d", "soon"}) {
    EXPECT_FALSE(parse_until(text, now)) << text;
  }
}

}  // namespace
}  // namespace purser
