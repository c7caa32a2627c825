// store/codec.cpp — writing and reading records. The two sides mirror each other line by line.
#include "store/codec.hpp"

#include <array>
#include <cstring>

#include "base/hash.hpp"

namespace purser {
namespace {

constexpr std::size_t kNumberBytesMax = 10;
constexpr std::size_t kLegBytesMin = 3 * sizeof(std::uint64_t) + 2;
constexpr std::size_t kLegBytesMax = 3 * sizeof(std::uint64_t) + kNumberBytesMax + 1;
constexpr std::size_t kPartNumbers = 15;  // of a usage
constexpr std::size_t kPartBytesMin = kPartNumbers + 1;
constexpr std::size_t kPartBytesMax = (kPartNumbers + 1) * kNumberBytesMax;
/// Kind, numbers, choices and counts of any entry, beside its texts, tags and legs.
constexpr std::size_t kFixedBytesMax = 512;

std::string_view cut(std::string_view text) {
  if (text.size() <= kTextBytesMax) {
    return text;
  }
  std::size_t end = kTextBytesMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
    --end;  // not in the middle of a character
  }
  return text.substr(0, end);
}

/// Writes into memory that is large enough: whoever calls has counted.
class Writer {
 public:
  explicit Writer(char* at) : at_(at) {}
  void number(std::int64_t value) {
    auto zigzag =
        (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
    while (zigzag >= 0x80) {
      *at_++ = static_cast<char>(zigzag | 0x80);
      zigzag >>= 7;
    }
    *at_++ = static_cast<char>(zigzag);
  }
  void text(std::string_view value) {
    value = cut(value);
    number(static_cast<std::int64_t>(value.size()));
    at_ = std::copy(value.begin(), value.end(), at_);
  }
  template <typename Enum>
  void choice(Enum value) {
    *at_++ = static_cast<char>(value);
  }
  void fixed(std::uint64_t value) {
    std::memcpy(at_, &value, sizeof value);
    at_ += sizeof value;
  }
  char* end() const { return at_; }

 private:
  char* at_;
};

class Reader {
 public:
  explicit Reader(std::string_view in) : in_(in) {}
  std::int64_t number() {
    std::uint64_t zigzag = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<std::uint8_t>(take());
      zigzag |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) {
        return static_cast<std::int64_t>(zigzag >> 1) ^ -static_cast<std::int64_t>(zigzag & 1);
      }
    }
    good_ = false;
    return 0;
  }
  void text(std::string& into) {
    const std::size_t length = count(1);
    into.assign(in_.substr(0, length));
    in_.remove_prefix(length);
  }
  template <typename Enum>
  Enum choice(Enum last) {
    const auto byte = static_cast<std::uint8_t>(take());
    good_ = good_ && byte <= static_cast<std::uint8_t>(last);
    return good_ ? static_cast<Enum>(byte) : Enum{};
  }
  bool flag() {
    const char byte = take();
    good_ = good_ && (byte == 0 || byte == 1);
    return byte == 1;
  }
  std::uint64_t fixed() {
    std::uint64_t value = 0;
    if (in_.size() < sizeof value) {
      good_ = false;
      return 0;
    }
    std::memcpy(&value, in_.data(), sizeof value);
    in_.remove_prefix(sizeof value);
    return value;
  }
  /// A count of things that take at least so many bytes each.
  std::size_t count(std::size_t bytes_each) {
    const std::int64_t value = number();
    good_ = good_ && value >= 0 && static_cast<std::uint64_t>(value) <= in_.size() / bytes_each;
    return good_ ? static_cast<std::size_t>(value) : 0;
  }
  bool good() const { return good_; }
  bool has_more() const { return good_ && !in_.empty(); }
  bool whole() const { return good_ && in_.empty(); }

 private:
  char take() {
    if (in_.empty()) {
      good_ = false;
      return 0;
    }
    const char byte = in_.front();
    in_.remove_prefix(1);
    return byte;
  }
  std::string_view in_;
  bool good_ = true;
};

void write(Writer& out, const std::vector<Leg>& legs) {
  out.number(std::ssize(legs));
  for (const Leg& leg : legs) {
    out.fixed(leg.account.high);
    out.fixed(leg.account.low);
    out.number(leg.units.count());
    out.fixed(static_cast<std::uint64_t>(leg.ends.nanos()));
    out.choice(leg.is_money);
  }
}

void read(Reader& in, std::vector<Leg>& legs) {
  legs.resize(in.count(kLegBytesMin));
  for (Leg& leg : legs) {
    leg.account.high = in.fixed();
    leg.account.low = in.fixed();
    leg.units = Units(in.number());
    leg.ends = Instant::from_nanos(static_cast<std::int64_t>(in.fixed()));
    leg.is_money = in.flag();
  }
}

