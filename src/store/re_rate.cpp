// store/re_rate.cpp — one pass over the range, a correction for each call whose cost differs.
#include "store/re_rate.hpp"

#include "base/invariant.hpp"
#include "store/corrections.hpp"
#include "store/tables.hpp"
#include "store/usage_more.hpp"

namespace purser {
namespace {

constexpr std::string_view kSelect =
    "SELECT id, at, provider, model, service_tier, speed, geo, "
    "cost + coalesce((SELECT sum(amount) FROM corrections WHERE call = calls.id), 0), legs, "
    "uncached, cache_read, cache_write_short, cache_write_long, tokens_out, reasoning, "
    "web_searches, usage_more, passes FROM calls WHERE id >= ? AND at >= ? AND at < ? AND "
    "outcome = 'settled' AND passes > 0";
/// The call's passes, each with its model. None: they are only kept as a sum.
Result<std::vector<Pass>> passes_at(const Statement& row, int column, const std::string& model) {
  Usage usage;
  for (Tokens* tokens : {&usage.input_uncached, &usage.cache_read, &usage.cache_write_short,
                         &usage.cache_write_long, &usage.output, &usage.reasoning}) {
    *tokens = Tokens(row.number_at(column++));
  }
  usage.web_searches = row.number_at(column++);
  std::vector<Pass> passes;
  if (auto read = read_usage_more(row.text_at(column++), usage, passes); !read) {
    return std::unexpected(read.error());
  }
  if (row.number_at(column) == 1) {
    passes = {Pass{.model = {}, .usage = usage}};
  }
  for (Pass& pass : passes) {
    pass.model = pass.model.empty() ? model : pass.model;
  }
  return passes;
}

class ReRating {
 public:
  ReRating(const Database& database, const Repricing& pricing, std::string_view why, Instant now)
      : database_(database), pricing_(pricing), why_(why), now_(now) {}
  Result<ReRated> run(Instant since, Instant until);

 private:
  Result<void> price(const Statement& row, Corrector& corrector);

  const Database& database_;
  const Repricing& pricing_;
  const std::string_view why_;
  const Instant now_;
  ReRated done_;
};

Result<void> ReRating::price(const Statement& row, Corrector& corrector) {
  const CallId call(row.number_at(0));
  const std::string provider = row.text_at(2);
  const std::string model = row.text_at(3);
  const std::string geo = row.text_at(6);
  const Amount before = Amount::from_nanos(row.number_at(7));
  const auto passes = passes_at(row, 9, model);
  if (!passes) {
    return std::unexpected(passes.error());
  }
  if (passes->empty()) {
    return {};
  }
  const auto priced = pricing_({.call = call,
                                .provider = provider,
                                .model = model,
                                .before = before,
                                .passes = *passes,
                                .conditions = {.tier = static_cast<ServiceTier>(row.number_at(4)),
                                               .speed = static_cast<Speed>(row.number_at(5)),
                                               .geo = geo,
                                               .region = {},
                                               .at = Instant::from_nanos(row.number_at(1))}});
  const Amount after = priced.value_or(before);
  INVARIANT(after >= Amount(), "a call never earns money");
  ++done_.calls;
  done_.before += before;
  done_.after += after;
  if (after == before) {
    return {};
  }
  ++done_.changed;
  return corrector.correct(call, after - before, row.blob_at(8));
}

Result<ReRated> ReRating::run(Instant since, Instant until) {
  auto select = database_.prepare(kSelect);
  auto corrector = Corrector::open(database_, why_, now_);
  const auto first = first_call(database_, since);
  if (!select || !corrector || !first) {
    return std::unexpected(!select      ? select.error()
                           : !corrector ? corrector.error()
                                        : first.error());
  }
  select->number(first->count()).number(since.nanos()).number(until.nanos());
  while (true) {
    const auto row = select->step();
    if (!row) {
      return std::unexpected(row.error());
    }
    if (!*row) {
      break;
    }
    if (auto done = price(*select, *corrector); !done) {
      return std::unexpected(done.error());
    }
  }
  return std::move(done_);
}

}  // namespace

Result<ReRated> re_rate(const std::filesystem::path& folder, Instant since, Instant until,
                        const Repricing& pricing, std::string_view why, Instant now, ReRate mode) {
  if (auto books = open_books(folder); !books) {
    return std::unexpected(books.error());
  }
  const auto database = Database::open(folder / kDatabaseName, Database::Access::write);
  if (!database) {
    return std::unexpected(database.error());
  }
  if (auto begun = database->execute("BEGIN IMMEDIATE"); !begun) {
    return std::unexpected(begun.error());
  }
  auto done = ReRating(*database, pricing, why, now).run(since, until);
  // A preview is the same work, taken back.
  const bool keep = done && mode == ReRate::post;
  const auto ended = database->execute(keep ? "COMMIT" : "ROLLBACK");
  if (done && !ended) {
    return std::unexpected(ended.error());
  }
  return done;
}

}  // namespace purser
