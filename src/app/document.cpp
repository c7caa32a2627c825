// app/document.cpp — builds the tree from yaml-cpp's events, and reads sections of it.
// yaml-cpp's exceptions stop in this file.
#include "app/document.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>
#include <unordered_map>

namespace purser {
namespace {

const Node kAbsent;  // what a mapping that nobody wrote says

Place place_of(const YAML::Mark& mark) {
  return {mark.line + 1, mark.column + 1};
}

Node node_at(const YAML::Mark& mark, Node::Kind kind, std::string text = {}) {
  return {.kind = kind, .place = place_of(mark), .text = std::move(text), .items = {}};
}

/// More than the document may be: stops the parser.
struct TooMuch {
  Place place;
  std::string problem;
};

/// Grows the tree. An alias is a copy, paid for node by node like everything else.
class Builder final : public YAML::EventHandler {
 public:
  Node take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node node = node_at(mark, Node::Kind::nothing);
    if (!open_.empty() && open_.back().node.items.size() % 2 == 1) {
      node.place = open_.back().node.items.back().place;  // nothing stands where its key stands
    }
    add(std::move(node), anchor);
  }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                const std::string& text) override {
    add(node_at(mark, Node::Kind::scalar, text), anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(node_at(mark, Node::Kind::list), anchor);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(node_at(mark, Node::Kind::mapping), anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override { close(); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto anchored = anchored_.find(anchor);
    if (anchored == anchored_.end()) {
      throw TooMuch{place_of(mark), "an alias inside of what it stands for"};
    }
    const Size size = measure(anchored->second);
    spend(size.nodes, place_of(mark));
    if (open_.size() + size.depth > kDocumentDepthMax) {
      too_deep(place_of(mark));
    }
    put(anchored->second);
  }

 private:
  struct Open {
    Node node;
    YAML::anchor_t anchor;
  };
  struct Size {
    std::size_t nodes;
    std::size_t depth;
  };

  // Recursion is bounded by kDocumentDepthMax: nothing deeper is ever built.
  static Size measure(const Node& node) {
    Size size{1, 0};
    for (const Node& item : node.items) {
      const Size inner = measure(item);
      size.nodes += inner.nodes;
      size.depth = std::max(size.depth, inner.depth + 1);
    }
    return size;
  }
  [[noreturn]] static void too_deep(Place place) {
    throw TooMuch{place, "nested more than " + std::to_string(kDocumentDepthMax) + " deep"};
  }
  void spend(std::size_t nodes, Place place) {
    nodes_ += nodes;
    if (nodes_ > kDocumentNodesMax) {
      throw TooMuch{place, "more than " + std::to_string(kDocumentNodesMax) +
                               " values, counting what aliases stand for"};
    }
  }
  void add(Node node, YAML::anchor_t anchor) {
    spend(1, node.place);
    if (anchor != 0) {
      anchored_[anchor] = node;
    }
    put(std::move(node));
  }
  void open(Node node, YAML::anchor_t anchor) {
    spend(1, node.place);
    if (open_.size() >= kDocumentDepthMax) {
      too_deep(node.place);
    }
    open_.push_back({std::move(node), anchor});
  }
  void close() {
    Open closed = std::move(open_.back());
    open_.pop_back();
    if (closed.anchor != 0) {
      spend(measure(closed.node).nodes, closed.node.place);  // the copy aliases are made from
      anchored_[closed.anchor] = closed.node;
    }
    put(std::move(closed.node));
  }
  void put(Node node) {
    if (open_.empty()) {
      root_ = std::move(node);
    } else {
      open_.back().node.items.push_back(std::move(node));
    }
  }

  Node root_;
  std::vector<Open> open_;
  std::unordered_map<YAML::anchor_t, Node> anchored_;
  std::size_t nodes_ = 0;
};

std::string_view kind_name(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::nothing:
      return "nothing";
    case Node::Kind::scalar:
      return "a single value";
    case Node::Kind::list:
      return "a list";
    case Node::Kind::mapping:
      return "a mapping";
  }
  return "";
}

/// Edits (insert, drop, change, swap neighbours) from `a` to `b`: Damerau's distance.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> edits(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        edits[i][j] = i + j;
        continue;
      }
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      edits[i][j] =
          std::min({edits[i - 1][j] + 1, edits[i][j - 1] + 1, edits[i - 1][j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        edits[i][j] = std::min(edits[i][j], edits[i - 2][j - 2] + 1);
      }
    }
  }
  return edits[a.size()][b.size()];
}

/// Foreign text inside a message: one line, of a length that can be read.
std::string quoted(std::string_view text) {
  constexpr std::size_t kShown = 60;
  std::string out = "\"";
  for (const char c : text.substr(0, kShown)) {
    out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
  }
  return out + (text.size() > kShown ? "…\"" : "\"");
}

