// simulate/prompt_cache.cpp — marked prefixes (messages) and automatic ones in steps (chat).
#include "simulate/prompt_cache.hpp"

#include <algorithm>

namespace purser::simulate {
namespace {

using std::chrono::seconds;
constexpr seconds kShortLife{5 * 60};
constexpr seconds kLongLife{60 * 60};
constexpr seconds kAutomaticLife{30 * 60};
constexpr std::int64_t kStepTokens = 128;
constexpr std::int64_t kAutomaticTokensMin = 1024;
constexpr std::size_t kStepBytes = 4 * kStepTokens;
constexpr int kLookBack = 20;                              // positions before a breakpoint
constexpr std::size_t kEntriesMax = std::size_t{1} << 20;  // 64 MB; past it the oldest idea goes

Digest chain(Digest before, std::string_view bytes) {
  const Digest here = digest(bytes, before.low);
  return {.high = here.high ^ before.high, .low = here.low};
}

/// What a change of spoils every prefix from this section on.
Digest enter(Digest before, Block::Section section, const Asked& asked) {
  if (section == Block::Section::system) {
    return chain(before, asked.terms.fast ? "system, fast" : "system");
  }
  return chain(before, "messages" + asked.message_salt);
}

struct Prefix {
  Digest name;
  std::int64_t tokens = 0;  // up to its end
};

std::vector<Prefix> prefixes(const Asked& asked, Digest salt) {
  std::vector<Prefix> all;
  all.reserve(asked.blocks.size());
  Digest name = salt;
  std::int64_t tokens = 0;
  std::size_t begin = 0;
  auto section = Block::Section::tools;
  for (const Block& block : asked.blocks) {
    if (block.section != section) {
      section = block.section;
      name = enter(name, section, asked);
    }
    name = chain(name, std::string_view(asked.rendered).substr(begin, block.end - begin));
    begin = block.end;
    tokens += block.tokens;
    all.push_back({.name = name, .tokens = tokens});
  }
  return all;
}

/// Blocks of one run of tool calls, or of their results, stand at one position.
bool same_position(const Block& a, const Block& b) {
  return a.kind == b.kind && a.kind != Block::Kind::plain;
}

seconds life_of(Lifetime mark) {
  return mark == Lifetime::long_lived ? kLongLife : kShortLife;
}

}  // namespace

bool PromptCache::has(Digest prefix, Instant now) const {
  const auto found = entries_.find(prefix);
  return found != entries_.end() && found->second.readable <= now && now < found->second.expires;
}

CacheUse PromptCache::look_up(const Asked& asked, std::string_view workspace, Instant now) const {
  if (asked.model->embeds) {
    return {};
  }
  const Digest salt = chain(digest(asked.model->id), workspace);
  return asked.dialect == Dialect::messages ? look_up_marked(asked, salt, now)
                                            : look_up_automatic(asked, salt, now);
}

CacheUse PromptCache::look_up_marked(const Asked& asked, Digest salt, Instant now) const {
  CacheUse use;
  if (std::ranges::none_of(asked.blocks,
                           [](const Block& block) { return block.mark != Lifetime::none; })) {
    return use;
  }
  const std::vector<Prefix> all = prefixes(asked, salt);
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (asked.blocks[i].mark == Lifetime::none) {
      continue;
    }
    int positions = 0;
    for (std::size_t back = i + 1; back-- > 0 && positions <= kLookBack;) {
      if (has(all[back].name, now)) {
        use.read = std::max(use.read, all[back].tokens);
        use.kept.push_back({.prefix = all[back].name, .life = life_of(asked.blocks[i].mark)});
        break;
      }
      const bool moves = back == 0 || !same_position(asked.blocks[back], asked.blocks[back - 1]);
      positions += moves ? 1 : 0;
    }
  }
  std::int64_t covered = use.read;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Lifetime mark = asked.blocks[i].mark;
    if (mark == Lifetime::none || all[i].tokens <= covered ||
        all[i].tokens < asked.model->cache_min) {
      continue;
    }
    (mark == Lifetime::long_lived ? use.write_long : use.write_short) += all[i].tokens - covered;
    covered = all[i].tokens;
    use.kept.push_back({.prefix = all[i].name, .life = life_of(mark)});
  }
  return use;
}

CacheUse PromptCache::look_up_automatic(const Asked& asked, Digest salt, Instant now) const {
  CacheUse use;
  if (asked.prompt_tokens <= kAutomaticTokensMin) {
    return use;
  }
  const auto bytes = static_cast<std::int64_t>(asked.rendered.size() / kStepBytes);
  const std::int64_t steps = std::min(bytes, (asked.prompt_tokens - 1) / kStepTokens);
  Digest name = salt;
  bool hit = true;
  for (std::int64_t step = 1; step <= steps; ++step) {
    const std::size_t begin = static_cast<std::size_t>(step - 1) * kStepBytes;
    name = chain(name, std::string_view(asked.rendered).substr(begin, kStepBytes));
    if (step * kStepTokens < kAutomaticTokensMin) {
      continue;
    }
    hit = hit && has(name, now);
    use.read = hit ? step * kStepTokens : use.read;
    use.kept.push_back({.prefix = name, .life = kAutomaticLife});
  }
  const std::int64_t cacheable = steps * kStepTokens;
  if (asked.model->bills_cache_writes && cacheable >= kAutomaticTokensMin) {
    use.write_short = cacheable - use.read;
  }
  return use;
}

void PromptCache::keep(const CacheUse& use, Instant start, Instant readable) {
  if (entries_.size() + use.kept.size() > kEntriesMax) {
    make_room(start);
  }
  for (const CacheUse::Kept& kept : use.kept) {
    const Instant expires = start + kept.life;
    const auto [found, is_new] =
        entries_.try_emplace(kept.prefix, Entry{.readable = readable, .expires = expires});
    if (is_new) {
      continue;
    }
    Entry& entry = found->second;
    if (entry.expires <= start) {
      entry.readable = readable;  // written anew
    } else {
      entry.readable = std::min(entry.readable, readable);
    }
    entry.expires = std::max(entry.expires, expires);
  }
}

void PromptCache::make_room(Instant now) {
  std::erase_if(entries_, [&](const auto& entry) { return entry.second.expires <= now; });
  if (entries_.size() > kEntriesMax / 2) {
    entries_.clear();  // everybody pays one more write
  }
}

}  // namespace purser::simulate
