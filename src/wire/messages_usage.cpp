// wire/messages_usage.cpp — from cumulative reports to what is billed, pass by pass.
#include "wire/messages_usage.hpp"

#include <algorithm>
#include <array>

#include "wire/meters.hpp"

namespace purser {
namespace {

using Count = std::optional<std::int64_t> MessagesCounts::*;

template <Count field>
void count(JsonScan& scan, MessagesCounts& counts) {
  read_count(scan, counts.*field);
}

using Row = AnswerMember<MessagesCounts>;

constexpr std::array kCacheCreation{
    Row{"ephemeral_5m_input_tokens", count<&MessagesCounts::cache_write_5m>},
    Row{"ephemeral_1h_input_tokens", count<&MessagesCounts::cache_write_1h>},
};
constexpr std::array kOutputDetails{Row{"thinking_tokens", count<&MessagesCounts::thinking>}};
constexpr std::array kCounts{
    Row{"input_tokens", count<&MessagesCounts::input>},
    Row{"cache_creation_input_tokens", count<&MessagesCounts::cache_write>},
    Row{"cache_read_input_tokens", count<&MessagesCounts::cache_read>},
    Row{"output_tokens", count<&MessagesCounts::output>},
    Row{"cache_creation",
        [](JsonScan& scan, MessagesCounts& counts) { read_members(scan, kCacheCreation, counts); }},
    Row{"output_tokens_details",
        [](JsonScan& scan, MessagesCounts& counts) { read_members(scan, kOutputDetails, counts); }},
};

template <typename Holder>
bool read_counts(JsonScan& scan, JsonText name, Holder& holder) {
  const auto known = std::ranges::any_of(kCounts, [&](const Row& row) { return name == row.name; });
  if (known) {
    read_member<MessagesCounts>(scan, name, kCounts, holder.counts);
  }
  return known;
}

void read_pass(JsonScan& scan, MessagesPass& pass) {
  static constexpr std::array kPass{
      AnswerMember<MessagesPass>{
          "type", [](JsonScan& inner, MessagesPass& at) { read_text(inner, at.type); }},
      AnswerMember<MessagesPass>{
          "model", [](JsonScan& inner, MessagesPass& at) { read_text(inner, at.model); }},
  };
  if (!enter_or_skip(scan)) {
    return;
  }
  JsonText name;
  while (scan.member(name)) {
    if (!read_counts(scan, name, pass)) {
      read_member<MessagesPass>(scan, name, kPass, pass);
    }
  }
}

using UsageRow = AnswerMember<MessagesUsage>;

constexpr std::array kServerTools{
    UsageRow{"web_search_requests",
             [](JsonScan& scan, MessagesUsage& usage) { read_count(scan, usage.web_searches); }},
    UsageRow{"web_fetch_requests",
             [](JsonScan& scan, MessagesUsage& usage) { read_count(scan, usage.web_fetches); }},
};

void read_passes(JsonScan& scan, MessagesUsage& usage) {
  if (scan.kind() == JsonKind::array) {
    usage.passes.clear();
  }
  read_elements(scan, [&] { read_pass(scan, usage.passes.emplace_back()); });
}

constexpr std::array kUsage{
    UsageRow{"server_tool_use",
             [](JsonScan& scan, MessagesUsage& usage) { read_members(scan, kServerTools, usage); }},
    UsageRow{"iterations", read_passes},
    UsageRow{"service_tier",
             [](JsonScan& scan, MessagesUsage& usage) { read_text(scan, usage.tier); }},
    UsageRow{"speed", [](JsonScan& scan, MessagesUsage& usage) { read_text(scan, usage.speed); }},
    UsageRow{"inference_geo",
             [](JsonScan& scan, MessagesUsage& usage) { read_text(scan, usage.geo); }},
};

/// The lifetimes are told only when the answer begins. What was written later is the provider's
/// own tools at work, and they write for five minutes.
Usage normal_form(const MessagesCounts& counts) {
  const std::int64_t written = counts.cache_write.value_or(counts.cache_write_5m.value_or(0) +
                                                           counts.cache_write_1h.value_or(0));
  const std::int64_t for_an_hour = std::min(counts.cache_write_1h.value_or(0), written);
  Usage usage;
  usage.input_uncached = Tokens(counts.input.value_or(0));
  usage.cache_read = Tokens(counts.cache_read.value_or(0));
  usage.cache_write_short = Tokens(written - for_an_hour);
  usage.cache_write_long = Tokens(for_an_hour);
  usage.output = Tokens(counts.output.value_or(0));
  usage.reasoning = std::min(Tokens(counts.thinking.value_or(0)), usage.output);
  return usage;
}

Tokens all_tokens(const Usage& usage) {
  return usage.prompt_total() + usage.output;
}

/// Thinking is told for the whole only: it is put down where there is output to hold it.
void spread_reasoning(Tokens reasoning, std::vector<Pass>& passes) {
  for (Pass& pass : passes) {
    pass.usage.reasoning = std::min(reasoning, pass.usage.output);
    reasoning -= pass.usage.reasoning;
  }
}

}  // namespace

void read_messages_usage(JsonScan& scan, MessagesUsage& usage) {
  if (!enter_or_skip(scan)) {
    return;
  }
  JsonText name;
  while (scan.member(name)) {
    if (!read_counts(scan, name, usage)) {
      read_member<MessagesUsage>(scan, name, kUsage, usage);
    }
  }
}

std::vector<Pass> billed_passes(const MessagesUsage& usage) {
  const Usage top = normal_form(usage.counts);
  std::vector<Pass> passes;
  Tokens sum;
  for (const MessagesPass& each : usage.passes) {
    passes.push_back(Pass{.model = each.model, .usage = normal_form(each.counts)});
    sum += all_tokens(passes.back().usage);
  }
  if (passes.size() < 2 || sum < all_tokens(top)) {
    // One pass is the top level itself; and a list that accounts for less is not the whole.
    passes = {Pass{.model = {}, .usage = top}};
  } else {
    spread_reasoning(top.reasoning, passes);
  }
  passes.front().usage.web_searches = usage.web_searches.value_or(0);
  passes.front().usage.web_fetches = usage.web_fetches.value_or(0);
  return passes;
}

}  // namespace purser
