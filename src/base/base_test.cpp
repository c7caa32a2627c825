// base/base_test.cpp — the words every file uses.
#include <gtest/gtest.h>

#include "base/instant.hpp"
#include "base/json_text.hpp"
#include "base/strong.hpp"

namespace purser {
namespace {

TEST(Instant, ReadsWhatItWrites) {
  const auto at = parse_rfc3339("2026-11-23T18:30:00.123Z");
  ASSERT_TRUE(at);
  EXPECT_EQ(to_rfc3339(*at), "2026-11-23T18:30:00.123Z");
  EXPECT_EQ(parse_rfc3339("2026-11-23T19:30:00.123+01:00"), at);
  EXPECT_EQ(to_rfc3339(*parse_rfc3339("2026-11-23")), "2026-11-23T00:00:00.000Z");
  EXPECT_EQ(to_rfc3339(*parse_rfc3339("1969-12-31T23:59:59.5Z")), "1969-12-31T23:59:59.500Z");
}

TEST(Instant, RefusesWhatIsNotATime) {
  for (const char* text :
       {"", "2026", "2026-13-01", "2026-02-30", "2026-11-23T", "2026-11-23T25:00:00Z",
        "2026-11-23T10:00:00", "2026-11-23T10:00:00Zx", "9999-01-01", "-026-11-23"}) {
    EXPECT_FALSE(parse_rfc3339(text)) << text;
  }
}

TEST(JsonText, EscapesWhatJsonForbidsAndRepairsBadUtf8) {
  std::string out;
  append_json_string(out, std::string_view("a\"\\\n\x01\xC3\xA9\xFF\xED\xA0\x80z", 12));
  EXPECT_EQ(out,
            "\"a\\\"\\\\\\n\\u0001\xC3\xA9\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDz\"");
}

TEST(Strong, StopsOnOverflow) {
  EXPECT_EQ(Tokens(2) + Tokens(3), Tokens(5));
  EXPECT_DEATH(Tokens(INT64_MAX) + Tokens(1), "cannot overflow");
}

}  // namespace
}  // namespace purser
