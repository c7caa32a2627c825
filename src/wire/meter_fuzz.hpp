// wire/meter_fuzz.hpp — what must hold of every meter and any bytes; for the fuzz targets.
#pragma once

#include "base/invariant.hpp"
#include "wire/wire.hpp"

namespace purser {

struct Metered {
  Reply reply;
  std::string forwarded;
  std::string text;
  std::int64_t visible = 0;
};

inline Metered metered(Dialect dialect, const MeterOptions& options, std::string_view answer,
                       std::size_t step) {
  Metered seen;
  const auto meter = make_meter(dialect, options);
  for (std::size_t at = 0; at < answer.size(); at += step) {
    meter->see(answer.substr(at, step), seen.forwarded);
    seen.text += meter->take_text();
  }
  INVARIANT(options.stream || meter->closing_events().empty(), "only streams are ended early");
  seen.reply = meter->finish(true, seen.forwarded);
  seen.text += meter->take_text();
  seen.visible = meter->visible_bytes();
  return seen;
}

/// The first byte chooses the options, the second the split.
inline void check_meter(Dialect dialect, const std::uint8_t* data, std::size_t size) {
  if (size < 2) {
    return;
  }
  const MeterOptions options{
      .stream = (data[0] & 1) != 0,
      .hide_usage = (data[0] & 2) != 0,
      .keep_text = true,
      .whole_events = (data[0] & 4) != 0,
      .framing = (data[0] & 8) != 0 ? StreamFraming::array : StreamFraming::events};
  const std::string_view answer(reinterpret_cast<const char*>(data) + 2, size - 2);
  const Metered whole = metered(dialect, options, answer, size);
  const Metered split = metered(dialect, options, answer, 1 + data[1] % 32);
  const Usage& usage = whole.reply.usage;
  INVARIANT(usage == split.reply.usage && whole.reply.ending == split.reply.ending &&
                whole.reply.model == split.reply.model && whole.text == split.text &&
                whole.forwarded == split.forwarded,
            "a split changes nothing");
  INVARIANT(whole.visible == static_cast<std::int64_t>(whole.text.size()),
            "visible bytes are those of the visible text");
  INVARIANT(usage.input_uncached >= Tokens(0) && usage.output >= usage.reasoning &&
                usage.input_uncached >= usage.audio_in + usage.image_in + usage.video_in &&
                usage.output >= usage.audio_out + usage.image_out,
            "counts are never negative, and no part is larger than its whole");
  Usage sum;
  for (const Pass& pass : whole.reply.passes) {
    sum = sum + pass.usage;
  }
  INVARIANT(whole.reply.passes.empty() || sum == usage, "passes add up to the whole");
  INVARIANT(
      options.hide_usage || !options.whole_events || !options.stream || whole.forwarded == answer,
      "without hiding, every byte goes on");
}

}  // namespace purser
