// wire/responses_usage.cpp — input includes what was read from caches and written to them.
#include "wire/responses_usage.hpp"

#include <algorithm>
#include <array>

#include "wire/chat_usage.hpp"
#include "wire/meters.hpp"

namespace purser {
namespace {

using Count = std::optional<std::int64_t> ResponsesUsage::*;

template <Count field>
void count(JsonScan& scan, ResponsesUsage& usage) {
  read_count(scan, usage.*field);
}

using Row = AnswerMember<ResponsesUsage>;

constexpr std::array kWriteDetails{
    Row{"ttl_12h_tokens", count<&ResponsesUsage::cache_write_long>},
};
constexpr std::array kInputDetails{
    Row{"cached_tokens", count<&ResponsesUsage::cached>},
    Row{"cache_write_tokens", count<&ResponsesUsage::cache_write>},
    Row{"cache_write_tokens_details",
        [](JsonScan& scan, ResponsesUsage& usage) { read_members(scan, kWriteDetails, usage); }},
    Row{"audio_tokens", count<&ResponsesUsage::audio_in>},
    Row{"image_tokens", count<&ResponsesUsage::image_in>},
};
constexpr std::array kOutputDetails{
    Row{"reasoning_tokens", count<&ResponsesUsage::reasoning>},
    Row{"audio_tokens", count<&ResponsesUsage::audio_out>},
    Row{"image_tokens", count<&ResponsesUsage::image_out>},
};
constexpr std::array kUsage{
    Row{"input_tokens", count<&ResponsesUsage::input>},
    Row{"output_tokens", count<&ResponsesUsage::output>},
    Row{"cached_tokens", count<&ResponsesUsage::cached>},  // of pictures drawn by a tool
    Row{"input_tokens_details",
        [](JsonScan& scan, ResponsesUsage& usage) { read_members(scan, kInputDetails, usage); }},
    Row{"output_tokens_details",
        [](JsonScan& scan, ResponsesUsage& usage) { read_members(scan, kOutputDetails, usage); }},
};

Tokens part_of(std::optional<std::int64_t> part, Tokens whole) {
  return std::min(Tokens(part.value_or(0)), whole);
}

}  // namespace

ResponsesUsage read_responses_usage(JsonScan& scan) {
  ResponsesUsage usage;
  read_members(scan, kUsage, usage);
  return usage;
}

Usage normal_form(const ResponsesUsage& reported) {
  Usage usage;
  usage.cache_read = Tokens(reported.cached.value_or(0));
  const Tokens written(reported.cache_write.value_or(0));
  usage.cache_write_long = part_of(reported.cache_write_long, written);
  usage.cache_write_short = written - usage.cache_write_long;
  usage.input_uncached =
      Tokens(uncached(reported.input.value_or(0), usage.cache_read.count(), written.count()));
  usage.audio_in = part_of(reported.audio_in, usage.input_uncached);
  usage.image_in = part_of(reported.image_in, usage.input_uncached - usage.audio_in);
  usage.reasoning = Tokens(reported.reasoning.value_or(0));
  // Reasoning that is more than all output stands beside it.
  const Tokens output(reported.output.value_or(0));
  usage.output = usage.reasoning <= output ? output : output + usage.reasoning;
  usage.audio_out = part_of(reported.audio_out, usage.output);
  usage.image_out = part_of(reported.image_out, usage.output - usage.audio_out);
  return usage;
}

Usage picture_form(const ResponsesUsage& reported) {
  ResponsesUsage all = reported;
  all.image_out = reported.image_out ? reported.image_out : reported.output;
  return normal_form(all);
}

}  // namespace purser
