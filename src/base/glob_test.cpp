// base/glob_test.cpp — names with holes against the definition of a hole.
#include "base/glob.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

namespace purser {
namespace {

static_assert(glob_matches("gpt-*", "gpt-4o"));

TEST(Glob, StandsForWhatItSays) {
  for (const auto& [pattern, text] : {
           std::pair{"gpt-4o", "gpt-4o"},
           {"*", ""},
           {"*", "anything/at all"},
           {"*mini", "gpt-5.4-mini"},
           {"gpt-*-mini*", "gpt-5.4-mini-2026"},
           {"a*b*c", "a-b-b-c"},
           {"gpt-?", "gpt-4"},
           {"**x", "x"},
       }) {
    EXPECT_TRUE(glob_matches(pattern, text)) << pattern << " " << text;
  }
  for (const auto& [pattern, text] : {
           std::pair{"gpt-4", "gpt-4o"},
           {"", "x"},
           {"gpt-?", "gpt-"},
           {"*mini", "gpt-mini-2"},
           {"GPT-*", "gpt-4"},
           {"a*b", "acbd"},
       }) {
    EXPECT_FALSE(glob_matches(pattern, text)) << pattern << " " << text;
  }
}

/// The definition, tried out at every place.
bool by_definition(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) {
    return text.empty();
  }
  if (pattern.front() == '*') {
    for (std::size_t skipped = 0; skipped <= text.size(); ++skipped) {
      if (by_definition(pattern.substr(1), text.substr(skipped))) {
        return true;
      }
    }
    return false;
  }
  return !text.empty() && (pattern.front() == '?' || pattern.front() == text.front()) &&
         by_definition(pattern.substr(1), text.substr(1));
}

RC_GTEST_PROP(Glob, SaysWhatTheDefinitionSays, ()) {
  const auto pattern =
      *rc::gen::resize(8, rc::gen::container<std::string>(rc::gen::elementOf(std::string("ab*?"))));
  const auto text =
      *rc::gen::resize(10, rc::gen::container<std::string>(rc::gen::elementOf(std::string("ab"))));
  RC_ASSERT(glob_matches(pattern, text) == by_definition(pattern, text));
}

}  // namespace
}  // namespace purser
