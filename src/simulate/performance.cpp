// simulate/performance.cpp — read, fault or answer, write, price.
#include "simulate/performance.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>

namespace purser::simulate {
namespace {

constexpr std::size_t kSeenMax = 1'000'000;  // bodies whose repeats are told apart
constexpr std::size_t kNestingMax = 128;     // of a request's JSON; tool schemas are deep

boost::json::value parse(std::string_view body, boost::json::storage_ptr storage,
                         boost::system::error_code& error) {
  return boost::json::parse(body, error, std::move(storage), {.max_depth = kNestingMax});
}

/// Words by chance first, so that what the request asks for has the last say.
std::expected<Script, Rejection> read_script(const Asked& asked, const Incoming& incoming,
                                             const Options& options, Seed& seed) {
  Script script;
  for (const FaultRate& fault : options.faults) {
    if (seed.unit() < fault.rate) {
      const auto added = add_words(script, fault.word);
      INVARIANT(added, "fault words were checked when they were set");
    }
  }
  for (const std::string_view words : {asked.suffix, asked.words, incoming.words}) {
    if (const auto added = add_words(script, words); !added) {
      return std::unexpected(Rejection{.message = added.error().message});
    }
  }
  return script;
}

/// Half to one and a half times the mean.
template <typename Span>
std::chrono::nanoseconds around(Span mean, Seed& seed) {
  const auto nanos = std::chrono::nanoseconds(mean).count();
  return std::chrono::nanoseconds(
      static_cast<std::int64_t>(static_cast<double>(nanos) * (0.5 + seed.unit())));
}

/// Breaks one object of the body: a brace becomes a bracket.
void spoil(Reel& reel) {
  const Mark& middle = reel.marks[reel.marks.size() / 2];
  const auto brace = reel.bytes.rfind('}', middle.end == 0 ? 0 : middle.end - 1);
  if (brace != std::string::npos) {
    reel.bytes[brace] = ']';
  }
}

Reel show(const Scene& scene) {
  const bool stream = scene.asked.stream;
  switch (scene.asked.dialect) {
    case Dialect::chat:
      return stream ? show_chat_stream(scene) : show_chat(scene);
    case Dialect::responses:
      return stream ? show_responses_stream(scene) : show_responses(scene);
    case Dialect::embeddings:
      return show_embeddings(scene);
    case Dialect::completions:
      return stream ? show_completions_stream(scene) : show_completions(scene);
    case Dialect::gemini:
      return stream ? show_gemini_stream(scene) : show_gemini(scene);
    case Dialect::messages:
      break;
  }
  return stream ? show_messages_stream(scene) : show_messages(scene);
}

Reading read_asked(const Incoming& incoming, const boost::json::value& body) {
  switch (incoming.dialect) {
    case Dialect::chat:
      return read_chat(body);
    case Dialect::responses:
      return read_responses(body);
    case Dialect::embeddings:
      return read_embeddings(body);
    case Dialect::completions:
      return read_completions(body);
    case Dialect::gemini:
      return read_gemini(body, incoming.route);
    case Dialect::messages:
      break;
  }
  return read_messages(body);
}

bool caches(Dialect dialect) {
  return dialect != Dialect::embeddings && dialect != Dialect::completions;
}

std::string id_fields(Dialect dialect, std::string_view id) {
  if (dialect == Dialect::messages) {
    return fmt::format("request-id: req_{}\r\nanthropic-organization-id: simulated\r\n", id);
  }
  if (dialect == Dialect::gemini) {
    return fmt::format("x-request-id: req_{}\r\nserver-timing: gfet4t7; dur=1\r\n", id);
  }
  return fmt::format(
      "x-request-id: req_{}\r\nopenai-version: 2020-10-01\r\nopenai-processing-ms: 1\r\n", id);
}

/// What a script makes of the way an answer is sent.
void direct(Performance& performance, const Script& script, const Options& options, Seed& seed) {
  performance.first_byte = script.first_byte ? std::chrono::nanoseconds(*script.first_byte)
                                             : around(options.first_byte, seed);
  performance.per_token = script.per_token ? std::chrono::nanoseconds(*script.per_token)
                                           : around(options.per_token, seed);
  performance.stall = script.stall;
  performance.drip = script.drip;
  performance.zero_usage = script.zero_usage;
  performance.unbilled_when_broken = script.unbilled;
  performance.failed_midway = script.error.has_value();
  const std::size_t size = performance.reel.bytes.size();
  if (script.cut) {
    const auto place = script.cut->at ? static_cast<std::uint64_t>(*script.cut->at)
                                      : seed.below(static_cast<std::uint64_t>(size) + 1);
    performance.cut = std::min<std::size_t>(place, size);
  }
  if (script.malformed) {
    spoil(performance.reel);
  }
}

}  // namespace

BillRow settle(const Performance& performance, Ending ending, std::int64_t generated) {
  BillRow row = performance.row;
  const bool broken = ending == Ending::provider_broke_off || performance.failed_midway;
  row.billed = true;
  if (performance.status != 200) {
    row.billed = false;
    row.why = "refused before any output";
  } else if (performance.close) {
    row.billed = false;
    row.why = "connection closed before any byte";
  } else if (performance.free) {
    row.billed = false;
    row.why = "a refusal without output";
  } else if (performance.zero_usage) {
    row.billed = false;
    row.why = "usage was reported as zero";
  } else if (broken && performance.unbilled_when_broken) {
    row.billed = false;
    row.why = "broken off by the provider";
  } else if (broken) {
    row.why = "broken off by the provider: what was generated";
  } else if (ending == Ending::caller_left) {
    row.why = generated < row.usage.output ? "the caller left: what was generated"
                                           : "the caller left: generated to the end";
  } else {
    row.why = "answered";
  }
  row.usage.output = std::min(row.usage.output, generated);
  row.usage.reasoning = std::min(row.usage.reasoning, row.usage.output);
  if (!row.billed) {
    row.nanodollars = 0;
  } else {
    row.nanodollars = nanodollars(*row.model, row.usage, row.terms);
  }
  return row;
}

Seed Stage::seed_of(const Incoming& incoming) {
  const Digest body = digest(incoming.body, options_.seed);
  if (seen_.size() >= kSeenMax) {
    seen_.clear();
  }
  const std::uint64_t time = seen_[body]++;
  return Seed(body.low ^ (body.high + time * 0x9E3779B97F4A7C15));
}

Performance Stage::fail(Performance performance, const Rejection& rejection,
                        const Script& script) const {
  const Dialect dialect = performance.row.dialect;
  const Failure& failure = failure_of(rejection.status);
  // OpenAI's and Google's APIs say 429 for an empty account too; only the body tells it from pace.
  performance.status = script.quota && dialect != Dialect::messages ? 429 : rejection.status;
  performance.stream = false;
  performance.row.status = performance.status;
  performance.reel = {};
  performance.reel.bytes = failure_body(
      dialect, failure, rejection.message.empty() ? failure.message : rejection.message,
      rejection.param, rejection.code, performance.row.id);
  performance.reel.mark(0);
  if (script.retry_after) {
    performance.fields += fmt::format("retry-after: {}\r\n", *script.retry_after);
  }
  return performance;
}

namespace {

/// The refusal that a script asks for, if it asks for one. A plain answer cannot fail midway.
std::optional<Rejection> scripted_refusal(const Script& script, const Asked& asked) {
  if (script.quota || script.status != 0) {
    const int status = script.quota ? 402 : script.status;
    return Rejection{.status = status, .message = {}, .param = {}, .code = {}};
  }
  if (script.error && !asked.stream) {
    return Rejection{.status = 500, .message = {}, .param = {}, .code = {}};
  }
  return std::nullopt;
}

}  // namespace

Performance Stage::perform(const Incoming& incoming, Instant now) {
  Seed seed = seed_of(incoming);
  Performance performance;
  performance.row = {.at = now,
                     .id = fmt::format("{:016x}", seed.next()),
                     .tag = std::string(incoming.tag),
                     .dialect = incoming.dialect};
  performance.fields = id_fields(incoming.dialect, performance.row.id);

  unsigned char room[16 * 1024];  // small requests are read without the heap
  boost::json::monotonic_resource memory(room);
  boost::system::error_code error;
  const boost::json::value body = parse(incoming.body, &memory, error);
  if (error) {
    return fail(std::move(performance),
                {.message = "We could not parse the JSON body of your request."}, {});
  }
  Reading asked = read_asked(incoming, body);
  if (!asked) {
    return fail(std::move(performance), asked.error(), {});
  }
  if (const auto unknown = go_on(*asked)) {
    return fail(std::move(performance), *unknown, {});
  }
  performance.row.model = asked->model;
  performance.row.stream = asked->stream;
  const auto script = read_script(*asked, incoming, options_, seed);
  if (!script) {
    return fail(std::move(performance), script.error(), {});
  }
  if (const auto refusal = scripted_refusal(*script, *asked)) {
    return fail(std::move(performance), *refusal, *script);
  }
  performance.close = script->close;
  if (performance.close) {
    return performance;
  }
  const CacheUse cached =
      caches(asked->dialect) ? cache_.look_up(*asked, incoming.credential, now) : CacheUse{};
  const Answer answer = decide(*asked, *script, cached, options_, Seed(seed.next()));
  performance.stream = asked->stream;
  performance.in_one_array = asked->in_one_array;
  performance.free = answer.free;
  performance.row.terms = answer.terms;
  performance.row.usage = answer.usage;
  const Scene scene{.asked = *asked,
                    .script = *script,
                    .answer = answer,
                    .id = performance.row.id,
                    .created = now.seconds(),
                    .tokens_per_event = options_.tokens_per_event};
  performance.reel = show(scene);
  if (asked->dialect == Dialect::responses) {
    keep(scene);
  }
  if (asked->background && !asked->stream) {
    performance.reel = {.bytes = show_responses_status(scene, "queued"), .marks = {}};
    performance.reel.mark(0);
  }
  direct(performance, *script, options_, seed);
  cache_.keep(cached, now, now + performance.first_byte);
  return performance;
}

std::optional<Rejection> Stage::go_on(Asked& asked) const {
  if (asked.continues.empty()) {
    return std::nullopt;
  }
  const auto before = stored_.find(std::string(asked.continues));
  if (before == stored_.end()) {
    return Rejection{
        .status = 400,
        .message = fmt::format("Previous response with id '{}' not found.", asked.continues),
        .param = "previous_response_id",
        .code = "previous_response_not_found"};
  }
  asked.rendered.insert(0, before->second.rendered);
  asked.prompt_tokens += before->second.tokens;
  return std::nullopt;
}

void Stage::keep(const Scene& scene) {
  if (stored_.size() >= kStoredMax) {
    stored_.clear();
  }
  const Choice& choice = scene.answer.choices.front();
  stored_.insert_or_assign(
      "resp_" + std::string(scene.id),
      Stored{.rendered = scene.asked.rendered + choice.text + choice.arguments,
             .tokens = scene.asked.prompt_tokens + choice.tokens,
             .under_way = scene.asked.background ? show_responses_status(scene, "in_progress") : "",
             .cancelled = show_responses_status(scene, "cancelled"),
             .whole = show_responses(scene).bytes,
             .events = show_responses_stream(scene).bytes});
}

std::optional<std::string> Stage::fetch(std::string_view id) {
  const auto found = stored_.find(std::string(id));
  if (found == stored_.end()) {
    return std::nullopt;
  }
  Stored& stored = found->second;
  return stored.under_way.empty() ? stored.whole : std::exchange(stored.under_way, {});
}

std::optional<std::string> Stage::fetch_events(std::string_view id, std::int64_t after) {
  const auto found = stored_.find(std::string(id));
  if (found == stored_.end()) {
    return std::nullopt;
  }
  std::string_view left = found->second.events;
  for (std::int64_t skipped = -1; skipped < after && !left.empty(); ++skipped) {
    const std::size_t end = left.find("\n\n");
    left.remove_prefix(end == std::string_view::npos ? left.size() : end + 2);
  }
  return std::string(left);
}

std::optional<std::string> Stage::cancel(std::string_view id) {
  const auto found = stored_.find(std::string(id));
  return found == stored_.end() ? std::nullopt : std::optional(found->second.cancelled);
}

Performance Stage::count_tokens(const Incoming& incoming) {
  const bool gemini = incoming.dialect == Dialect::gemini;
  Performance performance;
  performance.row = {.id = fmt::format("{:016x}", seed_of(incoming).next()),
                     .dialect = incoming.dialect};
  performance.fields = id_fields(incoming.dialect, performance.row.id);
  boost::system::error_code error;
  const boost::json::value body = parse(incoming.body, {}, error);
  const Reading asked = error    ? Reading(std::unexpected(Rejection{.message = error.message()}))
                        : gemini ? read_gemini(body, incoming.route)
                                 : read_count_tokens(body);
  if (!asked) {
    return fail(std::move(performance), asked.error(), {});
  }
  performance.reel.bytes =
      fmt::format(R"({{"{}":{}}})", gemini ? "totalTokens" : "input_tokens", asked->prompt_tokens);
  performance.reel.mark(0);
  return performance;
}

}  // namespace purser::simulate
