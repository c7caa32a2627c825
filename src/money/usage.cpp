// money/usage.cpp — adding usages up, class by class.
#include "money/usage.hpp"

namespace purser {

Usage operator+(const Usage& a, const Usage& b) {
  return {.input_uncached = a.input_uncached + b.input_uncached,
          .cache_read = a.cache_read + b.cache_read,
          .cache_write_short = a.cache_write_short + b.cache_write_short,
          .cache_write_long = a.cache_write_long + b.cache_write_long,
          .output = a.output + b.output,
          .reasoning = a.reasoning + b.reasoning,
          .audio_in = a.audio_in + b.audio_in,
          .audio_cached = a.audio_cached + b.audio_cached,
          .audio_out = a.audio_out + b.audio_out,
          .image_in = a.image_in + b.image_in,
          .image_out = a.image_out + b.image_out,
          .video_in = a.video_in + b.video_in,
          .web_searches = a.web_searches + b.web_searches,
          .web_fetches = a.web_fetches + b.web_fetches,
          .file_searches = a.file_searches + b.file_searches};
}

}  // namespace purser
