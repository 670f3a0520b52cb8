// What REST offers, as OpenAPI 3.1. Paths come from the table; the schemas from what is really answered: each is read
// off the JSON that the code makes of an example.
#include <map>
#include <string>

#include "control/rest.hpp"
#include "control/rest_table.hpp"
#include "control/to_json.hpp"

namespace junctor::control {
namespace {

namespace json = boost::json;

json::string_view view(std::string_view text) {
  return {text.data(), text.size()};
}

json::object schema_of(const json::value& example) {
  switch (example.kind()) {
    case json::kind::null:
      return {{"type", json::array{"string", "null"}}};
    case json::kind::bool_:
      return {{"type", "boolean"}};
    case json::kind::int64:
    case json::kind::uint64:
      return {{"type", "integer"}};
    case json::kind::double_:
      return {{"type", "number"}};
    case json::kind::string:
      return {{"type", "string"}};
    case json::kind::array: {
      json::object out{{"type", "array"}};
      if (!example.get_array().empty()) out["items"] = schema_of(example.get_array().front());
      return out;
    }
    case json::kind::object: {
      json::object properties;
      for (const auto& [name, value] : example.get_object()) properties.emplace(name, schema_of(value));
      return {{"type", "object"}, {"properties", std::move(properties)}};
    }
  }
  return {};
}

json::object reference(std::string_view name) {
  return {{"$ref", text("#/components/schemas/" + std::string(name))}};
}

json::object list_of(std::string_view name) {
  return {{"type", "object"},
          {"required", json::array{"items", "next_cursor"}},
          {"properties", json::object{{"items", json::object{{"type", "array"}, {"items", reference(name)}}},
                                      {"next_cursor", json::object{{"type", json::array{"string", "null"}}}}}}};
}

json::object schemas() {
  CallInfo call;
  call.legs.emplace_back();
  CallDetail detail;
  detail.call = call;
  detail.messages.emplace_back();
  store::CallRecord record;
  record.legs.emplace_back();
  record.transcript.emplace_back();
  json::object out;
  const auto add = [&](std::string_view name, const json::value& example) {
    out.emplace(view(name), schema_of(example));
    out.emplace(view(std::string(name) + "List"), list_of(name));
  };
  add("Call", to_json(call));
  add("Registration", to_json(Registration()));
  add("Trunk", to_json(TrunkInfo()));
  add("User", to_json(UserInfo()));
  add("Record", to_json(record));
  out.emplace("NewCall", schema_of(json::object{{"id", ""}}));
  out.emplace("CallDetail", schema_of(to_json(detail)));
  out.emplace("Problem", schema_of(json::parse(problem(400, "invalid_params", "").body)));
  return out;
}

json::object content(std::string_view type, std::string_view schema) {
  return {{view(type), json::object{{"schema", reference(schema)}}}};
}

json::array parameters_of(const RestEndpoint& endpoint) {
  json::array out;
  if (endpoint.path.contains("{id}"))
    out.push_back(
        json::object{{"name", "id"}, {"in", "path"}, {"required", true}, {"schema", json::object{{"type", "string"}}}});
  for (const RestParameter& parameter : endpoint.parameters)
    out.push_back(json::object{{"name", text(parameter.name)},
                               {"in", "query"},
                               {"description", text(parameter.meaning)},
                               {"schema", json::object{{"type", text(parameter.type)}}}});
  return out;
}

json::object body_of(const RestEndpoint& endpoint) {
  json::object properties;
  json::array required;
  for (const RestMember& member : endpoint.body) {
    properties.emplace(view(member.name), json::object{{"type", "string"}, {"description", text(member.meaning)}});
    if (member.required) required.emplace_back(text(member.name));
  }
  json::object schema{{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
  if (!required.empty()) schema["required"] = std::move(required);
  return {{"required", true},
          {"content", json::object{{"application/json", json::object{{"schema", std::move(schema)}}}}}};
}

json::object operation_of(const RestEndpoint& endpoint) {
  json::object success{{"description", endpoint.status == 204 ? "Done" : "As it is"}};
  if (!endpoint.result.empty()) success["content"] = content("application/json", endpoint.result);
  json::object out{
      {"summary", text(endpoint.summary)},
      {"parameters", parameters_of(endpoint)},
      {"responses",
       json::object{{std::to_string(endpoint.status), std::move(success)},
                    {"default", json::object{{"description", "Why not"},
                                             {"content", content("application/problem+json", "Problem")}}}}}};
  if (endpoint.scope == Scope::none) {
    out["security"] = json::array();
  } else {
    out["description"] = text("Needs the scope " + std::string(to_string(endpoint.scope)) + '.');
  }
  if (!endpoint.body.empty()) out["requestBody"] = body_of(endpoint);
  return out;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(c | 0x20);
  return out;
}

std::string document() {
  json::object paths;
  for (const RestEndpoint& endpoint : rest_endpoints()) {
    json::value& path = paths[view(endpoint.path)];
    if (path.is_null()) path = json::object();
    path.get_object().emplace(lower(endpoint.method), operation_of(endpoint));
  }
  const json::object out{
      {"openapi", "3.1.0"},
      {"info", json::object{{"title", "Junctor"}, {"version", "1"}}},
      {"paths", std::move(paths)},
      {"components", json::object{{"schemas", schemas()},
                                  {"securitySchemes",
                                   json::object{{"token", json::object{{"type", "http"}, {"scheme", "bearer"}}}}}}},
      {"security", json::array{json::object{{"token", json::array()}}}}};
  return json::serialize(out);
}

}  // namespace

const std::string& openapi_text() {
  static const std::string text = document();
  return text;
}

void show_openapi(RestAsk& ask) {
  ask.back.web->respond(ask.back.id, {200, "application/json", openapi_text(), {}});
}

}  // namespace junctor::control