std::string did_you_mean(std::string_view text, const std::vector<std::string_view>& known) {
  const std::string_view near = nearest(text, known);
  if (!near.empty()) {
    return "; did you mean \"" + std::string(near) + "\"?";
  }
  std::string all;
  for (const std::string_view word : known) {
    all += (all.empty() ? "" : ", ") + std::string(word);
  }
  return known.empty() ? "" : "; known here: " + all;
}

/// The tree of `text`, or nothing after a problem was added.
std::optional<Node> build_tree(std::string_view text, Problems& problems) {
  if (text.size() > kDocumentBytesMax) {
    problems.add({}, "larger than " + std::to_string(kDocumentBytesMax) + " bytes");
    return std::nullopt;
  }
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    Builder builder;
    if (!parser.HandleNextDocument(builder)) {
      return Node{};
    }
    Builder second;
    if (parser.HandleNextDocument(second)) {
      problems.add(second.take().place, "a second document; one is expected");
      return std::nullopt;
    }
    return builder.take();
  } catch (const TooMuch& bound) {
    problems.add(bound.place, bound.problem);
  } catch (const YAML::Exception& error) {
    problems.add(place_of(error.mark), "not YAML: " + error.msg);
  }
  return std::nullopt;
}

}  // namespace

void Problems::add(Place place, std::string_view problem) {
  // A mistake in the document as a whole has no mark.
  found_.push_back({{std::max(place.line, 1), std::max(place.column, 1)}, std::string(problem)});
}

std::string Problems::text() const {
  auto sorted = found_;
  std::ranges::sort(sorted);
  std::string all;
  for (std::size_t i = 0; i < std::min(sorted.size(), kProblemsShown); ++i) {
    const auto& [place, problem] = sorted[i];
    all += (i == 0 ? "" : "\n") + document_ + ":" + std::to_string(place.line) + ":" +
           std::to_string(place.column) + ": " + problem;
  }
  if (sorted.size() > kProblemsShown) {
    all += "\nand " + std::to_string(sorted.size() - kProblemsShown) + " more";
  }
  return all;
}

std::string_view nearest(std::string_view text, const std::vector<std::string_view>& known) {
  constexpr std::size_t kWordBytesMax = 64;  // nobody misspells a key into more than this
  std::string_view best;
  std::size_t best_edits = std::min<std::size_t>(text.size() / 3 + 1, 3) + 1;
  for (const std::string_view word : known) {
    if (text.size() <= kWordBytesMax) {
      const std::size_t edits = distance(text, word);
      if (edits < best_edits && edits < word.size()) {
        best = word;
        best_edits = edits;
      }
    }
  }
  return best;
}

Section::Section(const Node& node, std::string path, Problems& problems,
                 std::vector<KnownKey>* listed)
    : node_(node),
      path_(std::move(path)),
      problems_(problems),
      problems_before_(problems.count()),
      listed_(listed) {
  if (node.kind != Node::Kind::mapping && node.kind != Node::Kind::nothing) {
    problems_.add(node.place, (path_.empty() ? std::string("the document") : path_) +
                                  ": expected a mapping, got " + std::string(kind_name(node.kind)));
  }
}

