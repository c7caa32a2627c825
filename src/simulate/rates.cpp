// simulate/rates.cpp — list prices of autumn 2026, from the providers' price pages.
#include "simulate/rates.hpp"

#include <algorithm>
#include <array>

namespace purser::simulate {
namespace {

using enum Dialect;

constexpr std::array kModels{
    Model{.id = "text-embedding-3-small",
          .answers_as = "text-embedding-3-small",
          .dialect = embeddings,
          .input = 20'000,
          .cache_read = 20'000,
          .cache_write_short = 20'000,
          .cache_write_long = 20'000,
          .output = 0,
          .output_max = 0},
    Model{.id = "gpt-4o",
          .answers_as = "gpt-4o-2024-08-06",
          .dialect = chat,
          .input = 2'500'000,
          .cache_read = 1'250'000,
          .cache_write_short = 2'500'000,
          .cache_write_long = 2'500'000,
          .output = 10'000'000,
          .priority_percent = 170,
          .output_max = 16'384},
    Model{.id = "gpt-4o-mini",
          .answers_as = "gpt-4o-mini-2024-07-18",
          .dialect = chat,
          .input = 150'000,
          .cache_read = 75'000,
          .cache_write_short = 150'000,
          .cache_write_long = 150'000,
          .output = 600'000,
          .output_max = 16'384},
    Model{.id = "gpt-4.1",
          .answers_as = "gpt-4.1-2025-04-14",
          .dialect = chat,
          .input = 2'000'000,
          .cache_read = 500'000,
          .cache_write_short = 2'000'000,
          .cache_write_long = 2'000'000,
          .output = 8'000'000,
          .priority_percent = 175,
          .output_max = 32'768},
    Model{.id = "o3",
          .answers_as = "o3-2025-04-16",
          .dialect = chat,
          .input = 2'000'000,
          .cache_read = 500'000,
          .cache_write_short = 2'000'000,
          .cache_write_long = 2'000'000,
          .output = 8'000'000,
          .priority_percent = 175,
          .flex = true,
          .reasons = true,
          .output_max = 100'000},
    Model{.id = "gpt-5.4",
          .answers_as = "gpt-5.4",
          .dialect = chat,
          .input = 2'500'000,
          .cache_read = 250'000,
          .cache_write_short = 2'500'000,
          .cache_write_long = 2'500'000,
          .output = 15'000'000,
          .long_above = 272'000,
          .long_input_percent = 200,
          .long_output_percent = 150,
          .priority_percent = 200,
          .flex = true,
          .reasons = true},
    Model{.id = "gpt-5.4-mini",
          .answers_as = "gpt-5.4-mini",
          .dialect = chat,
          .input = 750'000,
          .cache_read = 75'000,
          .cache_write_short = 750'000,
          .cache_write_long = 750'000,
          .output = 4'500'000,
          .priority_percent = 200,
          .flex = true,
          .reasons = true},
    Model{.id = "gpt-5.6-sol",
          .answers_as = "gpt-5.6-sol",
          .dialect = chat,
          .input = 4'000'000,
          .cache_read = 400'000,
          .cache_write_short = 5'000'000,
          .cache_write_long = 5'000'000,
          .output = 20'000'000,
          .long_above = 272'000,
          .long_input_percent = 200,
          .long_output_percent = 150,
          .priority_percent = 200,
          .flex = true,
          .reasons = true,
          .bills_cache_writes = true},
    Model{.id = "gpt-6-sol",
          .answers_as = "gpt-6-sol",
          .dialect = chat,
          .input = 2'000'000,
          .cache_read = 200'000,
          .cache_write_short = 2'500'000,
          .cache_write_long = 2'500'000,
          .output = 10'000'000,
          .long_above = 272'000,
          .long_input_percent = 200,
          .long_output_percent = 150,
          .priority_percent = 200,
          .flex = true,
          .reasons = true,
          .bills_cache_writes = true},
    Model{.id = "gpt-6-luna",
          .answers_as = "gpt-6-luna",
          .dialect = chat,
          .input = 100'000,
          .cache_read = 10'000,
          .cache_write_short = 125'000,
          .cache_write_long = 125'000,
          .output = 500'000,
          .long_above = 272'000,
          .long_input_percent = 200,
          .long_output_percent = 150,
          .priority_percent = 200,
          .flex = true,
          .reasons = true,
          .bills_cache_writes = true},
    Model{.id = "gpt-6.2-sol",
          .answers_as = "gpt-6.2-sol",
          .dialect = chat,
          .input = 2'000'000,
          .cache_read = 100'000,
          .cache_write_short = 2'500'000,
          .cache_write_long = 5'000'000,
          .output = 10'000'000,
          .long_above = 272'000,
          .long_input_percent = 200,
          .long_output_percent = 150,
          .priority_percent = 200,
          .reasons = true,
          .bills_cache_writes = true},
    Model{.id = "claude-opus-5-5",
          .answers_as = "claude-opus-5-5",
          .dialect = messages,
          .input = 4'000'000,
          .cache_read = 200'000,
          .cache_write_short = 5'000'000,
          .cache_write_long = 8'000'000,
          .output = 20'000'000,
          .priority_percent = 200,
          .bills_cache_writes = true,
          .cache_min = 512},
    Model{.id = "claude-opus-5",
          .answers_as = "claude-opus-5",
          .dialect = messages,
          .input = 5'000'000,
          .cache_read = 500'000,
          .cache_write_short = 6'250'000,
          .cache_write_long = 10'000'000,
          .output = 25'000'000,
          .priority_percent = 200,
          .bills_cache_writes = true,
          .cache_min = 512},
    Model{.id = "claude-sonnet-5-5",
          .answers_as = "claude-sonnet-5-5",
          .dialect = messages,
          .input = 2'000'000,
          .cache_read = 100'000,
          .cache_write_short = 2'500'000,
          .cache_write_long = 4'000'000,
          .output = 10'000'000,
          .bills_cache_writes = true,
          .cache_min = 512},
    Model{.id = "claude-sonnet-4-6",
          .answers_as = "claude-sonnet-4-6",
          .dialect = messages,
          .input = 3'000'000,
          .cache_read = 300'000,
          .cache_write_short = 3'750'000,
          .cache_write_long = 6'000'000,
          .output = 15'000'000,
          .bills_cache_writes = true,
          .cache_min = 1024,
          .output_max = 64'000},
    Model{.id = "claude-sonnet-4-5",
          .answers_as = "claude-sonnet-4-5-20250929",
          .dialect = messages,
          .input = 3'000'000,
          .cache_read = 300'000,
          .cache_write_short = 3'750'000,
          .cache_write_long = 6'000'000,
          .output = 15'000'000,
          .long_above = 200'000,
          .long_input_percent = 200,
          .long_output_percent = 150,
          .bills_cache_writes = true,
          .cache_min = 1024,
          .output_max = 64'000},
    Model{.id = "claude-haiku-5-5",
          .answers_as = "claude-haiku-5-5",
          .dialect = messages,
          .input = 100'000,
          .cache_read = 10'000,
          .cache_write_short = 125'000,
          .cache_write_long = 200'000,
          .output = 500'000,
          .long_above = 100'000,
          .long_input_percent = 500,
          .long_output_percent = 500,
          .bills_cache_writes = true,
          .cache_min = 512,
          .output_max = 64'000},
    Model{.id = "claude-haiku-4-5",
          .answers_as = "claude-haiku-4-5-20251001",
          .dialect = messages,
          .input = 1'000'000,
          .cache_read = 100'000,
          .cache_write_short = 1'250'000,
          .cache_write_long = 2'000'000,
          .output = 5'000'000,
          .bills_cache_writes = true,
          .cache_min = 4096,
          .output_max = 64'000},
};

constexpr std::int64_t kPicosPerSearch = 10'000'000'000;     // one cent
constexpr std::int64_t kPicosPerFileSearch = 2'500'000'000;  // a quarter of one
constexpr std::int64_t kPicosPerNano = 1'000;
constexpr std::int64_t kUsOnlyPercent = 110;

std::int64_t tier_percent(const Model& model, const Terms& terms) {
  if (terms.fast || terms.tier == Tier::priority) {
    return model.priority_percent;
  }
  return terms.tier == Tier::flex ? 50 : 100;
}

}  // namespace

std::span<const Model> models() {
  return kModels;
}

const Model* find_model(std::string_view name) {
  const auto found = std::ranges::find_if(
      kModels, [&](const Model& model) { return model.id == name || model.answers_as == name; });
  return found == kModels.end() ? nullptr : &*found;
}

std::int64_t nanodollars(const Model& model, const Usage& usage, const Terms& terms) {
  using Wide = __int128;  // a million tokens × picodollars × three percentages is past 64 bits
  const bool is_long = model.long_above > 0 && usage.prompt() > model.long_above;
  const Wide input = Wide(usage.input) * model.input + Wide(usage.cache_read) * model.cache_read +
                     Wide(usage.cache_write_short) * model.cache_write_short +
                     Wide(usage.cache_write_long) * model.cache_write_long;
  const Wide output = Wide(usage.output) * model.output;
  const Wide tokens = input * (is_long ? model.long_input_percent : 100) +
                      output * (is_long ? model.long_output_percent : 100);
  constexpr Wide kPercents = 100 * 100 * 100;  // size, tier, place
  const Wide scaled = tokens * tier_percent(model, terms) * (terms.us_only ? kUsOnlyPercent : 100) +
                      Wide(usage.searches) * kPicosPerSearch * kPercents +
                      Wide(usage.file_searches) * kPicosPerFileSearch * kPercents;
  constexpr Wide kUnit = kPicosPerNano * kPercents;
  return static_cast<std::int64_t>((scaled + kUnit / 2) / kUnit);
}

}  // namespace purser::simulate
