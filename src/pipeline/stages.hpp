// pipeline/stages.hpp — the stages of one call, in order. Each takes what the one before it made,
// so none can be skipped or reordered:
//
//   request ─admit▶ Admitted ─approve, judge▶ ─hold_whole, hold_less▶ Held ─record_hold▶
//   ─wait_for_turn▶ ─ask▶ Incoming ─relay▶ Answered ─settle▶ Settled
//
// Or, at any of them, a Denial: what to tell the caller, in nobody's dialect yet.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "http/incoming.hpp"
#include "ledger/entry.hpp"
#include "limits/fit.hpp"
#include "limits/refusal.hpp"
#include "pipeline/seat.hpp"
#include "pipeline/services.hpp"
#include "wire/wire.hpp"

namespace purser {

/// A call that will not be made, or not be answered, and why.
struct Denial {
  Refused why = Refused::bad_request;
  std::string message;
  std::chrono::seconds retry_after{0};  // pace only
  std::string limit;                    // the limit that binds, when one does
};
template <typename T>
using OrDenial = std::expected<T, Denial>;

/// Whose request this is. `rights` say what its headers may add.
struct Identified {
  Caller caller;
  LabelRights rights;
  Credentials credentials;
  bool known = false;  // by a key of Purser's
  bool operates = false;
};
OrDenial<Identified> identify(const Request& request, Core& core, Services& services);

/// The secret a provider is asked with, for this caller: a view into its request or the policy.
struct UpstreamSecret {
  std::string_view secret;
  KeyHeader header = KeyHeader::bearer;
};
OrDenial<UpstreamSecret> upstream_secret(const Identified& who, const Provider& provider,
                                         UnknownKey unknown);

/// How a call is priced: by the book, or at the operator's ceiling for models not in it.
struct Pricing {
  const PriceList* list = nullptr;  // null: the ceiling
  WorstRates worst;
};

/// Who calls for what, at most how large, at which prices. Views point into the client's request.
struct Admitted {
  std::shared_ptr<const Policy> policy;
  const Provider* provider = nullptr;
  UpstreamSecret secret;
  CallId id;
  Instant at;
  SteadyTime began;
  Caller caller;
  Call call;                    // its views and spans are good until the request is sent
  Signals signals;              // likewise
  std::string model_asked;      // outlives the request
  bool name_taken_off = false;  // the provider's, in front of the model
  std::string model;            // as it is sent: a limit may have chosen a cheaper one
  std::string_view languages;   // Accept-Language: good until the request is sent
  Control control = Control::enforce;
  Pricing pricing;
  Tokens input_max;           // hard bound; hold_less() may replace it by a tighter one
  Tokens output_max;          // of one choice
  bool output_known = false;  // the caller or the model bounds it: nothing need be said
  std::string_view effort;    // less than was asked for; empty: as it came
  /// The answer is to be the last of its run, with these words at the end of the prompt.
  std::optional<std::string_view> closing;
  std::optional<CallId> after;     // the attempt before this one, which failed
  std::unique_ptr<Seat> seat;      // in its session
  std::string loop;                // what runs in circles there; empty: nothing
  std::string changed_by;          // the limit that chose another model, or the last answer
  std::vector<std::string> would;  // what observed limits would have done
  /// Met on the way and not in memory: to be recalled before the stage that met them decides.
  std::vector<Treasury::Away> away;
  std::optional<HoldName> hold_name;  // its caller's, kept with it in the books
  /// The money was spent before Purser heard of it: no matter of pace, and nothing is out of line.
  bool spent_before = false;
  /// To its provider. None: nobody has to wait for it.
  std::unique_ptr<Passage> passage;

