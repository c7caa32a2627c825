// wire/gemini_path.cpp — the model and the method, from the end of the path.
#include "wire/gemini_path.hpp"

#include <array>
#include <utility>

namespace purser {
namespace {

constexpr std::array<std::pair<std::string_view, GeminiMethod>, 5> kMethods{
    {{"generateContent", GeminiMethod::generate},
     {"streamGenerateContent", GeminiMethod::stream},
     {"embedContent", GeminiMethod::embed},
     {"batchEmbedContents", GeminiMethod::embed_batch},
     {"countTokens", GeminiMethod::count_tokens}}};

GeminiMethod method_named(std::string_view name) {
  for (const auto& [known, method] : kMethods) {
    if (known == name) {
      return method;
    }
  }
  return GeminiMethod::other;
}

}  // namespace

std::optional<GeminiPath> read_gemini_path(std::string_view path) {
  constexpr std::string_view kModels = "/models/";
  const std::size_t models = path.find(kModels);
  const std::size_t colon = path.rfind(':');
  if (models == std::string_view::npos || colon == std::string_view::npos ||
      colon <= models + kModels.size()) {
    return std::nullopt;
  }
  const std::size_t at = models + kModels.size();
  const std::string_view model = path.substr(at, colon - at);
  const std::string_view name = path.substr(colon + 1);
  return GeminiPath{.model = model,
                    .model_span = {.at = at, .length = model.size()},
                    .method = method_named(name),
                    .method_name = name};
}

bool streams_array(std::string_view path, std::string_view query) {
  const auto read = read_gemini_path(path);
  if (!read || read->method != GeminiMethod::stream) {
    return false;
  }
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    if (pair == "alt=sse" || pair == "$alt=sse" || pair == "%24alt=sse") {
      return false;
    }
    query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
  }
  return true;
}

}  // namespace purser
