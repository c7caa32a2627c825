// money/json_tree.cpp — simdjson's on-demand values, kept.
#include "money/json_tree.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>

namespace purser {
namespace {

namespace ondemand = simdjson::ondemand;
using simdjson::error_code;

constexpr int kDepthMax = 32;

error_code keep(ondemand::value value, JsonTree& tree, int depth);

error_code keep_list(ondemand::value value, JsonTree& tree, int depth) {
  tree.kind = JsonTree::Kind::list;
  ondemand::array list;
  if (const auto error = value.get_array().get(list)) {
    return error;
  }
  for (auto item : list) {
    ondemand::value inside;
    if (const auto error = item.get(inside)) {
      return error;
    }
    if (const auto error = keep(inside, tree.items.emplace_back(), depth + 1)) {
      return error;
    }
  }
  return simdjson::SUCCESS;
}

error_code keep_object(ondemand::value value, JsonTree& tree, int depth) {
  tree.kind = JsonTree::Kind::object;
  ondemand::object object;
  if (const auto error = value.get_object().get(object)) {
    return error;
  }
  for (auto field : object) {
    std::string_view name;
    ondemand::value inside;
    if (const auto error = field.unescaped_key().get(name)) {
      return error;
    }
    auto& member = tree.members.emplace_back(std::string(name), JsonTree());
    if (const auto error = field.value().get(inside)) {
      return error;
    }
    if (const auto error = keep(inside, member.second, depth + 1)) {
      return error;
    }
  }
  return simdjson::SUCCESS;
}

error_code keep_scalar(ondemand::value value, ondemand::json_type type, JsonTree& tree) {
  std::string_view text;
  bool flag = false;
  error_code error = simdjson::SUCCESS;
  switch (type) {
    case ondemand::json_type::string:
      tree.kind = JsonTree::Kind::text;
      error = value.get_string().get(text);
      break;
    case ondemand::json_type::number:
      tree.kind = JsonTree::Kind::number;
      text = value.raw_json_token();
      text = text.substr(0, text.find_first_of(" \t\r\n"));
      break;
    case ondemand::json_type::boolean:
      tree.kind = JsonTree::Kind::flag;
      error = value.get_bool().get(flag);
      text = flag ? "true" : "false";
      break;
    default:
      error = value.is_null().get(flag);  // "nul" is an error here, not a false
      return error || flag ? error : simdjson::N_ATOM_ERROR;
  }
  if (!error) {
    tree.text = text;
  }
  return error;
}

error_code keep(ondemand::value value, JsonTree& tree, int depth) {
  if (depth > kDepthMax) {
    return simdjson::DEPTH_ERROR;
  }
  ondemand::json_type type{};
  if (const auto error = value.type().get(type)) {
    return error;
  }
  switch (type) {
    case ondemand::json_type::array:
      return keep_list(value, tree, depth);
    case ondemand::json_type::object:
      return keep_object(value, tree, depth);
    default:
      return keep_scalar(value, type, tree);
  }
}

}  // namespace

const JsonTree* JsonTree::find(std::string_view name) const {
  const auto found = std::ranges::find(
      members, name, [](const auto& member) -> std::string_view { return member.first; });
  return found == members.end() ? nullptr : &found->second;
}

std::string_view JsonTree::text_of(std::string_view name) const {
  const JsonTree* member = find(name);
  return member != nullptr && member->kind == Kind::text ? member->text : std::string_view();
}

Result<JsonTree> read_json_tree(std::string_view json) {
  ondemand::parser parser;
  const simdjson::padded_string padded(json);
  ondemand::document document;
  ondemand::value root;
  JsonTree tree;
  auto error = parser.iterate(padded).get(document);
  if (!error) {
    error = document.get_value().get(root);
  }
  if (!error) {
    error = keep(root, tree, 0);
  }
  if (!error && document.current_location().error() != simdjson::OUT_OF_BOUNDS) {
    error = simdjson::TAPE_ERROR;
  }
  if (error) {
    return fail(Fault::config, fmt::format("not JSON: {}", simdjson::error_message(error)));
  }
  return tree;
}

}  // namespace purser
