// app/commands_import.cpp — `purser prices diff` and `purser prices import`: other people's price
// catalogues beside our book. What would change is shown first; nothing does without --yes.
#include <fmt/core.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "app/commands.hpp"
#include "app/data_file.hpp"
#include "app/policy.hpp"
#include "money/import.hpp"
#include "money/import_plan.hpp"
#include "money/price_file.hpp"
#include "money/price_text.hpp"

namespace purser {
namespace {

struct ImportOptions {
  BooksOption books;
  std::string file;
  std::string provider;  // empty: every one that the book has
  std::string out;       // empty: the folder that `prices:` names
  std::string checked;   // empty: today
  bool accept_doubtful = false;
  bool yes = false;
};

std::string today() {
  return to_rfc3339(now()).substr(0, 10);
}

/// A catalogue in either form, told by its shape: an object of models is LiteLLM's, a list of
/// providers genai-prices'.
Result<Imported> read_catalogue(const ImportOptions& options) {
  const auto text = read_data_file(options.file);
  if (!text) {
    return std::unexpected(text.error());
  }
  const std::size_t first = text->find_first_not_of(" \t\r\n");
  const bool list = first != std::string::npos && (*text)[first] == '[';
  const std::string checked = options.checked.empty() ? today() : options.checked;
  auto imported =
      list ? import_genai(*text, {.source = "pydantic/genai-prices data.json", .checked = checked})
           : import_litellm(*text, {.source = "LiteLLM model_prices_and_context_window.json",
                                    .checked = checked});
  if (!imported) {
    return fail(options.file + ": neither LiteLLM's nor genai-prices' catalogue", imported.error());
  }
  return imported;
}

/// Leaves only the providers asked for; says how many models of others there were.
std::size_t keep_providers(const PriceBook& book, const ImportOptions& options,
                           Imported& imported) {
  std::set<std::string> wanted{options.provider};
  if (options.provider.empty()) {
    for (const PriceList* list : book.lists()) {
      wanted.insert(list->provider);
    }
  }
  std::erase_if(imported.remarks,
                [&](const Remark& remark) { return !wanted.contains(remark.provider); });
  return std::erase_if(imported.lists,
                       [&](const PriceList& list) { return !wanted.contains(list.provider); });
}

void show(const ImportPlan& plan, const Imported& imported, std::size_t elsewhere) {
  fmt::print("{}", to_text(plan.changes));
  for (const Remark& remark : imported.remarks) {
    fmt::print("! {} {}: {}\n", remark.provider, remark.model, remark.why);
  }
  if (!plan.questions.empty()) {
    fmt::print("? out of line by more than ten times (US dollars a million tokens):\n{}",
               to_text(plan.questions));
  }
  std::set<std::string_view> doubtful;
  for (const Question& question : plan.questions) {
    doubtful.insert(question.model);
  }
  fmt::print(
      "{} models would change ({} prices); {} pinned and kept; {} doubtful; {} not taken "
      "over; {} of other providers\n",
      plan.adopted.size(), plan.changes.size(), plan.kept.size(), doubtful.size(),
      imported.remarks.size(), elsewhere);
}

struct Planned {
  Config config;
  ImportPlan plan;
};

/// Reads book and catalogue, and shows what the one would do to the other.
Result<Planned> plan_and_show(const ImportOptions& options, ImportRules rules) {
  auto config = options.books.read();
  if (!config) {
    return std::unexpected(config.error());
  }
  const auto book = read_prices(*config);
  if (!book) {
    return std::unexpected(book.error());
  }
  auto imported = read_catalogue(options);
  if (!imported) {
    return std::unexpected(imported.error());
  }
  const std::size_t elsewhere = keep_providers(*book, options, *imported);
  ImportPlan plan = plan_import(*book, std::move(imported->lists), today(), rules);
  show(plan, *imported, elsewhere);
  return Planned{std::move(*config), std::move(plan)};
}

/// A provider's file with these lists in it: models that it had stay, unless they are in them.
Result<std::string> merged(const std::filesystem::path& file, std::vector<PriceList> lists) {
  if (std::filesystem::exists(file)) {
    const auto text = read_file(file);
    auto before = text ? read_price_file(*text) : std::unexpected(text.error());
    if (!before) {
      return fail(file.string(), before.error());
    }
    std::set<std::string> taken;
    for (const PriceList& list : lists) {
      taken.insert(list.models.begin(), list.models.end());
    }
    for (PriceList& list : *before) {
      std::erase_if(list.models, [&](const std::string& model) { return taken.contains(model); });
      if (!list.models.empty()) {
        lists.push_back(std::move(list));
      }
    }
  }
  return price_file_text(lists);
}

Result<void> write(const ImportPlan& plan, const std::filesystem::path& folder) {
  std::map<std::string, std::vector<PriceList>> by_provider;
  for (const PriceList& list : plan.adopted) {
    by_provider[list.provider].push_back(list);
  }
  std::map<std::filesystem::path, std::string> files;
  for (auto& [provider, lists] : by_provider) {
    const std::filesystem::path file = folder / (provider + ".json");
    auto text = merged(file, std::move(lists));
    if (!text) {
      return std::unexpected(text.error());
    }
    files[file] = std::move(*text);
  }
  for (const auto& [file, text] : files) {  // all of them could be made: now they are written
    if (auto written = replace_file(file, text); !written) {
      return written;
    }
    fmt::print("wrote {}\n", file.string());
  }
  return {};
}

int diff_prices(const ImportOptions& options) {
  const auto planned =
      plan_and_show(options, {.pinned = Pinned::replace, .doubtful = Doubtful::accept});
  return planned ? static_cast<int>(kDone) : complain(planned.error());
}

int import_prices(const ImportOptions& options) {
  auto planned = plan_and_show(
      options, {.pinned = Pinned::keep,
                .doubtful = options.accept_doubtful ? Doubtful::accept : Doubtful::refuse});
  if (!planned) {
    return complain(planned.error());
  }
  auto& [config, plan] = *planned;
  if (!options.yes) {
    fmt::print("nothing was changed; --yes does it\n");
    return kDone;
  }
  const std::filesystem::path folder =
      options.out.empty() ? config.prices : std::filesystem::path(options.out);
  if (folder.empty()) {
    return complain(
        {Fault::config, "where to? name a folder with --out, and in purser.yaml: prices"});
  }
  // What was accepted although it is out of line has been looked at: the book shall not ask again.
  for (PriceList& list : plan.adopted) {
    list.versions.back().pinned = std::ranges::any_of(plan.questions, [&](const Question& asked) {
      return asked.provider == list.provider &&
             std::ranges::find(list.models, asked.model) != list.models.end();
    });
  }
  if (auto written = write(plan, folder); !written) {
    return complain(written.error());
  }
  return kDone;
}

void add_common(CLI::App& command, ImportOptions& options) {
  command.add_option("FILE", options.file, "the catalogue, plain or zstd")->required();
  command.add_option("--provider", options.provider,
                     "only this provider's (default: all that the book has)");
  options.books.add_to(command);
}

}  // namespace

void add_prices_diff(CLI::App& prices, Action& chosen) {
  CLI::App* command = prices.add_subcommand(
      "diff", "Where LiteLLM's or genai-prices' catalogue says something else than the book");
  command->footer(
      "Example: purser prices diff model_prices_and_context_window.json --provider openai\n"
      "Lines: + a price the book has not, - one the catalogue has not, ~ another, ! not taken "
      "over.");
  const auto options = std::make_shared<ImportOptions>();
  add_common(*command, *options);
  command->callback([options, &chosen] { chosen = [options] { return diff_prices(*options); }; });
}

void add_prices_import(CLI::App& prices, Action& chosen) {
  CLI::App* command = prices.add_subcommand(
      "import", "Take over a catalogue's prices; shows what would change, --yes writes it");
  command->footer(
      "Example: purser prices import data.json --provider groq --out my-prices --yes\n"
      "Rows pinned in the book stay. A changed price is a new row from today on. Prices out of "
      "line\n"
      "by more than ten times are left out unless --accept-doubtful. Exit: 0 done, 1 not.");
  const auto options = std::make_shared<ImportOptions>();
  add_common(*command, *options);
  command->add_option("--out", options->out, "folder to write to (default: what `prices:` names)");
  command->add_option("--checked", options->checked, "the catalogue's day, YYYY-MM-DD: today");
  command->add_flag("--accept-doubtful", options->accept_doubtful, "take doubtful prices too");
  command->add_flag("--yes", options->yes, "write the files");
  command->callback([options, &chosen] { chosen = [options] { return import_prices(*options); }; });
}

}  // namespace purser
