// app/commands_reconcile.cpp — `purser reconcile`: a provider's bill beside the ledger. Shows first
// what differs; posts what makes them the same only with --yes, and never edits what was booked.
#include <fmt/core.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <map>
#include <memory>

#include "app/commands.hpp"
#include "app/data_file.hpp"
#include "app/own_books.hpp"
#include "app/policy.hpp"
#include "base/hash.hpp"
#include "bills/reconcile.hpp"
#include "store/corrections.hpp"
#include "store/spend_rows.hpp"

namespace purser {
namespace {

struct ReconcileOptions {
  BooksOption books;
  std::string bill;
  std::string provider;
  std::optional<BillFormat> bill_format;
  std::vector<std::string> keys;
  std::string why;
  bool yes = false;
  Format format = Format::table;
};

/// A bill fit to be compared, and what was left out of it.
struct OwnBill {
  Bill bill;
  Costs costs = Costs::billed;
  FineAmount of_other_keys;
  std::int64_t unpriced = 0;  // rows that tell tokens of models without a price
};

/// Rows that tell only what was used cost what the price book says.
void price(const PriceBook& book, OwnBill& own) {
  std::erase_if(own.bill.rows, [&](BillRow& row) {
    if (row.cost) {
      return false;
    }
    const PriceList* list = book.find(row.provider, row.model);
    if (list != nullptr) {
      const Instant at = Instant::from_seconds(
          std::chrono::duration_cast<std::chrono::seconds>(row.day.time_since_epoch()).count());
      row.cost = FineAmount::of(cost(*list, row.usage,
                                     {.tier = ServiceTier::standard,
                                      .speed = Speed::standard,
                                      .geo = {},
                                      .region = {},
                                      .at = at}));
      own.costs = Costs::by_book;
    }
    own.unpriced += list == nullptr ? 1 : 0;
    return list == nullptr;
  });
}

Result<OwnBill> read_own_bill(const ReconcileOptions& options, const Config& config) {
  const auto text = read_data_file(options.bill);
  if (!text) {
    return std::unexpected(text.error());
  }
  auto bill = read_bill(*text, options.bill_format);
  if (!bill) {
    return fail(options.bill, bill.error());
  }
  const auto book = read_prices(config);
  if (!book) {
    return std::unexpected(book.error());
  }
  OwnBill own{.bill = std::move(*bill), .of_other_keys = {}};
  price(*book, own);
  std::erase_if(own.bill.rows, [&](const BillRow& row) {
    const bool other =
        !options.keys.empty() && std::ranges::find(options.keys, row.key) == options.keys.end();
    if (other) {
      own.of_other_keys += *row.cost;
    }
    return other;
  });
  for (BillRow& row : own.bill.rows) {
    row.provider = options.provider.empty() ? row.provider : options.provider;
  }
  if (own.bill.rows.empty()) {
    return fail(Fault::client, options.bill + ": nothing on it can be compared");
  }
  return own;
}

Instant midnight(Day day) {
  return Instant::from_seconds(
      std::chrono::duration_cast<std::chrono::seconds>(day.time_since_epoch()).count());
}

/// The ledger's calls of the bill's days.
Result<std::vector<BookedCall>> booked_calls(const Config& config, const Bill& bill) {
  const auto [first, last] = std::ranges::minmax(bill.rows, {}, &BillRow::day);
  std::vector<BookedCall> calls;
  const auto read = read_spend(
      config.data, midnight(first.day), midnight(last.day + std::chrono::days(1)),
      [&](const SpendRow& row) {
        calls.push_back({.call = row.call,
                         .day = day_of(row.at),
                         .provider = row.provider,
                         .model = row.model,
                         .cost = row.cost,
                         .certainty = row.certain ? Certainty::certain : Certainty::presumed,
                         .tokens = row.tokens});
      });
  return read ? Result<std::vector<BookedCall>>(std::move(calls)) : std::unexpected(read.error());
}

std::string signed_dollars(Amount amount) {
  return (amount > Amount() ? "+" : "") + to_exact_dollars(amount);
}

Table difference_table(const Reconciliation& done) {
  using enum Column::Kind;
  Table table{.columns = {{"day", text},
                          {"provider", text},
                          {"model", text},
                          {"calls", number},
                          {"ours_usd", amount},
                          {"presumed_usd", amount},
                          {"bill_usd", amount},
                          {"difference_usd", amount},
                          {"likely", text}},
              .rows = {}};
  for (const Difference& each : done.groups) {
    if (each.ours != each.theirs) {
      table.add({to_rfc3339(midnight(each.day)).substr(0, 10), each.provider, each.model,
                 std::to_string(each.calls), to_exact_dollars(each.ours),
                 to_exact_dollars(each.presumed), to_exact_dollars(each.theirs),
                 signed_dollars(each.theirs - each.ours), std::string(to_string(each.reason))});
    }
  }
  return table;
}

/// Nobody's spend: on the day, at noon, for there is no hour on a bill.
CostAsk ask_of(const Unproxied& part) {
  CostRow row{.line = 0,
              .vendor = part.provider,
              .item = part.model,
              .usd = part.cost,
              .at = midnight(part.day) + std::chrono::hours(12),
              .idempotency_key = {},
              .labels = {}};
  const std::string words = "bill\n" + words_of(row);
  return {.row = std::move(row),
          .caller = {},
          .at = std::min(midnight(part.day) + std::chrono::hours(12), now()),
          .name = {.name = digest(words + '\n' + std::to_string(now().nanos())),
                   .words = digest(words)}};
}

/// First what is booked, then what is corrected: broken off in between, the same bill goes on.
Result<void> post(const Config& config, OwnBooks& books, const Reconciliation& done,
                  const std::string& why) {
  for (const Unproxied& part : done.unproxied) {
    books.post(ask_of(part));
  }
  if (auto folded = books.fold(); !folded) {
    return folded;
  }
  std::vector<Correction> corrections;
  for (const BillCorrection& each : done.corrections) {
    corrections.push_back({.call = each.call, .amount = each.amount});
  }
  return post_corrections(config.data, corrections, why, now());
}

void remark(const std::string& line) {
  fmt::print(stderr, "purser: {}\n", line);
}

void say_what_was_left_out(const OwnBill& own) {
  if (own.of_other_keys.rounded() != Amount()) {
    remark(fmt::format("{} of other API keys left out", to_dollars(own.of_other_keys.rounded())));
  }
  if (own.unpriced > 0) {
    remark(
        fmt::format("{} rows left out: they tell tokens of models without a price", own.unpriced));
  }
  if (own.bill.skipped > 0) {
    remark(fmt::format("{} rows left out: taxes, credits, days without spend", own.bill.skipped));
  }
}

void show(const ReconcileOptions& options, const Reconciliation& done, std::size_t different) {
  fmt::print("{}", to_text(difference_table(done), options.format));
  if (options.format != Format::table) {
    return;
  }
  fmt::print("{} of {} differ; ours {}, the bill {}, {}\n", different, done.groups.size(),
             to_exact_dollars(done.ours), to_exact_dollars(done.theirs),
             signed_dollars(done.theirs - done.ours));
  fmt::print("{} corrections and {} entries for calls that did not pass here {}\n",
             done.corrections.size(), done.unproxied.size(),
             options.yes ? "posted" : "would be posted; --yes does it");
}

int compare(const ReconcileOptions& options) {
  const auto config = options.books.read();
  if (!config) {
    return complain(config.error());
  }
  const auto own = read_own_bill(options, *config);
  if (!own) {
    return complain(own.error());
  }
  std::optional<OwnBooks> books;
  if (options.yes) {
    auto taken = OwnBooks::take(*config);
    if (!taken) {
      return complain({Fault::store,
                       "stop the gateway that keeps these books first, or leave out "
                       "--yes: " +
                           taken.error().message});
    }
    books.emplace(std::move(*taken));
  }
  const auto calls = booked_calls(*config, own->bill);
  if (!calls) {
    return complain(calls.error());
  }
  const Reconciliation done = reconcile(own->bill, *calls, own->costs);
  const std::string why = options.why.empty() ? "reconciled with " + options.bill : options.why;
  if (books) {
    if (const auto posted = post(*config, *books, done, why); !posted) {
      return complain(posted.error());
    }
  }
  const auto different = std::ranges::count_if(
      done.groups, [](const Difference& each) { return each.ours != each.theirs; });
  show(options, done, static_cast<std::size_t>(different));
  say_what_was_left_out(*own);
  return different == 0 || options.yes ? kDone : kFinding;
}

}  // namespace

void add_reconcile(CLI::App& purser, Action& chosen) {
  static const std::map<std::string, BillFormat> kFormats{{"openai", BillFormat::openai},
                                                          {"anthropic", BillFormat::anthropic},
                                                          {"aws-cur", BillFormat::aws_cur},
                                                          {"focus", BillFormat::focus}};
  CLI::App* command = purser.add_subcommand(
      "reconcile", "A provider's bill beside the ledger; shows first, --yes posts what differs");
  command->footer(
      "Example: purser reconcile --bill costs.json --api-key key_abc\n"
      "Bills: usage and costs of OpenAI's and Anthropic's APIs (JSON, pages a line) and consoles\n"
      "(CSV), AWS Cost and Usage Reports, FOCUS 1.x. Days are days of UTC.\n"
      "Exit: 0 nothing differs or it was posted, 1 something differs or cannot be read.");
  const auto options = std::make_shared<ReconcileOptions>();
  command->add_option("--bill", options->bill, "the export; zstd is unpacked")->required();
  command->add_option("--bill-format", options->bill_format, "of the bill (default: by its shape)")
      ->transform(CLI::CheckedTransformer(kFormats));
  command->add_option("--provider", options->provider,
                      "as the ledger calls who sent it (default: by the bill)");
  command->add_option("--api-key", options->keys,
                      "only rows of this provider key, by the bill's word; may be repeated");
  command->add_option("--why", options->why, "kept with every correction");
  command->add_flag("--yes", options->yes, "post the corrections");
  options->books.add_to(*command);
  add_format(*command, options->format);
  command->callback([options, &chosen] { chosen = [options] { return compare(*options); }; });
}

}  // namespace purser
