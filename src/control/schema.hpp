#pragma once
// The commands and events of RWI as JSON (JSON Schema 2020-12 for their members), made of the one list of each.
#include <string>

namespace junctor::control {

/// {"commands": [{"name", "alias", "scope", "does", "completes_when", "params", "data"}], "events": [{"name", "flat",
/// "says", "data"}]}, one line.
std::string schema_text();

}  // namespace junctor::control
