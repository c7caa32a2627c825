// limits/match.hpp — which calls a rule is for.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "call/call.hpp"
#include "call/caller.hpp"

namespace purser {

/// What a rule may ask of a call. Views live as long as the call.
struct Facts {
  const Caller& caller;
  std::string_view provider = {};
  std::string_view model = {};  // as requested
  Dialect dialect = Dialect::chat;
};

/// What rules may ask about.
enum class Label : std::uint8_t {
  user,
  tier,
  team,
  feature,
  key,
  session,
  provider,
  model,
  dialect,
  priority,
  tool,  // its name, of a tool call; nothing of any other. A * stands for any text
  tag,
};
/// All but tags, which have names of their own.
inline constexpr std::array kPlainLabels{
    Label::user,     Label::tier,  Label::team,    Label::feature,  Label::key, Label::session,
    Label::provider, Label::model, Label::dialect, Label::priority, Label::tool};
std::string_view to_string(Label label);

/// One condition: the label's value is one of these.
struct OneOf {
  Label label = Label::user;
  std::string tag;  // its name, when the label is one
  std::vector<std::string> values;
};

/// Every condition holds.
struct AllOf {
  std::vector<OneOf> asked;

  /// The values asked of a plain label, to be filled in.
  std::vector<std::string>& values(Label label);
  bool asks(Label label) const;
};

/// The calls that meet `all`, at least one of `any` (when there are some), and none of `none`.
struct Match {
  AllOf all;
  std::vector<AllOf> any;
  std::vector<AllOf> none;

  bool simple() const { return any.empty() && none.empty(); }
};

/// The value of a label, empty when it was not said. Of two tags with one name, the first counts.
std::string_view value_of(Label label, std::string_view tag, const Facts& facts);

/// Tools come in families, told by their names: what is asked of those may be a glob. The values of
/// other labels are names, and stand for themselves.
bool is_pattern(Label label, std::string_view value);

bool meets(const AllOf& conditions, const Facts& facts);
bool meets(const Match& match, const Facts& facts);

}  // namespace purser
