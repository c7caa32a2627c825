// app/config_limits.cpp — rules, one function a mapping. A key is named once.
#include "app/config_limits.hpp"

#include <algorithm>

#include "app/quantity.hpp"
#include "limits/effort.hpp"
#include "limits/limit_check.hpp"
#include "limits/limit_set.hpp"

namespace purser {
namespace {

/// The words of an enum, as its own to_string() has them.
template <typename Enum, std::size_t count>
Words<Enum> words_of(const std::array<Enum, count>& values) {
  Words<Enum> words;
  for (const Enum value : values) {
    words.emplace_back(to_string(value), value);
  }
  return words;
}

constexpr std::array kPers{Per::user,    Per::team, Per::feature, Per::key,
                           Per::session, Per::tier, Per::tag,     Per::all};
constexpr std::array kWindows{Window::minute, Window::hour,     Window::day,     Window::week,
                              Window::month,  Window::lifetime, Window::rolling, Window::pace};
constexpr std::array kActions{Threshold::Action::alert, Threshold::Action::downgrade,
                              Threshold::Action::land, Threshold::Action::essential_only,
                              Threshold::Action::deny};

template <typename Enum, std::size_t count>
auto one_of(const std::array<Enum, count>& values) {
  return [values](std::string_view text) -> Result<std::string> {
    std::string known;
    for (const Enum value : values) {
      if (to_string(value) == text) {
        return std::string(text);
      }
      known += (known.empty() ? "" : ", ") + std::string(to_string(value));
    }
    return fail(Fault::config,
                "expected one of " + known + ", got \"" + std::string(text.substr(0, 60)) + "\"");
  };
}

void read_conditions(Section& section, AllOf& conditions) {
  constexpr std::array kPriorities{Priority::essential, Priority::normal, Priority::background};
  for (const Label label : kPlainLabels) {
    std::vector<std::string> values;
    if (label == Label::priority) {
      section.list("priority", values, one_of(kPriorities));
    } else if (label == Label::dialect) {
      section.list("dialect", values, one_of(kAllDialects));
    } else {
      section.list(to_string(label), values, parse_text);
    }
    if (!values.empty()) {
      conditions.values(label) = std::move(values);
    }
  }
  section.table("tags", [&](const std::string& name, const std::vector<std::string>& values) {
    conditions.asked.push_back({.label = Label::tag, .tag = name, .values = values});
  });
}

void read_max(Section& section, Max& max) {
  constexpr std::int64_t kMost = 1'000'000'000'000'000;  // far beyond any month, far below overflow
  const auto tokens = [](std::string_view text) -> Result<Tokens> {
    const auto count = parse_whole(text, 0, kMost);
    return count ? Result<Tokens>(Tokens(*count)) : std::unexpected(count.error());
  };
  section.scalar("usd", max.usd, parse_dollars);
  section.scalar("calls", max.calls, whole(0, kMost));
  section.scalar("turns", max.turns, whole(0, kMost));
  section.scalar("tokens", max.tokens, tokens);
  section.scalar("tokens_in", max.tokens_in, tokens);
  section.scalar("tokens_out", max.tokens_out, tokens);
  section.scalar("concurrent", max.concurrent, whole(0, kMost));
  section.scalar("tool_calls", max.tool_calls, whole(0, kMost));
}

void read_variants(Section& section, std::string_view key, std::vector<Variant>& variants) {
  section.named(key, [&](const std::string& name, Section& each) {
    Variant variant{.name = name, .unlimited = false, .max = {}};
    each.choice("unlimited", variant.unlimited, {{"true", true}, {"false", false}});
    read_max(each, variant.max);
    variants.push_back(std::move(variant));
  });
}

void read_thresholds(Section& section, std::vector<Threshold>& at) {
  section.sections("at", [&](Section& each) {
    Threshold threshold;
    each.scalar("share", threshold.share, parse_share);
    each.choice("do", threshold.action, words_of(kActions));
    each.list("to", threshold.models, parse_text);
    at.push_back(std::move(threshold));
  });
}

void read_limit(Section& section, Limit& limit) {
  section.scalar("name", limit.name, parse_text);
  section.section("match", [&](Section& match) { read_match(match, limit.match); });
  section.choice("per", limit.per, words_of(kPers));
  section.scalar("per_tag", limit.per_tag, parse_text);
  section.choice("window", limit.window, words_of(kWindows));
  section.scalar("span", limit.span, parse_seconds);
  section.scalar("burst", limit.burst, whole(1, 1'000'000'000'000));
  section.section("max", [&](Section& max) { read_max(max, limit.max); });
  read_variants(section, "tiers", limit.tiers);
  read_variants(section, "users", limit.users);
  read_thresholds(section, limit.at);
  section.section("shed", [&](Section& shed) {
    ShedRule rule;
    shed.scalar("background", rule.background, parse_share);
    shed.scalar("normal", rule.normal, parse_share);
    limit.shed = section.has("shed") ? std::optional(rule) : std::nullopt;
  });
  section.choice("mode", limit.observe, {{"enforce", false}, {"observe", true}});
  section.scalar("closing", limit.closing, parse_text);
  section.scalar("message", limit.message, parse_text);
  section.table("messages", [&](const std::string& language, const std::vector<std::string>& text) {
    limit.messages.emplace_back(language, text.empty() ? std::string() : text.front());
  });
}

void read_tiers(Section& root, Config& config) {
  root.named("tiers", [&](const std::string& name, Section& section) {
    Tier tier{.name = name, .inherits = {}};
    section.scalar("inherits", tier.inherits, parse_text);
    config.tiers.push_back(std::move(tier));
  });
  if (const auto good = check_tiers(config.tiers); !good) {
    root.reject("tiers", good.error().message);
    config.tiers.clear();
  }
}

}  // namespace

void read_match(Section& section, Match& match) {
  read_conditions(section, match.all);
  section.sections("any", [&](Section& each) { read_conditions(each, match.any.emplace_back()); });
  section.sections("not", [&](Section& each) { read_conditions(each, match.none.emplace_back()); });
}

/// What is wrong with one limit is told where it stands, what is wrong among them where they begin.
void read_limits(Section& root, Config& config) {
  read_tiers(root, config);
  bool each_sound = true;
  root.sections("limits", [&](Section& section) {
    Limit limit;
    read_limit(section, limit);
    if (const auto alone = LimitSet::compile({limit}, "UTC"); section.sound() && !alone) {
      section.reject("name", alone.error().message);
    }
    each_sound = each_sound && section.sound();
    config.limits.push_back(std::move(limit));
  });
  const auto all = LimitSet::compile(config.limits, config.time_zone, config.tiers);
  if (each_sound && !all) {
    root.reject("limits", all.error().message);
  }
  root.sections("workloads", [&](Section& section) {
    Workload workload;
    section.section("match", [&](Section& match) { read_match(match, workload.match); });
    section.choice("control", workload.control,
                   {{"enforce", Control::enforce}, {"observe", Control::observe}});
    config.workloads.push_back(std::move(workload));
  });
}

void read_tool_list(Section& section, ToolList& list) {
  section.list("allow", list.allow, parse_text);
  section.list("deny", list.deny, parse_text);
}

void read_sessions(Section& root, Config& config) {
  SessionsConfig& sessions = config.sessions;
  root.section("sessions", [&](Section& section) {
    section.choice("history", sessions.read_history, {{"read", true}, {"ignore", false}});
    section.section("max", [&](Section& max) {
      max.scalar("wall_time", sessions.caps.wall_time, parse_seconds);
      max.scalar("at_once", sessions.caps.at_once, whole(1, 1'000'000));
      max.scalar("depth", sessions.caps.depth, whole(0, 200));
      max.scalar("tool_calls", sessions.caps.tool_calls, whole(0, 1'000'000'000));
    });
  });
  root.section("loops", [&](Section& section) {
    section.choice("action", sessions.loops,
                   {{"off", LoopAction::off},
                    {"warn", LoopAction::warn},
                    {"land", LoopAction::land},
                    {"deny", LoopAction::deny}});
  });
  root.section("spikes", [&](Section& section) {
    section.choice("action", config.spikes,
                   {{"off", SpikeAction::off},
                    {"observe", SpikeAction::observe},
                    {"throttle", SpikeAction::throttle}});
  });
}

void read_calls(Section& root, Config& config) {
  root.sections("calls", [&](Section& section) {
    CallRule rule;
    section.section("match", [&](Section& match) { read_match(match, rule.match); });
    section.scalar("output_default", rule.output_default, parse_tokens);
    section.scalar("output_max", rule.output_max, parse_tokens);
    section.scalar("input_max", rule.input_max, parse_tokens);
    section.list("models", rule.models, parse_text);
    section.scalar("effort_max", rule.effort_max, parse_effort);
    section.section("tools", [&](Section& tools) { read_tool_list(tools, rule.tools); });
    if (rule.output_max && *rule.output_max < Tokens(1)) {
      section.reject("output_max", "output_max: an answer has at least one token");
    }
    config.calls.push_back(std::move(rule));
  });
}

}  // namespace purser
