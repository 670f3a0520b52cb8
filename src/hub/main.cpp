#include <cstring>

#include "hub/daemon.hpp"

int main(int argc, char** argv) {
  junctor::hub::RunOptions options;
  for (int i = 1; i + 1 < argc; ++i)
    if (std::strcmp(argv[i], "--config") == 0) options.config = argv[i + 1];
  return junctor::hub::run(options);
}
