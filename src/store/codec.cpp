// store/codec.cpp — writing and reading records. The two sides mirror each other line by line.
#include "store/codec.hpp"

#include <cstring>

#include "base/hash.hpp"

namespace purser {
namespace {

enum class Kind : std::uint8_t { hold = 1, settle = 2 };

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}
  void number(std::int64_t value) {
    auto zigzag =
        (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
    while (zigzag >= 0x80) {
      out_ += static_cast<char>(zigzag | 0x80);
      zigzag >>= 7;
    }
    out_ += static_cast<char>(zigzag);
  }
  void text(std::string_view value) {
    number(static_cast<std::int64_t>(value.size()));
    out_ += value;
  }
  template <typename Enum>
  void choice(Enum value) {
    out_ += static_cast<char>(value);
  }
  void fixed(std::uint64_t value) {
    out_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }

 private:
  std::string& out_;
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
  std::string text() {
    const std::int64_t length = number();
    if (length < 0 || static_cast<std::uint64_t>(length) > in_.size()) {
      good_ = false;
      return {};
    }
    const std::string value(in_.substr(0, static_cast<std::size_t>(length)));
    in_.remove_prefix(static_cast<std::size_t>(length));
    return value;
  }
  template <typename Enum>
  Enum choice(Enum last) {
    const auto byte = static_cast<std::uint8_t>(take());
    good_ = good_ && byte <= static_cast<std::uint8_t>(last);
    return good_ ? static_cast<Enum>(byte) : Enum{};
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
  /// A count of things that take at least one byte each.
  std::size_t count() {
    const std::int64_t value = number();
    good_ = good_ && value >= 0 && static_cast<std::uint64_t>(value) <= in_.size();
    return good_ ? static_cast<std::size_t>(value) : 0;
  }
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
  out.number(static_cast<std::int64_t>(legs.size()));
  for (const Leg& leg : legs) {
    out.fixed(leg.account.high);
    out.fixed(leg.account.low);
    out.number(leg.units.count());
    out.fixed(static_cast<std::uint64_t>(leg.ends.nanos()));
  }
}

std::vector<Leg> read_legs(Reader& in) {
  std::vector<Leg> legs(in.count());
  for (Leg& leg : legs) {
    leg.account.high = in.fixed();
    leg.account.low = in.fixed();
    leg.units = Units(in.number());
    leg.ends = Instant::from_nanos(static_cast<std::int64_t>(in.fixed()));
  }
  return legs;
}

void write(Writer& out, const Caller& caller) {
  for (const std::string* label :
       {&caller.key, &caller.user, &caller.tier, &caller.team, &caller.feature, &caller.session}) {
    out.text(*label);
  }
  out.choice(caller.priority);
  out.number(static_cast<std::int64_t>(caller.tags.size()));
  for (const auto& [name, value] : caller.tags) {
    out.text(name);
    out.text(value);
  }
}

Caller read_caller(Reader& in) {
  Caller caller;
  for (std::string* label :
       {&caller.key, &caller.user, &caller.tier, &caller.team, &caller.feature, &caller.session}) {
    *label = in.text();
  }
  caller.priority = in.choice(Priority::essential);
  caller.tags.resize(in.count());
  for (auto& [name, value] : caller.tags) {
    name = in.text();
    value = in.text();
  }
  return caller;
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

Usage read_usage(Reader& in) {
  Usage usage;
  for (Tokens* tokens : tokens_of(usage)) {
    *tokens = Tokens(in.number());
  }
  for (std::int64_t* count : counts_of(usage)) {
    *count = in.number();
  }
  return usage;
}

HoldEntry read_hold(Reader& in) {
  HoldEntry entry;
  entry.call = CallId(in.number());
  entry.at = Instant::from_nanos(in.number());
  entry.dialect = in.choice(Dialect::messages);
  entry.stream = in.number() != 0;
  entry.provider = in.text();
  entry.model = in.text();
  entry.caller = read_caller(in);
  entry.input_max = Tokens(in.number());
  entry.output_max = Tokens(in.number());
  entry.worst = Amount::from_nanos(in.number());
  entry.legs = read_legs(in);
  return entry;
}

SettleEntry read_settle(Reader& in) {
  SettleEntry entry;
  entry.call = CallId(in.number());
  entry.at = Instant::from_nanos(in.number());
  entry.outcome = in.choice(Outcome::estimated);
  entry.cost = Amount::from_nanos(in.number());
  entry.usage = read_usage(in);
  entry.model = in.text();
  entry.provider_id = in.text();
  entry.stop_reason = in.text();
  entry.tier = in.choice(ServiceTier::ultrafast);
  entry.speed = in.choice(Speed::fast);
  entry.geo = in.text();
  entry.status = static_cast<std::int32_t>(in.number());
  entry.first_byte_us = in.number();
  entry.total_us = in.number();
  entry.edits = in.text();
  entry.unpriced = in.number() != 0;
  entry.legs = read_legs(in);
  return entry;
}

std::uint32_t checksum(std::string_view payload) {
  return static_cast<std::uint32_t>(digest(payload).low);
}

/// Leaves room for the head, lets `body` write the payload, then fills the head in.
template <typename Body>
void append_framed(std::string& out, Kind kind, Body body) {
  const std::size_t start = out.size();
  out.append(kRecordHead, '\0');
  Writer writer(out);
  writer.choice(kind);
  body(writer);
  const std::string_view payload = std::string_view(out).substr(start + kRecordHead);
  INVARIANT(payload.size() <= kRecordBytesMax, "labels and legs are bounded, so records are");
  const auto length = static_cast<std::uint32_t>(payload.size());
  const std::uint32_t sum = checksum(payload);
  std::memcpy(out.data() + start, &length, sizeof length);
  std::memcpy(out.data() + start + sizeof length, &sum, sizeof sum);
}

}  // namespace

void append_record(std::string& out, const HoldEntry& entry) {
  append_framed(out, Kind::hold, [&](Writer& writer) {
    writer.number(entry.call.count());
    writer.number(entry.at.nanos());
    writer.choice(entry.dialect);
    writer.number(entry.stream ? 1 : 0);
    writer.text(entry.provider);
    writer.text(entry.model);
    write(writer, entry.caller);
    writer.number(entry.input_max.count());
    writer.number(entry.output_max.count());
    writer.number(entry.worst.nanos());
    write(writer, entry.legs);
  });
}

void append_record(std::string& out, const SettleEntry& entry) {
  append_framed(out, Kind::settle, [&](Writer& writer) {
    writer.number(entry.call.count());
    writer.number(entry.at.nanos());
    writer.choice(entry.outcome);
    writer.number(entry.cost.nanos());
    write(writer, entry.usage);
    writer.text(entry.model);
    writer.text(entry.provider_id);
    writer.text(entry.stop_reason);
    writer.choice(entry.tier);
    writer.choice(entry.speed);
    writer.text(entry.geo);
    writer.number(entry.status);
    writer.number(entry.first_byte_us);
    writer.number(entry.total_us);
    writer.text(entry.edits);
    writer.number(entry.unpriced ? 1 : 0);
    write(writer, entry.legs);
  });
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

Result<Record> decode_record(std::string_view payload) {
  Reader in(payload.substr(std::min<std::size_t>(1, payload.size())));
  const auto kind = payload.empty() ? Kind{} : static_cast<Kind>(payload.front());
  std::optional<Record> record;
  if (kind == Kind::hold) {
    record = read_hold(in);
  } else if (kind == Kind::settle) {
    record = read_settle(in);
  }
  if (!record || !in.whole()) {
    return fail(Fault::store, "a journal record of unknown form");
  }
  return std::move(*record);
}

}  // namespace purser
