#pragma once
// Columns for people's eyes.
#include <string>
#include <vector>

namespace junctor::hub::cli {

/// Left-aligned columns, two blanks apart, as wide as their widest cell; widths count UTF-8 characters. Control
/// characters, which may come from the wire, are shown as "?". Without rows: `none` and a line's end.
std::string table(const std::vector<std::string>& head, const std::vector<std::vector<std::string>>& rows,
                  const std::string& none);

/// `text` with control characters shown as "?"; line ends too.
std::string printable(const std::string& text);

}  // namespace junctor::hub::cli
