// translate/json.hpp — JSON read member by member, so that what nobody asked for is noticed.
// Why: a reader that looks up what it knows stays silent about the rest. Here each object is opened
// once, its members are taken, and what is left when it closes is reported.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "translate/loss.hpp"

namespace purser::translate {

namespace json = boost::json;

/// The tree of a body. `whose` fault it is when it is none.
Result<json::value> parse(std::string_view body, Fault whose);
/// Nothing when it is not JSON.
std::optional<json::value> parsed(std::string_view text);
std::string print(const json::value& value);

/// One reading of a body: what was lost on the way, and the first thing that was of the wrong type.
struct Reading : Notes {
  bool snake_too = false;  // members may be spelled snake_case as well: protobuf's JSON
  std::string wrong = {};

  void mistake(std::string_view path, std::string_view expected);
};

/// An object whose members are taken one by one. Null is the same as absent.
class Members {
 public:
  Members(const json::value& value, std::string path, Reading& reading);
  Members(json::value&& value, std::string path, Reading& reading) = delete;  // it is looked into
  ~Members();
  Members(const Members&) = delete;
  Members& operator=(const Members&) = delete;

  /// The member, or null when it is absent. Whoever takes it answers for it.
  const json::value* take(std::string_view name);
  /// The same without taking: for members that decide how the others are read.
  std::string_view peek(std::string_view name) const;

  std::string text(std::string_view name);
  std::optional<std::string> text_if(std::string_view name);
  std::optional<bool> flag(std::string_view name);
  std::optional<std::int64_t> whole(std::string_view name);
  std::optional<double> number(std::string_view name);
  const json::array* list(std::string_view name);

  /// Takes the member and says that it is lost; nothing when it is absent.
  void drop(std::string_view name, Concern concern, std::string_view why);
  /// Takes what means nothing outside its own dialect, or what it says by default.
  void ignore(std::string_view name) { take(name); }
  /// What is left is no loss: it was lost as a whole, with a reason of its own.
  void ignore_rest() { silent_ = true; }

  const std::string& path() const { return path_; }
  std::string path(std::string_view name) const;
  Reading& reading() { return reading_; }

 private:
  const json::object* object_;
  std::string path_;
  Reading& reading_;
  std::vector<bool> taken_;
  const json::object::value_type* find(std::string_view name) const;
  bool silent_ = false;
};

std::string at(std::string_view path, std::size_t index);
std::string_view text_of(const json::value& value);

}  // namespace purser::translate
