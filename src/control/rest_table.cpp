#include "control/rest_table.hpp"

namespace junctor::control {
namespace {

constexpr RestParameter page[] = {
    {"limit", "integer", "How many at most: 1 to 500, 100 unless told."},
    {"cursor", "string", "The next_cursor of the list before."},
};
constexpr RestParameter call_parameters[] = {
    {"messages", "boolean", "With the SIP messages of the call, base64."},
};
constexpr RestParameter record_parameters[] = {
    {"from", "string", "Started at or after: RFC 3339, or a day."},
    {"to", "string", "Started before."},
    {"number", "string", "From, to, or to whom it was answered."},
    {"disposition", "string", "How it ended: answered, no_answer, busy …"},
    {"limit", "integer", "How many at most: 1 to 500, 100 unless told."},
    {"cursor", "string", "The next_cursor of the list before."},
};
constexpr RestMember new_call[] = {
    {"from", "Rung first: a number or a SIP URI.", true},
    {"to", "Whom it is connected to.", true},
};
constexpr RestMember new_user[] = {
    {"username", "The number, too.", true},
    {"password", "Only hashes of it are kept.", true},
    {"display_name", "What called phones show."},
};
constexpr RestMember user_change[] = {
    {"password", "Only hashes of it are kept."},
    {"display_name", "What called phones show."},
};

constexpr RestEndpoint endpoints[] = {
    {"GET",
     "/api/v1/calls",
     Scope::observe_all,
     "Calls that are going on, oldest first",
     page,
     {},
     200,
     "CallList",
     list_calls},
    {"POST",
     "/api/v1/calls",
     Scope::call,
     "Rings one party and connects it to another",
     {},
     new_call,
     201,
     "NewCall",
     start_call},
    {"GET",
     "/api/v1/calls/{id}",
     Scope::observe_all,
     "A call, or one that ended a little while ago",
     call_parameters,
     {},
     200,
     "CallDetail",
     show_call},
    {"DELETE", "/api/v1/calls/{id}", Scope::call, "Hangs up", {}, {}, 204, "", hang_up_call},
    {"GET",
     "/api/v1/registrations",
     Scope::observe_all,
     "What phones have registered",
     page,
     {},
     200,
     "RegistrationList",
     list_registrations},
    {"GET", "/api/v1/trunks", Scope::observe_all, "Trunks and their state", {}, {}, 200, "TrunkList", list_trunks},
    {"GET",
     "/api/v1/users",
     Scope::admin,
     "Users, of the configuration and of the database",
     page,
     {},
     200,
     "UserList",
     list_users},
    {"POST", "/api/v1/users", Scope::admin, "Adds a user to the database", {}, new_user, 201, "User", add_user},
    {"GET", "/api/v1/users/{id}", Scope::admin, "A user", {}, {}, 200, "User", show_user},
    {"PUT",
     "/api/v1/users/{id}",
     Scope::admin,
     "Changes a user of the database",
     {},
     user_change,
     200,
     "User",
     change_user},
    {"DELETE", "/api/v1/users/{id}", Scope::admin, "Removes a user of the database", {}, {}, 204, "", remove_user},
    {"GET",
     "/api/v1/records",
     Scope::observe_all,
     "Call records, newest first",
     record_parameters,
     {},
     200,
     "RecordList",
     list_records},
    {"GET", "/api/v1/records/{id}", Scope::observe_all, "A call record", {}, {}, 200, "Record", show_record},
    {"GET", "/api/v1/openapi.json", Scope::none, "This description", {}, {}, 200, "", show_openapi},
};

}  // namespace

std::span<const RestEndpoint> rest_endpoints() {
  return endpoints;
}

}  // namespace junctor::control
