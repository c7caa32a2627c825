// translate/loss.hpp — what a translation could not carry, and whether that is borne.
// Why: whoever asked in one dialect never sees the other; a member that is left out quietly would
// make an answer that looks right and is not. So each is named, and some make the call impossible.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace purser::translate {

enum class Fate : std::uint8_t {
  dropped,       // the other side does not learn of it
  approximated,  // it is said in other words, and `why` tells how they differ
};

/// What a member is for: a policy is one decision for each of these.
enum class Concern : std::uint8_t {
  content,      // words, images, files of the conversation itself
  thinking,     // earlier thoughts: only the model that had them can read them
  tools,        // a tool's or a tool call's details
  hosted_tool,  // a tool the provider runs itself
  sampling,     // temperature, penalties, seed, stop
  output,       // how much, in which format, how hard it thinks
  state,        // conversations the provider keeps
  cache,        // marks of the prompt cache: they move the price, never the answer
  identity,     // users, labels, metadata
  delivery,     // tier, stream options, extras beside the answer
  unknown,      // members this version does not know
};
inline constexpr std::size_t kConcerns = 11;
std::string_view to_string(Concern concern);
std::string_view to_string(Fate fate);

struct Loss {
  std::string path;  // in the body it was read from: "messages[2].content[0].image_url.detail"
  Fate fate = Fate::dropped;
  Concern concern = Concern::unknown;
  std::string why;
};
using Losses = std::vector<Loss>;

/// Where losses are noted while a body is read or written.
struct Notes {
  Losses losses = {};
  void drop(std::string path, Concern concern, std::string_view why);
  void approximate(std::string path, Concern concern, std::string_view why);
};

enum class WhenDropped : std::uint8_t { report, refuse };

/// By default whatever changes what is asked is refused: a part of the conversation that would go
/// missing, a tool nobody would run, a history the other provider does not have.
struct Policy {
  std::array<WhenDropped, kConcerns> when = {
      WhenDropped::refuse, WhenDropped::report, WhenDropped::report, WhenDropped::refuse,
      WhenDropped::report, WhenDropped::report, WhenDropped::refuse, WhenDropped::report,
      WhenDropped::report, WhenDropped::report, WhenDropped::report};

  static Policy report_all() { return {.when = {}}; }
  WhenDropped of(Concern concern) const { return when[static_cast<std::size_t>(concern)]; }
};

}  // namespace purser::translate
