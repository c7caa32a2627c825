// simulate/pages.cpp — pages by their path.
#include "simulate/pages.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

namespace purser::simulate {
namespace {

constexpr std::size_t kBillRowsShown = 10'000;

Page not_found() {
  const Failure& failure = failure_of(404);
  return {404, failure_body(Dialect::chat, failure, "No such path.", "", "", "0")};
}

std::uint64_t query_number(std::string_view query, std::string_view name, std::uint64_t otherwise) {
  const auto found = query.find(name);
  if (found == std::string_view::npos) {
    return otherwise;
  }
  const std::string_view digits = query.substr(found + name.size());
  std::uint64_t number = otherwise;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

std::string model_json(const Model& model) {
  if (model.dialect == Dialect::gemini) {
    return fmt::format(R"({{"name":"models/{}","displayName":"{}","outputTokenLimit":{},)"
                       R"("supportedGenerationMethods":["{}","countTokens"]}})",
                       model.id, model.id, model.output_max,
                       model.embeds ? "embedContent" : "generateContent");
  }
  if (is_openai(model.dialect)) {
    return fmt::format(
        R"({{"id":"{}","object":"model","created":1700000000,"owned_by":"simulated"}})", model.id);
  }
  return fmt::format(
      R"({{"type":"model","id":"{}","display_name":"{}","created_at":"2026-01-01T00:00:00Z"}})",
      model.id, model.id);
}

Page models_page(Dialect dialect) {
  std::vector<std::string> rows;
  std::vector<std::string_view> ids;
  for (const Model& model : models()) {
    if (of_one_provider(model.dialect, dialect)) {
      rows.push_back(model_json(model));
      ids.push_back(model.id);
    }
  }
  const std::string data = fmt::format("{}", fmt::join(rows, ","));
  if (dialect == Dialect::chat) {
    return {200, fmt::format(R"({{"object":"list","data":[{}]}})", data)};
  }
  if (dialect == Dialect::gemini) {
    return {200, fmt::format(R"({{"models":[{}]}})", data)};
  }
  return {200, fmt::format(R"({{"data":[{}],"has_more":false,"first_id":"{}","last_id":"{}"}})",
                           data, ids.front(), ids.back())};
}

/// A stored response: as it stands, as events, or cancelled.
Page stored_page(std::string_view id, std::string_view query, bool posted, Premises& premises) {
  constexpr std::string_view kCancel = "/cancel";
  std::optional<std::string> body;
  const bool events = query.find("stream=true") != std::string_view::npos;
  if (posted && id.ends_with(kCancel)) {
    id.remove_suffix(kCancel.size());
    body = premises.stage.cancel(id);
  } else if (!posted && events) {
    const auto after = query_number(query, "starting_after=", UINT64_MAX);
    body = premises.stage.fetch_events(id, static_cast<std::int64_t>(after));
  } else if (!posted) {
    body = premises.stage.fetch(id);
  }
  return body ? Page{.status = 200, .body = std::move(*body), .events = events} : not_found();
}

}  // namespace

Page page_for(const Wanted& wanted, Premises& premises) {
  constexpr std::string_view kBill = "/bill/";
  constexpr std::array<std::string_view, 2> kModels{"/v1/models", "/v1beta/models"};
  constexpr std::string_view kResponses = "/v1/responses/";
  const auto [path, query, posted, dialect] = wanted;
  if (path.starts_with(kResponses)) {
    return stored_page(path.substr(kResponses.size()), query, posted, premises);
  }
  if (posted) {
    if (path == "/bill/reset") {
      premises.bill.reset();
      return {200, "{}"};
    }
    return not_found();
  }
  if (path == "/bill") {
    return {200, premises.bill.to_json(query_number(query, "since=", 1),
                                       query_number(query, "limit=", kBillRowsShown))};
  }
  if (path.starts_with(kBill)) {
    auto row = premises.bill.find_json(path.substr(kBill.size()));
    return row ? Page{200, std::move(*row)} : not_found();
  }
  for (const std::string_view list : kModels) {
    if (path == list) {
      return models_page(dialect);
    }
    if (path.starts_with(list) && path[list.size()] == '/') {
      const Model* const model = find_model(path.substr(list.size() + 1));
      return model == nullptr ? not_found() : Page{200, model_json(*model)};
    }
  }
  if (path == "/healthz" || path == "/") {
    return {200, fmt::format(R"({{"service":"purser simulate","calls_open":{}}})",
                             premises.calls_open.load())};
  }
  return not_found();
}

}  // namespace purser::simulate
