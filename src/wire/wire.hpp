// wire/wire.hpp — the table of dialects: bytes in, values out; no socket, no clock, no price.
// A dialect reads requests, meters answers, splices edits and phrases refusals. Callers never
// name a provider: they go through this page. New dialect = one file pair, one row in wire.cpp.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "call/call.hpp"
#include "call/reply.hpp"
#include "wire/quirks.hpp"

namespace purser {

/// Reads what decides a call's cost. One pass over the body; unknown members are skipped, and
/// whatever is not JSON, too deep, or of the wrong type in a member we need is an Error (client)
/// that says where and what was expected. Views in the result point into `body`.
/// `body` needs no padding: nothing is read behind its end.
inline constexpr std::size_t kBodyPadding = 64;
/// Where the path names the model, `model` says so, and the body need not. `path`: where it was
/// sent, for a dialect whose paths say more than that; views in the result point into it, too.
Result<Call> read_request(Dialect dialect, std::string_view body, std::string_view model = {},
                          std::string_view path = {});

/// What Purser changes in a request. Everything else stays byte for byte.
struct Edits {
  std::optional<Tokens> output_max = {};  // set or lower the output bound (per choice)
  bool ask_usage = false;                 // a stream that reports its usage only when asked to
  Quirks quirks = {};                     // of whom it goes to
  std::string_view model = {};            // another one than was asked for
  std::string_view effort = {};           // less than was asked for: a call without effort stays so
  /// The answer is to be the last of its run: no more tools, and these words at the end.
  std::optional<std::string_view> closing = {};

  bool any() const {
    return output_max || ask_usage || !model.empty() || !effort.empty() || closing;
  }
};
/// The edited body. INVARIANT: `call` was read from this very `body`.
std::string splice(const Call& call, std::string_view body, const Edits& edits);
/// The path it is sent to. INVARIANT: `call` was read from a request to this very `path`.
std::string splice_path(const Call& call, std::string_view path, const Edits& edits);

/// Meters one answer: fed the decoded body bytes as they arrive, any split. Keeps memory bounded
/// (kEventBytesMax) whatever is sent. Never fails: nonsense ends as Ending::broken or no_usage.
class Meter {
 public:
  virtual ~Meter() = default;
  /// Looks at the next bytes. For a filtering meter, appends what the client shall get to
  /// `forward`; for one that does not filter `forward` is left alone and the bytes go on as is.
  virtual void see(std::string_view bytes, std::string& forward) = 0;
  /// True when bytes must be taken from `forward` rather than from the input.
  virtual bool filters() const = 0;
  /// The answer is over: `whole` says whether the transport ended it properly.
  virtual Reply finish(bool whole, std::string& forward) = 0;
  /// Visible output so far, for ending a stream at its hold.
  virtual std::int64_t visible_bytes() const = 0;
  /// Visible text collected since the last call, for counting tokens; empty when not `keep_text`.
  virtual std::string take_text() = 0;
  /// A well-formed end of the stream at this point ("length" / "max_tokens"), to be sent to the
  /// client instead of the rest. Only for streams.
  virtual std::string closing_events() const = 0;
};

/// How a stream comes: as server-sent events, or as the elements of one JSON array.
enum class StreamFraming : std::uint8_t { events, array };

struct MeterOptions {
  bool stream = false;        // else one JSON body
  bool hide_usage = false;    // chat stream: take out the usage chunk and "usage":null we caused
  bool keep_text = false;     // collect visible text for take_text()
  Quirks quirks = {};         // of who answers
  bool whole_events = false;  // filter: pass on whole events only, so that closing_events() fits
  StreamFraming framing = StreamFraming::events;
};
std::unique_ptr<Meter> make_meter(Dialect dialect, MeterOptions options);

/// Whether a stream of this dialect reports its usage only when it is asked to.
bool reports_when_asked(Dialect dialect);

/// An SSE event or a plain answer larger than this is passed on but no longer parsed.
inline constexpr std::size_t kEventBytesMax = std::size_t{8} << 20;

/// A refusal or an error of Purser's own, as the provider would phrase it.
enum class Refused : std::uint8_t {
  money,        // 402, never to be retried: a limit is used up
  pace,         // 429 with retry-after: come back in a moment
  key,          // 401: no or unknown key
  forbidden,    // 403: the key may not do this
  bad_request,  // 400
  too_large,    // 413
  not_found,    // 404
  no_price,     // 400: the model has no price and the operator refuses such calls
  upstream,     // 502: the provider could not be reached or broke
  timeout,      // 504
  overloaded,   // 503: Purser itself is shedding
  head,         // 431: the header is a flood
  conflict,     // 409: it is over, or stands for something else; asking again changes nothing
};
struct RefusalBody {
  int status = 0;
  bool retry = false;  // value of x-should-retry
  std::string body;    // application/json
};
/// `retry_after`: for dialects that say it in the body, too; zero: it is not said.
RefusalBody refusal(Dialect dialect, Refused why, std::string_view message,
                    std::string_view request_id, std::chrono::seconds retry_after = {});
/// The same in the middle of a stream that already began: one or more SSE events.
std::string refusal_event(Dialect dialect, Refused why, std::string_view message,
                          std::string_view request_id);

/// A cheap upper bound of a prompt's tokens that needs no tokenizer: bytes, media rules, framing.
Tokens input_bound(const Call& call);

}  // namespace purser
