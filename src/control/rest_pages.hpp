#pragma once
// Lists that are made anew for each page: in the order of a key, which is the cursor, so that nothing is told twice
// nor left out because something else came or went. Private to rest*.cpp.
#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "control/rest_table.hpp"
#include "control/to_json.hpp"

namespace junctor::control {

template <class Item, class Key>
void answer_page(const RestAsk& ask, std::vector<Item> items, Key key_of) {
  const auto limit = limit_of(ask);
  if (!limit) return;
  std::vector<std::pair<std::string, const Item*>> sorted;
  const std::string cursor = ask.query("cursor").value_or("");
  for (const Item& item : items)
    if (std::string key = key_of(item); key > cursor) sorted.emplace_back(std::move(key), &item);
  std::ranges::sort(sorted);
  std::optional<std::string> next;
  if (sorted.size() > *limit) {
    sorted.resize(*limit);
    next = sorted.back().first;
  }
  boost::json::array out;
  for (const auto& [key, item] : sorted) out.push_back(to_json(*item));
  ask.back.answer(200, listing(std::move(out), std::move(next)));
}

}  // namespace junctor::control
