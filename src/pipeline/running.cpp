// pipeline/running.cpp — a call learns that it is to end, and by whom.
#include "pipeline/running.hpp"

#include "pipeline/stages.hpp"

namespace purser {
namespace {

/// For the rest of an event that is on its way already; a provider sends events whole.
constexpr std::chrono::milliseconds kEventPatience{400};

}  // namespace

ModelNames::ModelNames(const Admitted& admitted) {
  add(admitted.model);
  for (const std::string_view other : admitted.call.other_models) {
    if (!other.empty()) {
      add(other);
    }
  }
}

void ModelNames::add(std::string_view model) {
  static_assert(std::tuple_size_v<decltype(names_)> == 2 * (1 + Call::kOtherModelsMax));
  names_[count_++] = model;
  names_[count_++] = without_snapshot(model);
}

Running::Running(const Admitted& admitted) : admitted_(admitted) {
  const ModelNames names(admitted);
  other_models_.assign(names.others().begin(), names.others().end());
}

void Running::look(const KillSet& kills, Instant now) {
  if (killed_) {
    return;
  }
  std::vector<std::string_view> models{admitted_.model, without_snapshot(admitted_.model)};
  models.insert(models.end(), other_models_.begin(), other_models_.end());
  const Reach least = line_ == nullptr ? Reach::running : Reach::new_calls;
  const KillSwitch* kill = kills.find(admitted_.caller, models, now, least);
  if (kill == nullptr) {
    return;
  }
  killed_ = kill_message(*kill, admitted_.policy->limits.calendar());
  late_at_ = std::chrono::steady_clock::now() + kEventPatience;
  if (line_ != nullptr) {
    line_->give_up();
  }
  if (upstream_ == nullptr) {
    return;
  }
  if (how_ == HangUp::at_once) {
    upstream_->close();
  } else {
    upstream_->deadline = std::min(upstream_->deadline, late_at_);
  }
}

}  // namespace purser
