// app/document.hpp — a YAML document read member by member, with every mistake's line and column.
//
// Why not convert nodes where they are needed: a key then stands in two places (where it is read
// and where it is known), and a misspelt one is silently a default. Here asking for a key is what
// makes it known; whatever nobody asked for is a mistake, with the nearest known key beside it.
// The same pass over an empty document lists every key there is: the schema is held against it.
//
// The tree is our own, built from the parser's events: plain values, and bounds on size, depth and
// what aliases expand to are checked while it grows, not after it has filled the memory.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace purser {

inline constexpr std::size_t kDocumentBytesMax = std::size_t{256} << 10;  // a config is read by eye
inline constexpr std::size_t kDocumentDepthMax = 16;                      // ours needs five
inline constexpr std::size_t kDocumentNodesMax = 20'000;  // with every alias written out
inline constexpr std::size_t kProblemsShown = 20;         // more say nothing new

/// Where in the document, counted from one.
struct Place {
  int line = 1;
  int column = 1;
  friend auto operator<=>(const Place&, const Place&) = default;
};

/// A value of the document. Aliases are written out.
struct Node {
  enum class Kind : std::uint8_t { nothing, scalar, list, mapping };
  Kind kind = Kind::nothing;
  Place place;
  std::string text;         // of a scalar
  std::vector<Node> items;  // of a list; of a mapping: key, value, key, value, …
};

/// What is wrong with a document, from its first line to its last.
class Problems {
 public:
  explicit Problems(std::string document) : document_(std::move(document)) {}
  void add(Place place, std::string_view problem);
  std::size_t count() const { return found_.size(); }
  /// One "name:line:column: problem" a line.
  std::string text() const;

 private:
  std::string document_;
  std::vector<std::pair<Place, std::string>> found_;
};

/// A key the reading code knows: "limits[].max.usd" and, for a choice, its words: "strict|relaxed".
struct KnownKey {
  std::string path;
  std::string words;
  friend auto operator<=>(const KnownKey&, const KnownKey&) = default;
};

/// The known word nearest to `text`, or empty when none is near.
std::string_view nearest(std::string_view text, const std::vector<std::string_view>& known);

template <typename T>
using Words = std::vector<std::pair<std::string_view, T>>;

/// One mapping of the document. A member that is absent leaves its target as it was.
class Section {
 public:
  /// Reads `node`. When `listed` is not null, every key that is asked for is added to it.
  Section(const Node& node, std::string path, Problems& problems, std::vector<KnownKey>* listed);

  /// `parse` says in its error what was expected.
  template <typename T, typename Parse>
  void scalar(std::string_view key, T& target, Parse parse) {
    const Node* node = scalar_node(key, {});
    if (node != nullptr) {
      assign(key, *node, target, parse);
    }
  }

  template <typename T>
  void choice(std::string_view key, T& target, const Words<T>& words) {
    std::vector<std::string_view> names;
    for (const auto& [name, value] : words) {
      names.push_back(name);
    }
    const Node* node = scalar_node(key, names);
    if (node == nullptr) {
      return;
    }
    for (const auto& [name, value] : words) {
      if (node->text == name) {
        target = value;
        return;
      }
    }
    reject_word(key, *node, names);
  }

  /// A list of scalars; one scalar alone is a list of one.
  template <typename T, typename Parse>
  void list(std::string_view key, std::vector<T>& target, Parse parse) {
    const auto items = scalar_list(key);
    if (items) {
      target.clear();
      for (const Node* item : *items) {
        T value{};
        assign(key, *item, value, parse);
        target.push_back(std::move(value));
      }
    }
  }

  /// A mapping inside this one; `read` is called even when it is absent.
  void section(std::string_view key, const std::function<void(Section&)>& read);
  /// A list of mappings.
  void sections(std::string_view key, const std::function<void(Section&)>& read);
  /// A mapping whose keys are the document's own names. `read` gets each name and what it names.
  void named(std::string_view key, const std::function<void(const std::string&, Section&)>& read);
  /// A mapping of free names to a scalar or a list of them.
  void table(std::string_view key,
             const std::function<void(const std::string&, const std::vector<std::string>&)>& read);

  /// The document says something about `key`.
  bool has(std::string_view key) const { return find(key) != nullptr; }
  /// Nothing wrong was found in here so far: it is worth looking at the whole.
  bool sound() const { return problems_.count() == problems_before_; }
  /// Reports what is wrong with `key`, or with the whole mapping when it says nothing of `key`.
  void reject(std::string_view key, std::string_view problem);
  /// Every key of the mapping that was not asked for is a mistake. Call it last.
  void finish();

 private:
  template <typename T, typename Parse>
  void assign(std::string_view key, const Node& node, T& target, Parse parse) {
    auto value = parse(std::string_view(node.text));
    if (value) {
      target = std::move(*value);
    } else {
      problems_.add(node.place, std::string(key) + ": " + value.error().message);
    }
  }

  const Node* find(std::string_view key) const;
  const Node* find(std::string_view key, Node::Kind kind, std::string_view expected);
  const Node* scalar_node(std::string_view key, const std::vector<std::string_view>& words);
  std::optional<std::vector<const Node*>> scalar_list(std::string_view key);
  std::vector<const Node*> scalars_of(std::string_view key, const Node& node);
  void reject_word(std::string_view key, const Node& node,
                   const std::vector<std::string_view>& words);
  void know(std::string_view key, std::string words = {});
  std::string path_of(std::string_view key) const;

  const Node& node_;
  std::string path_;
  Problems& problems_;
  std::size_t problems_before_;
  std::vector<KnownKey>* listed_;
  std::vector<std::string> known_;
};

/// Reads a whole document with `read`. Error (config): every problem, one a line.
Result<void> read_document(std::string_view text, const std::string& name,
                           const std::function<void(Section&)>& read);

/// Every key `read` knows, sorted.
std::vector<KnownKey> list_keys(const std::function<void(Section&)>& read);

}  // namespace purser
