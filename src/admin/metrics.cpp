// admin/metrics.cpp — families built from the counters on demand; nothing is kept twice.
#include "admin/metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include "wire/wire.hpp"

namespace purser {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Label = ClientMetric::Label;

constexpr std::array<Outcome, kOutcomes> kAllOutcomes{Outcome::settled, Outcome::released,
                                                      Outcome::presumed, Outcome::estimated};
constexpr std::array<std::string_view, kRefusals> kRefusalNames{
    "money",    "pace",     "key",     "forbidden",  "bad_request", "too_large", "not_found",
    "no_price", "upstream", "timeout", "overloaded", "head",        "conflict"};
constexpr std::array<std::string_view, 6> kStatusNames{"none", "1xx", "2xx", "3xx", "4xx", "5xx"};

Label label(std::string_view name, std::string_view value) {
  Label made;
  made.name = name;
  made.value = value;
  return made;
}

class Page {
 public:
  explicit Page(std::span<Core* const> cores) : cores_(cores) {}

  /// The sum over all cores of what `pick` finds in each core's counters.
  template <typename Pick>
  double sum(Pick pick) const {
    std::int64_t total = 0;
    for (const Core* core : cores_) {
      total += pick(core->counters).now();
    }
    return static_cast<double>(total);
  }

  MetricFamily& family(std::string_view name, std::string_view help, MetricType type) {
    MetricFamily made;
    made.name = name;
    made.help = help;
    made.type = type;
    families_.push_back(std::move(made));
    return families_.back();
  }

  void counter(MetricFamily& family, std::vector<Label> labels, double value) {
    ClientMetric metric;
    metric.label = std::move(labels);
    metric.counter.value = value;
    family.metric.push_back(std::move(metric));
  }

  template <typename Pick>
  void counter(std::string_view name, std::string_view help, Pick pick) {
    counter(family(name, help, MetricType::Counter), {}, sum(pick));
  }

  void gauge(std::string_view name, std::string_view help, double value) {
    ClientMetric metric;
    metric.gauge.value = value;
    family(name, help, MetricType::Gauge).metric.push_back(std::move(metric));
  }

  void added_latency();
  std::string text() const { return prometheus::TextSerializer().Serialize(families_); }

