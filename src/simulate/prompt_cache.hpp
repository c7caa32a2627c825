// simulate/prompt_cache.hpp — which part of a prompt the provider still has, and what it now keeps.
// Rules: a prefix is the same only when every byte before its end is; it lives from the start of
// the request that wrote it, a read starts its life anew for free; it can be read once the answer
// to the writing request has begun, so calls sent side by side all miss.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/hash.hpp"
#include "base/instant.hpp"
#include "simulate/asked.hpp"

namespace purser::simulate {

/// What one request reads and writes, in tokens, and the prefixes it touches.
struct CacheUse {
  std::int64_t read = 0;
  std::int64_t write_short = 0;
  std::int64_t write_long = 0;
  struct Kept {
    Digest prefix;
    std::chrono::seconds life;
  };
  std::vector<Kept> kept;  // written or read: alive from the start of this request
};

class PromptCache {
 public:
  /// What `asked` would find at `now`. `workspace` separates those who share no cache.
  CacheUse look_up(const Asked& asked, std::string_view workspace, Instant now) const;

  /// The answer begins at `readable`, to a request of `start`.
  void keep(const CacheUse& use, Instant start, Instant readable);

 private:
  struct Entry {
    Instant readable;
    Instant expires;
  };
  CacheUse look_up_marked(const Asked& asked, Digest salt, Instant now) const;
  CacheUse look_up_automatic(const Asked& asked, Digest salt, Instant now) const;
  bool has(Digest prefix, Instant now) const;
  void make_room(Instant now);

  std::unordered_map<Digest, Entry> entries_;
};

}  // namespace purser::simulate
