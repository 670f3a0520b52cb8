#pragma once
// What a configuration says and nothing acts on yet, so that whoever wrote it is told and does not wait for it in vain.
#include <string>
#include <vector>

#include "config/config.hpp"

namespace junctor::config {

/// One line for each: the key, and what happens instead. Empty when everything has its effect.
std::vector<std::string> without_effect(const Config& config);

}  // namespace junctor::config
