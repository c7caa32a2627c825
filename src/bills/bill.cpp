// bills/bill.cpp — telling the format, and what all formats share.
#include "bills/bill.hpp"

#include <algorithm>
#include <charconv>

#include "money/price_book.hpp"

namespace purser {
namespace {

constexpr int kExponentMax = 40;
constexpr std::size_t kDigitsMax = 200;
constexpr __int128 kMost = static_cast<__int128>(1'000'000'000) * 1'000'000'000'000'000'000;

/// What a treasury of such bills can still add up.
constexpr Amount kBillMax = Amount::from_dollars(1'000'000'000);
constexpr __int128 kNano = 1'000'000'000;

/// The power of ten behind an "e".
std::optional<int> exponent_of(std::string_view text) {
  int value = 0;
  text.remove_prefix(text.starts_with('+') ? 1 : 0);
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = read.ec == std::errc{} && read.ptr == text.data() + text.size();
  return whole && value >= -kExponentMax && value <= kExponentMax ? std::optional(value)
                                                                  : std::nullopt;
}

}  // namespace

std::optional<FineAmount> FineAmount::parse(std::string_view text, int shift) {
  const bool negative = text.starts_with('-');
  text.remove_prefix(negative ? 1 : 0);
  const std::size_t e = std::min(text.find_first_of("eE"), text.size());
  const std::string_view digits = text.substr(0, e);
  const auto exponent = e == text.size() ? std::optional(0) : exponent_of(text.substr(e + 1));
  const std::size_t point = std::min(digits.find('.'), digits.size());
  const bool plain = digits.find_first_not_of("0123456789", 0) >= point &&
                     (point == digits.size() ||
                      digits.find_first_not_of("0123456789", point + 1) == std::string_view::npos);
  if (!exponent || !plain || digits.empty() || digits == "." || digits.size() > kDigitsMax) {
    return std::nullopt;
  }
  // A digit's place, in powers of ten of the unit we keep.
  int place = static_cast<int>(point) - 1 + *exponent + shift * -1 + kPlaces;
  FineAmount amount;
  for (const char c : digits) {
    if (c == '.') {
      continue;
    }
    __int128 worth = place >= 0 ? c - '0' : 0;
    for (int i = 0; i < place && worth != 0; ++i) {
      worth *= 10;
      if (worth > kMost) {
        return std::nullopt;
      }
    }
    amount.value_ += worth;
    --place;
  }
  if (amount.value_ > kMost) {
    return std::nullopt;
  }
  amount.value_ = negative ? -amount.value_ : amount.value_;
  return amount;
}

FineAmount FineAmount::of(Amount amount) {
  FineAmount fine;
  fine.value_ = static_cast<__int128>(amount.nanos()) * kNano;
  return fine;
}

Amount FineAmount::rounded() const {
  const __int128 half = value_ < 0 ? -kNano / 2 : kNano / 2;
  const __int128 nanos = (value_ + half) / kNano;
  return Amount::from_nanos(
      static_cast<std::int64_t>(std::clamp<__int128>(nanos, INT64_MIN / 2, INT64_MAX / 2)));
}

std::string_view to_string(BillFormat format) {
  switch (format) {
    case BillFormat::openai:
      return "openai";
    case BillFormat::anthropic:
      return "anthropic";
    case BillFormat::aws_cur:
      return "aws-cur";
    case BillFormat::focus:
      return "focus";
  }
  return "openai";
}

std::string bill_model(std::string_view name) {
  std::string model(name);
  std::ranges::transform(model, model.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c == ' ' ? '-' : c;
  });
  if (model.starts_with("claude")) {
    std::ranges::replace(model, '.', '-');
  }
  return std::string(without_snapshot(model));
}

std::string_view model_of_line_item(std::string_view line_item) {
  const std::size_t comma = line_item.find(',');
  return comma == std::string_view::npos ? std::string_view() : line_item.substr(0, comma);
}

Tokens bill_tokens(std::string_view text) {
  constexpr std::int64_t kMostTokens = 1'000'000'000'000'000;
  std::int64_t count = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), count);
  const bool whole = read.ec == std::errc{} && read.ptr == text.data() + text.size();
  return Tokens(whole && count >= 0 && count <= kMostTokens ? count : 0);
}

Result<Bill> read_bill(std::string_view bytes, std::optional<BillFormat> format) {
  const std::size_t first = bytes.find_first_not_of(" \t\r\n");
  const bool json = first != std::string_view::npos && (bytes[first] == '{' || bytes[first] == '[');
  auto bill = json ? read_bill_json(bytes, format) : read_bill_csv(bytes, format);
  if (!bill) {
    return bill;
  }
  FineAmount total;
  for (const BillRow& row : bill->rows) {
    total += row.cost ? row.cost->size() : FineAmount();
  }
  if (total.rounded() > kBillMax) {
    return fail(Fault::client, "more than " + to_dollars(kBillMax) + " on one bill");
  }
  return bill;
}

}  // namespace purser
