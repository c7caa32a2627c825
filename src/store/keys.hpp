// store/keys.hpp — the keys callers come with: made once, shown once, stored as a hash.
#pragma once

#include <array>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/instant.hpp"
#include "base/result.hpp"
#include "call/caller.hpp"
#include "store/sqlite.hpp"

namespace purser {

/// Every secret of ours begins with it: leaked ones can be searched for.
inline constexpr std::string_view kSecretPrefix = "prs_";

/// A key as the books know it: whom it stands for, never its secret.
struct KeyRecord {
  std::string id;    // "key_" and twelve characters
  std::string name;  // for people
  Caller caller;     // what the key fixes; `caller.key` is the id
  LabelRights rights;
  bool operates = false;  // it may throw kill switches over HTTP
  Instant created;
  Instant expires = Instant::never();
  Instant revoked = Instant::never();
};

/// All keys by their secrets' hashes, as they stood at one moment. Immutable: cores share it.
class KeyRing {
 public:
  /// The key that this secret opens at `now`; null when there is none, or it has expired.
  const KeyRecord* find(std::string_view secret, Instant now) const;
  std::size_t size() const { return records_.size(); }

 private:
  friend class KeyBook;
  /// BLAKE2b-256 of a secret. Compared in constant time.
  struct SecretHash {
    std::array<unsigned char, 32> bytes{};
    static SecretHash of(std::string_view secret);
    bool operator==(const SecretHash& other) const;
  };
  struct Bucket {
    std::size_t operator()(const SecretHash& hash) const;
  };
  struct Entry {
    std::size_t record;
    Instant valid_until;
  };
  std::vector<KeyRecord> records_;
  std::unordered_map<SecretHash, Entry, Bucket> by_hash_;
};

/// A key just made: the only moment its secret is known.
struct NewKey {
  std::string id;
  std::string secret;  // "prs_" and 43 characters: 256 bits
};

/// The keys in the database. Usable while a gateway runs on the same folder.
class KeyBook {
 public:
  static Result<std::unique_ptr<KeyBook>> open(const std::filesystem::path& folder);

  /// Makes a key for `wanted` (its id, created and revoked are filled in here).
  Result<NewKey> create(KeyRecord wanted, Instant now);
  Result<std::vector<KeyRecord>> list() const;
  /// Error (client) when there is no such key, or it is revoked already.
  Result<void> revoke(std::string_view id, Instant now);
  /// A new secret; the old ones stay good until `old_until`.
  Result<NewKey> rotate(std::string_view id, Instant now, Instant old_until);

  /// Changes whenever a key is made, revoked or rotated, by whomever.
  Result<std::int64_t> version() const;
  Result<std::shared_ptr<const KeyRing>> read() const;

 private:
  explicit KeyBook(Database database) : database_(std::move(database)) {}
  Result<void> change(std::string_view what, Instant now,
                      const std::function<Result<void>()>& writes);
  Result<void> add_secret(std::string_view id, std::string_view secret);
  Database database_;
};

/// A key ring that follows the database: keys made or revoked elsewhere are in force at the next
/// look.
class KeyWatch {
 public:
  static Result<std::unique_ptr<KeyWatch>> open(const std::filesystem::path& folder);
  /// True when there is a new ring.
  Result<bool> look();
  std::shared_ptr<const KeyRing> ring() const { return ring_; }

 private:
  explicit KeyWatch(std::unique_ptr<KeyBook> book) : book_(std::move(book)) {}
  std::unique_ptr<KeyBook> book_;
  std::int64_t seen_ = -1;
  std::shared_ptr<const KeyRing> ring_;
};

/// "all", "none", or a list like "user,feature,session". Error (client) names what is no label.
Result<LabelRights> parse_rights(std::string_view text);
std::string to_text(const LabelRights& rights);

}  // namespace purser
