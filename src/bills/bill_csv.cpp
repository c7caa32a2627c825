// bills/bill_csv.cpp — exports with a header: one table of what each format calls what we need.
#include <fmt/format.h>

#include <array>

#include "bills/bill.hpp"
#include "bills/csv.hpp"

namespace purser {
namespace {

/// Names of a column, the first that is there counts; an empty one ends the list.
using Names = std::array<std::string_view, 5>;

struct Columns {
  BillFormat format;
  Names told_by;  // all of them are in the header: this is it
  Names day;
  Names cost;
  Names currency;
  Names provider;  // none: it is the format's own
  Names model;
  Names key;
  Names kind;  // of charge
  struct Used {
    std::string_view column;
    Tokens Usage::* tokens;
  };
  std::array<Used, 5> used;
};

constexpr std::array kFormats{
    Columns{.format = BillFormat::focus,
            .told_by = {"BilledCost", "ChargePeriodStart", "ChargeCategory"},
            .day = {"ChargePeriodStart"},
            .cost = {"BilledCost"},
            .currency = {"BillingCurrency"},
            .provider = {"ServiceProviderName", "ProviderName"},
            .model = {"x_Model", "x_model", "ResourceName", "SkuId", "ServiceName"},
            .key = {"x_ApiKeyId", "SubAccountName", "SubAccountId"},
            .kind = {"ChargeCategory"},
            .used = {}},
    Columns{.format = BillFormat::aws_cur,
            .told_by = {"lineItem/UsageStartDate", "lineItem/UnblendedCost"},
            .day = {"lineItem/UsageStartDate"},
            .cost = {"lineItem/UnblendedCost"},
            .currency = {"lineItem/CurrencyCode"},
            .provider = {"lineItem/ProductCode"},
            .model = {"product/model", "product/modelName", "lineItem/UsageType"},
            .key = {"lineItem/UsageAccountId"},
            .kind = {"lineItem/LineItemType"},
            .used = {}},
    Columns{.format = BillFormat::aws_cur,
            .told_by = {"line_item_usage_start_date", "line_item_unblended_cost"},
            .day = {"line_item_usage_start_date"},
            .cost = {"line_item_unblended_cost"},
            .currency = {"line_item_currency_code"},
            .provider = {"line_item_product_code"},
            .model = {"product_model", "product_model_name", "line_item_usage_type"},
            .key = {"line_item_usage_account_id"},
            .kind = {"line_item_line_item_type"},
            .used = {}},
    Columns{.format = BillFormat::anthropic,
            .told_by = {"usage_date_utc", "cost_usd"},
            .day = {"usage_date_utc"},
            .cost = {"cost_usd"},
            .currency = {},
            .provider = {},
            .model = {"model", "model_version"},
            .key = {"api_key", "api_key_id"},
            .kind = {},
            .used = {}},
    Columns{.format = BillFormat::anthropic,
            .told_by = {"usage_date_utc", "usage_output_tokens"},
            .day = {"usage_date_utc"},
            .cost = {},
            .currency = {},
            .provider = {},
            .model = {"model_version", "model"},
            .key = {"api_key", "api_key_id"},
            .kind = {},
            .used = {{{"usage_input_tokens_no_cache", &Usage::input_uncached},
                      {"usage_input_tokens_cache_write_5m", &Usage::cache_write_short},
                      {"usage_input_tokens_cache_write_1h", &Usage::cache_write_long},
                      {"usage_input_tokens_cache_read", &Usage::cache_read},
                      {"usage_output_tokens", &Usage::output}}}},
    Columns{.format = BillFormat::openai,
            .told_by = {"start_time", "amount_value"},
            .day = {"start_time_iso", "start_time"},
            .cost = {"amount_value"},
            .currency = {"amount_currency"},
            .provider = {},
            .model = {"line_item"},
            .key = {"api_key_id"},
            .kind = {},
            .used = {}},
    Columns{.format = BillFormat::openai,
            .told_by = {"start_time", "input_uncached_tokens", "output_tokens"},
            .day = {"start_time_iso", "start_time"},
            .cost = {},
            .currency = {},
            .provider = {},
            .model = {"model"},
            .key = {"api_key_id"},
            .kind = {},
            .used = {{{"input_uncached_tokens", &Usage::input_uncached},
                      {"input_cached_tokens", &Usage::cache_read},
                      {"output_tokens", &Usage::output}}}},
};

/// Charges that no call caused.
constexpr std::array<std::string_view, 6> kNoUsage{"Tax",    "Credit",     "Purchase",
                                                   "Refund", "Adjustment", "Fee"};

bool has_all(const Csv& csv, const Names& names) {
  return std::ranges::all_of(
      names, [&](std::string_view name) { return name.empty() || csv.column(name).has_value(); });
}

const Columns* columns_of(const Csv& csv, std::optional<BillFormat> format) {
  for (const Columns& columns : kFormats) {
    if ((!format || *format == columns.format) && has_all(csv, columns.told_by)) {
      return &columns;
    }
  }
  return nullptr;
}

/// One row of the export, asked by our names.
class Cells {
 public:
  Cells(const Csv& csv, const CsvRecord& record) : csv_(csv), record_(record) {}

