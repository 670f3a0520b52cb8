#include <variant>

#include "hub/cli.hpp"
#include "hub/daemon.hpp"

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
