#include <variant>
#ifdef JUNCTOR_MIMALLOC
#include <mimalloc.h>
#endif

#include "hub/cli.hpp"
#include "hub/daemon.hpp"

#ifdef JUNCTOR_MIMALLOC
// Huge pages where the system has them (docs/adr/0014-mimalloc.md). It must be said before anything is allocated, which
// libraries do before main().
static void ask_for_huge_pages(int, char**, char**) {
  mi_option_enable(mi_option_large_os_pages);
}
[[gnu::section(".preinit_array"), gnu::used]] static void (*const before_libraries)(int, char**,
                                                                                    char**) = ask_for_huge_pages;
#endif

int main(int argc, char** argv) {
  using namespace junctor::hub;
  const cli::Invocation invocation = cli::parse(argc, argv);
  if (const auto* asked = std::get_if<cli::Run>(&invocation)) {
    RunOptions options;
    options.config = asked->config;
    options.log_format = asked->json_log ? junctor::net::LogFormat::json : junctor::net::LogFormat::text;
    options.log_level = asked->log_level;
    return run(options);
  }
  return cli::execute(invocation);
}
