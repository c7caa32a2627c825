// pipeline/admit.cpp — who calls, for what, what it may cost at most, and whether it may at all.
#include <fmt/format.h>

#include "base/hash.hpp"
#include "call/prompt_count.hpp"
#include "limits/effort.hpp"
#include "pipeline/heads.hpp"
#include "pipeline/stages.hpp"

namespace purser {
namespace {

std::unexpected<Denial> denied(Refused why, std::string message) {
  return std::unexpected(
      Denial{.why = why, .message = std::move(message), .retry_after = {}, .limit = {}});
}

/// A name for a key that is not ours: enough to tell callers apart, too little to be the key.
std::string fingerprint(std::string_view secret) {
  constexpr std::uint64_t kNotOurs = 0x6b6579;
  return fmt::format("own_{:016x}", digest(secret, kNotOurs).high);
}

void raise(WorstRates& worst, const WorstRates& other) {
  worst.input = std::max(worst.input, other.input);
  worst.output = std::max(worst.output, other.output);
  worst.per_request = std::max(worst.per_request, other.per_request);
  worst.web_search = std::max(worst.web_search, other.web_search);
  worst.file_search = std::max(worst.file_search, other.file_search);
}

/// The dearest of the service tiers that the request may end up with: the one it asks for, its
/// project's where it asks for none, or the standard one when that is not to be had.
WorstRates dearest(const PriceList& list, const Provider& provider, const Call& call,
                   Tokens input_max, Instant at) {
  Conditions asked{.tier = ServiceTier::standard,
                   .speed = call.speed_asked,
                   .geo = call.geo_asked,
                   .region = {},
                   .at = at};
  WorstRates worst = worst_rates(list, input_max, asked);
  if (const ServiceTier tier = call.tier_asked.value_or(provider.tier_default);
      tier != ServiceTier::standard) {
    asked.tier = tier;
    raise(worst, worst_rates(list, input_max, asked));
  }
  if (call.speed_asked != Speed::standard) {
    asked.speed = Speed::standard;
    raise(worst, worst_rates(list, input_max, asked));
  }
  return worst;
}

OrDenial<Pricing> price(const Policy& policy, const Provider& provider, const Call& call,
                        Tokens input_max, Instant at) {
  Pricing pricing;
  pricing.list = policy.prices->find(provider.name, call.model);
  bool unpriced = pricing.list == nullptr;
  std::string_view unknown = call.model;
  if (!unpriced) {
    pricing.worst = dearest(*pricing.list, provider, call, input_max, at);
  }
  for (const std::string_view other : call.other_models) {
    if (other.empty()) {
      continue;
    }
    if (const PriceList* list = policy.prices->find(provider.name, other)) {
      raise(pricing.worst, dearest(*list, provider, call, input_max, at));
    } else {
      unknown = unpriced ? unknown : other;
      unpriced = true;
    }
  }
  if (unpriced && !policy.ceiling) {
    return denied(
        Refused::no_price,
        fmt::format("the price book has no price for model '{}' at {}; an operator can "
                    "add one (purser prices import) or allow a ceiling (unpriced.ceiling)",
                    unknown, provider.name));
  }
  if (unpriced) {
    raise(pricing.worst, {.input = policy.ceiling->input,
                          .output = policy.ceiling->output,
                          .per_request = {},
                          .web_search = {},
                          .file_search = {}});
  }
  return pricing;
}

/// What the provider keeps of earlier answers is billed too, where the call may continue them.
OrDenial<void> look_behind(Call& call, const Caller& caller, const AnswerSizes& answers) {
  const std::string_view before = call.previous_response;
  if (before.empty()) {
    return {};
  }
  if (answers.owner(before, caller.key) == AnswerSizes::Owner::another) {
    return denied(Refused::bad_request,
                  fmt::format("Previous response with id '{}' not found.", before));
  }
  call.state_tokens_max = std::max(call.state_tokens_max, answers.behind(before));
  return {};
}

/// The bound of one choice, and whether it must be said to the provider.
void bound_output(Admitted& admitted, const CallBounds& bounds) {
  const Call& call = admitted.call;
  const PriceList* list = admitted.pricing.list;
  const Tokens model_max = list == nullptr ? Tokens(0) : longest_output(*list);
  if (call.output_max) {
    admitted.output_max = *call.output_max;
    admitted.output_known = true;
  } else if (bounds.output_default && !call.output_fixed) {
    admitted.output_max = *bounds.output_default;
    admitted.output_known = false;
  } else {
    admitted.output_known = model_max > Tokens(0);
    admitted.output_max = admitted.output_known ? model_max : admitted.policy->output_default;
  }
  if (bounds.output_max && admitted.output_max > *bounds.output_max && !call.output_fixed) {
    admitted.output_max = *bounds.output_max;
    admitted.output_known = false;
  }
}

/// A prompt within the bound by its bytes is so by its tokens; else they are counted.
OrDenial<void> bound_input(const Admitted& admitted, Tokens most, std::string_view body,
                           Core& core) {
  if (admitted.input_max <= most) {
    return {};
  }
  const Tokens counted = core.prompts.count(admitted.model, body);
  const Tokens tight =
      std::min(admitted.input_max,
               tight_input_bound(admitted.call, admitted.provider->name, counted, core.ratios));
  if (tight <= most) {
    return {};
  }
  return denied(Refused::too_large,
                fmt::format("the prompt may have {} tokens; {} are allowed for this caller",
                            tight.count(), most.count()));
}

/// The rules for single calls that match this one.
OrDenial<void> apply_call_rules(Admitted& admitted, std::string_view body, Core& core) {
  const CallBounds bounds = bounds_of(admitted.policy->calls, admitted.facts());
  if (bounds.refuses_model != nullptr && admitted.control == Control::enforce) {
    return denied(Refused::forbidden,
                  fmt::format("model '{}' is not allowed for this caller; allowed: {}",
                              admitted.model, fmt::join(bounds.refuses_model->models, ", ")));
  }
  bound_output(admitted, bounds);
  if (is_more_effort(admitted.call.effort, bounds.effort_max)) {
    admitted.effort = bounds.effort_max;
  }
  return bounds.input_max && admitted.control == Control::enforce
             ? bound_input(admitted, *bounds.input_max, body, core)
             : OrDenial<void>{};
}

/// A caller's own key goes as it came, but to who takes keys in one header only.
KeyHeader header_for(const Credentials& credentials, const Provider& provider) {
  if (provider.key_header != KeyHeader::bearer && provider.key_header != KeyHeader::x_api_key) {
    return provider.key_header;
  }
  return credentials.as_api_key ? KeyHeader::x_api_key : KeyHeader::bearer;
}

}  // namespace

Tokens all_choices(std::int64_t choices, Tokens output_max) {
  return Tokens(output_max.count() * choices);
}

OrDenial<Identified> identify(const Request& request, Core& core, Services& services) {
  Identified who;
  who.credentials = read_credentials(*request.fields, request.query);
  const std::string_view secret = who.credentials.naming();
  const Instant time = now();
  const KeyRecord* key = core.keys->find(secret, time);
  if (key == nullptr && secret.starts_with(kSecretPrefix)) {
    core.keys = services.keys->look_for_unknown(std::chrono::steady_clock::now());
    key = core.keys->find(secret, time);
  }
  if (key != nullptr) {
    who.caller = key->caller;
    who.rights = key->rights;
    who.known = true;
    who.operates = key->operates;
    return who;
  }
  const Policy& policy = *core.policy;
  if (policy.unknown_key == UnknownKey::refuse || !who.credentials.purser.empty()) {
    return denied(Refused::key,
                  secret.empty()
                      ? "no key: send one made by `purser keys create` as Authorization: Bearer, "
                        "x-api-key or x-purser-key"
                      : "this key is unknown, expired or revoked; `purser keys create` makes one");
  }
  if (!policy.unknown_labels) {
    who.rights = {.user = false,
                  .tier = false,
                  .team = false,
                  .feature = false,
                  .session = true,
                  .priority = false,
                  .tags = false};
  }
  if (!secret.empty()) {
    who.caller.key = fingerprint(secret);
  }
  return who;
}

OrDenial<UpstreamSecret> upstream_secret(const Identified& who, const Provider& provider,
                                         UnknownKey unknown) {
  const bool callers_own = !who.credentials.provider.empty() &&
                           (who.known ? !who.credentials.purser.empty() && provider.secret.empty()
                                      : unknown == UnknownKey::forward);
  if (callers_own) {
    return UpstreamSecret{who.credentials.provider, header_for(who.credentials, provider)};
  }
  if (provider.secret.empty() && provider.key_wanted) {
    return denied(Refused::upstream, "Purser has no key for " + provider.name +
                                         ": its operator sets one, or you send your own beside "
                                         "x-purser-key");
  }
  return UpstreamSecret{provider.secret, provider.key_header};
}

OrDenial<Admitted> admit(const Request& request, Dialect dialect, Core& core, Services& services,
                         Intent intent) {
  const std::shared_ptr<const Policy>& policy = core.policy;
  auto who = identify(request, core, services);
  if (!who) {
    return std::unexpected(std::move(who.error()));
  }
  auto call = read_request(dialect, request.body, model_in(request.path), request.path);
  if (!call) {
    return denied(Refused::bad_request, std::move(call.error().message));
  }
  auto choice =
      choose(policy->providers, dialect, provider_asked(request), call->model, *policy->prices);
  if (!choice) {
    return denied(Refused::not_found, std::move(choice.error()));
  }
  auto secret = upstream_secret(*who, *choice->provider, policy->unknown_key);
  if (!secret) {
    return std::unexpected(std::move(secret.error()));
  }
  Admitted admitted;
  admitted.name_taken_off = choice->model.size() < call->model.size();
  call->model = choice->model;
  admitted.began = std::chrono::steady_clock::now();
  admitted.at = now();
  Labels labels = read_labels(*request.fields);
  admitted.signals = read_signals(*request.fields, *call);
  labels.session = admitted.signals.session.substr(0, kLabelBytesMax);
  if (auto labelled = apply_labels(who->caller, who->rights, labels, *call); !labelled) {
    return denied(Refused::bad_request, std::move(labelled.error().message));
  }
  if (auto continued = look_behind(*call, who->caller, services.answers); !continued) {
    return std::unexpected(std::move(continued.error()));
  }
  call->output_fixed = call->output_fixed || request.path.ends_with("/compact");
  admitted.input_max = input_bound(*call);
  if (call->embeds) {
    // Some answers say nothing of usage and are posted at their hold, so it is counted.
    const Tokens counted = core.prompts.count(call->model, request.body);
    admitted.input_max = std::min(
        admitted.input_max, tight_input_bound(*call, choice->provider->name, counted, core.ratios));
  }
  if (intent == Intent::call) {
    admitted.id = CallId(services.next_call.fetch_add(1, std::memory_order_relaxed));
  }
  admitted.policy = policy;
  admitted.provider = choice->provider;
  admitted.secret = std::move(*secret);
  admitted.caller = std::move(who->caller);
  admitted.call = std::move(*call);
  admitted.model_asked = admitted.call.model;
  admitted.model = admitted.model_asked;
  admitted.languages = field_value(*request.fields, "accept-language");
  admitted.control = control_of(policy->workloads, admitted.facts());
  return admitted;
}

OrDenial<void> approve(Admitted& admitted, std::string_view body, Core& core, Services& services,
                       Intent intent) {
  auto pricing =
      price(*admitted.policy, *admitted.provider, admitted.call, admitted.input_max, admitted.at);
  if (!pricing) {
    return std::unexpected(std::move(pricing.error()));
  }
  admitted.pricing = *pricing;
  if (auto ruled = apply_call_rules(admitted, body, core); !ruled) {
    return ruled;
  }
  if (auto calm = watch_spikes(admitted, services, intent); !calm) {
    return calm;
  }
  return intent == Intent::call ? take_seat(admitted, admitted.signals, body, core, services)
                                : foresee_seat(admitted, admitted.signals, body, core, services);
}

OrDenial<void> change_model(Admitted& admitted, std::string_view model) {
  Call call = admitted.call;
  call.model = model;
  auto pricing = price(*admitted.policy, *admitted.provider, call, admitted.input_max, admitted.at);
  if (!pricing) {
    return std::unexpected(std::move(pricing.error()));
  }
  admitted.model = model;
  admitted.pricing = *pricing;
  bound_output(admitted, bounds_of(admitted.policy->calls, admitted.facts()));
  return {};
}

}  // namespace purser
