#pragma once
// Gives back a string's memory: an assignment of an empty one keeps it.
#include <string>

namespace junctor::transaction {

inline void release(std::string& text) {
  std::string().swap(text);
}

}  // namespace junctor::transaction
