#include "control/schema.hpp"

#include <boost/json.hpp>
#include <limits>
#include <map>
#include <optional>
#include <variant>
#include <vector>

#include "apps/program/events.hpp"
#include "control/all_commands.hpp"
#include "control/read_fields.hpp"

namespace junctor::control {
namespace {

namespace json = boost::json;

template <class T>
json::object schema_of(const Field& field);

/// Collects the members of one struct.
class SchemaVisitor {
 public:
  template <class T>
  void operator()(const Field& field, const T&) {
    json::object member = schema_of<T>(field);
    member.emplace("description", field.says);
    if (!field.also.empty()) member.emplace("x-also", field.also);
    if (field.flat == Field::Flat::never) member.emplace("x-not-flat", true);
    properties_.emplace(field.name, std::move(member));
    if (field.required) required_.emplace_back(field.name);
  }

  json::object made() {
    json::object out{{"type", "object"}, {"properties", std::move(properties_)}};
    if (!required_.empty()) out.emplace("required", std::move(required_));
    return out;
  }

 private:
  json::object properties_;
  json::array required_;
};

template <class T>
json::object members_of() {
  const T value{};
  SchemaVisitor visitor;
  T::fields(value, visitor);
  return visitor.made();
}

template <class T>
struct Unwrapped {
  static constexpr bool optional = false, list = false, map = false;
  using Type = T;
};
template <class T>
struct Unwrapped<std::optional<T>> : Unwrapped<T> {
  static constexpr bool optional = true;
};
template <class T>
struct Unwrapped<std::vector<T>> {
  static constexpr bool optional = false, list = true, map = false;
  using Type = T;
};
template <class T>
struct Unwrapped<std::map<std::string, T>> {
  static constexpr bool optional = false, list = false, map = true;
  using Type = T;
};

void put_bounds(json::object& out, const Field& field, std::string_view least, std::string_view most) {
  if (field.least != std::numeric_limits<std::int64_t>::min()) out.emplace(least, field.least);
  if (field.most != std::numeric_limits<std::int64_t>::max()) out.emplace(most, field.most);
}

template <class T>
json::object schema_of(const Field& field) {
  using Inner = Unwrapped<T>;
  json::object out;
  if constexpr (Inner::list) {
    out = {{"type", "array"}, {"items", schema_of<typename Inner::Type>(Field(field.name, field.says))}};
    put_bounds(out, field, "minItems", "maxItems");
  } else if constexpr (Inner::map) {
    out = {{"type", "object"},
           {"additionalProperties", schema_of<typename Inner::Type>(Field(field.name, field.says))}};
  } else if constexpr (Inner::optional) {
    out = schema_of<typename Inner::Type>(field);
    out.emplace("x-nullable", true);
  } else if constexpr (std::is_same_v<T, bool>) {
    out = {{"type", "boolean"}};
  } else if constexpr (HasWords<T>) {
    json::array all;
    for (const std::string_view word : words(T{})) all.emplace_back(word);
    out = {{"type", "string"}, {"enum", std::move(all)}};
  } else if constexpr (std::is_integral_v<T>) {
    out = {{"type", "integer"}};
    put_bounds(out, field, "minimum", "maximum");
  } else if constexpr (std::is_floating_point_v<T>) {
    out = {{"type", "number"}};
    put_bounds(out, field, "minimum", "maximum");
  } else if constexpr (std::is_same_v<T, apps::program::JsonText>) {
    out = json::object();
  } else if constexpr (std::is_same_v<T, std::string> || std::is_base_of_v<apps::program::CallRef, T>) {
    out = {{"type", "string"}, {"maxLength", field.longest}};
    if constexpr (!std::is_same_v<T, std::string>) out.emplace("x-call", true);
  } else {
    out = members_of<T>();
  }
  return out;
}

template <class Command>
json::object command_schema() {
  const apps::program::CommandInfo& info = Command::info;
  json::object out{{"name", info.name},
                   {"alias", info.alias},
                   {"scope", to_string(info.scope)},
                   {"does", info.does},
                   {"completes_when", info.completes_when},
                   {"params", members_of<Command>()}};
  if constexpr (std::is_same_v<Command, SessionListCalls>) {
    out.emplace("data", json::object{{"type", "array"}, {"items", members_of<ListedCall>()}});
  } else {
    out.emplace("data", members_of<typename Command::Done>());
  }
  return out;
}

template <class... Events>
json::array events_schema(std::type_identity<std::variant<Events...>>) {
  json::array out;
  (out.push_back(json::object{{"name", Events::info.name},
                              {"flat", Events::info.flat},
                              {"says", Events::info.says},
                              {"call_id", Events::info.call_id_in_flat},
                              {"data", members_of<Events>()}}),
   ...);
  return out;
}

}  // namespace

std::string schema_text() {
  json::array commands;
  for_each_command([&]<class Command>() { commands.push_back(command_schema<Command>()); });
  return json::serialize(json::object{{"protocol", "rwi"},
                                      {"version", "1.0"},
                                      {"commands", std::move(commands)},
                                      {"events", events_schema(std::type_identity<apps::program::EventBody>{})}}) +
         "\n";
}

}  // namespace junctor::control