/// Behind everything else, and only where there is one: most holds have none.
void write(Writer& out, const std::optional<HoldName>& name) {
  if (name) {
    for (const Digest& digest : {name->name, name->words}) {
      out.fixed(digest.high);
      out.fixed(digest.low);
    }
  }
}

void read(Reader& in, std::optional<HoldName>& name) {
  name.reset();
  if (in.has_more()) {
    name.emplace();
    for (Digest* digest : {&name->name, &name->words}) {
      digest->high = in.fixed();
      digest->low = in.fixed();
    }
  }
}

template <typename CallerType>
auto labels_of(CallerType& caller) {
  return std::array{&caller.key,  &caller.user,    &caller.tier,
                    &caller.team, &caller.feature, &caller.session};
}

void write(Writer& out, const Caller& caller) {
  for (const std::string* label : labels_of(caller)) {
    out.text(*label);
  }
  out.choice(caller.priority);
  out.number(std::ssize(caller.tags));
  for (const auto& [name, value] : caller.tags) {
    out.text(name);
    out.text(value);
  }
}

void read(Reader& in, Caller& caller) {
  for (std::string* label : labels_of(caller)) {
    in.text(*label);
  }
  caller.priority = in.choice(Priority::essential);
  caller.tags.resize(in.count(2));
  for (auto& [name, value] : caller.tags) {
    in.text(name);
    in.text(value);
  }
}

/// Every count of a usage, in the order of its declaration.
template <typename UsageType>
auto tokens_of(UsageType& usage) {
  return std::array{&usage.input_uncached,   &usage.cache_read,   &usage.cache_write_short,
                    &usage.cache_write_long, &usage.output,       &usage.reasoning,
                    &usage.audio_in,         &usage.audio_cached, &usage.audio_out,
                    &usage.image_in,         &usage.image_out,    &usage.video_in};
}
template <typename UsageType>
auto counts_of(UsageType& usage) {
  return std::array{&usage.web_searches, &usage.web_fetches, &usage.file_searches};
}

void write(Writer& out, const Usage& usage) {
  for (const Tokens* tokens : tokens_of(usage)) {
    out.number(tokens->count());
  }
  for (const std::int64_t* count : counts_of(usage)) {
    out.number(*count);
  }
}

void read(Reader& in, Usage& usage) {
  for (Tokens* tokens : tokens_of(usage)) {
    *tokens = Tokens(in.number());
  }
  for (std::int64_t* count : counts_of(usage)) {
    *count = in.number();
  }
}

/// Behind all else, and only where there are any: few calls have them.
void write(Writer& out, const std::vector<Pass>& parts, std::int64_t units) {
  if (parts.empty() && units == 0) {
    return;
  }
  out.number(std::ssize(parts));
  for (const Pass& part : parts) {
    out.text(part.model);
    write(out, part.usage);
  }
  if (units != 0) {
    out.number(units);
  }
}

void read(Reader& in, std::vector<Pass>& parts, std::int64_t& units) {
  parts.resize(in.has_more() ? in.count(kPartBytesMin) : 0);
  for (Pass& part : parts) {
    in.text(part.model);
    read(in, part.usage);
  }
  units = in.has_more() ? in.number() : 0;
}

void write(Writer& out, const HoldEntry& entry) {
  out.choice(RecordKind::hold);
  out.number(entry.call.count());
  out.number(entry.at.nanos());
  out.choice(entry.dialect);
  out.choice(entry.stream);
  out.text(entry.provider);
  out.text(entry.model);
  write(out, entry.caller);
  out.number(entry.input_max.count());
  out.number(entry.output_max.count());
  out.number(entry.worst.nanos());
  write(out, entry.legs);
  write(out, entry.name);
}

void read(Reader& in, HoldEntry& entry) {
  entry.call = CallId(in.number());
  entry.at = Instant::from_nanos(in.number());
  entry.dialect = in.choice(kAllDialects.back());
  entry.stream = in.flag();
  in.text(entry.provider);
  in.text(entry.model);
  read(in, entry.caller);
  entry.input_max = Tokens(in.number());
  entry.output_max = Tokens(in.number());
  entry.worst = Amount::from_nanos(in.number());
  read(in, entry.legs);
  read(in, entry.name);
}

void write(Writer& out, const SettleEntry& entry) {
  out.choice(RecordKind::settle);
  out.number(entry.call.count());
  out.number(entry.at.nanos());
  out.choice(entry.outcome);
  out.number(entry.cost.nanos());
  write(out, entry.usage);
  out.text(entry.model);
  out.text(entry.provider_id);
  out.text(entry.stop_reason);
  out.choice(entry.tier);
  out.choice(entry.speed);
  out.text(entry.geo);
  out.number(entry.status);
  out.number(entry.first_byte_us);
  out.number(entry.total_us);
  out.text(entry.edits);
  out.choice(entry.unpriced);
  out.number(entry.passes);
  write(out, entry.legs);
  write(out, entry.parts, entry.units);
}

