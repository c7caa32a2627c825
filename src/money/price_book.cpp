// money/price_book.cpp — the book: lists found by provider and model name, without an allocation.
#include "money/price_book.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "money/price_file.hpp"
#include "money/price_list.hpp"

namespace purser {
namespace {

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept {
    return std::hash<std::string_view>{}(text);
  }
};
template <typename Value>
using ByName = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;

/// Whether `text` looks like `shape`, in which 0 stands for any digit.
bool shaped(std::string_view text, std::string_view shape) {
  return std::ranges::equal(text, shape, [](char c, char expected) {
    return expected == '0' ? c >= '0' && c <= '9' : c == expected;
  });
}

}  // namespace

std::string_view without_snapshot(std::string_view model) {
  for (const std::string_view date : {"-2000-00-00", "-20000000", "@20000000"}) {
    if (model.size() > date.size() && shaped(model.substr(model.size() - date.size()), date)) {
      return model.substr(0, model.size() - date.size());
    }
  }
  constexpr std::string_view kLatest = "-latest";
  return model.ends_with(kLatest) ? model.substr(0, model.size() - kLatest.size()) : model;
}

struct PriceBook::Rows {
  std::vector<std::unique_ptr<PriceList>> lists;
  ByName<ByName<const PriceList*>> by_provider;
  struct StandIn {
    PricedAs as;
    ByName<std::string> models;
    std::unique_ptr<PriceList> free;
  };
  ByName<StandIn> stand_ins;

  const PriceList* find(std::string_view provider, std::string_view model) const;
};

PriceBook::PriceBook() : rows_(std::make_unique<Rows>()) {}
PriceBook::PriceBook(PriceBook&&) noexcept = default;
PriceBook& PriceBook::operator=(PriceBook&&) noexcept = default;
PriceBook::~PriceBook() = default;

Result<PriceBook> PriceBook::parse(const std::vector<File>& files) {
  PriceBook book;
  for (const File& file : files) {
    auto lists = read_price_file(file.content);
    if (!lists) {
      return fail(file.name, lists.error());
    }
    ByName<std::string_view> in_this_file;
    for (PriceList& list : *lists) {
      auto kept = std::make_unique<PriceList>(std::move(list));
      for (const std::string& model : kept->models) {
        const std::string name = kept->provider + '/' + model;
        if (!in_this_file.emplace(name, kept->models.front()).second) {
          return fail(Fault::config,
                      fmt::format("{}: model '{}' is priced twice", file.name, model));
        }
        // A later file overrides an earlier one: the operator's own come last.
        book.rows_->by_provider[kept->provider].insert_or_assign(model, kept.get());
      }
      book.rows_->lists.push_back(std::move(kept));
    }
  }
  return book;
}

const PriceList* PriceBook::Rows::find(std::string_view provider, std::string_view model) const {
  const auto models = by_provider.find(provider);
  if (models == by_provider.end()) {
    return nullptr;
  }
  for (const std::string_view name : {model, without_snapshot(model)}) {
    if (const auto found = models->second.find(name); found != models->second.end()) {
      return found->second;
    }
  }
  return nullptr;
}

const PriceList* PriceBook::find(std::string_view provider, std::string_view model) const {
  const auto found = rows_->stand_ins.find(provider);
  if (found == rows_->stand_ins.end()) {
    return rows_->find(provider, model);
  }
  const Rows::StandIn& stand_in = found->second;
  const auto meant = stand_in.models.find(model);
  const std::string_view name = meant == stand_in.models.end() ? model : meant->second;
  for (const std::string_view whose : {provider, std::string_view(stand_in.as.provider)}) {
    if (const PriceList* list = rows_->find(whose, name)) {
      return list;
    }
  }
  return stand_in.free.get();
}

void PriceBook::price_as(const std::string& provider, PricedAs as) {
  Rows::StandIn& stand_in = rows_->stand_ins[provider];
  stand_in.models = {as.models.begin(), as.models.end()};
  if (as.free) {
    stand_in.free = std::make_unique<PriceList>();
    stand_in.free->provider = provider;
    stand_in.free->models = {"*"};
    PriceVersion& version = stand_in.free->versions.emplace_back();
    version.standard = {Level{}};
    version.source = "purser.yaml";
  }
  stand_in.as = std::move(as);
}

std::vector<const PriceList*> PriceBook::lists() const {
  std::vector<const PriceList*> found;
  for (const auto& list : rows_->lists) {
    if (find(list->provider, list->models.front()) == list.get()) {
      found.push_back(list.get());
    }
  }
  return found;
}

}  // namespace purser
