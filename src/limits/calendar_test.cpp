// limits/calendar_test.cpp — windows on the days when clocks change, against the zone database.
#include "limits/calendar.hpp"

#include <date/tz.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

namespace purser {
namespace {

using namespace std::chrono_literals;

Instant at(std::string_view text) {
  return parse_rfc3339(text).value();
}

const Calendar& calendar(const std::string& zone) {
  static std::map<std::string, Calendar> known;
  const auto found = known.find(zone);
  return found != known.end() ? found->second
                              : known.emplace(zone, Calendar::of(zone).value()).first->second;
}

struct Expected {
  const char* zone;
  Window window;
  const char* now;
  const char* starts;
  const char* ends;
};

TEST(Calendar, KnowsTheWindowsOfRealZones) {
  const std::vector<Expected> table{
      {"UTC", Window::minute, "2026-11-23T18:30:59.999Z", "2026-11-23T18:30:00Z",
       "2026-11-23T18:31:00Z"},
      {"UTC", Window::hour, "2026-11-23T18:30:00Z", "2026-11-23T18:00:00Z", "2026-11-23T19:00:00Z"},
      {"UTC", Window::week, "2026-11-23T00:00:00Z", "2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z"},
      {"UTC", Window::week, "2026-11-22T23:59:59Z", "2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z"},
      {"UTC", Window::month, "2028-02-29T12:00:00Z", "2028-02-01T00:00:00Z",
       "2028-03-01T00:00:00Z"},
      {"UTC", Window::month, "1969-12-31T23:00:00Z", "1969-12-01T00:00:00Z",
       "1970-01-01T00:00:00Z"},
      // 23 and 25 hours.
      {"Europe/Berlin", Window::day, "2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z",
       "2026-03-29T22:00:00Z"},
      {"Europe/Berlin", Window::day, "2026-10-25T12:00:00Z", "2026-10-24T22:00:00Z",
       "2026-10-25T23:00:00Z"},
      {"America/New_York", Window::day, "2026-03-08T12:00:00Z", "2026-03-08T05:00:00Z",
       "2026-03-09T04:00:00Z"},
      {"America/New_York", Window::month, "2026-11-30T12:00:00Z", "2026-11-01T04:00:00Z",
       "2026-12-01T05:00:00Z"},
      // The hour from two to three comes twice, and is two hours.
      {"Europe/Berlin", Window::hour, "2026-10-25T00:30:00Z", "2026-10-25T00:00:00Z",
       "2026-10-25T01:00:00Z"},
      {"Europe/Berlin", Window::hour, "2026-10-25T01:30:00Z", "2026-10-25T01:00:00Z",
       "2026-10-25T02:00:00Z"},
      // Half-hour steps: 24.5 and 23.5 hours, and hours cut in half.
      {"Australia/Lord_Howe", Window::day, "2026-04-04T20:00:00Z", "2026-04-04T13:00:00Z",
       "2026-04-05T13:30:00Z"},
      {"Australia/Lord_Howe", Window::day, "2026-10-04T00:00:00Z", "2026-10-03T13:30:00Z",
       "2026-10-04T13:00:00Z"},
      {"Australia/Lord_Howe", Window::hour, "2026-04-04T15:15:00Z", "2026-04-04T15:00:00Z",
       "2026-04-04T15:30:00Z"},
      {"Asia/Kolkata", Window::hour, "2026-11-23T18:40:00Z", "2026-11-23T18:30:00Z",
       "2026-11-23T19:30:00Z"},
      {"Asia/Kolkata", Window::day, "2026-11-23T18:40:00Z", "2026-11-23T18:30:00Z",
       "2026-11-24T18:30:00Z"},
      // Samoa crossed the date line: there was no 30 December 2011.
      {"Pacific/Apia", Window::day, "2011-12-30T09:00:00Z", "2011-12-29T10:00:00Z",
       "2011-12-30T10:00:00Z"},
      {"Pacific/Apia", Window::day, "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z",
       "2011-12-31T10:00:00Z"},
      // Newfoundland's clocks went back at one past midnight: the new day had already begun.
      {"America/St_Johns", Window::day, "2006-10-29T02:31:00Z", "2006-10-29T02:30:00Z",
       "2006-10-30T03:30:00Z"},
      {"America/St_Johns", Window::day, "2006-10-29T02:29:59Z", "2006-10-28T02:30:00Z",
       "2006-10-29T02:30:00Z"},
  };
  for (const Expected& each : table) {
    const Bounds bounds = calendar(each.zone).bounds(each.window, at(each.now));
    EXPECT_EQ(to_rfc3339(bounds.starts), to_rfc3339(at(each.starts))) << each.zone << each.now;
    EXPECT_EQ(to_rfc3339(bounds.ends), to_rfc3339(at(each.ends))) << each.zone << each.now;
  }
}

TEST(Calendar, ALifetimeDoesNotEnd) {
  const Bounds bounds = Calendar().bounds(Window::lifetime, at("2026-11-23"));
  EXPECT_EQ(bounds.ends, Instant::never());
  EXPECT_EQ(bounds, Calendar().bounds(Window::lifetime, at("1999-01-01")));
}

TEST(Calendar, RefusesAZoneThatDoesNotExist) {
  for (const char* zone : {"Europe/Atlantis", "", "../../etc/passwd", "europe/berlin\n"}) {
    const auto refused = Calendar::of(zone);
    ASSERT_FALSE(refused) << zone;
    EXPECT_EQ(refused.error().fault, Fault::config);
  }
  EXPECT_TRUE(Calendar::of("UTC"));
}

TEST(Calendar, TellsTheTimeOnTheWall) {
  EXPECT_EQ(calendar("Europe/Berlin").to_text(at("2026-11-23T23:00:00Z")),
            "2026-11-24 00:00 Europe/Berlin");
  EXPECT_EQ(Calendar().to_text(at("1969-12-31T23:59:59Z")), "1969-12-31 23:59 UTC");
}

TEST(Calendar, EvenAWildClockGetsAWindow) {
  for (const Instant now : {Instant::never(), Instant::from_nanos(INT64_MIN), Instant{}}) {
    for (const Window window : {Window::minute, Window::hour, Window::day, Window::week,
                                Window::month, Window::lifetime}) {
      const Bounds bounds = calendar("Europe/Berlin").bounds(window, now);
      EXPECT_LT(bounds.starts, bounds.ends);
    }
  }
}

/// A zone and a moment, most of them close to a change of its clock.
struct Moment {
  std::string zone;
  Instant at;
};

Moment any_moment() {
  const std::string zone = *rc::gen::elementOf(std::vector<std::string>{
      "Europe/Berlin", "America/New_York", "Pacific/Apia", "Asia/Kolkata", "Australia/Lord_Howe",
      "America/St_Johns", "Africa/Casablanca", "Asia/Beirut", "UTC"});
  std::int64_t second = *rc::gen::inRange<std::int64_t>(0, 2'100'000'000);  // until 2036
  if (*rc::gen::inRange(0, 4) != 0) {
    const auto info =
        date::locate_zone(zone)->get_info(date::sys_seconds(std::chrono::seconds(second)));
    const std::int64_t change = info.end.time_since_epoch().count();
    if (change < 2'100'000'000) {
      const std::int64_t near = *rc::gen::elementOf(std::vector<std::int64_t>{2, 4000, 100'000});
      second = change + *rc::gen::inRange(-near, near);
    }
  }
  const std::int64_t nanos = *rc::gen::inRange<std::int64_t>(0, 1'000'000'000);
  return {zone, Instant::from_nanos(second * 1'000'000'000 + nanos)};
}

date::year_month_day date_on_the_wall(const std::string& zone, Instant at) {
  const auto local =
      date::locate_zone(zone)->to_local(date::sys_seconds(std::chrono::seconds(at.seconds())));
  return date::year_month_day(date::floor<date::days>(local));
}

Window any_window() {
  return *rc::gen::elementOf(
      std::vector{Window::minute, Window::hour, Window::day, Window::week, Window::month});
}

RC_GTEST_PROP(CalendarProperty, WindowsFollowEachOtherWithoutGapOrOverlap, ()) {
  const Moment moment = any_moment();
  const Window window = any_window();
  const Calendar& zone = calendar(moment.zone);
  const Bounds bounds = zone.bounds(window, moment.at);
  RC_ASSERT(bounds.starts <= moment.at && moment.at < bounds.ends);
  RC_ASSERT(zone.bounds(window, bounds.starts) == bounds);
  RC_ASSERT(zone.bounds(window, bounds.ends - 1ns) == bounds);
  RC_ASSERT(zone.bounds(window, bounds.ends).starts == bounds.ends);
  RC_ASSERT(zone.bounds(window, bounds.starts - 1ns).ends == bounds.starts);
}

RC_GTEST_PROP(CalendarProperty, AskingBeforeDoesNotChangeTheAnswer, ()) {
  const Moment moment = any_moment();
  const Window window = any_window();
  const Calendar fresh = Calendar::of(moment.zone).value();
  const Bounds remembered = calendar(moment.zone).bounds(window, moment.at);
  RC_ASSERT(fresh.bounds(window, moment.at) == remembered);
}

RC_GTEST_PROP(CalendarProperty, ADateWindowBeginsWithItsFirstDate, ()) {
  const Moment moment = any_moment();
  const Calendar& zone = calendar(moment.zone);
  const Instant day = zone.bounds(Window::day, moment.at).starts;
  RC_ASSERT(date_on_the_wall(moment.zone, day - 1ns) < date_on_the_wall(moment.zone, day));
  const Instant month = zone.bounds(Window::month, moment.at).starts;
  RC_ASSERT(date_on_the_wall(moment.zone, month).day() == date::day(1));
  RC_ASSERT(date_on_the_wall(moment.zone, month - 1ns).month() !=
            date_on_the_wall(moment.zone, month).month());
  const Instant week = zone.bounds(Window::week, moment.at).starts;
  RC_ASSERT(date::weekday(date::sys_days(date_on_the_wall(moment.zone, week))) == date::Monday);
}

RC_GTEST_PROP(CalendarProperty, MinutesAndHoursAreNeverLongerThanTheirName, ()) {
  const Moment moment = any_moment();
  const Bounds minute = calendar(moment.zone).bounds(Window::minute, moment.at);
  const Bounds hour = calendar(moment.zone).bounds(Window::hour, moment.at);
  RC_ASSERT(minute.ends - minute.starts <= 60s);
  RC_ASSERT(hour.ends - hour.starts <= 3600s);
}

}  // namespace
}  // namespace purser
