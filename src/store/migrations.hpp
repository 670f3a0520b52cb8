#pragma once
// The schema as a list of numbered steps; the number of the last one applied is the database's user_version. A step
// that has been released is never edited, a change is a new step.
#include <span>
#include <string_view>

namespace junctor::store {

/// Step n, counted from 1, is migrations()[n - 1]: SQL that takes version n - 1 to n, run in one transaction.
std::span<const std::string_view> migrations();

}  // namespace junctor::store
