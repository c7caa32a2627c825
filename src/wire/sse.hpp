// wire/sse.hpp — cuts a byte stream into server-sent events, wherever it is split on the way.
// Line ends may be LF, CR or CRLF, mixed; an event ends at a blank line; the last one may lack it.
// The bytes of an event are kept as they came: whoever passes them on changes nothing.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace purser {

struct SseEvent {
  std::string_view raw = {};   // every byte, blank line included
  std::string_view name = {};  // of the last "event:" line
  std::string_view data = {};  // of its "data:" lines, joined by LF
  bool in_place = false;       // `data` is part of `raw` (one data line)
  bool tail = false;           // no event: the LF of a CRLF that ended the one before, always alone
};

class SseCutter {
 public:
  /// An event above `event_max` bytes is not read: its bytes come in pieces, without data.
  explicit SseCutter(std::size_t event_max) : event_max_(event_max) {}

  /// Calls each(SseEvent) -> void for every event that is complete, and for the pieces of one that
  /// is too large.
  template <std::invocable<const SseEvent&> Each>
  void feed(std::string_view bytes, Each each) {
    while (!bytes.empty()) {
      if (between_events_ && after_cr_ && bytes.front() == '\n') {
        after_cr_ = false;
        each(SseEvent{.raw = bytes.substr(0, 1), .tail = true});
        bytes.remove_prefix(1);
        continue;
      }
      const std::size_t length = event_length(bytes);
      between_events_ = length != 0;
      if (length == 0) {
        return keep(bytes, each);
      }
      end_event(bytes.substr(0, length), each);
      bytes.remove_prefix(length);
    }
  }
  /// The stream is over: what is left is the last event.
  template <std::invocable<const SseEvent&> Each>
  void finish(Each each) {
    if (!kept_.empty()) {
      end_event({}, each);
    }
    between_events_ = true;
  }
  /// Bytes of an event that is not complete yet.
  bool inside_event() const { return !between_events_; }

 private:
  /// Length of the rest of the current event in `bytes`, 0 when it does not end there.
  std::size_t event_length(std::string_view bytes);
  SseEvent read(std::string_view raw);

  template <typename Each>
  void keep(std::string_view bytes, Each each) {
    if (!oversized_ && kept_.size() + bytes.size() <= event_max_) {
      kept_ += bytes;
      return;
    }
    oversized_ = true;
    pass_on(bytes, each);
  }
  template <typename Each>
  void pass_on(std::string_view bytes, Each each) {
    if (!kept_.empty()) {
      each(SseEvent{.raw = kept_});
      kept_.clear();
    }
    if (!bytes.empty()) {
      each(SseEvent{.raw = bytes});
    }
  }
  template <typename Each>
  void end_event(std::string_view rest, Each each) {
    if (oversized_ || kept_.size() + rest.size() > event_max_) {
      pass_on(rest, each);
    } else if (kept_.empty()) {
      each(read(rest));
    } else {
      kept_ += rest;
      each(read(kept_));
      kept_.clear();
    }
    oversized_ = false;
  }

  std::size_t event_max_;
  std::string kept_;    // an event that has begun
  std::string joined_;  // several data lines
  bool oversized_ = false;
  bool between_events_ = true;
  bool first_ = true;       // a byte order mark may stand in front
  bool line_empty_ = true;  // nothing yet on the current line
  bool after_cr_ = false;   // an LF now belongs to the line end before
};

}  // namespace purser
