// translate/parts.hpp — what several dialects do to parts of a conversation.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "translate/conversation.hpp"
#include "translate/json.hpp"
#include "translate/translate.hpp"

namespace purser::translate {

/// "data:image/png;base64,…" is data and a type; any other URL is where the bytes lie.
Media media_at(MediaKind kind, std::string_view url);
std::string data_url(const Media& media);
/// What kind of thing has this type: "audio/wav" is audio.
MediaKind kind_of(std::string_view mime);

/// A seal in a member that `dialect` has for its own: another provider's is marked as such, so that
/// it is known when it comes back. `Of::call`: it belongs to the tool call that follows.
enum class SealOf : std::uint8_t { thinking, call };
std::string seal_text(const Sealed& seal, Wire dialect, SealOf of);
struct OpenedSeal {
  Sealed seal;
  SealOf of = SealOf::thinking;
};
OpenedSeal opened_seal(std::string_view text, Wire dialect);

/// An id of letters, digits, - and _ stays; any other is spelled in those, and read back.
std::string strict_id(std::string_view id);
std::string loose_id(std::string_view id);
/// The id of a call that came without one: Gemini's older models know none.
std::string made_up_id(std::string_view scope, std::size_t index);
bool is_made_up(std::string_view id);

/// Adds a part to the turn of that role that is open, or opens one.
Turn& open_turn(std::vector<Turn>& turns, Role role);
/// Turns as the strict dialects want them: the user's first, roles that alternate, no system turn
/// between, and behind each turn with calls one with exactly their results, in their order.
std::vector<Turn> strict_turns(const Conversation& conversation, Notes& notes);
/// The text of all texts among the parts.
std::string joined_text(std::span<const Part> parts);
/// Where it was read, or where it will stand.
std::string path_of(const Part& part, std::string_view otherwise);

}  // namespace purser::translate
