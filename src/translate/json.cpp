// translate/json.cpp — Boost.JSON, with its exceptions kept inside.
#include "translate/json.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>

namespace purser::translate {
namespace {

/// Schemas of tools nest more deeply than conversations do.
constexpr std::size_t kDepthMax = 100;

json::value parse(std::string_view body, boost::system::error_code& error) {
  json::parse_options options;
  options.max_depth = kDepthMax;
  return json::parse({body.data(), body.size()}, error, {}, options);
}

std::string snake_case(std::string_view name) {
  std::string snake;
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z') {
      snake += '_';
      snake += static_cast<char>(c - 'A' + 'a');
    } else {
      snake += c;
    }
  }
  return snake;
}

std::string_view view(json::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

Result<json::value> parse(std::string_view body, Fault whose) {
  boost::system::error_code error;
  json::value value = parse(body, error);
  if (error) {
    return fail(whose, "the body is not JSON: " + error.message());
  }
  return value;
}

std::optional<json::value> parsed(std::string_view text) {
  boost::system::error_code error;
  json::value value = parse(text, error);
  return error ? std::nullopt : std::optional(std::move(value));
}

std::string print(const json::value& value) {
  return json::serialize(value);
}

void Reading::mistake(std::string_view path, std::string_view expected) {
  if (wrong.empty()) {
    wrong = std::string(path.empty() ? "the body" : path) + " must be " + std::string(expected);
  }
}

Members::Members(const json::value& value, std::string path, Reading& reading)
    : object_(value.if_object()), path_(std::move(path)), reading_(reading) {
  if (object_ == nullptr) {
    reading_.mistake(path_, "an object");
    return;
  }
  taken_.resize(object_->size());
}

Members::~Members() {
  if (object_ == nullptr || silent_) {
    return;
  }
  std::size_t index = 0;
  for (const auto& member : *object_) {
    if (!taken_[index++] && !member.value().is_null()) {
      reading_.drop(path(view(member.key())), Concern::unknown, "not known here");
    }
  }
}

std::string Members::path(std::string_view name) const {
  return path_.empty() ? std::string(name) : path_ + "." + std::string(name);
}

const json::object::value_type* Members::find(std::string_view name) const {
  if (object_ == nullptr) {
    return nullptr;
  }
  auto found = object_->find({name.data(), name.size()});
  if (found == object_->end() && reading_.snake_too) {
    found = object_->find(snake_case(name));
  }
  return found == object_->end() || found->value().is_null() ? nullptr : found;
}

const json::value* Members::take(std::string_view name) {
  const json::object::value_type* const found = find(name);
  if (found == nullptr) {
    return nullptr;
  }
  taken_[static_cast<std::size_t>(found - object_->begin())] = true;
  return &found->value();
}

std::string_view Members::peek(std::string_view name) const {
  const json::object::value_type* const found = find(name);
  return found == nullptr ? std::string_view() : text_of(found->value());
}

std::optional<std::string> Members::text_if(std::string_view name) {
  const json::value* const value = take(name);
  if (value == nullptr) {
    return {};
  }
  if (!value->is_string()) {
    reading_.mistake(path(name), "a string");
  }
  return std::string(text_of(*value));
}

std::string Members::text(std::string_view name) {
  return text_if(name).value_or("");
}

std::optional<bool> Members::flag(std::string_view name) {
  const json::value* const value = take(name);
  if (value == nullptr) {
    return {};
  }
  if (!value->is_bool()) {
    reading_.mistake(path(name), "true or false");
    return {};
  }
  return value->get_bool();
}

std::optional<double> Members::number(std::string_view name) {
  const json::value* const value = take(name);
  if (value == nullptr) {
    return {};
  }
  if (!value->is_number()) {
    reading_.mistake(path(name), "a number");
    return {};
  }
  boost::system::error_code error;
  return value->to_number<double>(error);
}

std::optional<std::int64_t> Members::whole(std::string_view name) {
  const json::value* const value = take(name);
  if (value == nullptr) {
    return {};
  }
  boost::system::error_code error;
  const auto number = value->to_number<std::int64_t>(error);
  if (error) {
    reading_.mistake(path(name), "a whole number");
    return {};
  }
  return number;
}

const json::array* Members::list(std::string_view name) {
  const json::value* const value = take(name);
  if (value == nullptr) {
    return nullptr;
  }
  if (!value->is_array()) {
    reading_.mistake(path(name), "a list");
  }
  return value->if_array();
}

void Members::drop(std::string_view name, Concern concern, std::string_view why) {
  if (take(name) != nullptr) {
    reading_.drop(path(name), concern, std::string(why));
  }
}

std::string at(std::string_view path, std::size_t index) {
  return std::string(path) + "[" + std::to_string(index) + "]";
}

std::string_view text_of(const json::value& value) {
  const json::string* const text = value.if_string();
  return text == nullptr ? std::string_view() : std::string_view(text->data(), text->size());
}

}  // namespace purser::translate