 private:
  std::span<Core* const> cores_;
  std::vector<MetricFamily> families_;
};

void Page::added_latency() {
  MetricFamily& histogram =
      family("purser_added_seconds",
             "Time between a call's last byte in and its first byte out to the provider.",
             MetricType::Histogram);
  ClientMetric metric;
  std::uint64_t below = 0;
  for (std::size_t i = 0; i <= kAddedUsBounds.size(); ++i) {
    below += static_cast<std::uint64_t>(
        sum([i](const Counters& c) -> const Count& { return c.added_us[i]; }));
    ClientMetric::Bucket bucket;
    bucket.cumulative_count = below;
    bucket.upper_bound = i < kAddedUsBounds.size() ? static_cast<double>(kAddedUsBounds[i]) / 1e6
                                                   : std::numeric_limits<double>::infinity();
    metric.histogram.bucket.push_back(bucket);
  }
  metric.histogram.sample_count = below;
  metric.histogram.sample_sum =
      sum([](const Counters& c) -> const Count& { return c.added_us_sum; }) / 1e6;
  histogram.metric.push_back(std::move(metric));
}

void add_calls(Page& page) {
  MetricFamily& calls =
      page.family("purser_calls_total", "Calls by how their hold ended.", MetricType::Counter);
  for (std::size_t d = 0; d < kDialects; ++d) {
    for (std::size_t o = 0; o < kOutcomes; ++o) {
      page.counter(calls,
                   {label("dialect", to_string(kAllDialects[d])),
                    label("outcome", to_string(kAllOutcomes[o]))},
                   page.sum([&](const Counters& c) -> const Count& { return c.calls[d][o]; }));
    }
  }
  MetricFamily& cost =
      page.family("purser_cost_usd_total", "Dollars posted to the ledger.", MetricType::Counter);
  for (std::size_t d = 0; d < kDialects; ++d) {
    for (std::size_t o = 0; o < kOutcomes; ++o) {
      page.counter(
          cost,
          {label("dialect", to_string(kAllDialects[d])),
           label("outcome", to_string(kAllOutcomes[o]))},
          page.sum([&](const Counters& c) -> const Count& { return c.cost_nanos[d][o]; }) / 1e9);
    }
  }
}

void add_tokens(Page& page) {
  MetricFamily& tokens =
      page.family("purser_tokens_total", "Tokens as providers reported them; cached is part of in.",
                  MetricType::Counter);
  struct Kind {
    std::string_view name;
    std::array<Count, kDialects> Counters::* counts;
  };
  for (const Kind& kind : {Kind{"in", &Counters::tokens_in}, Kind{"out", &Counters::tokens_out},
                           Kind{"cached", &Counters::tokens_cached}}) {
    for (std::size_t d = 0; d < kDialects; ++d) {
      page.counter(
          tokens, {label("dialect", to_string(kAllDialects[d])), label("kind", kind.name)},
          page.sum([&](const Counters& c) -> const Count& { return (c.*kind.counts)[d]; }));
    }
  }
}

void add_refusals(Page& page) {
  MetricFamily& refusals =
      page.family("purser_refusals_total", "Calls not made, or answered by Purser itself.",
                  MetricType::Counter);
  for (std::size_t i = 0; i < kRefusals; ++i) {
    page.counter(refusals, {label("reason", kRefusalNames[i])},
                 page.sum([&](const Counters& c) -> const Count& { return c.refusals[i]; }));
  }
  MetricFamily& status = page.family("purser_upstream_answers_total",
                                     "Providers' answers by status class.", MetricType::Counter);
  for (std::size_t i = 0; i < kStatusNames.size(); ++i) {
    page.counter(status, {label("status", kStatusNames[i])},
                 page.sum([&](const Counters& c) -> const Count& { return c.upstream_status[i]; }));
  }
}

void add_events(Page& page) {
  page.counter("purser_fitted_total", "Calls whose output bound was lowered to the money left.",
               [](const Counters& c) -> const Count& { return c.fitted; });
  page.counter("purser_waited_total", "Calls that waited for money held by other calls.",
               [](const Counters& c) -> const Count& { return c.waited; });
  page.counter("purser_killed_total", "Calls ended on their way by a hard kill switch.",
               [](const Counters& c) -> const Count& { return c.killed; });
  page.counter("purser_tried_again_total", "Attempts that failed and were followed by another.",
               [](const Counters& c) -> const Count& { return c.tried_again; });
  page.counter("purser_drained_total", "Streams read on after their client had left.",
               [](const Counters& c) -> const Count& { return c.drained; });
  page.counter("purser_cut_total", "Streams ended at their hold.",
               [](const Counters& c) -> const Count& { return c.cut; });
  page.counter("purser_overruns_total", "Answers that cost more than was held: investigate.",
               [](const Counters& c) -> const Count& { return c.overruns; });
  page.counter("purser_unpriced_total", "Calls priced at the ceiling for unknown models.",
               [](const Counters& c) -> const Count& { return c.unpriced; });
}

void add_state(Page& page, std::span<Core* const> cores, Services& services) {
  std::size_t accounts = 0;
  std::size_t away = 0;
  std::size_t bytes = 0;
  std::size_t holds = 0;
  {
    const std::lock_guard lock(services.books.mutex);
    accounts = services.books.treasury.accounts();
    away = services.books.treasury.names_away();
    bytes = services.books.treasury.bytes();
    holds = services.books.treasury.open_holds();
  }
  page.gauge("purser_accounts", "Accounts in memory.", static_cast<double>(accounts));
  page.gauge("purser_accounts_away",
             "Names of accounts that left memory, those that came back meanwhile among them.",
             static_cast<double>(away));
  page.gauge("purser_accounts_bytes", "Memory of all accounts, open holds and names away.",
             static_cast<double>(bytes));
  const AccountDesk::Counts moved = services.accounts->counts();
  MetricFamily& moves = page.family(
      "purser_account_moves_total",
      "Accounts that left memory, came back, or were looked for and are new.", MetricType::Counter);
  for (const auto& [move, many] : {std::pair{"retired", moved.retired},
                                   {"recalled", moved.recalled},
                                   {"unknown", moved.unknown}}) {
    page.counter(moves, {label("move", move)}, static_cast<double>(many));
  }
  page.gauge("purser_open_holds", "Holds not yet settled.", static_cast<double>(holds));
  page.gauge("purser_calls_in_flight", "Calls between their first byte and their settlement.",
             page.sum([](const Counters& c) -> const Count& { return c.in_flight; }));
  page.gauge("purser_connections", "Open client connections.",
             page.sum([](const Counters& c) -> const Count& { return c.connections; }));
  page.gauge("purser_cores", "Threads that serve calls.", static_cast<double>(cores.size()));
  const Store::Health health = services.store->health();
  page.gauge("purser_journal_bytes", "Journal not yet folded into the database.",
             static_cast<double>(health.journal_bytes));
  page.gauge("purser_journal_syncs", "Batches made durable since start.",
             static_cast<double>(health.syncs));
  page.gauge("purser_journal_sync_seconds_max", "Slowest sync since start.",
             static_cast<double>(health.sync_us_max) / 1e6);
  page.gauge("purser_store_failed", "1 when the books cannot be written: no call leaves.",
             health.failed ? 1 : 0);
  page.gauge("purser_turn_lines_lost", "Turn lines dropped because their reader was too slow.",
             static_cast<double>(services.turns->lost()));
}

/// Labelled by provider: as many as the configuration has named since the start.
void add_queues(Page& page, Gates& gates) {
  const std::vector<Gates::Standing> standings = gates.standings();
  MetricFamily& waiting = page.family(
      "purser_queue_waiting", "Calls that wait for their turn with a provider.", MetricType::Gauge);
  for (const Gates::Standing& each : standings) {
    ClientMetric metric;
    metric.label = {label("provider", each.provider)};
    metric.gauge.value = static_cast<double>(each.waiting);
    waiting.metric.push_back(std::move(metric));
  }
  MetricFamily& waited = page.family("purser_queue_waited_total",
                                     "Calls that had to wait for their turn.", MetricType::Counter);
  for (const Gates::Standing& each : standings) {
    page.counter(waited, {label("provider", each.provider)}, static_cast<double>(each.waited));
  }
  MetricFamily& closed = page.family(
      "purser_gate_closed_total",
      "Times a provider said it was asked too fast, or had nothing left, and all waited for it.",
      MetricType::Counter);
  for (const Gates::Standing& each : standings) {
    page.counter(closed, {label("provider", each.provider)}, static_cast<double>(each.closed));
  }
}

void add_alerts(Page& page, const AlertDesk& desk) {
  const AlertDesk::Counts counts = desk.counts();
  MetricFamily& events = page.family("purser_alerts_total",
                                     "Alerts told after deduplication, what came of their "
                                     "deliveries, and notes dropped before they were written.",
                                     MetricType::Counter);
  const std::pair<std::string_view, std::int64_t> all[] = {{"told", counts.told},
                                                           {"delivered", counts.delivered},
                                                           {"failed", counts.failed},
                                                           {"given_up", counts.given_up},
                                                           {"dropped", counts.dropped}};
  for (const auto& [name, count] : all) {
    page.counter(events, {label("event", name)}, static_cast<double>(count));
  }
}

}  // namespace

std::string metrics_text(std::span<Core* const> cores, Services& services) {
  Page page(cores);
  add_calls(page);
  add_tokens(page);
  add_refusals(page);
  add_events(page);
  page.added_latency();
  add_state(page, cores, services);
  add_queues(page, services.gates);
  page.gauge("purser_providers_left_alone", "Providers that fail call after call.",
             static_cast<double>(services.breakers.open()));
  add_alerts(page, *services.alerts);
  return page.text();
}

}  // namespace purser
