// bills/reconcile_test.cpp — whatever differs, what is posted makes the ledger the bill.
#include "bills/reconcile.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>

namespace purser {
namespace {

using namespace std::chrono_literals;

constexpr Day kDay = 2026y / 11 / 25;

Amount nanos(std::int64_t many) {
  return Amount::from_nanos(many);
}

BillRow billed(std::int64_t cost, Day day = kDay, std::string model = "gpt-4o",
               std::int64_t tokens = 0) {
  BillRow row{.day = day,
              .provider = "openai",
              .model = std::move(model),
              .key = {},
              .cost = FineAmount::of(nanos(cost)),
              .usage = {}};
  row.usage.output = Tokens(tokens);
  return row;
}

BookedCall booked(std::int64_t id, std::int64_t cost, Certainty certainty = Certainty::certain,
                  Day day = kDay, std::string model = "gpt-4o-2024-08-06",
                  std::int64_t tokens = 0) {
  return {.call = CallId(id),
          .day = day,
          .provider = "openai",
          .model = std::move(model),
          .cost = nanos(cost),
          .certainty = certainty,
          .tokens = tokens};
}

Reconciliation run(std::vector<BillRow> rows, const std::vector<BookedCall>& calls,
                   Costs costs = Costs::billed) {
  return reconcile({.format = BillFormat::openai, .rows = std::move(rows)}, calls, costs);
}

/// The ledger as it is once everything is posted.
std::vector<BookedCall> after(std::vector<BookedCall> calls, const Reconciliation& done) {
  for (const BillCorrection& correction : done.corrections) {
    auto& call = *std::ranges::find(calls, correction.call, &BookedCall::call);
    call.cost += correction.amount;
    call.certainty = Certainty::certain;
  }
  for (const Unproxied& part : done.unproxied) {
    calls.push_back({.call = CallId(1'000'000 + std::ssize(calls)),
                     .day = part.day,
                     .provider = part.provider,
                     .model = part.model,
                     .cost = part.cost});
  }
  return calls;
}

TEST(Reconcile, PresumedCallsCostWhatTheBillLeavesThem) {
  const std::vector calls{booked(1, 100), booked(2, 300, Certainty::presumed),
                          booked(3, 100, Certainty::presumed)};
  const auto done = run({billed(140), billed(60)}, calls);
  ASSERT_EQ(done.groups.size(), 1U);
  EXPECT_EQ(done.groups[0].reason, Reason::presumed);
  EXPECT_EQ(done.groups[0].presumed, nanos(400));
  ASSERT_EQ(done.corrections.size(), 2U);
  EXPECT_EQ(done.corrections[0].amount, nanos(75 - 300));
  EXPECT_EQ(done.corrections[1].amount, nanos(25 - 100));
  EXPECT_TRUE(done.unproxied.empty());
}

TEST(Reconcile, WhatTheBillPaysInFullIsCertainNow) {
  const auto done = run({billed(400)}, {booked(1, 100), booked(2, 300, Certainty::presumed)});
  EXPECT_EQ(done.groups[0].reason, Reason::none);
  ASSERT_EQ(done.corrections.size(), 1U);
  EXPECT_EQ(done.corrections[0].call, CallId(2));
  EXPECT_EQ(done.corrections[0].amount, nanos(0));
}

TEST(Reconcile, MoreThanWasHeldIsNobodysUnlessTheTokensAreTheSame) {
  const auto other = run({billed(150)}, {booked(1, 100)});
  EXPECT_EQ(other.groups[0].reason, Reason::unproxied);
  ASSERT_EQ(other.unproxied.size(), 1U);
  EXPECT_EQ(other.unproxied[0].cost, nanos(50));
  EXPECT_TRUE(other.corrections.empty());
  const auto price = run({billed(150, kDay, "gpt-4o", 30)},
                         {booked(1, 40, Certainty::certain, kDay, "gpt-4o", 10),
                          booked(2, 60, Certainty::certain, kDay, "gpt-4o", 20)});
  EXPECT_EQ(price.groups[0].reason, Reason::price);
  ASSERT_EQ(price.corrections.size(), 2U);
  EXPECT_EQ(price.corrections[0].amount, nanos(20));
  EXPECT_EQ(price.corrections[1].amount, nanos(30));
}

TEST(Reconcile, ALowerBillTakesBackAndAModelThatIsNotOnItCostNothing) {
  const auto done = run({billed(80), billed(5, kDay, "gpt-5")},
                        {booked(1, 100), booked(2, 7, Certainty::presumed),
                         booked(3, 5, Certainty::certain, kDay, "gpt-5"),
                         booked(4, 9, Certainty::certain, kDay, "gpt-x")});
  std::map<std::string, Reason> reasons;
  for (const Difference& each : done.groups) {
    reasons[each.model] = each.reason;
  }
  EXPECT_EQ(reasons,
            (std::map<std::string, Reason>{
                {"gpt-4o", Reason::price}, {"gpt-5", Reason::none}, {"gpt-x", Reason::absent}}));
}

TEST(Reconcile, ADayThatBeginsElsewhereIsLeftAlone) {
  const Day next = kDay + std::chrono::days(1);
  const auto done = run({billed(70), billed(130, next)},
                        {booked(1, 100), booked(2, 100, Certainty::certain, next)});
  EXPECT_EQ(done.groups[0].reason, Reason::edge);
  EXPECT_EQ(done.groups[1].reason, Reason::edge);
  EXPECT_TRUE(done.corrections.empty());
  EXPECT_TRUE(done.unproxied.empty());
  EXPECT_EQ(done.ours, done.theirs);
  const Day third = kDay + std::chrono::days(2);
  const auto more = run({billed(70), billed(130, next), billed(70, third)},
                        {booked(1, 100), booked(2, 100, Certainty::certain, next),
                         booked(3, 100, Certainty::certain, third)});
  EXPECT_EQ(more.groups[2].reason, Reason::price) << "its neighbour stands for another";
}

TEST(Reconcile, ADayWithChargesThatAreNoModelIsComparedAsAWhole) {
  const Day next = kDay + std::chrono::days(1);
  const auto done = run({billed(100), billed(50, kDay, ""), billed(7, next)},
                        {booked(1, 100), booked(2, 50, Certainty::certain, kDay, "gpt-5"),
                         booked(3, 7, Certainty::certain, next)});
  ASSERT_EQ(done.groups.size(), 2U);
  EXPECT_EQ(done.groups[0].model, kAllModels);
  EXPECT_EQ(done.groups[0].reason, Reason::none);
  EXPECT_EQ(done.groups[1].model, "gpt-4o");
}

TEST(Reconcile, CallsOfOtherDaysAndProvidersAreNotLookedAt) {
  BookedCall other = booked(2, 50);
  other.provider = "anthropic";
  const auto done =
      run({billed(100)},
          {booked(1, 100), other, booked(3, 9, Certainty::certain, kDay - std::chrono::days(1))});
  EXPECT_EQ(done.ours, nanos(100));
  EXPECT_TRUE(done.corrections.empty());
}

TEST(Reconcile, WhatTheBookRoundsIsNoDifference) {
  const auto done = run({billed(102)}, {booked(1, 50), booked(2, 50)}, Costs::by_book);
  EXPECT_EQ(done.groups[0].reason, Reason::rounding);
  EXPECT_TRUE(done.unproxied.empty());
}

RC_GTEST_PROP(Reconcile, OncePostedNothingDiffersAndNoCallEarnsMoney, ()) {
  const auto model = rc::gen::element<std::string>("gpt-4o", "gpt-5", "");
  const auto day =
      rc::gen::map(rc::gen::inRange(0, 4), [](int days) { return kDay + std::chrono::days(days); });
  std::vector<BillRow> rows;
  for (int i = *rc::gen::inRange(1, 8); i > 0; --i) {
    rows.push_back(billed(*rc::gen::inRange(-20, 1000), *day, *model, *rc::gen::inRange(0, 3)));
  }
  std::vector<BookedCall> calls;
  for (int i = *rc::gen::inRange(0, 20); i > 0; --i) {
    calls.push_back(booked(i, *rc::gen::inRange(0, 300),
                           *rc::gen::element(Certainty::certain, Certainty::presumed), *day, *model,
                           *rc::gen::inRange(0, 3)));
  }
  const Reconciliation first = run(rows, calls);
  const std::vector<BookedCall> now = after(calls, first);
  RC_ASSERT(std::ranges::all_of(now, [](const BookedCall& call) { return call.cost >= Amount(); }));
  const Reconciliation again = run(rows, now);
  for (const Difference& each : again.groups) {
    RC_ASSERT(each.ours == each.theirs || each.reason == Reason::edge);
  }
  RC_ASSERT(again.corrections.empty());
  RC_ASSERT(again.unproxied.empty());
}

}  // namespace
}  // namespace purser