void read(Reader& in, SettleEntry& entry) {
  entry.call = CallId(in.number());
  entry.at = Instant::from_nanos(in.number());
  entry.outcome = in.choice(Outcome::estimated);
  entry.cost = Amount::from_nanos(in.number());
  read(in, entry.usage);
  in.text(entry.model);
  in.text(entry.provider_id);
  in.text(entry.stop_reason);
  entry.tier = in.choice(ServiceTier::ultrafast);
  entry.speed = in.choice(Speed::fast);
  in.text(entry.geo);
  entry.status = static_cast<std::int32_t>(in.number());
  entry.first_byte_us = in.number();
  entry.total_us = in.number();
  in.text(entry.edits);
  entry.unpriced = in.flag();
  entry.passes = static_cast<std::int32_t>(in.number());
  read(in, entry.legs);
  read(in, entry.parts, entry.units);
}

std::size_t text_bytes_max(std::initializer_list<const std::string*> texts) {
  std::size_t bytes = 0;
  for (const std::string* text : texts) {
    bytes += cut(*text).size();
  }
  return bytes;
}

std::size_t bytes_max(const HoldEntry& entry) {
  const Caller& caller = entry.caller;
  std::size_t bytes = kFixedBytesMax + entry.legs.size() * kLegBytesMax;
  for (const auto& [name, value] : caller.tags) {
    bytes += text_bytes_max({&name, &value}) + 2 * kNumberBytesMax;
  }
  return bytes + text_bytes_max({&entry.provider, &entry.model, &caller.key, &caller.user,
                                 &caller.tier, &caller.team, &caller.feature, &caller.session});
}

std::size_t bytes_max(const SettleEntry& entry) {
  std::size_t bytes = kFixedBytesMax + entry.legs.size() * kLegBytesMax;
  for (const Pass& part : entry.parts) {
    bytes += kPartBytesMax + text_bytes_max({&part.model});
  }
  return bytes + text_bytes_max({&entry.model, &entry.provider_id, &entry.stop_reason, &entry.geo,
                                 &entry.edits});
}

std::uint32_t checksum(std::string_view payload) {
  return static_cast<std::uint32_t>(digest(payload).low);
}

/// Writes the payload behind room for its head, then fills the head in.
template <typename Entry>
void append_framed(std::string& out, const Entry& entry) {
  const std::size_t start = out.size();
  const std::size_t room = bytes_max(entry);
  INVARIANT(room <= kRecordBytesMax, "texts, tags and legs are bounded, so records are");
  out.resize_and_overwrite(start + kRecordHead + room, [&](char* bytes, std::size_t) {
    char* const head = bytes + start;
    char* const payload = head + kRecordHead;
    Writer writer(payload);
    write(writer, entry);
    const auto length = static_cast<std::uint32_t>(writer.end() - payload);
    const std::uint32_t sum = checksum({payload, length});
    std::memcpy(head, &length, sizeof length);
    std::memcpy(head + sizeof length, &sum, sizeof sum);
    return static_cast<std::size_t>(writer.end() - bytes);
  });
}

template <typename Entry>
Result<void> decode_as(RecordKind kind, std::string_view payload, Entry& into) {
  Reader in(payload);
  const bool is_kind = in.choice(RecordKind::settle) == kind;
  read(in, into);
  if (!is_kind || !in.whole()) {
    return fail(Fault::store, "a journal record of unknown form");
  }
  return {};
}

}  // namespace

void append_record(std::string& out, const HoldEntry& entry) {
  append_framed(out, entry);
}

void append_record(std::string& out, const SettleEntry& entry) {
  append_framed(out, entry);
}

std::optional<std::string_view> take_payload(std::string_view& bytes) {
  std::uint32_t length = 0;
  std::uint32_t sum = 0;
  if (bytes.size() < kRecordHead) {
    return std::nullopt;
  }
  std::memcpy(&length, bytes.data(), sizeof length);
  std::memcpy(&sum, bytes.data() + sizeof length, sizeof sum);
  if (length == 0 || length > kRecordBytesMax || bytes.size() - kRecordHead < length) {
    return std::nullopt;
  }
  const std::string_view payload = bytes.substr(kRecordHead, length);
  if (checksum(payload) != sum) {
    return std::nullopt;
  }
  bytes.remove_prefix(kRecordHead + length);
  return payload;
}

std::optional<RecordHead> peek(std::string_view payload) {
  Reader in(payload);
  const RecordHead head{in.choice(RecordKind::settle), CallId(in.number())};
  return in.good() && head.kind != RecordKind{} ? std::optional(head) : std::nullopt;
}

Result<void> decode(std::string_view payload, HoldEntry& into) {
  return decode_as(RecordKind::hold, payload, into);
}

Result<void> decode(std::string_view payload, SettleEntry& into) {
  return decode_as(RecordKind::settle, payload, into);
}

}  // namespace purser
