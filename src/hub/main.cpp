#include <variant>
#ifdef JUNCTOR_MIMALLOC
#include <memory>
#include <mimalloc.h>
#include <sys/mman.h>
#endif

#include "hub/cli.hpp"
#include "hub/daemon.hpp"

#ifdef JUNCTOR_MIMALLOC
// Huge pages where the system has them, in memory that can be given back (docs/adr/0014-mimalloc.md). It must be there
// before anything is allocated, which libraries do before main(). What does not fit comes from elsewhere.
static void reserve_heap(int, char**, char**) {
  constexpr std::size_t heap_bytes = std::size_t{1} << 30;
  constexpr std::size_t alignment = std::size_t{64} << 20;  // at least that of the allocator's segments
  void* const mapped = ::mmap(nullptr, heap_bytes + alignment, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) return;
  void* heap = mapped;
  std::size_t space = heap_bytes + alignment;
  std::align(alignment, heap_bytes, heap, space);
  ::madvise(heap, heap_bytes, MADV_HUGEPAGE);
  mi_manage_os_memory(heap, heap_bytes, /*is_committed=*/false, /*is_large=*/false, /*is_zero=*/true, -1);
}
[[gnu::section(".preinit_array"), gnu::used]] static void (*const before_libraries)(int, char**, char**) = reserve_heap;
#endif

int main(int argc, char** argv) {
  using namespace junctor::hub;
  const cli::Invocation invocation = cli::parse(argc, argv);
  if (const auto* asked = std::get_if<cli::Run>(&invocation)) {
    RunOptions options;
    options.config = asked->config;
    options.log_format = asked->json_log ? junctor::net::LogFormat::json : junctor::net::LogFormat::text;
    options.log_level = asked->log_level;
#ifdef JUNCTOR_MIMALLOC
    options.return_memory = [] { mi_collect(true); };
#endif
    return run(options);
  }
  return cli::execute(invocation);
}
