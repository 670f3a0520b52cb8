#include <variant>

#include "hub/cli.hpp"
#include "hub/daemon.hpp"

#ifdef JUNCTOR_JEMALLOC
// What a burst of calls has freed goes back to the system within seconds, by a thread of the allocator, so that no loop
// pauses for it (docs/adr/0014-jemalloc.md). Threads keep small pieces only for themselves. The allocator looks for this
// name.
extern "C" const char* malloc_conf;
const char* malloc_conf = "background_thread:true,dirty_decay_ms:5000,muzzy_decay_ms:0,tcache_max:4096";
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