std::string Section::path_of(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

void Section::know(std::string_view key, std::string words) {
  known_.emplace_back(key);
  if (listed_ != nullptr) {
    listed_->push_back({path_of(key), std::move(words)});
  }
}

const Node* Section::find(std::string_view key) const {
  if (node_.kind != Node::Kind::mapping) {
    return nullptr;
  }
  for (std::size_t i = 0; i + 1 < node_.items.size(); i += 2) {
    if (node_.items[i].kind == Node::Kind::scalar && node_.items[i].text == key) {
      return &node_.items[i + 1];
    }
  }
  return nullptr;
}

const Node* Section::find(std::string_view key, Node::Kind kind, std::string_view expected) {
  const Node* node = find(key);
  if (node == nullptr || node->kind == kind) {
    return node;
  }
  problems_.add(node->place, std::string(key) + ": expected " + std::string(expected) + ", got " +
                                 std::string(kind_name(node->kind)));
  return nullptr;
}

const Node* Section::scalar_node(std::string_view key, const std::vector<std::string_view>& words) {
  std::string all;
  for (const std::string_view word : words) {
    all += (all.empty() ? "" : "|") + std::string(word);
  }
  know(key, std::move(all));
  return find(key, Node::Kind::scalar, "a single value");
}

std::vector<const Node*> Section::scalars_of(std::string_view key, const Node& node) {
  if (node.kind == Node::Kind::scalar) {
    return {&node};
  }
  if (node.kind != Node::Kind::list) {
    problems_.add(node.place, std::string(key) + ": expected a value or a list of them, got " +
                                  std::string(kind_name(node.kind)));
    return {};
  }
  std::vector<const Node*> scalars;
  for (const Node& item : node.items) {
    if (item.kind == Node::Kind::scalar) {
      scalars.push_back(&item);
    } else {
      problems_.add(item.place, std::string(key) + ": expected a single value, got " +
                                    std::string(kind_name(item.kind)));
    }
  }
  return scalars;
}

std::optional<std::vector<const Node*>> Section::scalar_list(std::string_view key) {
  know(key);
  const Node* node = find(key);
  if (node == nullptr) {
    return std::nullopt;
  }
  return scalars_of(key, *node);
}

void Section::reject_word(std::string_view key, const Node& node,
                          const std::vector<std::string_view>& words) {
  std::string expected;
  for (const std::string_view word : words) {
    expected += (expected.empty() ? "" : ", ") + std::string(word);
  }
  const std::string_view near = nearest(node.text, words);
  problems_.add(node.place,
                std::string(key) + ": expected one of " + expected + ", got " + quoted(node.text) +
                    (near.empty() ? "" : "; did you mean \"" + std::string(near) + "\"?"));
}

void Section::section(std::string_view key, const std::function<void(Section&)>& read) {
  know(key);
  const Node* node = find(key);
  Section inner(node == nullptr ? kAbsent : *node, path_of(key), problems_, listed_);
  read(inner);
  inner.finish();
}

void Section::sections(std::string_view key, const std::function<void(Section&)>& read) {
  know(key);
  if (listed_ != nullptr) {
    Section inner(kAbsent, path_of(key) + "[]", problems_, listed_);
    read(inner);
    return;
  }
  const Node* node = find(key);
  if (node == nullptr || node->kind == Node::Kind::nothing) {
    return;
  }
  node = find(key, Node::Kind::list, "a list of mappings");
  if (node == nullptr) {
    return;
  }
  for (std::size_t i = 0; i < node->items.size(); ++i) {
    Section inner(node->items[i], path_of(key) + "[" + std::to_string(i) + "]", problems_, nullptr);
    read(inner);
    inner.finish();
  }
}

void Section::named(std::string_view key,
                    const std::function<void(const std::string&, Section&)>& read) {
  know(key);
  if (listed_ != nullptr) {
    Section inner(kAbsent, path_of(key) + ".*", problems_, listed_);
    read("*", inner);
    return;
  }
  const Node* node = find(key);
  if (node == nullptr || node->kind == Node::Kind::nothing) {
    return;
  }
  Section names(*node, path_of(key), problems_, nullptr);
  for (std::size_t i = 0; i + 1 < node->items.size() && node->kind == Node::Kind::mapping; i += 2) {
    const std::string& name = node->items[i].text;
    names.know(name);
    Section inner(node->items[i + 1], names.path_of(name), problems_, nullptr);
    read(name, inner);
    inner.finish();
  }
  names.finish();
}

void Section::table(
    std::string_view key,
    const std::function<void(const std::string&, const std::vector<std::string>&)>& read) {
  know(key);
  const Node* node = find(key);
  if (node == nullptr || node->kind == Node::Kind::nothing) {
    return;
  }
  Section names(*node, path_of(key), problems_, nullptr);
  for (std::size_t i = 0; i + 1 < node->items.size() && node->kind == Node::Kind::mapping; i += 2) {
    const std::string& name = node->items[i].text;
    names.know(name);
    std::vector<std::string> values;
    for (const Node* scalar : names.scalars_of(name, node->items[i + 1])) {
      values.push_back(scalar->text);
    }
    read(name, values);
  }
  names.finish();
}

void Section::reject(std::string_view key, std::string_view problem) {
  const Node* node = find(key);
  problems_.add(node == nullptr ? node_.place : node->place, problem);
}

void Section::finish() {
  if (node_.kind != Node::Kind::mapping) {
    return;
  }
  std::vector<std::string_view> seen;
  const std::vector<std::string_view> known(known_.begin(), known_.end());
  for (std::size_t i = 0; i < node_.items.size(); i += 2) {
    const Node& key = node_.items[i];
    if (key.kind != Node::Kind::scalar) {
      problems_.add(key.place, "expected a key, got " + std::string(kind_name(key.kind)));
    } else if (std::ranges::find(seen, key.text) != seen.end()) {
      problems_.add(key.place, "key " + quoted(key.text) + " stands here a second time");
    } else if (std::ranges::find(known, key.text) == known.end()) {
      problems_.add(key.place, "unknown key " + quoted(key.text) + did_you_mean(key.text, known));
    }
    seen.push_back(key.text);
  }
}

Result<void> read_document(std::string_view text, const std::string& name,
                           const std::function<void(Section&)>& read) {
  Problems problems(name);
  const std::optional<Node> root = build_tree(text, problems);
  if (root) {
    Section document(*root, "", problems, nullptr);
    read(document);
    document.finish();
  }
  if (problems.count() > 0) {
    return fail(Fault::config, problems.text());
  }
  return {};
}

std::vector<KnownKey> list_keys(const std::function<void(Section&)>& read) {
  std::vector<KnownKey> listed;
  Problems ignored("");
  Section document(kAbsent, "", ignored, &listed);
  read(document);
  std::ranges::sort(listed);
  return listed;
}

}  // namespace purser
