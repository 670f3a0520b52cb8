#include "sim/trace.hpp"

#include <cstdio>

namespace junctor::sim {

void Trace::print(std::string_view arrow, const Address& far, std::string_view bytes) const {
  if (bytes.find(text_) == std::string_view::npos) return;
  const double seconds = std::chrono::duration<double>(world_.now().time_since_epoch()).count();
  std::fprintf(stderr, "%.4f %.*s %s\n%.*s\n", seconds, static_cast<int>(arrow.size()), arrow.data(),
               to_string(far).c_str(), static_cast<int>(bytes.size()), bytes.data());
}

}  // namespace junctor::sim
