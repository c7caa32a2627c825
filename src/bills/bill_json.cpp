// bills/bill_json.cpp — pages of the usage and cost APIs: buckets of time with results in them.
//
// One page, a list of pages, or a page a line. OpenAI counts seconds and dollars; Anthropic writes
// times and, in its reports, cents: both as decimals that are read digit by digit.
#include <fmt/format.h>

#include <charconv>

#include "bills/bill.hpp"
#include "money/json_tree.hpp"

namespace purser {
namespace {

std::unexpected<Error> wrong(std::string what) {
  return fail(Fault::client, std::move(what));
}

/// Text or digits of a member; empty when it has none, or is null.
std::string_view said(const JsonTree& tree, std::string_view name) {
  const JsonTree* member = tree.find(name);
  const bool plain = member != nullptr && (member->kind == JsonTree::Kind::text ||
                                           member->kind == JsonTree::Kind::number);
  return plain ? std::string_view(member->text) : std::string_view();
}

Tokens tokens_of(const JsonTree& tree, std::string_view name) {
  return bill_tokens(said(tree, name));
}

/// A bucket's day: seconds since 1970, or a time.
Result<Day> day_of_bucket(const JsonTree& bucket) {
  const std::string_view seconds = said(bucket, "start_time");
  std::int64_t count = 0;
  const auto read = std::from_chars(seconds.data(), seconds.data() + seconds.size(), count);
  if (!seconds.empty() && read.ptr == seconds.data() + seconds.size() && count >= 0 &&
      count < 9'000'000'000) {
    return day_of(Instant::from_seconds(count));
  }
  if (const auto at = parse_rfc3339(said(bucket, "starting_at"))) {
    return day_of(*at);
  }
  return wrong("a bucket without start_time or starting_at");
}

Result<FineAmount> money(std::string_view text, std::string_view currency, int shift) {
  const auto amount = FineAmount::parse(text, shift);
  const bool dollars = currency.empty() || currency == "usd" || currency == "USD";
  if (!amount || !dollars) {
    return wrong(fmt::format("expected an amount in US dollars, got \"{}\" \"{}\"",
                             text.substr(0, 40), currency.substr(0, 8)));
  }
  return *amount;
}

Result<BillRow> openai_row(const JsonTree& result) {
  BillRow row{.day = {}, .provider = "openai", .model = {}, .key = {}, .cost = {}, .usage = {}};
  row.key = said(result, "api_key_id");
  row.model = bill_model(said(result, "model"));
  if (const JsonTree* amount = result.find("amount"); amount != nullptr) {
    const auto cost = money(said(*amount, "value"), said(*amount, "currency"), 0);
    if (!cost) {
      return std::unexpected(cost.error());
    }
    row.cost = *cost;
    row.model = bill_model(model_of_line_item(said(result, "line_item")));
  }
  const Tokens input = tokens_of(result, "input_tokens");
  row.usage.cache_read = std::min(tokens_of(result, "input_cached_tokens"), input);
  row.usage.input_uncached = input - row.usage.cache_read;
  row.usage.output = tokens_of(result, "output_tokens");
  return row;
}

/// A cost report's amounts are cents, and so are those of the analytics.
Result<BillRow> anthropic_row(const JsonTree& result) {
  BillRow row{.day = {}, .provider = "anthropic", .model = {}, .key = {}, .cost = {}, .usage = {}};
  const JsonTree* group = result.find("group");
  const JsonTree& names = group == nullptr ? result : *group;
  row.key = said(names, "api_key_id");
  row.model = bill_model(said(names, "model"));
  const JsonTree* cost = result.find("cost");
  const JsonTree& priced = cost == nullptr ? result : *cost;
  if (const std::string_view cents = said(priced, "amount"); !cents.empty()) {
    const auto amount = money(cents, said(priced, "currency"), 2);
    if (!amount) {
      return std::unexpected(amount.error());
    }
    row.cost = *amount;
  }
  row.usage.input_uncached = tokens_of(result, "uncached_input_tokens");
  row.usage.cache_read = tokens_of(result, "cache_read_input_tokens");
  row.usage.output = tokens_of(result, "output_tokens");
  if (const JsonTree* created = result.find("cache_creation"); created != nullptr) {
    row.usage.cache_write_short = tokens_of(*created, "ephemeral_5m_input_tokens");
    row.usage.cache_write_long = tokens_of(*created, "ephemeral_1h_input_tokens");
  }
  return row;
}

Result<void> read_result(const JsonTree& result, Day day, Bill& bill) {
  auto row = bill.format == BillFormat::openai ? openai_row(result) : anthropic_row(result);
  if (!row) {
    return std::unexpected(row.error());
  }
  if (!row->cost && row->usage == Usage()) {
    ++bill.skipped;
    return {};
  }
  row->day = day;
  bill.rows.push_back(std::move(*row));
  return {};
}

Result<void> read_bucket(const JsonTree& bucket, Bill& bill) {
  const auto day = day_of_bucket(bucket);
  if (!day) {
    return std::unexpected(day.error());
  }
  const JsonTree* results = bucket.find("results");
  if (results == nullptr) {  // the analytics have no buckets: each item says its time
    return read_result(bucket, *day, bill);
  }
  for (const JsonTree& result : results->items) {
    if (auto read = read_result(result, *day, bill); !read) {
      return read;
    }
  }
  return {};
}

bool is_page(const JsonTree& page) {
  const JsonTree* data = page.find("data");
  return data != nullptr && data->kind == JsonTree::Kind::list;
}

/// OpenAI's buckets have seconds, Anthropic's have times.
std::optional<BillFormat> format_of(const JsonTree& page) {
  for (const JsonTree& bucket : page.find("data")->items) {
    return bucket.find("start_time") != nullptr ? BillFormat::openai : BillFormat::anthropic;
  }
  return std::nullopt;
}

Result<std::vector<JsonTree>> read_pages(std::string_view bytes) {
  std::vector<JsonTree> pages;
  auto tree = read_json_tree(bytes);
  if (tree && tree->kind == JsonTree::Kind::list) {
    return std::move(tree->items);
  }
  if (tree) {
    pages.push_back(std::move(*tree));
    return pages;
  }
  for (std::int64_t number = 1; !bytes.empty(); ++number) {
    const std::size_t end = std::min(bytes.find('\n'), bytes.size());
    const std::string_view line = bytes.substr(0, end);
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) {
      continue;
    }
    auto page = read_json_tree(line);
    if (!page) {
      return fail(fmt::format("line {}", number), {Fault::client, page.error().message});
    }
    pages.push_back(std::move(*page));
  }
  return pages;
}

}  // namespace

Result<Bill> read_bill_json(std::string_view bytes, std::optional<BillFormat> format) {
  const auto pages = read_pages(bytes);
  if (!pages) {
    return std::unexpected(pages.error());
  }
  Bill bill;
  for (const JsonTree& page : *pages) {
    if (!is_page(page)) {
      return wrong("expected pages with a list \"data\", as usage and cost APIs answer them");
    }
    format = format ? format : format_of(page);
    bill.format = format.value_or(BillFormat::openai);
    for (const JsonTree& bucket : page.find("data")->items) {
      if (auto read = read_bucket(bucket, bill); !read) {
        return std::unexpected(read.error());
      }
    }
  }
  if (pages->empty() || pages->back().find("has_more") == nullptr ||
      pages->back().find("has_more")->text != "true") {
    return bill;
  }
  return wrong("the last page says has_more: fetch the others too, a page a line");
}

}  // namespace purser