  Facts facts() const {
    return {.caller = caller, .provider = provider->name, .model = model, .dialect = call.dialect};
  }
};

/// The worst case of the call is reserved in every account it touches.
struct Held {
  /// One account's share of the hold. Good as long as the call's policy and caller.
  struct Part {
    Touched touched;
    Need need;
  };
  std::optional<HoldId> hold;  // nothing: no limit touches the call
  std::vector<Part> parts;
  struct Drawn {
    Measure measure;
    Draw draw;
  };
  std::vector<Drawn> drawn;  // from buckets, by pace
  Tokens input_max;
  std::optional<Tokens> counted;  // the prompt, when it had to be counted
  Tokens output_max;              // of one choice
  Amount worst;
  Edits edits;
  bool fitted = false;  // the bound was lowered to the money left
};

/// What the provider's answer was, as far as the books care.
struct Answered {
  Reply reply;
  int status = 0;  // 0: no answer came
  Outcome outcome = Outcome::presumed;
  std::optional<Amount> stated;  // a vendor's bill, by the word of who was billed
  std::int64_t units = 0;        // of whatever the vendor counts
  std::int64_t first_byte_us = 0;
  std::string why;  // of an answer that broke
};

struct Settled {
  SettleEntry entry;
};

/// A call, or only the question what would become of it: then nothing is moved, no id is drawn and
/// no turn begins.
enum class Intent : std::uint8_t { call, question };

/// Identifies the caller and reads the request. A denial: nobody known asks, or nothing that could
/// be asked; it has no id, and is not kept.
OrDenial<Admitted> admit(const Request& request, Dialect dialect, Core& core, Services& services,
                         Intent intent = Intent::call);

/// Prices its worst case, and asks all that may refuse it before its limits do: the rules for
/// single calls, its callers' pace against their own past, its session.
OrDenial<void> approve(Admitted& admitted, std::string_view body, Core& core, Services& services,
                       Intent intent = Intent::call);

/// Why the call is not made now: a kill switch is for it. Exempt is nobody, whatever limits say.
std::optional<Denial> switched_off(const Admitted& admitted, const Core& core);
/// The same for a call that was told to end on its way.
Denial killed_denial(std::string message);
/// Finds the session the call belongs to, and sits down there. A denial: the session was ended, is
/// past a cap of its own, or runs in circles and the operator wants that stopped.
OrDenial<void> take_seat(Admitted& admitted, const Signals& signals, std::string_view body,
                         Core& core, Services& services);
/// The same for a tool call: it is counted, but no turn of its session's.
OrDenial<void> take_tool_seat(Admitted& admitted, Services& services);
/// Counts the call for its user, key and feature, and says whether they are so far above their own
/// past that they are slowed down. A question is not counted.
OrDenial<void> watch_spikes(Admitted& admitted, Services& services, Intent intent);
std::array<Subject, kSubjectKinds> subjects_of(const Caller& caller);
/// What take_seat() would say, and which session it would find. Nobody sits down, nobody is told.
OrDenial<void> foresee_seat(Admitted& admitted, const Signals& signals, std::string_view body,
                            Core& core, Services& services);
/// Whether the session that is named may go on, for who does not sit down in it.
OrDenial<void> look_at_seat(const Admitted& admitted, Services& services);
/// Sessions are told apart by whose they are: names never cross.
std::string session_scope(const Caller& caller);
/// What limits want of the call on the way to their maxima: another model, a last answer, or none
/// at all. Touches nothing. Where accounts are away it says nothing yet: hold_less() asks again.
OrDenial<void> judge(Admitted& admitted, Services& services);
/// Reads back what is away, by the thread that does nothing else.
Awaitable<OrDenial<void>> recall(Admitted& admitted, Core& core, Services& services);
/// The call as it will be sent is by another model: its price and bounds are looked up anew.
OrDenial<void> change_model(Admitted& admitted, std::string_view model);

/// Holds the worst case in all accounts, or, when one of them is short or away, nothing.
std::optional<Held> hold_whole(Admitted& admitted, Core& core, Services& services);

/// When accounts are away: reads them back, and begins again at judge(). When money is short:
/// counts the prompt exactly, lowers the output bound to fit, waits for what other calls may give
/// back, and only then refuses.
Awaitable<OrDenial<Held>> hold_less(Admitted& admitted, std::string_view body, Core& core,
                                    Services& services);

/// What those two would come to at this moment. Moves nothing.
struct Trial {
  Held held;                     // without a hold
  std::optional<Denial> denial;  // pace: there may be room in a moment
};
Trial try_out(Admitted& admitted, std::string_view body, Core& core, Services& services);

/// The hold as the journal keeps it, and the end that `answered` means for it.
HoldEntry hold_entry(const Admitted& admitted, const Held& held);
SettleEntry end_entry(const Admitted& admitted, const Held& held, Answered& answered);

/// Makes the hold durable; waits for the disk when durability is strict.
Awaitable<OrDenial<void>> record_hold(const Admitted& admitted, const Held& held, Core& core,
                                      Services& services);

/// Ends the hold in treasury and ledger, exactly once, and counts and logs the turn.
Settled settle(const Admitted& admitted, const Held& held, Answered answered, Core& core,
               Services& services);

/// What Purser changes in a call, and what observed limits would have done: for the books, the turn
/// log and the answer's header. Empty: nothing.
std::string edits_text(const Admitted& admitted, const Held& held);

/// What is left in the tightest account of the hold, as header fields. Nothing when no limit
/// touches the call.
void append_standing(std::string& head, const Admitted& admitted, const Held& held,
                     Services& services);

/// A call that was refused before it left: kept for who asks why, and a line in the turn log.
void log_denial(const Admitted& admitted, const Denial& denial, Services& services);

/// The words of a limit that is used up, for people.
Denial denial_of(const Refusal& refusal);

/// How an answer ended the hold, from what its meter saw.
Outcome outcome_of(const Reply& reply);

/// Bound of all choices together.
Tokens all_choices(std::int64_t choices, Tokens output_max);

}  // namespace purser
