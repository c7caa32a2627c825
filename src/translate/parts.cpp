// translate/parts.cpp — media, seals and ids.
#include "translate/parts.hpp"

#include "translate/base64.hpp"

namespace purser::translate {
namespace {

constexpr std::string_view kSealMark = "purser:";
constexpr std::string_view kSealMarkBase64 = "cHVyc2VyO";  // the same, encoded
constexpr std::string_view kCallMark = "call:";
constexpr std::string_view kIdMark = "purser_";
constexpr std::string_view kMadeUp = "gemini_call_";
constexpr std::string_view kHex = "0123456789abcdef";

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

}  // namespace

Media media_at(MediaKind kind, std::string_view url) {
  constexpr std::string_view kBase64 = ";base64,";
  const std::size_t comma = url.find(kBase64);
  if (!url.starts_with("data:") || comma == std::string_view::npos) {
    return {.kind = kind, .url = std::string(url)};
  }
  return {.kind = kind,
          .mime = std::string(url.substr(5, comma - 5)),
          .data = std::string(url.substr(comma + kBase64.size()))};
}

std::string data_url(const Media& media) {
  return media.data.empty() ? media.url : "data:" + media.mime + ";base64," + media.data;
}

MediaKind kind_of(std::string_view mime) {
  if (mime.starts_with("image/")) {
    return MediaKind::image;
  }
  if (mime.starts_with("audio/")) {
    return MediaKind::audio;
  }
  return mime.starts_with("video/") ? MediaKind::video : MediaKind::document;
}

std::string seal_text(const Sealed& seal, Wire dialect, SealOf of) {
  if (seal.by == dialect && of == SealOf::thinking && !seal.bytes.starts_with(kSealMark)) {
    return seal.bytes;
  }
  std::string text(kSealMark);
  text.append(to_string(seal.by)).append(":");
  text.append(of == SealOf::call ? kCallMark : "").append(seal.bytes);
  return dialect == Wire::gemini ? to_base64(text) : text;  // its clients take it for bytes
}

OpenedSeal opened_seal(std::string_view given, Wire dialect) {
  const auto unpacked =
      given.starts_with(kSealMarkBase64) ? from_base64(given) : std::optional<std::string>();
  const std::string_view text = unpacked ? std::string_view(*unpacked) : given;
  if (text.starts_with(kSealMark)) {
    std::string_view rest = text.substr(kSealMark.size());
    for (const Wire wire : kWires) {
      const std::string_view name = to_string(wire);
      if (!rest.starts_with(name) || !rest.substr(name.size()).starts_with(":")) {
        continue;
      }
      rest.remove_prefix(name.size() + 1);
      const bool call = rest.starts_with(kCallMark);
      rest.remove_prefix(call ? kCallMark.size() : 0);
      return {{wire, std::string(rest)}, call ? SealOf::call : SealOf::thinking};
    }
  }
  return {{dialect, std::string(given)}, SealOf::thinking};
}

bool carries_seals(std::string_view body) {
  return body.find(std::string("\"").append(kSealMark)) != std::string_view::npos ||
         body.find(std::string("\"").append(kSealMarkBase64)) != std::string_view::npos;
}

std::string strict_id(std::string_view id) {
  const bool fits = !id.empty() && !id.starts_with(kIdMark) &&
                    std::ranges::all_of(id, [](char c) { return is_plain(c) || c == '_'; });
  if (fits) {
    return std::string(id);
  }
  std::string spelled(kIdMark);
  for (const char c : id) {
    if (is_plain(c)) {
      spelled += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      spelled.append({'_', kHex[byte >> 4], kHex[byte & 15]});
    }
  }
  return spelled;
}

std::string loose_id(std::string_view id) {
  if (!id.starts_with(kIdMark)) {
    return std::string(id);
  }
  std::string read;
  for (std::size_t i = kIdMark.size(); i < id.size(); ++i) {
    if (id[i] != '_') {
      read += id[i];
      continue;
    }
    const std::size_t high = i + 2 < id.size() ? kHex.find(id[i + 1]) : std::string_view::npos;
    const std::size_t low = i + 2 < id.size() ? kHex.find(id[i + 2]) : std::string_view::npos;
    if (high == std::string_view::npos || low == std::string_view::npos) {
      return std::string(id);  // not of our spelling
    }
    read += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return read;
}

std::string made_up_id(std::string_view scope, std::size_t index) {
  return std::string(kMadeUp) + std::string(scope) + "_" + std::to_string(index);
}

bool is_made_up(std::string_view id) {
  return id.starts_with(kMadeUp);
}

Turn& open_turn(std::vector<Turn>& turns, Role role) {
  if (turns.empty() || turns.back().role != role) {
    turns.push_back({.role = role});
  }
  return turns.back();
}

std::string joined_text(std::span<const Part> parts) {
  std::string text;
  for (const Part& part : parts) {
    if (const auto* const words = std::get_if<Text>(&part.what)) {
      text += words->text;
    }
  }
  return text;
}

std::string path_of(const Part& part, std::string_view otherwise) {
  return part.path.empty() ? std::string(otherwise) : part.path;
}

}  // namespace purser::translate