  /// The first of these columns that says something here.
  std::string_view of(const Names& names) const {
    for (const std::string_view name : names) {
      const auto column = name.empty() ? std::nullopt : csv_.column(name);
      if (column && !record_.fields[*column].empty()) {
        return record_.fields[*column];
      }
    }
    return {};
  }
  std::unexpected<Error> wrong(std::string_view what, std::string_view got) const {
    return fail(Fault::client, fmt::format("line {}: expected {}, got \"{}\"", record_.line, what,
                                           got.substr(0, 40)));
  }

 private:
  const Csv& csv_;
  const CsvRecord& record_;
};

/// "2026-11-24", "2026-11-24T00:00:00Z", "2026-11-24 00:00:00", "2026-11-24 00:00 UTC".
std::optional<Day> read_day(std::string_view text) {
  const auto date = parse_rfc3339(text.substr(0, 10));
  if (!date || (text.size() > 10 && text[10] != 'T' && text[10] != ' ')) {
    return std::nullopt;
  }
  const auto exact = parse_rfc3339(text);
  return day_of(exact ? *exact : *date);
}

/// Who is named in the ledger, where a cloud's name differs.
std::string provider_name(BillFormat format, std::string_view told) {
  if (told.empty()) {
    return std::string(to_string(format));
  }
  std::string name = bill_model(told);
  return name == "amazonbedrock" || name == "aws" ? "bedrock" : name;
}

Result<std::optional<BillRow>> read_row(const Columns& columns, const Cells& cells) {
  const std::string_view kind = cells.of(columns.kind);
  const std::string_view cost = cells.of(columns.cost);
  const bool priced = !columns.cost.front().empty();
  if (std::ranges::find(kNoUsage, kind) != kNoUsage.end() || (priced && cost.empty())) {
    return std::nullopt;
  }
  const std::string_view date = cells.of(columns.day);
  const auto day = read_day(date);
  if (!day) {
    return cells.wrong("a date", date);
  }
  BillRow row{.day = *day,
              .provider = provider_name(columns.format, cells.of(columns.provider)),
              .model = {},
              .key = std::string(cells.of(columns.key)),
              .cost = {},
              .usage = {}};
  const std::string_view model = cells.of(columns.model);
  const bool line_item = columns.model.front() == "line_item";
  row.model = bill_model(line_item ? model_of_line_item(model) : model);
  if (const std::string_view currency = cells.of(columns.currency);
      !currency.empty() && !same_word(currency, "usd")) {
    return cells.wrong("US dollars", currency);
  }
  if (priced) {
    row.cost = FineAmount::parse(cost);
    if (!row.cost) {
      return cells.wrong("an amount", cost);
    }
  }
  for (const auto& [column, tokens] : columns.used) {
    if (!column.empty()) {
      row.usage.*tokens = bill_tokens(cells.of({column}));
    }
  }
  return row;
}

}  // namespace

Result<Bill> read_bill_csv(std::string_view bytes, std::optional<BillFormat> format) {
  const auto csv = read_csv(bytes);
  if (!csv) {
    return std::unexpected(csv.error());
  }
  const Columns* columns = columns_of(*csv, format);
  if (columns == nullptr) {
    return fail(Fault::client,
                "line 1: these columns are of no export we know: OpenAI's or Anthropic's costs or "
                "usage, AWS CUR, FOCUS");
  }
  Bill bill{.format = columns->format, .rows = {}};
  for (const CsvRecord& record : csv->records) {
    auto row = read_row(*columns, Cells(*csv, record));
    if (!row) {
      return std::unexpected(row.error());
    }
    if (*row) {
      bill.rows.push_back(std::move(**row));
    } else {
      ++bill.skipped;
    }
  }
  return bill;
}

}  // namespace purser
